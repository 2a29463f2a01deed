"""Whether a sensor looks part of the time only: a load that alternates nearly as fast as it looks beats with it.

The sensor's samples are means of its looks. If those come every p, and the load goes on and off with a period near p,
the looks drift slowly through the load's cycle, and samples swing between idle and full power with the difference of
the two frequencies. A sensor that looks all the time sees half of both, whatever the period.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from clear_native.machine.sensor_trace import SensorBench

__all__ = ["LEAST_S", "SUSPECTED_LOOK_PERIOD_S", "PartTime", "find_part_time"]

SUSPECTED_LOOK_PERIOD_S = 0.805e-3  # of an H200
_RANGE = 0.13  # to both sides of its frequency
_STEP_HZ = 16.0  # a beat of half of it turns once in a few samples, and one of all of it is not yet averaged out
_SETTLE_S = 0.04  # after the load begins; samples that hold something else are left out
_FEWEST_SAMPLES = 4
_STANDS_OUT = 4.0  # times the scatter of all other periods ...
_SMALLEST_SWING = 0.03  # ... and so much of the power
_SLOW_BEAT_HZ = 3.0  # at which the swing's shape is looked at
_SHAPE_SHARE = 0.25  # of the time
LEAST_S = 4.5  # so that each period has its fewest samples of 20 ms


@dataclass(frozen=True)
class PartTime:
    """`look_s`: for how long it looks; None where the swing's shape does not tell."""

    look_period_s: float
    look_s: float | None


def find_part_time(
    bench: SensorBench,
    duration_s: float,
    suspected_s: float = SUSPECTED_LOOK_PERIOD_S,
    between: Callable[[], None] = lambda: None,
) -> PartTime | None:
    """None where this device cannot alternate, has no samples, or nothing beats. `between` is called between two loads;
    less than `LEAST_S` shows nothing.
    """
    center_hz = 1 / suspected_s
    steps = int(2 * _RANGE * center_hz / _STEP_HZ) + 1
    each_s = (1 - _SHAPE_SHARE) * duration_s / steps
    seen: list[tuple[float, float]] = []  # frequency, scatter
    powers_w: list[float] = []
    for step in range(steps):
        between()
        wanted_hz = (1 - _RANGE) * center_hz + step * _STEP_HZ
        looked = _look(bench, 1 / wanted_hz, each_s)
        if looked is None:
            return None
        frequency_hz, samples = looked
        if len(samples) >= _FEWEST_SAMPLES:
            seen.append((frequency_hz, statistics.pstdev(samples)))
            powers_w += samples
    peak_hz = _peak_hz(seen, powers_w)
    if peak_hz is None:
        return None
    slow = _look(bench, 1 / (peak_hz + _SLOW_BEAT_HZ), _SHAPE_SHARE * duration_s)
    return PartTime(1 / peak_hz, _look_s(slow[1], 1 / slow[0]) if slow else None)


def _look(bench: SensorBench, period_s: float, duration_s: float) -> tuple[float, list[float]] | None:
    """The load's true frequency, and the samples within it."""
    bench.samples()
    ran = bench.alternate(period_s, max(_SETTLE_S, duration_s - _SETTLE_S))
    if ran is None:
        return None
    bench.sleep(_SETTLE_S)  # the driver hands the last samples out late
    inside = [power_w for time_s, power_w in bench.samples() if ran.begin_s + _SETTLE_S <= time_s <= ran.end_s]
    return 1 / ran.period_s, inside


def _peak_hz(seen: list[tuple[float, float]], powers_w: list[float]) -> float | None:
    """Center of what stands out; None for nothing, or for what lies at an end and so may go on beyond it."""
    if len(seen) < 2 * _FEWEST_SAMPLES:
        return None
    usual_w = statistics.median(scatter for _, scatter in seen)
    peak = max(range(len(seen)), key=lambda i: seen[i][1])
    high_w = seen[peak][1]
    if high_w < max(_STANDS_OUT * usual_w, _SMALLEST_SWING * statistics.fmean(powers_w)) or peak in (0, len(seen) - 1):
        return None
    # Beats are as strong to both sides of the sensor's frequency, and weakest right at it, where they stand still.
    near = [(hz, scatter - usual_w) for hz, scatter in seen if scatter > usual_w + 0.3 * (high_w - usual_w)]
    near = [(hz, excess) for hz, excess in near if abs(hz - seen[peak][0]) <= 3.5 * _STEP_HZ]
    return sum(hz * excess for hz, excess in near) / sum(excess for _, excess in near)


def _look_s(samples: list[float], period_s: float) -> float | None:
    """From the shape of a slow swing. A look of length l over a load that is on for half its period T gives a wave that
    rises over l, stays, and falls over l: with amplitude A its mean square is A^2 (1 - 4 l / (3 T)).
    """
    if len(samples) < 4 * _FEWEST_SAMPLES:
        return None
    ordered = sorted(samples)
    end = max(1, len(ordered) // 20)
    low_w, high_w = statistics.fmean(ordered[:end]), statistics.fmean(ordered[-end:])
    amplitude_w = (high_w - low_w) / 2
    middle_w = (high_w + low_w) / 2
    if amplitude_w <= 0:
        return None
    mean_square = statistics.fmean((power_w - middle_w) ** 2 for power_w in samples) / amplitude_w**2
    look_s = 0.75 * period_s * (1 - mean_square)
    return look_s if 0.02 * period_s < look_s < 0.5 * period_s else None
