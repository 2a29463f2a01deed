"""A grouping's rules on a module tree: names and places first, then, where they say nothing, the operators seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from torch import nn

from clear_native.models.component_rules import Grouping, Place, is_projection, stack_of
from clear_native.subject.by_operators import fill
from clear_native.subject.observation import Observation

__all__ = ["CONTAINERS", "by_rules"]

CONTAINERS = (nn.ModuleList, nn.ModuleDict, nn.ParameterList, nn.ParameterDict)  # never called themselves


def by_rules(model: nn.Module, grouping: Grouping, seen: Callable[[], Observation] | None) -> dict[int, str]:
    """The component of every module at which one begins, by `id`."""
    found = _by_names(model, grouping)
    if seen is not None and grouping.operators and _something_left(model, found):
        found = fill(model, found, seen(), grouping.nesting)
    if not found:
        component = grouping.component_of(Place("", model, None, False, _vocabulary_sizes(model)))
        if component is not None:
            found[id(model)] = component
    if grouping.left:
        found = _taken_apart(model, grouping, found)
    return _with_stacks(model, found) if grouping.stacks else found


def _vocabulary_sizes(model: nn.Module) -> frozenset[int]:
    return frozenset(module.num_embeddings for module in model.modules() if isinstance(module, nn.Embedding))


def _by_names(model: nn.Module, grouping: Grouping) -> dict[int, str]:
    sizes = _vocabulary_sizes(model)
    found: dict[int, str] = {}

    def visit(name: str, module: nn.Module, parent: nn.Module | None, in_layers: bool, inside: str | None) -> None:
        component = None
        if parent is not None and not isinstance(module, CONTAINERS):
            component = grouping.component_of(Place(name, module, parent, in_layers, sizes))
        if component is not None and (inside is None or component in grouping.nesting):
            found.setdefault(id(module), component)
            inside = component
        below_layers = in_layers or isinstance(module, nn.ModuleList)
        for child_name, child in module.named_children():
            visit(_joined(name, child_name), child, module, below_layers, inside)

    visit("", model, None, False, None)
    return found


def _something_left(model: nn.Module, found: dict[int, str]) -> bool:
    """Whether a module with parameters of its own is in no component."""
    return any(
        component is None and next(module.parameters(recurse=False), None) is not None
        for _, module, _, component in _walk(model, found)
    )


def _taken_apart(model: nn.Module, grouping: Grouping, found: dict[int, str]) -> dict[int, str]:
    """Projections inside components that are taken apart become components; what is left there is named so."""
    sizes = _vocabulary_sizes(model)
    apart: dict[int, str] = {}
    for name, module, parent, component in _walk(model, found):
        if component is None or component not in grouping.left:
            continue
        if id(module) not in found and not is_projection(module):
            continue
        place = Place(name, module, parent, False, sizes)
        apart.setdefault(id(module), grouping.inside(place, component) or f"{component}.{grouping.left[component]}")
    return {**found, **apart}


def _with_stacks(model: nn.Module, found: dict[int, str]) -> dict[int, str]:
    """`decoder.attention` where there is an encoder too; a module that both use is of neither."""
    stacks: dict[int, set[str | None]] = {}
    for module, stack in _in_stacks(model, None):
        stacks.setdefault(id(module), set()).add(stack)
    if not {"encoder", "decoder"} <= set().union(*stacks.values()):
        return found
    named = {module: stack for module, kinds in stacks.items() if len(kinds) == 1 for stack in kinds if stack}
    return {module: f"{named[module]}.{name}" if module in named else name for module, name in found.items()}


def _in_stacks(module: nn.Module, inside: str | None) -> Iterator[tuple[nn.Module, str | None]]:
    yield module, inside
    for name, child in module.named_children():
        holds_layers = any(isinstance(part, nn.ModuleList) for part in child.modules())
        stack = inside or (stack_of(name) if holds_layers else None)
        yield from _in_stacks(child, stack)


def _walk(model: nn.Module, found: dict[int, str]) -> Iterator[tuple[str, nn.Module, nn.Module | None, str | None]]:
    """(name, module, parent, component of the work inside it) of every module, in tree order."""

    def visit(
        name: str, module: nn.Module, parent: nn.Module | None, inside: str | None
    ) -> Iterator[tuple[str, nn.Module, nn.Module | None, str | None]]:
        inside = found.get(id(module), inside)
        yield name, module, parent, inside
        for child_name, child in module.named_children():
            yield from visit(_joined(name, child_name), child, module, inside)

    return visit("", model, None, None)


def _joined(name: str, child: str) -> str:
    return f"{name}.{child}" if name else child
