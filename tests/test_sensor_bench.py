"""The load begins and ends when it is told to; without a driver nothing is made up."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from clear_native.errors import WorkloadFailedError
from clear_native.machine import sensor_bench
from clear_native.machine.meters import open_meter
from clear_native.machine.sensor_bench import CpuBench, uuid_without_context

CPU = torch.device("cpu")


def test_the_load_runs_until_it_is_told_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = CpuBench(open_meter("estimate:50", CPU))
    worked: list[float] = []
    monkeypatch.setattr(bench, "_work", lambda: (worked.append(time.monotonic()), time.sleep(0.001)))
    threads = threading.active_count()
    begin_s = bench.start_load()
    bench.sleep(0.1)
    end_s = bench.stop_load()
    count = len(worked)
    assert count > 5
    assert begin_s < worked[-1] <= end_s
    bench.sleep(0.05)
    assert len(worked) == count
    assert threading.active_count() == threads


def test_a_load_that_fails_is_told_and_not_taken_for_idling(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = CpuBench(open_meter("estimate:50", CPU))
    calls: list[int] = []

    def work() -> None:
        calls.append(1)
        if len(calls) > 2:
            raise RuntimeError("out of memory")

    monkeypatch.setattr(bench, "_work", work)
    bench.start_load()
    bench.sleep(0.02)
    with pytest.raises(WorkloadFailedError, match=r"ended early \(out of memory\)"):
        bench.stop_load()
    bench.stop_load()  # told once


def test_stopping_what_does_not_run() -> None:
    bench = CpuBench(open_meter("estimate:50", CPU))
    assert bench.stop_load() <= bench.now_s()


def test_a_processor_has_neither_samples_nor_fields_and_does_not_alternate() -> None:
    bench = CpuBench(open_meter("estimate:50", CPU))
    assert bench.samples() == []
    assert bench.field_names() == []
    assert bench.field_power_w("instant") is None
    assert bench.alternate(1e-3, 0.1) is None


def test_no_uuid_without_a_driver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLEAR_CUDA_LIBRARY", str(tmp_path / "libcuda.so.1"))
    assert uuid_without_context(0) is None


class FakeCuda:
    """As libcuda answers; `fails` names the call that does not."""

    def __init__(self, fails: str = "") -> None:
        self.fails = fails

    def cuInit(self, flags: int) -> int:
        return 100 if self.fails == "cuInit" else 0

    def cuDeviceGet(self, device: Any, index: int) -> int:
        return 101 if self.fails == "cuDeviceGet" or index != 1 else 0

    def cuDeviceGetUuid(self, raw: Any, device: Any) -> int:
        raw[:] = bytes(range(16))
        return 1 if self.fails == "cuDeviceGetUuid" else 0


def test_a_uuid_as_nvml_writes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sensor_bench.ctypes, "CDLL", lambda path: FakeCuda())
    assert uuid_without_context(1) == "GPU-00010203-0405-0607-0809-0a0b0c0d0e0f"
    assert uuid_without_context(0) is None
    for fails in ("cuInit", "cuDeviceGet", "cuDeviceGetUuid"):
        monkeypatch.setattr(sensor_bench.ctypes, "CDLL", lambda path, fails=fails: FakeCuda(fails))
        assert uuid_without_context(1) is None
