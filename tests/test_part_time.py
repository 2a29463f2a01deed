"""A sensor that looks part of the time beats with a load that alternates nearly as fast; another does not."""

from __future__ import annotations

import pytest
from fake_sensor import Known, VirtualBench

from clear_native.machine.part_time import SUSPECTED_LOOK_PERIOD_S, find_part_time


@pytest.mark.parametrize("look_period_s", [0.805e-3, 0.77e-3, 0.83e-3])
def test_finds_how_often_it_looks(look_period_s: float) -> None:
    found = find_part_time(VirtualBench(Known(look_period_s=look_period_s)), 6.0)
    assert found is not None
    assert found.look_period_s == pytest.approx(look_period_s, rel=0.006)


@pytest.mark.parametrize("look_s", [0.1e-3, 0.2e-3, 0.3e-3])
def test_finds_for_how_long_it_looks(look_s: float) -> None:
    found = find_part_time(VirtualBench(Known(look_period_s=SUSPECTED_LOOK_PERIOD_S, look_s=look_s)), 12.0)
    assert found is not None
    assert found.look_s == pytest.approx(look_s, abs=0.08e-3)


def test_a_sensor_that_always_looks_does_not_beat() -> None:
    assert find_part_time(VirtualBench(), 6.0) is None


def test_one_that_looks_far_more_often_is_not_found() -> None:
    assert find_part_time(VirtualBench(Known(look_period_s=20e-6, look_s=5e-6)), 6.0) is None


def test_noise_is_no_beat() -> None:
    assert find_part_time(VirtualBench(Known(noise=0.05)), 6.0) is None


@pytest.mark.parametrize("known", [Known(can_alternate=False), Known(sample_period_s=None)])
def test_a_device_without_what_it_takes(known: Known) -> None:
    assert find_part_time(VirtualBench(known), 3.0) is None
