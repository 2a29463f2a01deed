"""Which modules are which component: discovered by rule, or named by the user.

**Innermost wins.** Work belongs to the innermost component around it. A LayerNorm inside an attention block, inside
the embeddings or inside an LM head's transform is `norm`; what is left of that block (linear layers, softmax, sums)
is `attention`, `embedding` or `lm_head`. Work inside no component at all is `other`. To count otherwise, for instance
the embeddings together with their norm, name the modules yourself: `components={"embedding": "*.embeddings", ...}`.

Tied weights do not matter: components are sets of module calls, not of parameters.
"""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import nn

from clear_native.errors import BadInputError
from clear_native.models.component_rules import DEFAULT_GROUPING, GROUPINGS, Grouping
from clear_native.subject.by_rules import CONTAINERS, by_rules
from clear_native.subject.observation import Observation

__all__ = [
    "OTHER",
    "RESERVED_NAMES",
    "ComponentMap",
    "ComponentModule",
    "Components",
    "Selector",
    "as_text",
    "check_model",
    "discover",
]

Selector: TypeAlias = str | Sequence[str] | Callable[[str, nn.Module], bool]
Components: TypeAlias = Mapping[str, Selector] | str | None
"""By name; or the name of a grouping, "clear"; None: the built-in rules."""

OTHER = "other"
RESERVED_NAMES = frozenset({OTHER, "plain", "preserved", "full_model", "idle"})


@dataclass(frozen=True)
class ComponentModule:
    """A module at which a component begins."""

    name: str
    module: nn.Module
    component: str


