"""Watches a meter and the power fields beside it, at rest and while a load goes on and off."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["Alternation", "SensorBench", "Trace", "energy_at", "watch", "watch_steps"]

_PAUSE_S = 0.002
_DRAIN_EVERY_S = 0.5  # the driver keeps 2.4 s of samples


class Readable(Protocol):
    """The part of an energy meter that is looked at here."""

    def read(self) -> tuple[float, float, float]: ...


@dataclass(frozen=True)
class Alternation:
    """A load that went on and off for equal times: its true period, and when it ran."""

    period_s: float
    begin_s: float
    end_s: float


class SensorBench(Protocol):
    """A device with its sensor and a load. Times are of one monotonic clock."""

    @property
    def meter(self) -> Readable: ...
    @property
    def fields(self) -> Mapping[str, Callable[[], float | None]]:
        """Power in watts, to be polled; None where there is no such field after all."""
        ...

    def samples(self) -> list[tuple[float, float]]:
        """(time, mean watts since the sample before) that the driver buffered since the last call."""
        ...

    def now_s(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...
    def start_load(self) -> float:
        """Returns when it began."""
        ...

    def stop_load(self) -> float:
        """Returns when the device was idle again."""
        ...

    def alternate(self, period_s: float, duration_s: float) -> Alternation | None:
        """Runs a load that goes on and off so; None where this device cannot."""
        ...


@dataclass
class Trace:
    """What was seen, and when the load changed: (time, whether it is on from then)."""

    readings: list[tuple[float, float, float]] = field(default_factory=list)
    fields: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    field_read_s: dict[str, list[float]] = field(default_factory=dict)
    samples: list[tuple[float, float]] = field(default_factory=list)
    edges: list[tuple[float, bool]] = field(default_factory=list)
    begin_s: float = 0.0
    end_s: float = 0.0

    def ticks(self) -> list[tuple[float, float]]:
        """(time, joules) at changes of the reading; the time is the middle of where the change must lie."""
        found = []
        for before, now in itertools.pairwise(self.readings):
            if now[2] == before[2]:
                continue
            carries_its_moment = now[0] == now[1]
            found.append((now[0] if carries_its_moment else (before[0] + now[1]) / 2, now[2]))
        return found

    def energy(self, begin_s: float, end_s: float) -> list[tuple[float, float]]:
        """(time, joules) of the best that was seen: sums of samples, else ticks."""
        if len(self.samples) > 1:
            energy_j = 0.0
            found = [(self.samples[0][0], 0.0)]
            for before, now in itertools.pairwise(self.samples):
                energy_j += now[1] * (now[0] - before[0])
                found.append((now[0], energy_j))
        else:
            found = self.ticks()
        return [(time_s, energy_j) for time_s, energy_j in found if begin_s <= time_s <= end_s]

    def mean_power_w(self, begin_s: float, end_s: float) -> float | None:
        points = self.energy(begin_s, end_s)
        if len(points) < 2:
            return None
        return (points[-1][1] - points[0][1]) / (points[-1][0] - points[0][0])


def watch(bench: SensorBench, duration_s: float, trace: Trace | None = None) -> Trace:
    """Reads everything again and again; goes on with `trace` where one is given."""
    if trace is None:
        bench.samples()  # those buffered before are of another time
        trace = Trace(begin_s=bench.now_s())
    until_s = bench.now_s() + duration_s
    drained_s = bench.now_s()
    while bench.now_s() < until_s:
        trace.readings.append(bench.meter.read())
        for name, read in bench.fields.items():
            begin_s = bench.now_s()
            power_w = read()
            end_s = bench.now_s()
            if power_w is not None:
                trace.fields.setdefault(name, []).append(((begin_s + end_s) / 2, power_w))
                trace.field_read_s.setdefault(name, []).append(end_s - begin_s)
        if bench.now_s() - drained_s >= _DRAIN_EVERY_S:
            trace.samples += bench.samples()
            drained_s = bench.now_s()
        bench.sleep(_PAUSE_S)
    trace.samples += bench.samples()
    trace.end_s = bench.now_s()
    return trace


def watch_steps(
    bench: SensorBench, cycles: int, phase_s: float, steady_s: float, between: Callable[[], None] = lambda: None
) -> tuple[Trace, tuple[float, float]]:
    """Off, on, off, ... with phases that differ a little, so that edges do not keep step with the sensor. The last time
    it stays on for `steady_s` more; also returns that stretch. `between` is called while the load is off.
    """
    trace = watch(bench, phase_s)
    steady = (0.0, 0.0)
    for cycle in range(cycles):
        between()
        extra_s = 0.1 * math.fmod((cycle + 1) * 0.618, 1.0)
        trace.edges.append((bench.start_load(), True))
        try:
            watch(bench, phase_s + extra_s, trace)
            if cycle == cycles - 1:
                begin_s = bench.now_s()
                watch(bench, steady_s, trace)
                steady = (begin_s, bench.now_s())
        finally:
            trace.edges.append((bench.stop_load(), False))
        watch(bench, phase_s + extra_s / 2, trace)
    return trace, steady


def energy_at(points: list[tuple[float, float]], time_s: float) -> float:
    """Straight between (time, joules) points; that of the nearest end outside of them."""
    if time_s <= points[0][0]:
        return points[0][1]
    for before, now in itertools.pairwise(points):
        if time_s <= now[0]:
            share = (time_s - before[0]) / (now[0] - before[0])
            return before[1] + share * (now[1] - before[1])
    return points[-1][1]


def median_gap_s(times_s: list[float]) -> float | None:
    """Median of the time between one and the next."""
    gaps_s = [after - before for before, after in itertools.pairwise(times_s)]
    return statistics.median(gaps_s) if gaps_s else None
