"""Charts of points: energy against FLOPs, and the roofline. Everything in per cent of the chart's width and height."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from clear_native.report.html.axes import Axis, logarithmic
from clear_native.report.html.hues import INK
from clear_native.report.record import ModelResult, Report
from clear_native.report.roofline import DeviceLimits
from clear_native.report.units import prefixed, with_interval

__all__ = ["Chart", "Line", "Point", "energy_against_flops", "roofline"]


@dataclass(frozen=True)
class Point:
    """`low` and `high`: the ends of its interval; `text` is written beside it, `detail` said of it."""

    x: float
    y: float
    hue: str
    detail: str
    text: str = ""
    low: float | None = None
    high: float | None = None
    nudge_px: int = 0
    left: bool = False  # the text stands left of the point


@dataclass(frozen=True)
class Line:
    x1: float
    y1: float
    x2: float
    y2: float
    text: str = ""
    kind: str = "guide"


@dataclass(frozen=True)
class Chart:
    """`summary`: the chart in words, for those who do not see it."""

    x: Axis
    y: Axis
    points: Sequence[Point]
    summary: str
    lines: Sequence[Line] = ()


def energy_against_flops(report: Report, hues: Mapping[str, str]) -> Chart | None:
    """Components with FLOPs and joules above 0; guides of constant pJ/FLOP. None where there are none."""
    parts = {
        name: part
        for name, part in _parts(report).items()
        if part.flops and part.energy_j is not None and part.energy_j > 0
    }
    if not parts:
        return None
    energies_j = [end_j for part in parts.values() for end_j in _ends(part.energy_j or 0.0, part.energy_half_width_j)]
    x = logarithmic("FLOPs per pass", "", [part.flops for part in parts.values() if part.flops])
    y = logarithmic("energy per pass", "J", energies_j)
    points = []
    for name, part in parts.items():
        energy_j, half_width_j = part.energy_j or 0.0, part.energy_half_width_j
        low_j, high_j = energy_j - (half_width_j or 0.0), energy_j + (half_width_j or 0.0)
        points.append(
            Point(
                x.at(part.flops or 1),
                y.at(energy_j),
                hues.get(name, INK),
                f"{name}: {with_interval(energy_j, half_width_j, 'J')}, {prefixed(part.flops, 'FLOPs')}, "
                f"{part.pj_per_flop:.3g} pJ/FLOP",
                name,
                low=None if half_width_j is None else max(0.0, y.at(max(low_j, y.low))),
                high=None if half_width_j is None else min(100.0, y.at(min(high_j, y.high))),
            )
        )
    guides = [line for power in range(-3, 10) if (line := _guide(x, y, 10.0**power)) is not None]
    return Chart(x, y, _apart(points), "Energy against FLOPs: " + _in_words(points), guides)


def roofline(report: Report, limits: DeviceLimits, hues: Mapping[str, str]) -> Chart | None:
    """FLOP/s reached against FLOPs per byte, under the roof of the device. None where no component has all of them.

    `limits`: those of `Report.limits`.
    """
    parts = {
        name: part for name, part in _parts(report).items() if part.flops and part.bytes and part.time_s
    }  # fmt: skip
    if not parts:
        return None
    reached = {name: (p.flops or 0) / (p.time_s or 1) for name, p in parts.items()}
    intensity = {name: (p.flops or 0) / (p.bytes or 1) for name, p in parts.items()}
    flops_per_s, bytes_per_s = limits.flops_per_s, limits.bytes_per_s
    ridge = flops_per_s / bytes_per_s
    x = logarithmic("FLOPs per byte", "", [*intensity.values(), ridge])
    y = logarithmic("FLOP/s", "", [*reached.values(), flops_per_s])
    points = []
    for name, part in parts.items():
        roof = min(flops_per_s, intensity[name] * bytes_per_s)
        points.append(
            Point(
                x.at(intensity[name]),
                y.at(reached[name]),
                hues.get(name, INK),
                f"{name}: {prefixed(reached[name], 'FLOP/s')}, {100 * reached[name] / roof:.2g} % of the roof, "
                f"{intensity[name]:.3g} FLOPs per byte, {part.pj_per_flop or 0.0:.3g} pJ/FLOP",
                name,
            )
        )
    begin = max(x.low, y.low / bytes_per_s)
    roof_lines = [
        Line(x.at(begin), y.at(begin * bytes_per_s), x.at(ridge), y.at(flops_per_s), "memory", "roof"),
        Line(x.at(ridge), y.at(flops_per_s), 100.0, y.at(flops_per_s), "compute", "roof"),
    ]
    return Chart(x, y, _apart(points), "Roofline: " + _in_words(points), roof_lines)


def _ends(energy_j: float, half_width_j: float | None) -> tuple[float, float]:
    """Of the interval, but not below a tenth of the energy: an axis in decades has no 0."""
    half_width_j = half_width_j or 0.0
    return max(energy_j - half_width_j, energy_j / 10), energy_j + half_width_j


def _parts(report: Report) -> dict[str, ModelResult]:
    return {**report.components, "model": report.full_model}


def _guide(x: Axis, y: Axis, pj_per_flop: float) -> Line | None:
    """The line of so many pJ/FLOP, as far as it lies within both axes."""
    joules = 1e-12 * pj_per_flop
    begin, end = max(x.low, y.low / joules), min(x.high, y.high / joules)
    if math.log10(end) - math.log10(begin) < 0.1 if begin < end else True:
        return None
    text = f"{prefixed(joules, 'J/FLOP', 1)}"
    return Line(x.at(begin), y.at(begin * joules), x.at(end), y.at(end * joules), text)


def _in_words(points: Sequence[Point]) -> str:
    return "; ".join(point.detail for point in points)


def _apart(points: Sequence[Point]) -> list[Point]:
    """Texts beside points, turned to the left near the right edge, and moved where one would cover another."""
    placed: list[Point] = []
    for point in sorted(points, key=lambda point: -point.y):
        found = replace(point, left=point.x > 70)
        while any(_cover(found, other) for other in placed):
            found = replace(found, nudge_px=found.nudge_px + 15)
        placed.append(found)
    return placed


_PX_PER_PERCENT = 3.0  # of the height


def _cover(one: Point, other: Point) -> bool:
    below = (one.nudge_px - _PX_PER_PERCENT * one.y) - (other.nudge_px - _PX_PER_PERCENT * other.y)
    return abs(one.x - other.x) < 25 and one.left == other.left and abs(below) < 14
