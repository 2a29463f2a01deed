"""What a meter does in practice: how often it changes, in which steps, how long a read takes, what it reads at rest."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable
from typing import Any, Protocol

__all__ = ["characterize"]


class Readable(Protocol):
    """The part of an energy meter that is looked at here."""

    def read(self) -> tuple[float, float, float]: ...
    def power_samples(self) -> list[tuple[float, float]]: ...
    def operating_point(self) -> dict[str, Any] | None: ...
    def other_processes(self) -> int | None: ...


def characterize(
    meter: Readable,
    duration_s: float = 2.0,
    pause_s: float = 0.001,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    """Reads the meter again and again for `duration_s` of its own time. What could not be seen is absent."""
    meter.power_samples()  # those buffered before are of another time
    readings = [meter.read()]
    while readings[-1][1] - readings[0][0] < duration_s:
        sleep(pause_s)
        readings.append(meter.read())
    samples = meter.power_samples()
    changes = [now for before, now in itertools.pairwise(readings) if now[2] != before[2]]
    steps_j = [now[2] - before[2] for before, now in itertools.pairwise(readings) if now[2] != before[2]]
    took_s = sorted(end_s - begin_s for begin_s, end_s, _ in readings)
    periods_s = _gaps([_middle(reading) for reading in changes])
    found = {
        "readings": len(readings),
        "changes": len(changes),
        "period_s": statistics.median(periods_s) if periods_s else None,
        "smallest_step_j": min(map(abs, steps_j)) if steps_j else None,
        "went_back": any(step_j < 0 for step_j in steps_j),
        "read_median_s": statistics.median(took_s),
        "read_p99_s": took_s[min(len(took_s) - 1, int(0.99 * len(took_s)))],
        "power_w": _power(changes),
        "power_samples": len(samples),
        "power_sample_period_s": statistics.median(_gaps([when for when, _ in samples])) if len(samples) > 1 else None,
        "power_by_samples_w": statistics.fmean(power for _, power in samples) if samples else None,
        "operating_point": meter.operating_point(),
        "other_processes": meter.other_processes(),
    }
    return {name: value for name, value in found.items() if value is not None}


def _middle(reading: tuple[float, float, float]) -> float:
    return (reading[0] + reading[1]) / 2


def _gaps(times_s: list[float]) -> list[float]:
    return [after - before for before, after in itertools.pairwise(times_s)]


def _power(changes: list[tuple[float, float, float]]) -> float | None:
    """From the first change to the last: between ticks, so that no part of a period is missed."""
    if len(changes) < 2:
        return None
    return (changes[-1][2] - changes[0][2]) / (_middle(changes[-1]) - _middle(changes[0]))
