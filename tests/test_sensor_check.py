"""What is found of a meter is what a bench with known behaviour has."""

from __future__ import annotations

import random

import pytest
from fake_sensor import IDLE_W, Known, VirtualBench

from clear_native.machine.sensor_check import field_facts, reading_facts, shortest_window_s
from clear_native.machine.sensor_trace import Trace, watch_steps


def test_the_reading() -> None:
    trace, _ = watch_steps(VirtualBench(), 2, 1.0, 1.0)
    found = reading_facts(trace, is_counter=True)
    assert found.period_s == pytest.approx(0.1, rel=0.002)
    assert found.period_jitter_s is not None
    assert found.period_jitter_s < 0.005
    assert found.quantum_j == pytest.approx(0.001)
    assert found.read_median_s == pytest.approx(0.0025)
    assert found.read_p99_s == pytest.approx(0.0025)


def test_slow_reads_show_in_their_99th_percentile() -> None:
    readings = [(0.1 * i, 0.1 * i + (0.016 if i % 40 == 0 else 0.002), float(i)) for i in range(400)]
    found = reading_facts(Trace(readings=readings), is_counter=True)
    assert found.read_median_s == pytest.approx(0.002)
    assert found.read_p99_s == pytest.approx(0.016)


def test_a_meter_that_changes_at_every_reading_has_no_period() -> None:
    readings = [(0.01 * i, 0.01 * i + 0.001, 2.5e-4 * i) for i in range(400)]
    found = reading_facts(Trace(readings=readings), is_counter=True)
    assert (found.period_s, found.period_jitter_s) == (None, None)
    assert found.quantum_j == pytest.approx(2.5e-4)


def test_an_integral_has_its_samples_period_and_no_quantum() -> None:
    readings = [(0.02 * (i // 3), 0.02 * (i // 3), 2.0 * (i // 3)) for i in range(300)]
    found = reading_facts(Trace(readings=readings), is_counter=False)
    assert found.period_s == pytest.approx(0.02)
    assert found.quantum_j is None


def test_a_meter_that_stands_still() -> None:
    found = reading_facts(Trace(readings=[(0.1 * i, 0.1 * i + 0.01, 5.0) for i in range(20)]), is_counter=True)
    assert (found.period_s, found.quantum_j) == (None, None)
    assert field_facts(Trace(readings=[(0.0, 0.1, 5.0)]), is_counter=True) == []


def test_the_fields() -> None:
    trace, _ = watch_steps(VirtualBench(Known(counter_gain=1.02)), 3, 1.6, 1.0)
    found = {facts.name: facts for facts in field_facts(trace, is_counter=True)}
    assert set(found) == {"counter", "samples", "instant", "usage"}
    assert found["samples"].period_s == pytest.approx(0.02)
    assert found["instant"].period_s == pytest.approx(0.1, rel=0.05)
    assert found["instant"].averaging_s is None
    assert found["usage"].averaging_s == pytest.approx(1.0, rel=0.05)
    assert found["usage"].lag_s == pytest.approx(0.55, abs=0.05)
    assert found["counter"].lag_s == pytest.approx(0.1, abs=0.04), "a mean over its period, that holds for another"
    assert found["counter"].counter_ratio is None
    assert found["samples"].lag_s == pytest.approx(0.02, abs=0.015)
    assert found["samples"].counter_ratio == pytest.approx(1.02, rel=0.003)
    assert found["instant"].counter_ratio == pytest.approx(1.02, rel=0.02)
    assert found["usage"].counter_ratio == pytest.approx(1.02, rel=0.01)
    assert found["instant"].read_median_s == pytest.approx(3e-6)


def test_an_integral_is_not_compared_with_itself() -> None:
    trace, _ = watch_steps(VirtualBench(), 1, 1.0, 1.0)
    found = {facts.name: facts for facts in field_facts(trace, is_counter=False)}
    assert "counter" not in found
    assert found["samples"].counter_ratio is None


def noisy_energy(noise: float, count: int = 400, drift: float = 0.0) -> list[tuple[float, float]]:
    numbers = random.Random(3)
    energy_j, found = 0.0, [(0.0, 0.0)]
    for i in range(1, count):
        energy_j += IDLE_W * (1 + drift * i / count) * (1 + noise * numbers.gauss(0, 1)) * 0.02
        found.append((0.02 * i, energy_j))
    return found


def test_the_shortest_window_follows_the_noise() -> None:
    assert shortest_window_s(noisy_energy(0.001)) == pytest.approx(0.02)
    needed_s = 0.02 * (1.96 * 0.02 / 0.01) ** 2  # white noise of 2 % a sample
    assert shortest_window_s(noisy_energy(0.02)) == pytest.approx(needed_s, rel=0.5)
    assert shortest_window_s(noisy_energy(0.3)) is None


def test_warming_up_is_no_noise() -> None:
    assert shortest_window_s(noisy_energy(0.001, drift=0.05)) == pytest.approx(0.02)


def test_too_little_to_tell() -> None:
    assert shortest_window_s([]) is None
    assert shortest_window_s(noisy_energy(0.001, count=10)) is None
