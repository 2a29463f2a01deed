"""Meters of a real GPU against each other, and what `sensor()` finds of its sensor."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

import clear_native as cn
from clear_native import _core
from clear_native.errors import SensorPermissionError, SensorUnsupportedError
from clear_native.machine.environment import gpu_uuid
from clear_native.machine.sensor_bench import GpuBench, uuid_without_context


@pytest.fixture(scope="module")
def found() -> cn.Sensor:
    torch.zeros(1, device="cuda")  # a context, which later tests would have made anyway
    return cn.sensor("cuda", max_time=30)


def test_the_reading(found: cn.Sensor) -> None:
    assert found.meter.scope == "gpu"
    assert found.read_median_s is not None
    assert found.read_p99_s is not None
    assert 0 < found.read_median_s <= found.read_p99_s < 1
    if found.meter.name == "nvml_counter":
        assert found.period_s == pytest.approx(found.meter.period_s, rel=0.15)
        assert found.quantum_j is not None
        assert 0.0009 < found.quantum_j < 1


def test_power_at_rest_and_under_load(found: cn.Sensor) -> None:
    limit_w = found.environment.get("power_limit_w", 1500)
    assert found.active_idle_w is not None
    assert found.load_w is not None
    assert 5 < found.active_idle_w < 0.7 * found.load_w
    assert found.load_w < 1.1 * limit_w
    assert found.deep_idle_w is None, "this process has a context: told, not made up"
    assert any("Deep idle" in note for note in found.notes)


def test_the_fields(found: cn.Sensor) -> None:
    for field in found.fields:
        if field.counter_ratio is not None:
            assert field.counter_ratio == pytest.approx(1, abs=0.05), field.name
        if field.lag_s is not None:
            assert 0 <= field.lag_s < 2, field.name
    names = {field.name for field in found.fields}
    if "usage" in names and torch.cuda.get_device_capability() not in {(8, 0), (7, 0), (7, 5)}:
        assert found["usage"].averaging_s == pytest.approx(1, abs=0.3), "as NVML documents it"


def test_windows_and_looks(found: cn.Sensor) -> None:
    assert found.shortest_window_s is None or 0.01 <= found.shortest_window_s < 1
    assert found.look_period_s is None or 0.6e-3 < found.look_period_s < 1.0e-3
    assert found.look_s is None or 0 < found.look_s < found.look_period_s  # type: ignore[operator]
    assert json.loads(json.dumps(found.to_dict()))["kind"] == "sensor"
    assert str(found)


def test_an_alternating_load_keeps_its_period() -> None:
    device = torch.device("cuda")
    bench = GpuBench(_core.open_nvml_meter(gpu_uuid(device)), device)
    if not _core.has_cuda:
        pytest.skip("the extension was built without CUDA")
    for period_s in (0.7e-3, 0.8e-3, 0.9e-3):
        ran = bench.alternate(period_s, 0.2)
        assert ran is not None
        assert ran.period_s == pytest.approx(period_s, rel=0.15)
        assert ran.end_s - ran.begin_s == pytest.approx(0.2, rel=0.5)


def test_the_uuid_is_known_without_a_context() -> None:
    assert uuid_without_context(torch.cuda.current_device()) == gpu_uuid("cuda")


def test_the_command_sees_deep_idle(tmp_path: Path) -> None:
    out = tmp_path / "sensor.json"
    command = [sys.executable, "-m", "clear_native", "sensor", "--max-time", "8", "--json", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    data = json.loads(out.read_text("utf-8"))
    assert 0 < data["deep_idle_w"] < data["load_w"]


@pytest.mark.parametrize(("which", "within"), [("samples", 0.03), ("instant", 0.08), ("usage", 0.08)])
def test_integrals_over_power_agree_with_the_counter(which: str, within: float) -> None:
    """Over six seconds in which a load goes on and off, each up to its own last moment."""
    device = torch.device("cuda")
    try:
        counter, integral = (_core.open_nvml_meter(gpu_uuid(device), name) for name in ("counter", which))
    except SensorUnsupportedError as error:
        pytest.skip(str(error))
    bench = GpuBench(counter, device)
    time.sleep(1.5)
    before = counter.read(), integral.read()
    for _ in range(2):
        bench.start_load()
        time.sleep(1.3)
        bench.stop_load()
        time.sleep(1.7)
    after = counter.read(), integral.read()
    powers_w = [(end[2] - begin[2]) / (end[0] - begin[0]) for begin, end in zip(before, after, strict=True)]
    assert powers_w[1] == pytest.approx(powers_w[0], rel=within)


@pytest.mark.parametrize("meter", ["nvml:samples", "nvml:instant", "nvml:usage"])
def test_a_profile_by_an_integral_is_near_the_counters(meter: str) -> None:
    model = torch.nn.Sequential(*(torch.nn.Linear(2048, 2048) for _ in range(8))).cuda().half().eval()
    inputs = torch.randn(256, 2048, device="cuda", dtype=torch.float16)
    energies_j = []
    for name in ("nvml:counter", meter):
        try:
            report = cn.profile(model, inputs, components={"linear": "[0-9]"}, method="partition", meter=name,
                                precision=0.05, max_time=40, progress=False)  # fmt: skip
        except SensorUnsupportedError as error:
            pytest.skip(str(error))
        assert report.full_model.energy_j is not None, report
        energies_j.append(report.full_model.energy_j)
    assert energies_j[1] == pytest.approx(energies_j[0], rel=0.15)


def test_the_processor_beside_the_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLEAR_RAPL_ROOT", raising=False)
    assert "CLEAR_RAPL_ROOT" not in os.environ
    model = torch.nn.Sequential(torch.nn.Linear(1024, 1024)).cuda().half().eval()
    inputs = torch.randn(64, 1024, device="cuda", dtype=torch.float16)
    try:
        report = cn.profile(model, inputs, components={"linear": "[0-9]"}, method="partition", meter="auto+rapl",
                            precision=0.1, max_time=15, progress=False)  # fmt: skip
    except (SensorUnsupportedError, SensorPermissionError) as error:
        pytest.skip(str(error))
    (cpu,) = report.sides
    assert cpu.meter.scope == "cpu"
    power_w = cpu.results["model"].power_w
    assert power_w is not None
    assert 1 < power_w < 5000
