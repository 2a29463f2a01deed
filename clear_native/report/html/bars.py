"""Methods side by side: isolated against in situ, for each component, with intervals and biases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clear_native.report.methods import MethodComparison, MethodRow
from clear_native.report.units import with_interval

__all__ = ["Bar", "BarGroup", "bar_groups"]


@dataclass(frozen=True)
class Bar:
    """`width`, `low` and `high` in per cent of the longest bar; `low` and `high`: the ends of the interval."""

    method: str
    hue: str
    width: float
    low: float | None
    high: float | None
    text: str


@dataclass(frozen=True)
class BarGroup:
    name: str
    bars: Sequence[Bar]


def bar_groups(comparison: MethodComparison) -> list[BarGroup]:
    """One group for each component, one bar for each method that has a number for it."""
    hues = {method: f"hue-{number}" for number, method in enumerate(comparison.reports)}
    longest_j = max(
        (
            energy.energy_j + (energy.half_width_j or 0.0)
            for row in comparison.components
            for energy in row.energies.values()
        ),
        default=0.0,
    )
    if longest_j <= 0:
        return []
    return [BarGroup(row.name, _bars(row, hues, longest_j)) for row in comparison.components]


def _bars(row: MethodRow, hues: dict[str, str], longest_j: float) -> list[Bar]:
    bars = []
    for method, energy in row.energies.items():
        half_width_j = energy.half_width_j
        text = with_interval(energy.energy_j, half_width_j, "J")
        bias = row.biases.get(method)
        if bias is not None:
            half_width = "?" if bias.half_width_percent is None else f"{bias.half_width_percent:.1f}"
            text += f" ({bias.percent:+.1f} ± {half_width} %)"
        bars.append(
            Bar(
                method.replace("_", " "),
                hues.get(method, "grey"),
                max(0.0, 100 * energy.energy_j / longest_j),
                None if half_width_j is None else max(0.0, 100 * (energy.energy_j - half_width_j) / longest_j),
                None if half_width_j is None else max(0.0, 100 * (energy.energy_j + half_width_j) / longest_j),
                text,
            )
        )
    return bars
