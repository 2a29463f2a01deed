"""How late and how blurred a power field follows its device: from steps of a load."""

from __future__ import annotations

import itertools
import math
import statistics
from bisect import bisect_right
from dataclasses import dataclass

__all__ = ["StepResponse", "step_response"]

_GRID_S = 0.005
_PLATEAU_SHARE = 0.25  # of a phase: its end, where the field has settled
_SMALLEST_STEP = 0.1  # of the power: less says nothing
_TELLABLE = 1.0  # of a period: less blur than that may be the period's own, seen at a few phases


@dataclass(frozen=True)
class StepResponse:
    """`lag_s`: until half of the step is seen. `averaging_s`: the length of a boxcar mean that blurs as much, beside
    the blur of a value that changes every period; None where it cannot be told from that.
    """

    lag_s: float
    averaging_s: float | None


def step_response(
    held: list[tuple[float, float]], edges: list[tuple[float, bool]], period_s: float | None
) -> StepResponse | None:
    """From a value that holds from each of its times to the next, (time, watts); None where no step can be seen, or its
    end was not.

    All edges are laid over each other, up and down alike, since the sensor's phase differs at each. A boxcar of length
    W rises from a quarter to three quarters in W / 2; the hold of a value that changes every p adds its own boxcar of
    p, and variances of blurs add: W^2 = (2 (t75 - t25))^2 - p^2.
    """
    responses = [found for index in range(len(edges)) if (found := _normalised(held, edges, index)) is not None]
    if not responses:
        return None
    length = min(len(found) for found in responses)
    mean = [statistics.fmean(found[i] for found in responses) for i in range(length)]
    quarter, half, three = (_first_above(mean, share) for share in (0.25, 0.5, 0.75))
    if quarter is None or half is None or three is None:
        return None
    width_s = 2 * (three - quarter)
    if half + width_s / 2 > (1 - _PLATEAU_SHARE) * length * _GRID_S:  # it was still on its way in what was its plateau
        return None
    period_s = period_s or 0.0
    blur_s2 = width_s**2 - period_s**2
    tellable_s = _TELLABLE * max(period_s, 2 * _GRID_S)
    return StepResponse(half, math.sqrt(blur_s2) if blur_s2 > tellable_s**2 else None)


def _normalised(held: list[tuple[float, float]], edges: list[tuple[float, bool]], index: int) -> list[float] | None:
    """0 before the edge, 1 when settled, on a grid from the edge on."""
    edge_s = edges[index][0]
    begin_s = edges[index - 1][0] if index > 0 else held[0][0]
    end_s = edges[index + 1][0] if index + 1 < len(edges) else held[-1][0]
    before = _plateau_w(held, begin_s, edge_s)
    after = _plateau_w(held, edge_s, end_s)
    if before is None or after is None or abs(after - before) < _SMALLEST_STEP * max(after, before):
        return None
    times_s = [time_s for time_s, _ in held]
    found = []
    for step in range(int((end_s - edge_s) / _GRID_S)):
        position = bisect_right(times_s, edge_s + step * _GRID_S) - 1
        if position < 0:
            return None
        found.append((held[position][1] - before) / (after - before))
    return found or None


def _plateau_w(held: list[tuple[float, float]], begin_s: float, end_s: float) -> float | None:
    from_s = end_s - _PLATEAU_SHARE * (end_s - begin_s)
    inside = [power_w for time_s, power_w in held if from_s <= time_s < end_s]
    return statistics.median(inside) if inside else None


def _first_above(values: list[float], share: float) -> float | None:
    """When it first reaches that share, straight between two points of the grid."""
    if values and values[0] >= share:
        return 0.0
    for step, (before, now) in enumerate(itertools.pairwise(values)):
        if before < share <= now:
            return (step + (share - before) / (now - before)) * _GRID_S
    return None
