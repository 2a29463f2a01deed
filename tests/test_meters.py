"""Which meter is opened for which device, and that an estimate says what it is."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from fake_rapl import drawing, make_zone

from clear_native.errors import BadInputError, NoDriverError, SensorUnsupportedError
from clear_native.machine import meters
from clear_native.machine.environment import usable_cores
from clear_native.machine.meters import CPU_CORE_POWER_W, open_meter
from clear_native.profile import profile

CPU = torch.device("cpu")


def test_auto_on_a_cpu_is_an_estimate_that_says_so() -> None:
    traits = open_meter("auto", CPU).traits()
    assert traits["estimated"]
    assert traits["scope"] == "cpu"
    assert traits["stated_power_w"] == CPU_CORE_POWER_W * (usable_cores() or 1)
    assert traits == open_meter("estimate", CPU).traits()


def test_estimate_with_a_stated_power() -> None:
    meter = open_meter("estimate:65", CPU)
    assert meter.traits()["stated_power_w"] == 65
    begin_s, first_j = time.monotonic(), meter.read()[2]
    time.sleep(0.05)
    spent_j, spent_s = meter.read()[2] - first_j, time.monotonic() - begin_s
    assert 65 * 0.05 <= spent_j <= 65 * spent_s


@pytest.mark.parametrize(
    "meter", ["estimate:", "estimate:0", "estimate:-5", "estimate:x", "estimate:inf", "estimate:nan"]
)
def test_power_must_be_positive(meter: str) -> None:
    with pytest.raises(BadInputError, match=r"positive power in watts, for instance 'estimate:65'"):
        open_meter(meter, CPU)


@pytest.mark.parametrize("meter", ["", "nvml:0", "nvml:", "nvml:power", "auto:5", "Estimate"])
def test_unknown_meter(meter: str) -> None:
    with pytest.raises(BadInputError, match="unknown meter"):
        open_meter(meter, CPU)


@pytest.mark.parametrize("meter", ["nvml", "nvml:counter", "nvml:samples", "nvml:instant", "nvml:usage"])
def test_nvml_needs_a_model_on_a_gpu(meter: str) -> None:
    with pytest.raises(BadInputError, match=f"meter='{meter}' reads a GPU, but the model is on cpu"):
        open_meter(meter, CPU)


@pytest.fixture
def rapl_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLEAR_RAPL_ROOT", str(tmp_path))
    return tmp_path


def test_rapl_reads_the_processors_own_counter(rapl_root: Path) -> None:
    file = make_zone(rapl_root, energy_uj=5_000_000)
    make_zone(rapl_root, "intel-rapl:0:0", "dram")
    for meter in (open_meter("rapl", CPU), open_meter("auto", CPU)):
        traits = meter.traits()
        assert (traits["name"], traits["scope"], traits["estimated"]) == ("rapl", "cpu", False)
        assert traits["domains"] == ["package-0", "package-0/dram"]
        file.write_text("5000000\n")
        before_j = meter.read()[2]
        file.write_text("7500000\n")
        assert meter.read()[2] - before_j == pytest.approx(2.5)


def test_rapl_without_counters(rapl_root: Path) -> None:
    with pytest.raises(SensorUnsupportedError, match="intel_rapl_msr"):
        open_meter("rapl", CPU)
    assert open_meter("auto", CPU).traits()["estimated"]


def test_rapl_needs_a_model_on_the_cpu() -> None:
    with pytest.raises(BadInputError, match="reads the processor, but the model is on cuda"):
        open_meter("rapl", torch.device("cuda"))


@pytest.mark.alone
def test_a_whole_profile_by_rapl(rapl_root: Path) -> None:
    file = make_zone(rapl_root)
    model = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.LayerNorm(64)).eval()
    with drawing(file, power_w=50.0):
        report = profile(model, torch.zeros(8, 64), components={"linear": "0", "norm": "1"}, method="partition",
                         precision=0.5, max_time=6, progress=False)  # fmt: skip
    assert report.meter.name == "rapl"
    assert not report.meter.estimated
    powers_w = [window["energy_per_pass_j"] / window["time_per_pass_s"] for window in report.windows]
    assert statistics.median(powers_w) == pytest.approx(50, rel=0.1)
    assert {"idle", "plain", "linear"} <= {window["target"] for window in report.windows}
    assert any("other processes" in warning for warning in report.warnings)


def test_the_processor_beside_a_gpu(rapl_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_zone(rapl_root)
    monkeypatch.setattr(meters, "gpu_uuid", lambda device: "GPU-1")
    for meter in ("estimate:300+rapl", ["estimate:300", "rapl"], ("estimate:300", "rapl")):
        opened = open_meter(meter, torch.device("cuda"))
        assert opened.traits()["scope"] == "gpu"
        assert [side["name"] for side in opened.side_traits()] == ["rapl"]
    assert open_meter("estimate", CPU).side_traits() == []


@pytest.mark.parametrize("meter", [[], {}, 5, None, ["auto", 5], b"auto"])
def test_neither_a_name_nor_a_list_of_them(meter: Any) -> None:
    with pytest.raises(BadInputError, match="must be a string, or several in a list"):
        open_meter(meter, CPU)


@pytest.mark.parametrize("meter", ["auto+estimate", "rapl+auto", "auto+nvml", "auto+", ["auto", "rapl:0"]])
def test_only_rapl_can_be_beside_another(meter: Any) -> None:
    with pytest.raises(BadInputError, match="only 'rapl' can"):
        open_meter(meter, CPU)


@pytest.mark.parametrize("meter", ["auto+rapl", "rapl+rapl", "estimate+rapl"])
def test_one_device_is_not_read_twice(rapl_root: Path, meter: str) -> None:
    make_zone(rapl_root)
    with pytest.raises(BadInputError, match="Two meters read the cpu"):
        open_meter(meter, CPU)


@pytest.mark.alone
def test_a_profile_with_the_processor_beside(rapl_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = make_zone(rapl_root)
    gpu = meters._core.EstimateMeter(300.0, "gpu", "GPU-1")
    both = meters._core.MeterWithSides(gpu, [meters._core.RaplMeter("Some CPU")])
    monkeypatch.setattr(sys.modules["clear_native.profile"], "open_meter", lambda meter, device: both)
    model = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.LayerNorm(64)).eval()
    with drawing(file, power_w=50.0):
        report = profile(model, torch.zeros(8, 64), components={"linear": "0"}, method="partition", precision=0.5,
                         max_time=4, progress=False, meter="auto+rapl")  # fmt: skip
    (cpu,) = report.sides
    assert report.meter.scope == "gpu"
    assert (cpu.meter.name, cpu.meter.scope, cpu.meter.device) == ("rapl", "cpu", "Some CPU")
    assert cpu.results["model"].power_w == pytest.approx(50, rel=0.1)
    assert "linear" in cpu.results
    assert "beside it the cpu by rapl (package-0)" in str(report)


def test_a_gpu_without_a_driver_is_estimated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which sensor is opened where, and what falls to the estimate: tests/native/test_meter_choice.cpp."""
    monkeypatch.setenv("CLEAR_NVML_LIBRARY", "/nowhere/libnvidia-ml.so.1")
    monkeypatch.setattr(meters, "gpu_uuid", lambda device: "GPU-1")
    traits = open_meter("auto", torch.device("cuda")).traits()
    assert (traits["estimated"], traits["device"]) == (True, "GPU-1")
    assert traits["stated_power_w"] == meters.GPU_POWER_W
    with pytest.raises(NoDriverError):
        open_meter("nvml", torch.device("cuda"))
