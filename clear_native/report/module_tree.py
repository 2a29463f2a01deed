"""The model's module tree, with the joules of the calls in it: what flame graphs show where a report knows the modules.

Only the weighing tells calls apart; of methods that measure a component as a whole the tree is that of the components.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clear_native.report.hierarchy import Slice, hierarchy

if TYPE_CHECKING:
    from clear_native.report.record import Report

__all__ = ["module_tree", "tree_of"]


def tree_of(report: Report, what: str) -> Slice:
    """The finest tree that has this quantity: "joules", "seconds" or "FLOPs". FLOPs are known by component alone."""
    tree = module_tree(report) if what != "FLOPs" else None
    return hierarchy(report) if tree is None else tree


def module_tree(report: Report) -> Slice | None:
    """Modules down to calls of components. A module's joules and seconds are the sums of the calls in it; intervals are
    of calls and of the whole model only, since those of calls are not independent.

    A component whose calls are not told apart stands beside the modules. None where that is so of all of them.
    """
    top, apart, root = _Module(), [], hierarchy(report)
    for part, (name, found) in zip(root.children, report.components.items(), strict=True):
        if found.details and all("module" in row for row in found.details):
            for row in found.details:
                top.at(row["module"]).calls.append(_call(name, found.statuses, row))
        else:
            apart.append(part)
    if not (top.inner or top.calls):
        return None
    return dataclasses.replace(root, children=(*_children(top, ""), *apart))


@dataclass
class _Module:
    inner: dict[str, _Module] = field(default_factory=dict)  # by the last part of their names, as their calls come
    calls: list[Slice] = field(default_factory=list)  # that are work of this very module

    def at(self, name: str) -> _Module:
        module = self
        for part in name.split(".") if name else ():
            module = module.inner.setdefault(part, _Module())
        return module

    @property
    def only(self) -> tuple[str, _Module] | None:
        """The one module in it, where it has nothing else; a list of layers keeps the module that has it."""
        if self.calls or len(self.inner) != 1:
            return None
        ((name, module),) = self.inner.items()
        return None if module.is_list else (name, module)

    @property
    def is_list(self) -> bool:
        """Of layers: a level of its own would tell nothing."""
        return not self.calls and len(self.inner) > 1 and all(part.isdecimal() for part in self.inner)


def _children(module: _Module, name: str) -> tuple[Slice, ...]:
    return (*_modules(module, name, ""), *module.calls)


def _modules(module: _Module, name: str, prefix: str) -> Iterable[Slice]:
    for part, inner in module.inner.items():
        full, label = f"{name}.{part}".removeprefix("."), f"{prefix}{part}"
        while (only := inner.only) is not None:
            part, inner = only
            full, label = f"{full}.{part}", f"{label}.{part}"
        if inner.is_list:
            yield from _modules(inner, full, f"{label}.")
        else:
            yield _slice(inner, full, label)


def _slice(module: _Module, name: str, label: str) -> Slice:
    children = _children(module, name)
    if len(children) == 1:
        (call,) = children
        return dataclasses.replace(call, label=label)
    components = {child.component for child in children}
    return Slice(
        name,
        components.pop() if len(components) == 1 else None,
        energy_j=_sum(child.energy_j for child in children),
        time_s=_sum(child.time_s for child in children),
        statuses=tuple(dict.fromkeys(status for child in children for status in child.statuses)),
        children=children,
        label=label,
    )


def _call(component: str, doubts: tuple[str, ...], row: Mapping[str, Any]) -> Slice:
    """With the doubts of its component where it has no energy."""
    number = f"{component} {row['layer']}" if "layer" in row else component
    return Slice(
        f"{row['module']} ({number})" if row["module"] else number,
        component,
        row.get("energy_j"),
        row.get("energy_half_width_j"),
        row.get("time_s"),
        statuses=() if "energy_j" in row else doubts,
        label=component,
    )


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
