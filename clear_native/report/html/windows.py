"""Windows over time: power, energy against their own median, and the operating points."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from clear_native.report.html.axes import linear
from clear_native.report.html.charts import Chart, Point
from clear_native.report.html.hues import GREY, INK
from clear_native.report.record import Report

__all__ = ["MOST_POINTS", "kind_of", "power_w", "windows_over_time"]

MOST_POINTS = 1500
_MODEL = {"plain", "preserved"}

Window = Mapping[str, Any]


def windows_over_time(report: Report, hues: Mapping[str, str]) -> dict[str, Chart]:
    """A chart for each quantity that the windows have. Long profiles are thinned evenly to `MOST_POINTS`."""
    windows = _thinned([window for window in report.windows if "begin_s" in window])
    if not windows:
        return {}
    start_s = min(window["begin_s"] for window in windows)
    medians = _medians(windows)
    views: dict[str, tuple[str, str, float, Callable[[Window], float | None]]] = {
        "power": ("mean power", "W", 1.0, power_w),
        "energy": ("energy over its target's median", "%", 2.0, lambda window: _deviation(window, medians)),
        "SM clock": ("SM clock", "MHz", 60.0, lambda window: _point(window, "sm_clock_mhz")),
        "memory clock": ("memory clock", "MHz", 60.0, lambda window: _point(window, "memory_clock_mhz")),
        "temperature": ("temperature", "°C", 5.0, lambda window: _point(window, "temperature_c")),
    }
    charts = {}
    for name, (label, unit, span, value_of) in views.items():
        known = [(window, value) for window in windows if (value := value_of(window)) is not None]
        if known:
            charts[name] = _chart(known, label, unit, span, start_s, hues)
    return charts


def kind_of(target: str) -> str:
    """ "model", "dosed", "doubled", "idle", or the component that ran alone."""
    if target in _MODEL:
        return "model"
    return "dosed" if target.startswith("dosed ") else target


def power_w(window: Window) -> float | None:
    energy_j, time_s = window.get("energy_per_pass_j"), window.get("time_per_pass_s")
    return energy_j / time_s if energy_j is not None and time_s else None


def _chart(
    known: Sequence[tuple[Window, float]], label: str, unit: str, span: float, start_s: float, hues: Mapping[str, str]
) -> Chart:
    x = linear("seconds since the first window", "s", [window["begin_s"] - start_s for window, _ in known], 1.0)
    y = linear(label, unit, [value for _, value in known], span)
    points = [
        Point(
            x.at(window["begin_s"] - start_s),
            y.at(value),
            _hue(window["target"], hues),
            f"{window['target']}, round {window.get('round', 0) + 1}: {value:.5g} {unit}",
        )
        for window, value in known
    ]
    values = [value for _, value in known]
    summary = f"{label} of {len(values)} windows over time: {min(values):.4g} to {max(values):.4g} {unit}"
    return Chart(x, y, points, summary)


def _hue(target: str, hues: Mapping[str, str]) -> str:
    kinds = {"model": INK, "dosed": "hue-0", "doubled": "hue-2", "idle": GREY}
    kind = kind_of(target)
    return kinds.get(kind) or hues.get(kind, GREY)


def _thinned(windows: Sequence[Window]) -> Sequence[Window]:
    return windows[:: -(-len(windows) // MOST_POINTS)] if len(windows) > MOST_POINTS else windows


def _medians(windows: Sequence[Window]) -> dict[str, float]:
    """Of energies per pass, by target. Dosed windows have none: each holds other doses."""
    found: dict[str, list[float]] = {}
    for window in windows:
        if window.get("energy_per_pass_j") is not None and kind_of(window["target"]) != "dosed":
            found.setdefault(window["target"], []).append(window["energy_per_pass_j"])
    return {target: statistics.median(values) for target, values in found.items()}


def _deviation(window: Window, medians: Mapping[str, float]) -> float | None:
    median = medians.get(window["target"])
    if not median or window.get("energy_per_pass_j") is None:
        return None
    return float(100 * (window["energy_per_pass_j"] / median - 1))


def _point(window: Window, key: str) -> float | None:
    value = (window.get("operating_point") or {}).get(key)
    return None if value is None else float(value)
