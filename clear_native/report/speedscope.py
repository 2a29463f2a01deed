"""The tree of a report as a flame graph for speedscope (https://www.speedscope.app), in its documented file format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from clear_native.report.hierarchy import QUANTITIES, Slice, extent_of
from clear_native.report.module_tree import tree_of

if TYPE_CHECKING:
    from clear_native.report.record import Report

__all__ = ["to_speedscope"]

# speedscope knows no joules: "none" shows bare numbers, so they are microjoules and the profile's name says so.
_PROFILES = {
    "joules": ("energy per pass, µJ", "none", 1e6),
    "seconds": ("time per pass", "seconds", 1.0),
    "FLOPs": ("FLOPs per pass", "none", 1.0),
}


def to_speedscope(report: Report) -> dict[str, Any]:
    """One profile each of joules, seconds and FLOPs. What the components do not account for is the model's own."""
    frames: dict[str, int] = {}
    profiles = []
    for what, (title, unit, factor) in _PROFILES.items():
        samples = [
            (tuple(frames.setdefault(name, len(frames)) for name in stack), factor * weight)
            for stack, weight in _stacks(tree_of(report, what), (), QUANTITIES[what])
        ]
        if samples:
            estimated = " (ESTIMATED)" if what == "joules" and report.meter.estimated else ""
            profiles.append(
                {
                    "type": "sampled",
                    "name": f"{title}{estimated}",
                    "unit": unit,
                    "startValue": 0,
                    "endValue": sum(weight for _, weight in samples),
                    "samples": [list(stack) for stack, _ in samples],
                    "weights": [weight for _, weight in samples],
                }
            )
    return {
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "name": report.model,
        "exporter": "clear_native",
        "activeProfileIndex": 0,
        "shared": {"frames": [{"name": name} for name in frames]},
        "profiles": profiles,
    }


def _stacks(
    part: Slice, above: tuple[str, ...], quantity: Callable[[Slice], float | None]
) -> Iterator[tuple[tuple[str, ...], float]]:
    """Every stack with what is its own: its extent less those of its children."""
    extent = extent_of(part, quantity)
    if not extent:
        return
    stack = (*above, part.name)
    for child in part.children:
        yield from _stacks(child, stack, quantity)
    own = extent - sum(extent_of(child, quantity) for child in part.children)
    if own > 1e-12 * extent:  # what rounding leaves is none
        yield stack, own
