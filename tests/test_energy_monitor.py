"""Windows of `EnergyMonitor` against meters whose truth is known: in real time, judged right or wrong by the truth."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from typing import Any

import pytest

import clear_native as cn
from clear_native import _core

PERIOD_S = 0.02  # of most counters here: an NVIDIA one has 0.1 s, and tests would take five times as long


def scripted(power_w: float = 400.0, **given: Any) -> Any:
    """Power that changes every 70 ms, at no edge of a window."""
    now_s = time.monotonic()
    steps = [(now_s + 0.07 * i, power_w * (1.0 + 0.5 * (i % 3))) for i in range(400)]
    return _core.ScriptedMeter([(now_s - 5.0, 90.0), *steps], **{"period_s": PERIOD_S, "read_s": 0.0005, **given})


def assert_holds(measurement: cn.Measurement, *meters: Any) -> None:
    truth_j = sum(meter.energy_between_j(measurement.begin_s, measurement.end_s) for meter in meters)
    assert measurement.status == "ok", measurement.message
    assert measurement.energy_j is not None and measurement.uncertainty_j is not None
    # The interval is of 95 %; twice its width leaves no room for chance, and none for a wrong number either.
    assert abs(measurement.energy_j - truth_j) <= 2 * measurement.uncertainty_j
    assert measurement.uncertainty_j < 0.25 * truth_j


def test_a_with_block() -> None:
    meter = scripted()
    with cn.EnergyMonitor(meters=[meter]) as m:
        time.sleep(0.4)
    assert_holds(m.measurement, meter)
    assert (m.energy_j, m.uncertainty_j) == (m.measurement.energy_j, m.measurement.uncertainty_j)
    assert m.time_s == m.time == pytest.approx(m.measurement.end_s - m.measurement.begin_s) and m.time_s >= 0.4
    assert m.power_w == pytest.approx(m.energy_j / m.time_s)
    assert m.gpu_energy == {0: m.energy_j} and m.total_energy == m.energy_j
    assert m.cpu_energy is None and m.dram_energy is None
    assert (m.status, m.message) == ("ok", "")
    assert f"{m.time_s:.4g} s" in str(m) and "±" in str(m)


def test_nested_and_overlapping_windows() -> None:
    meter = scripted()
    monitor = cn.EnergyMonitor(meters=[meter])
    monitor.begin_window("epoch")
    monitor.begin_window("step 1")
    time.sleep(0.3)
    monitor.begin_window("step 2")
    time.sleep(0.2)
    first = monitor.end_window("step 1")
    time.sleep(0.2)
    second, epoch = monitor.end_window("step 2"), monitor.end_window("epoch")
    for measurement in (first, second, epoch):
        assert_holds(measurement, meter)
    assert epoch.begin_s <= first.begin_s < second.begin_s < first.end_s < second.end_s <= epoch.end_s
    assert (epoch.name, first.name) == ("epoch", "step 1")


def test_windows_of_many_threads() -> None:
    meter = scripted()
    monitor = cn.EnergyMonitor(meters=[meter])
    found: list[cn.Measurement] = []

    def work(number: int) -> None:
        for _ in range(2):
            monitor.begin_window(f"thread {number}")
            time.sleep(0.25)
            found.append(monitor.end_window(f"thread {number}"))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    for measurement in found:
        assert_holds(measurement, meter)


def test_several_meters_are_told_apart_and_together() -> None:
    meters = [
        scripted(300.0, device="GPU-a"),
        scripted(500.0, device="GPU-b"),
        scripted(80.0, scope="cpu", period_s=0.001),
        scripted(20.0, scope="dram", period_s=0.001),
    ]
    monitor = cn.EnergyMonitor(meters=meters)
    monitor.begin_window("all")
    time.sleep(0.4)
    measurement = monitor.end_window("all")
    assert_holds(measurement, *meters)
    assert list(measurement.gpu_energy) == [0, 1]
    assert measurement.total_energy == pytest.approx(sum(measurement.gpu_energy.values()))
    parts = [measurement.total_energy, measurement.cpu_energy[0], measurement.dram_energy[0]]
    assert measurement.energy_j == pytest.approx(sum(parts))
    assert [part.meter.scope for part in measurement.meters] == ["gpu", "gpu", "cpu", "dram"]


def test_a_window_too_short_for_the_sensor_says_so() -> None:
    monitor = cn.EnergyMonitor(meters=[scripted(period_s=0.1)])
    monitor.begin_window("blink")
    time.sleep(0.005)
    measurement = monitor.end_window("blink")
    assert (measurement.status, measurement.energy_j, measurement.uncertainty_j) == ("too_short", None, None)
    assert measurement.gpu_energy == {0: None}
    assert measurement.total_energy is None and measurement.power_w is None
    assert measurement.time >= 0.005
    assert "every 100 ms" in measurement.message and "bench" in measurement.message
    assert "too_short" in str(measurement)
    assert "energy_j" not in measurement.to_dict() and "energy_j" not in measurement.to_dict()["meters"][0]


def test_power_samples_make_shorter_windows_possible() -> None:
    sampled = scripted(period_s=0.1, sample_period_s=0.02, sample_lag_s=0.02)
    monitor = cn.EnergyMonitor(meters=[sampled])
    time.sleep(0.3)
    with monitor.window("short") as measurement:
        time.sleep(0.08)
    assert measurement.energy_j is not None, measurement.message
    truth_j = sampled.energy_between_j(measurement.begin_s, measurement.end_s)
    assert abs(measurement.energy_j - truth_j) <= 2 * measurement.uncertainty_j


@pytest.mark.alone
def test_aligned_windows_go_from_tick_to_tick() -> None:
    meter = scripted(period_s=0.1)
    monitor = cn.EnergyMonitor(meters=[meter], align=True)
    monitor.begin_window("aligned")
    time.sleep(0.35)
    measurement = monitor.end_window("aligned")
    assert measurement.aligned and measurement.to_dict()["aligned"]
    ticks = measurement.time / 0.1
    assert ticks == pytest.approx(round(ticks), abs=0.2) and round(ticks) >= 4
    assert measurement.uncertainty_j < 0.01  # what the counter's steps leave open
    assert measurement.energy_j / measurement.time == pytest.approx(600, rel=0.4)
    monitor.begin_window("one edge", align=False)
    assert not monitor.end_window("one edge").aligned


def test_decorated_functions() -> None:
    meter = scripted()
    monitor = cn.EnergyMonitor(meters=[meter])

    @monitor
    def step(number: int, *, more: int = 0) -> int:
        """Says it."""
        time.sleep(0.2)
        return number + more

    @monitor.measure("named")
    async def later() -> str:
        await asyncio.sleep(0.2)
        return "done"

    assert [step(1), step(2, more=3)] == [1, 5]
    assert asyncio.run(later()) == "done"
    assert (step.__name__, step.__doc__) == ("step", "Says it.")
    assert [m.name for m in (*step.measurements, *later.measurements)] == ["step", "step", "named"]
    for measurement in (*step.measurements, *later.measurements):
        assert_holds(measurement, meter)


def test_an_exception_passes_through_and_the_window_ends() -> None:
    monitor = cn.EnergyMonitor(meters=[scripted()])

    @monitor
    def fails() -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        fails()
    assert len(fails.measurements) == 0
    with pytest.raises(ZeroDivisionError), monitor as m:
        time.sleep(0.2)
        raise ZeroDivisionError
    assert m.energy_j is not None, m.message


def test_results_can_be_asked_for_after_close_and_after_the_monitor_is_gone() -> None:
    meter = scripted()
    monitor = cn.EnergyMonitor(meters=[meter])
    monitor.begin_window("kept")
    time.sleep(0.3)
    measurement = monitor.end_window("kept")
    monitor.close()
    monitor.close()
    del monitor
    assert_holds(measurement, meter)
    assert json.loads(json.dumps(measurement.to_dict()))["energy_j"] == measurement.energy_j


def test_a_cancelled_window_has_no_energy() -> None:
    monitor = cn.EnergyMonitor(meters=[scripted()])
    monitor.begin_window("no")
    measurement = monitor.end_window("no", cancel=True)
    assert (measurement.status, measurement.energy_j, measurement.gpu_energy) == ("cancelled", None, {0: None})
    monitor.begin_window("no")


@pytest.mark.parametrize(
    ("fault", "status"),
    [("back_at_s", "counter_went_back"), ("stalls_at_s", "counter_stalled"), ("lost_at_s", "meter_failed")],
)
def test_a_meter_that_breaks_gives_no_number_and_stops_nobody(fault: str, status: str) -> None:
    monitor = cn.EnergyMonitor(meters=[scripted(**{fault: time.monotonic() + 0.4})])
    monitor.begin_window("broken")
    time.sleep(1.2)
    measurement = monitor.end_window("broken")
    assert measurement.energy_j is None and status in measurement.status
    assert measurement.message
    monitor.begin_window("after")
    assert monitor.end_window("after").energy_j is None or fault == "back_at_s"


def test_without_a_gpu_the_cpu_is_estimated_and_marked() -> None:
    monitor = cn.EnergyMonitor(gpu_indices=[], meter="estimate:65")
    with monitor as m:
        time.sleep(0.05)
    assert m.energy_j == pytest.approx(65 * m.time_s, rel=1e-3)
    assert m.gpu_energy == {} and m.total_energy == m.energy_j and m.cpu_energy == {0: m.energy_j}
    assert m.uncertainty_j is None and "uncertainty_j" not in m.measurement.to_dict()
    assert m.measurement.estimated and "± ? J ESTIMATED" in str(m)
