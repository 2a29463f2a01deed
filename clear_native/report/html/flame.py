"""The energy flame graph: an icicle of the model for each quantity, down to calls: by modules where they are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from clear_native.report.hierarchy import QUANTITIES, Placed, Slice, extent_of, hierarchy, placed
from clear_native.report.html.hues import INK
from clear_native.report.module_tree import tree_of
from clear_native.report.record import Report
from clear_native.report.units import prefixed, with_interval

__all__ = ["LEAST_WIDTH", "Flame", "FlameSlice", "flames"]

LEAST_WIDTH = 0.0005  # of the whole; narrower slices are counted, not drawn


@dataclass(frozen=True)
class FlameSlice:
    """`left` and `width` in per cent of the whole model; `text` stands in it, `detail` says all that is known of it."""

    text: str
    detail: str
    hue: str
    depth: int
    left: float
    width: float


@dataclass(frozen=True)
class Flame:
    """`absent`: parts without a number for this quantity, or with one that is not above 0."""

    what: str
    slices: tuple[FlameSlice, ...]
    depth: int
    absent: tuple[str, ...]
    too_narrow: int


def flames(report: Report, hues: Mapping[str, str]) -> list[Flame]:
    """One for each quantity that the model has; empty where it has none."""
    components = hierarchy(report).children
    found = []
    for what, quantity in QUANTITIES.items():
        everything = placed(tree_of(report, what), quantity)
        drawn = [at for at in everything if at.width >= LEAST_WIDTH]
        if not drawn:
            continue
        found.append(
            Flame(
                what,
                tuple(_slice(at, drawn[0].part, hues) for at in drawn),
                1 + max(at.depth for at in drawn),
                tuple(part.name for part in components if not extent_of(part, quantity)),
                len(everything) - len(drawn),
            )
        )
    return found


def _slice(at: Placed, root: Slice, hues: Mapping[str, str]) -> FlameSlice:
    part = at.part
    hue = hues.get(part.component, "grey") if part.component is not None else INK
    text = part.label or part.name.removeprefix(f"{part.component} ")
    return FlameSlice(text, _detail(part, root), hue, at.depth, 100 * at.begin, 100 * at.width)


def _detail(part: Slice, root: Slice) -> str:
    facts = [part.name]
    if part.energy_j is not None:
        facts.append(with_interval(part.energy_j, part.energy_half_width_j, "J"))
        if root.energy_j and part is not root:
            facts.append(f"{100 * part.energy_j / root.energy_j:.1f} % of the model")
    if part.time_s is not None:
        facts.append(prefixed(part.time_s, "s"))
    if part.energy_j is not None and part.time_s:
        facts.append(prefixed(part.energy_j / part.time_s, "W"))
    if part.flops:
        facts.append(f"{prefixed(part.flops, '')}FLOPs")
    return " · ".join([*facts, *part.statuses])
