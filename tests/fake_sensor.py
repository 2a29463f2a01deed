"""A device with a sensor on a virtual clock, whose lags, periods and looks are known."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from dataclasses import dataclass

from clear_native import _core

IDLE_W, LOAD_W = 120.0, 600.0


@dataclass
class Known:
    """What a test then wants to find again. Periods of None: there is no such thing."""

    counter_period_s: float = 0.1
    counter_gain: float = 1.0
    read_s: float = 0.0025
    sample_period_s: float | None = 0.02
    instant_period_s: float | None = 0.1
    usage_averaging_s: float | None = 1.0
    look_period_s: float | None = None
    look_s: float = 0.0002
    can_alternate: bool = True
    noise: float = 0.002  # of a sample


class VirtualBench(_core.SensorBench):
    """Power is a list of stretches, (begin, kind, period): kind is idle, load or alternating."""

    def __init__(self, known: Known | None = None) -> None:
        super().__init__()
        self.known = known or Known()
        self.clock_s = 100.0
        self.begins_s = [0.0]
        self.kinds: list[tuple[str, float]] = [("idle", 0.0)]
        self.energies_j = [0.0]
        self.handed_out_s = self.clock_s
        self.random = random.Random(7)

    # what the bench protocol asks for
    def read(self) -> tuple[float, float, float]:
        known = self.known
        begin_s = self.clock_s
        counted_s = math.floor(begin_s / known.counter_period_s) * known.counter_period_s
        self.clock_s += known.read_s
        return begin_s, self.clock_s, math.floor(known.counter_gain * self.energy_j(counted_s) * 1e3) * 1e-3

    def field_names(self) -> list[str]:
        return ["instant", "usage"]

    def field_power_w(self, name: str) -> float | None:
        return self._instant_w() if name == "instant" else self._usage_w()

    def now_s(self) -> float:
        return self.clock_s

    def sleep(self, duration_s: float) -> None:
        self.clock_s += duration_s

    def start_load(self) -> float:
        return self._switch("load")

    def stop_load(self) -> float:
        return self._switch("idle")

    def alternate(self, period_s: float, duration_s: float) -> _core.Alternation | None:
        if not self.known.can_alternate:
            return None
        true_s = period_s * 1.0003  # a little beside what was asked for
        begin_s = self._switch("alternating", true_s)
        self.clock_s += duration_s
        return _core.Alternation(true_s, begin_s, self._switch("idle"))

    def samples(self) -> list[tuple[float, float]]:
        period_s = self.known.sample_period_s
        if period_s is None:
            return []
        first, last = math.floor(self.handed_out_s / period_s) + 1, math.floor(self.clock_s / period_s)
        self.handed_out_s = self.clock_s
        found = [(number * period_s, self._sample_w(number * period_s, period_s)) for number in range(first, last + 1)]
        return found[-119:]

    # the truth
    def energy_j(self, time_s: float) -> float:
        at = bisect_right(self.begins_s, time_s) - 1
        return self.energies_j[at] + self._within_j(at, time_s - self.begins_s[at])

    def mean_w(self, begin_s: float, end_s: float) -> float:
        return (self.energy_j(end_s) - self.energy_j(begin_s)) / (end_s - begin_s)

    def _within_j(self, at: int, length_s: float) -> float:
        kind, period_s = self.kinds[at]
        if kind != "alternating":
            return (LOAD_W if kind == "load" else IDLE_W) * length_s
        cycles = math.floor(length_s / period_s)
        loaded_s = cycles * period_s / 2 + min(length_s - cycles * period_s, period_s / 2)
        return IDLE_W * length_s + (LOAD_W - IDLE_W) * loaded_s

    def _switch(self, kind: str, period_s: float = 0.0) -> float:
        energy_j = self.energy_j(self.clock_s)
        self.begins_s.append(self.clock_s)
        self.kinds.append((kind, period_s))
        self.energies_j.append(energy_j)
        return self.clock_s

    def _sample_w(self, end_s: float, length_s: float) -> float:
        look_period_s = self.known.look_period_s
        noise = 1 + self.known.noise * self.random.gauss(0, 1)
        if look_period_s is None:
            return self.mean_w(end_s - length_s, end_s) * noise
        first = math.floor((end_s - length_s) / look_period_s) + 1
        last = math.floor(end_s / look_period_s)
        looks = [self.mean_w(n * look_period_s, n * look_period_s + self.known.look_s) for n in range(first, last + 1)]
        return sum(looks) / len(looks) * noise

    def _updated_s(self, period_s: float) -> float:
        return math.floor(self.clock_s / period_s) * period_s

    def _instant_w(self) -> float | None:
        self.clock_s += 3e-6
        if self.known.instant_period_s is None:
            return None
        updated_s = self._updated_s(self.known.instant_period_s)
        power_w = self.mean_w(updated_s - 1e-6, updated_s)
        return round(power_w * (1 + 1e-3 * math.sin(updated_s * 7)), 3)

    def _usage_w(self) -> float | None:
        self.clock_s += 1e-6
        if self.known.usage_averaging_s is None:
            return None
        updated_s = self._updated_s(0.1)
        return round(self.mean_w(updated_s - self.known.usage_averaging_s, updated_s), 3)
