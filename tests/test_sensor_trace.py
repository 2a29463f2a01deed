"""A trace keeps what was seen, and when the load changed."""

from __future__ import annotations

import pytest
from fake_sensor import IDLE_W, LOAD_W, Known, VirtualBench

from clear_native.machine.sensor_trace import Trace, energy_at, median_gap_s, watch, watch_steps


def test_ticks_lie_where_the_reading_changed() -> None:
    trace = Trace(readings=[(1.0, 1.002, 5.0), (1.01, 1.012, 5.0), (1.02, 1.022, 7.0), (1.1, 1.1, 9.0)])
    assert trace.ticks() == [(pytest.approx(1.016), 7.0), (1.1, 9.0)], "the last reading carries its own moment"


def test_watching_sees_everything() -> None:
    bench = VirtualBench()
    trace = watch(bench, 2.0)
    assert len(trace.ticks()) == pytest.approx(20, abs=1)
    assert len(trace.samples) == pytest.approx(100, abs=2)
    assert trace.mean_power_w(trace.begin_s, trace.end_s) == pytest.approx(IDLE_W, rel=0.01)
    assert set(trace.fields) == {"instant", "usage"}
    assert trace.field_read_s["instant"][0] == pytest.approx(3e-6)


def test_without_samples_the_counter_tells_the_power() -> None:
    trace = watch(VirtualBench(Known(sample_period_s=None, instant_period_s=None)), 2.0)
    assert trace.samples == []
    assert "instant" not in trace.fields
    assert trace.mean_power_w(trace.begin_s, trace.end_s) == pytest.approx(IDLE_W, rel=0.02)
    assert trace.mean_power_w(0, 1) is None, "nothing was seen then"


def test_steps_are_told_with_their_times() -> None:
    bench = VirtualBench()
    trace, (begin_s, end_s) = watch_steps(bench, 2, 0.5, 1.0)
    assert [on for _, on in trace.edges] == [True, False, True, False]
    assert end_s - begin_s == pytest.approx(1.0, abs=0.02)
    assert trace.mean_power_w(begin_s, end_s) == pytest.approx(LOAD_W, rel=0.01)
    assert trace.edges[0][0] - trace.begin_s == pytest.approx(0.5, abs=0.02)


def test_the_load_ends_however_watching_does() -> None:
    class Failing(VirtualBench):
        def samples(self) -> list[tuple[float, float]]:
            if self.kinds[-1][0] == "load":
                raise RuntimeError("lost")
            return super().samples()

    bench = Failing()
    with pytest.raises(RuntimeError, match="lost"):
        watch_steps(bench, 2, 1.0, 1.0)
    assert bench.kinds[-1][0] == "idle"


def test_energy_is_straight_between_points() -> None:
    points = [(0.0, 10.0), (2.0, 20.0), (3.0, 50.0)]
    assert [energy_at(points, time_s) for time_s in (-1.0, 1.0, 2.5, 9.0)] == [10.0, 15.0, 35.0, 50.0]


def test_gaps() -> None:
    assert median_gap_s([0.0, 1.0, 3.0, 3.5]) == 1.0
    assert median_gap_s([1.0]) is None
