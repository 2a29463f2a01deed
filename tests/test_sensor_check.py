"""The characterization of a meter finds the period, step, power and read time that a scripted meter has."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from clear_native.machine.meters import open_meter
from clear_native.machine.sensor_check import characterize


class ScriptedMeter:
    """Steps every `period_s` by `power_w * period_s`; each read takes 2 ms, every fiftieth 16 ms."""

    def __init__(self, power_w: float = 100.0, period_s: float = 0.1, samples: bool = True) -> None:
        self.now_s, self.reads = 50.0, 0
        self.power_w, self.period_s, self.has_samples = power_w, period_s, samples
        self.drained_until_s = self.now_s

    def sleep(self, pause_s: float) -> None:
        self.now_s += pause_s

    def read(self) -> tuple[float, float, float]:
        begin_s = self.now_s
        self.reads += 1
        self.now_s += 0.016 if self.reads % 50 == 0 else 0.002
        return begin_s, self.now_s, math.floor(begin_s / self.period_s) * self.period_s * self.power_w

    def power_samples(self) -> list[tuple[float, float]]:
        begin_s, self.drained_until_s = self.drained_until_s, self.now_s
        count = round((self.now_s - begin_s) / 0.02) if self.has_samples else 0
        return [(begin_s + 0.02 * number, self.power_w) for number in range(count)]

    def operating_point(self) -> dict[str, Any] | None:
        return {"time_s": self.now_s, "sm_clock_mhz": 1980.0}

    def other_processes(self) -> int | None:
        return None


def test_finds_what_the_meter_does() -> None:
    meter = ScriptedMeter()
    found = characterize(meter, 3.0, sleep=meter.sleep)
    assert found["period_s"] == pytest.approx(0.1, abs=0.004)
    assert found["smallest_step_j"] == pytest.approx(10)
    assert found["power_w"] == pytest.approx(100, rel=0.01)
    assert found["changes"] == pytest.approx(30, abs=1)
    assert found["read_median_s"] == pytest.approx(0.002)
    assert found["read_p99_s"] == pytest.approx(0.016)
    assert found["power_sample_period_s"] == pytest.approx(0.02)
    assert found["power_by_samples_w"] == pytest.approx(100)
    assert found["went_back"] is False
    assert found["operating_point"]["sm_clock_mhz"] == 1980.0
    assert "other_processes" not in found


def test_a_meter_that_stands_still_has_no_power() -> None:
    meter = ScriptedMeter(power_w=0.0, samples=False)
    found = characterize(meter, 0.5, sleep=meter.sleep)
    assert found["changes"] == 0
    assert not {"period_s", "power_w", "smallest_step_j", "power_by_samples_w"} & set(found)


def test_a_meter_that_goes_back() -> None:
    meter = ScriptedMeter(power_w=-5.0)
    assert characterize(meter, 0.5, sleep=meter.sleep)["went_back"] is True


def test_the_estimate_reads_its_stated_power() -> None:
    found = characterize(open_meter("estimate:40", torch.device("cpu")), 0.2)
    assert found["power_w"] == pytest.approx(40, rel=0.05)
    assert found["power_samples"] == 0
