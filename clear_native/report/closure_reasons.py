"""Why the components may not sum to the model: what the operating points of the windows show."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from clear_native.report.record import Closure

__all__ = ["closure_warnings"]

_LOWEST, _HIGHEST = 0.95, 1.05
_POWER_CAP = 0x4  # nvmlClocksEventReasonSwPowerCap
_THROTTLES = {0x8: "hardware slowdown", 0x20: "software thermal", 0x40: "hardware thermal", 0x80: "power brake"}
_CLOCKS_APART = 0.02


def closure_warnings(
    closure: Closure | None,
    windows: Sequence[Mapping[str, Any]],
    roles: Mapping[str, str],
    other_processes: int,
) -> list[str]:
    """One sentence if the energy closure, all of its 95 % interval, is outside 95 to 105 %; else none.

    It gives the reasons that the windows show, if there is an interval: without one, noise may be the reason.
    """
    if closure is None:
        return []
    half_width = closure.half_width or 0.0
    if closure.ratio + half_width >= _LOWEST and closure.ratio - half_width <= _HIGHEST:
        return []
    sums_to = f"The components sum to {100 * closure.ratio:.1f} % of the model's energy"
    if closure.half_width is None:
        return [f"{sums_to}."]
    reasons = [
        *_limits(windows),
        *_clocks_apart(windows, roles),
        *([f"{other_processes} other processes used the device"] if other_processes else []),
    ]
    because = "; ".join(reasons) if reasons else "the operating points show no cause"
    return [f"{sums_to}: {because}."]


def _limits(windows: Sequence[Mapping[str, Any]]) -> list[str]:
    masks = [point["throttle_reasons"] for point in _points(windows) if point.get("throttle_reasons") is not None]
    found = []
    capped = sum(bool(mask & _POWER_CAP) for mask in masks)
    if capped:
        found.append(f"the power cap held the clocks in {capped} of {len(masks)} windows")
    for bit, name in _THROTTLES.items():
        throttled = sum(bool(mask & bit) for mask in masks)
        if throttled:
            found.append(f"throttling ({name}) in {throttled} of {len(masks)} windows")
    return found


def _clocks_apart(windows: Sequence[Mapping[str, Any]], roles: Mapping[str, str]) -> list[str]:
    clocks: dict[str, list[float]] = {}
    for window in windows:
        point = window.get("operating_point") or {}
        if point.get("sm_clock_mhz") is not None:
            clocks.setdefault(window["target"], []).append(point["sm_clock_mhz"])
    medians = {name: statistics.median(values) for name, values in clocks.items()}
    model = next((medians[name] for name in medians if roles.get(name) == "preserved"), None)
    if not model:
        return []
    apart = [
        f"{name} {medians[name]:.0f} MHz"
        for name in medians
        if roles.get(name) == "component" and abs(medians[name] / model - 1) > _CLOCKS_APART
    ]
    return [f"other clocks than the model's {model:.0f} MHz: {', '.join(apart)}"] if apart else []


def _points(windows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [window["operating_point"] for window in windows if window.get("operating_point")]
