"""The native look at a sensor with benches of Python's: what they raise passes through, and no load is left running."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from fake_rapl import drawing, make_zone
from fake_sensor import VirtualBench

import clear_native as cn
from clear_native import _core
from clear_native.errors import BadInputError, Interrupted, SensorFaultError, WorkloadFailedError
from clear_native.machine.sensor_bench import CpuBench


class RaisingBench(VirtualBench):
    """Raises when it is read under load."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def read(self) -> tuple[float, float, float]:
        if self.kinds[-1][0] == "load":
            raise self.error
        return super().read()


@pytest.mark.parametrize("error", [KeyError("odd"), SensorFaultError("back"), KeyboardInterrupt()])
def test_what_a_bench_raises_passes_through_and_the_load_ends(error: BaseException) -> None:
    bench = RaisingBench(error)
    with pytest.raises(type(error)) as raised:
        _core.characterize(bench, False, "", 8.0)
    assert raised.value is error
    assert bench.kinds[-1][0] == "idle"


def test_a_load_that_fails_is_told_rather_than_what_came_of_it() -> None:
    class Broken(RaisingBench):
        def stop_load(self) -> float:
            super().stop_load()
            if self.clock_s > 101:
                raise WorkloadFailedError("out of memory")
            return self.clock_s

    with pytest.raises(WorkloadFailedError, match="out of memory"):
        _core.characterize(Broken(KeyError("odd")), False, "", 8.0)


def test_what_progress_raises_passes_through() -> None:
    calls: list[int] = []

    def between() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        _core.characterize(VirtualBench(), False, "", 8.0, between)


def test_a_bench_must_be_whole() -> None:
    class Nothing(_core.SensorBench):
        def now_s(self) -> float:
            return 0.0

    with pytest.raises(TypeError, match="must have a method field_names"):
        _core.characterize(Nothing(), False, "", 8.0)
    with pytest.raises(RuntimeError, match="start_load"):
        _core.DeviceBench(_core.ScriptedMeter([(0.0, 50.0)])).start_load()


def test_too_little_time() -> None:
    with pytest.raises(BadInputError, match="at least 4"):
        _core.characterize(VirtualBench(), False, "", 3.0)


def test_a_bench_that_does_not_alternate_needs_no_method_for_it() -> None:
    bench = CpuBench(_core.ScriptedMeter([(0.0, 50.0)]))
    assert "alternate" not in vars(CpuBench)
    assert _core.SensorBench.alternate(bench, 1e-3, 0.1) is None


@pytest.mark.alone
def test_deep_idle_is_found_without_the_gil() -> None:
    meter = _core.ScriptedMeter([(time.monotonic() - 1, 88.0)], period_s=0.02)
    counted: list[int] = []
    stop = threading.Event()
    thread = threading.Thread(target=lambda: [counted.append(1) for _ in iter(lambda: stop.wait(0.005), True)])
    thread.start()
    power_w, notes = _core.deep_idle(meter, 0.3)
    stop.set()
    thread.join()
    assert power_w == pytest.approx(88, rel=0.05)
    assert notes == []
    assert len(counted) > 5


def test_ctrl_c_ends_it_at_once_with_its_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEAR_RAPL_ROOT", str(tmp_path))
    file = make_zone(tmp_path)
    threads = threading.active_count()
    timer = threading.Timer(1.5, lambda: os.kill(os.getpid(), signal.SIGINT))
    with drawing(file, power_w=50.0):
        timer.start()
        begin_s = time.monotonic()
        with pytest.raises(Interrupted):
            cn.sensor("cpu", max_time=60, progress=False)
        took_s = time.monotonic() - begin_s
        timer.join()
    assert took_s < 30, "of 60"
    assert threading.active_count() == threads
