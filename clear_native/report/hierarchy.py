"""Model, components, calls: the tree that traces show, and flame graphs where modules are not known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clear_native.report.record import ComponentResult, Report

__all__ = ["QUANTITIES", "Placed", "Slice", "extent_of", "hierarchy", "placed"]


@dataclass(frozen=True)
class Slice:
    """A part of the model, per pass: joules, seconds and FLOPs as measured or counted, None where not known."""

    name: str
    component: str | None = None  # of which it is a part; None: the whole model
    energy_j: float | None = None
    energy_half_width_j: float | None = None
    time_s: float | None = None
    flops: float | None = None
    statuses: tuple[str, ...] = ()
    children: tuple[Slice, ...] = ()
    label: str | None = None  # what stands in it where the name is long


QUANTITIES: dict[str, Callable[[Slice], float | None]] = {
    "joules": lambda part: part.energy_j,
    "seconds": lambda part: part.time_s,
    "FLOPs": lambda part: part.flops,
}


def hierarchy(report: Report) -> Slice:
    """The model that the components are parts of, with components and, where the report has them, their calls."""
    whole = report.preserved or report.full_model
    return Slice(
        report.model,
        None,
        whole.energy_j,
        whole.energy_half_width_j,
        whole.time_s,
        whole.flops,
        whole.statuses,
        tuple(_component(name, part) for name, part in report.components.items()),
    )


def _component(name: str, part: ComponentResult) -> Slice:
    calls = tuple(
        Slice(
            f"{name} {row.get('layer', number)}",
            name,
            row.get("energy_j"),
            row.get("energy_half_width_j"),
            row.get("time_s"),
            row.get("flops"),
        )
        for number, row in enumerate(part.details)
    )
    return Slice(
        name, name, part.energy_j, part.energy_half_width_j, part.time_s, part.flops, part.statuses, calls
    )  # fmt: skip


def extent_of(part: Slice, quantity: Callable[[Slice], float | None]) -> float:
    """How much room a slice takes: its value, or that of its children where they sum to more. 0: it has no value.

    Nothing is normalised: a parent that its children do not fill stays partly empty.
    """
    value = quantity(part)
    if value is None or value <= 0:
        return 0.0
    return max(value, sum(extent_of(child, quantity) for child in part.children))


@dataclass(frozen=True)
class Placed:
    """Where a slice lies in an icicle: `begin` and `width` as shares of the root's width, `depth` 0 for the root."""

    part: Slice
    depth: int
    begin: float
    width: float


def placed(root: Slice, quantity: Callable[[Slice], float | None], least_width: float = 0.0) -> list[Placed]:
    """All slices that have a value and are at least `least_width` wide, parents before their children."""
    whole = extent_of(root, quantity)
    return list(_placed(root, quantity, 0, 0.0, whole, least_width)) if whole else []


def _placed(
    part: Slice, quantity: Callable[[Slice], float | None], depth: int, begin: float, whole: float, least_width: float
) -> Iterator[Placed]:
    width = extent_of(part, quantity) / whole
    if width <= 0 or width < least_width:
        return
    yield Placed(part, depth, begin, width)
    for child in part.children:
        yield from _placed(child, quantity, depth + 1, begin, whole, least_width)
        begin += extent_of(child, quantity) / whole
