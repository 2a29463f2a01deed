"""Axes: where a value lies, in per cent of the chart, and which values are written beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from clear_native.report.units import prefixed

__all__ = ["Axis", "linear", "logarithmic"]


@dataclass(frozen=True)
class Axis:
    """From `low` to `high`, in the unit `unit`; `logarithmic` in decades."""

    label: str
    unit: str
    low: float
    high: float
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """Per cent from `low` to `high`."""
        low, high = self._moved(self.low), self._moved(self.high)
        return 100 * (self._moved(value) - low) / (high - low)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """(per cent, text) of round values."""
        values = _decades(self.low, self.high) if self.logarithmic else _round_values(self.low, self.high)
        return [(self.at(value), self._text(value)) for value in values]

    def _moved(self, value: float) -> float:
        return math.log10(value) if self.logarithmic else value

    def _text(self, value: float) -> str:
        return prefixed(value, self.unit, 1).strip() if self.logarithmic else f"{value:.6g} {self.unit}".strip()


def linear(label: str, unit: str, values: Iterable[float], least_span: float = 0.0, from_zero: bool = False) -> Axis:
    """Holds all values with some room; at least `least_span` wide, so that noise does not fill the chart."""
    known = [*values, *([0.0] if from_zero else [])]
    low, high = min(known), max(known)
    span = max(high - low, least_span) or abs(high) or 1.0
    middle = (low + high) / 2
    bottom, top = middle - 0.55 * span, middle + 0.55 * span
    return Axis(label, unit, max(0.0, bottom) if low >= 0 else bottom, top)


def logarithmic(label: str, unit: str, values: Iterable[float]) -> Axis:
    """Holds all values, which are above 0, with a quarter of a decade on both sides."""
    known = list(values)
    return Axis(label, unit, min(known) / 1.8, max(known) * 1.8, logarithmic=True)


def _decades(low: float, high: float) -> list[float]:
    first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
    if last - first < 2:  # fewer than three decades: 1, 2 and 5 of each
        values = [factor * 10.0**power for power in range(first - 1, last + 1) for factor in (1, 2, 5)]
        return [value for value in values if low <= value <= high]
    step = max(1, math.ceil((last - first + 1) / 8))
    return [10.0**power for power in range(first, last + 1, step)]


def _round_values(low: float, high: float) -> list[float]:
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [round(number * step, 12) for number in range(first, last + 1)]
