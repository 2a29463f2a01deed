"""Which meter is opened for which device, and that an estimate says what it is."""

from __future__ import annotations

import time

import pytest
import torch

from clear_native.errors import (
    BadInputError,
    DeviceLostError,
    NoDriverError,
    SensorPermissionError,
    SensorUnsupportedError,
)
from clear_native.machine import meters
from clear_native.machine.environment import usable_cores
from clear_native.machine.meters import CPU_CORE_POWER_W, open_meter

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


def test_which_sensor_of_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(meters, "gpu_uuid", lambda device: "GPU-1")
    monkeypatch.setattr(meters._core, "open_nvml_meter", lambda uuid, which="auto": asked.append((uuid, which)))
    for meter in ("auto", "nvml", "nvml:usage"):
        open_meter(meter, torch.device("cuda"))
    assert asked == [("GPU-1", "auto"), ("GPU-1", "auto"), ("GPU-1", "usage")]


@pytest.mark.parametrize(("error", "falls"), [(NoDriverError, True), (SensorUnsupportedError, True),
                                              (SensorPermissionError, False), (DeviceLostError, False)])  # fmt: skip
def test_auto_falls_to_the_estimate_where_nothing_can_be_helped(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception], falls: bool
) -> None:
    def refuse(uuid: str, which: str = "auto") -> None:
        raise error("no")

    monkeypatch.setattr(meters, "gpu_uuid", lambda device: "GPU-1")
    monkeypatch.setattr(meters._core, "open_nvml_meter", refuse)
    if falls:
        assert open_meter("auto", torch.device("cuda")).traits()["estimated"]
    else:
        with pytest.raises(error):
            open_meter("auto", torch.device("cuda"))


def test_stated_power_of_a_gpu_is_a_round_convention() -> None:
    assert meters.stated_power_w(torch.device("cuda")) == meters.GPU_POWER_W