@dataclass(frozen=True)
class ComponentMap:
    """The modules at which a component begins, in tree order.

    A module below one of the same component is not listed: it is part of that one already.
    """

    entries: tuple[ComponentModule, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Component names in the order of their first module; `other` is not among them."""
        return tuple(dict.fromkeys(entry.component for entry in self.entries))

    def __iter__(self) -> Iterator[ComponentModule]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def modules(self, component: str) -> list[tuple[str, nn.Module]]:
        """(name, module) of every module at which `component` begins."""
        return [(entry.name, entry.module) for entry in self.entries if entry.component == component]

    def component_of(self, module_name: str) -> str:
        """The component of the work inside the module of this name: that of its nearest listed ancestor, or `other`."""
        listed = {entry.name: entry.component for entry in self.entries}
        name = module_name
        while name:
            if name in listed:
                return listed[name]
            name = name.rpartition(".")[0]
        return listed.get("", OTHER)

    def in_order(self, first_calls: Iterable[str]) -> ComponentMap:
        """The same map with components in the order of `first_calls`; those not in it come last, in tree order."""
        rank = {name: position for position, name in enumerate(dict.fromkeys(first_calls))}
        return ComponentMap(tuple(sorted(self.entries, key=lambda entry: rank.get(entry.component, len(rank)))))


def discover(
    model: nn.Module, components: Components = None, seen: Callable[[], Observation] | None = None
) -> ComponentMap:
    """Finds out which modules are which component.

    `components` replaces the rules entirely. Its values are a glob over full module names (`*` spans dots), several
    globs, or a predicate `(name, module) -> bool`. "clear" is the CLEAR paper's grouping: whole blocks, norms inside
    them included; "deep" has every projection apart from what is left of attention and mlp.

    `seen` gives what one forward showed. It is asked where names alone leave modules with parameters in no component:
    the operators that ran then tell what they are.

    Raises BadInputError if nothing matches, if two components claim the same module, for unusable names, or for a
    grouping that there is none of. What a forward raises on the way comes out as it is.
    """
    check_model(model)
    if components is None or isinstance(components, str):
        found = by_rules(model, _grouping(components), seen)
    else:
        found = _by_user(model, components)
    entries = tuple(_outermost_of_each(model, found))
    if not entries:
        raise BadInputError(
            f"no module of {type(model).__name__} looks like a known component (its modules: {_some_names(model)}): "
            f'name them yourself, for instance components={{"mlp": "*.mlp"}}'
        )
    return ComponentMap(entries)


def as_text(components: Components) -> str | dict[str, str] | None:
    """What was asked for, for a file: predicates by their names. Raises BadInputError for what nobody can ask for."""
    if components is None or isinstance(components, str):
        return components
    _check_mapping(components)
    return {name: str(selector) for name, selector in components.items()}


def check_model(model: object) -> None:
    """Raises BadInputError unless the calls of the model's modules can be seen from Python."""
    if isinstance(model, (torch.jit.ScriptModule, torch.jit.ScriptFunction)):
        raise BadInputError(
            f"the model is a {type(model).__name__}: inside TorchScript no module call can be seen. "
            "Pass the nn.Module that it was scripted or traced from"
        )
    if not isinstance(model, nn.Module):
        raise BadInputError(
            f"expected a torch.nn.Module as the model, got {type(model).__name__}: pass the model itself"
        )


def _grouping(name: str | None) -> Grouping:
    if name is None:
        return DEFAULT_GROUPING
    if name not in GROUPINGS:
        raise BadInputError(
            f"components={name!r} names no grouping: use {', '.join(map(repr, GROUPINGS))}, a mapping such as "
            '{"mlp": "*.mlp"}, or None for the built-in rules'
        )
    return GROUPINGS[name]


def _check_mapping(components: object) -> None:
    if not isinstance(components, Mapping):
        raise BadInputError(
            f"components is a {type(components).__name__}, expected a mapping from names to globs or predicates: "
            'for instance {"mlp": "*.mlp"}'
        )
    if not components:
        raise BadInputError("components is empty: leave it out for the built-in rules, or name at least one component")


def _by_user(model: nn.Module, components: Mapping[str, Selector]) -> dict[int, str]:
    _check_mapping(components)
    found: dict[int, str] = {}
    for component, selector in components.items():
        _check_name(component)
        for name, module in _selected(model, component, selector):
            claimed = found.setdefault(id(module), component)
            if claimed != component:
                raise BadInputError(
                    f"module '{name}' matches both components '{claimed}' and '{component}': change one of the two "
                    "patterns so that each module belongs to one (a component may stand inside another one's module)"
                )
    return found


def _check_name(component: str) -> None:
    if not isinstance(component, str) or not component.strip():
        raise BadInputError(f"a component's name must be a non-empty string, got {component!r}")
    if component in RESERVED_NAMES:
        raise BadInputError(
            f"'{component}' is reserved for the report ({', '.join(sorted(RESERVED_NAMES))}): rename it"
        )


def _selected(model: nn.Module, component: str, selector: Selector) -> list[tuple[str, nn.Module]]:
    named = list(model.named_modules(remove_duplicate=False))
    if callable(selector):
        matched = [(name, module) for name, module in named if _holds(selector, component, name, module)]
        if not matched:
            raise BadInputError(f"the predicate of component '{component}' holds for no module: {_some_names(model)}")
        return _callable_ones(component, matched)
    patterns = [selector] if isinstance(selector, str) else list(selector) if isinstance(selector, Sequence) else []
    if not patterns or not all(isinstance(pattern, str) for pattern in patterns):
        raise BadInputError(f"component '{component}' needs a glob, a list of globs or a predicate, got {selector!r}")
    matched = []
    for pattern in patterns:
        hits = [(name, module) for name, module in named if name and fnmatch.fnmatchcase(name, pattern)]
        if not hits:
            names = [name for name, _ in named if name]
            raise BadInputError(
                f"no module matches '{pattern}' of component '{component}'; {_near(pattern, names)}; "
                "patterns are globs over full names, where * spans dots"
            )
        matched += hits
    return _callable_ones(component, matched)


def _holds(predicate: Callable[[str, nn.Module], bool], component: str, name: str, module: nn.Module) -> bool:
    try:
        return bool(predicate(name, module))
    except Exception as error:
        raise BadInputError(
            f"the predicate of component '{component}' raised {type(error).__name__} for module '{name}' "
            f"({type(module).__name__}): {error}; it is called as predicate(name, module) and gives True or False"
        ) from error


def _callable_ones(component: str, matched: list[tuple[str, nn.Module]]) -> list[tuple[str, nn.Module]]:
    callable_ones = [(name, module) for name, module in matched if not isinstance(module, CONTAINERS)]
    if not callable_ones:
        name, module = matched[0]
        raise BadInputError(
            f"component '{component}' matches only '{name}', a {type(module).__name__}, which is never called itself: "
            f"name what it holds, for instance '{name}.*'"
        )
    return callable_ones


def _outermost_of_each(model: nn.Module, found: Mapping[int, str]) -> Iterator[ComponentModule]:
    listed: set[int] = set()

    def visit(name: str, module: nn.Module, inside: str | None) -> Iterator[ComponentModule]:
        component = found.get(id(module))
        if component is not None:
            if component != inside and id(module) not in listed:
                listed.add(id(module))
                yield ComponentModule(name, module, component)
            inside = component
        for child_name, child in module.named_children():
            yield from visit(f"{name}.{child_name}" if name else child_name, child, inside)

    return visit("", model, None)


def _near(pattern: str, names: list[str]) -> str:
    literal = pattern.strip("*?.") or pattern
    by_own_name = {name.rpartition(".")[2]: name for name in reversed(names)}
    close = difflib.get_close_matches(pattern, names, n=3, cutoff=0.5)
    close += [by_own_name[own] for own in difflib.get_close_matches(literal.rpartition(".")[2], by_own_name, 3, 0.5)]
    close = list(dict.fromkeys(close))[:4] or names[:4]
    return "modules near it are " + ", ".join(f"'{name}'" for name in close) if close else "the model has no submodules"


def _some_names(model: nn.Module) -> str:
    names = [name for name, _ in model.named_modules() if name]
    if not names:
        return "it has no submodules"
    return ", ".join(names[:6]) + (f", ... {len(names) - 6} more" if len(names) > 6 else "")
