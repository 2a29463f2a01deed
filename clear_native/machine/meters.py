"""Opens the meter that a measurement reads: the best sensor of a device, or an estimate that says it is one."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from clear_native import _core
from clear_native.errors import BadInputError, NoDriverError, SensorPermissionError, SensorUnsupportedError
from clear_native.machine.environment import cpu_name, gpu_uuid, usable_cores

__all__ = ["CPU_CORE_POWER_W", "GPU_POWER_W", "open_meter"]

# Stated powers of an estimate. They are round on purpose: a convention that makes times comparable as joules, not
# knowledge about this machine. A server core at full load draws some 5 to 15 W, a data-center GPU some 200 to 700 W.
CPU_CORE_POWER_W = 10.0
GPU_POWER_W = 300.0

_NVML = ("counter", "samples", "instant", "usage")
_KNOWN = (
    "use 'auto', 'nvml', 'nvml:counter' (or samples, instant, usage), 'rapl', 'estimate' or 'estimate:WATTS'; "
    "'auto+rapl' for both"
)


def open_meter(meter: str | Sequence[str], device: torch.device) -> _core.EnergyMeter:
    """Opens a meter for `device`, or several: `"auto+rapl"` or `["auto", "rapl"]` is the best one of the GPU, which
    drives the measurement, and the processor's beside it.

    Args:
        meter: "auto", "nvml", "rapl", "estimate" or "estimate:WATTS". "nvml" is the best sensor of a GPU: its energy
            counter, else an integral over the power that the driver buffers ("nvml:samples"), tells as it is
            ("nvml:instant") or averages ("nvml:usage"); each can be forced, also "nvml:counter". "rapl" is the
            processor's own counter. "auto" is the best sensor there is that may be read, else the estimate: time
            multiplied by 10 W for each usable core of a CPU, or 300 W for a GPU.
        device: where the model is.

    Raises:
        BadInputError for any other text, two meters of the same device, NVML for a model that is not on a GPU, or RAPL
        for one that is. NoDriverError, SensorUnsupportedError, SensorPermissionError for a sensor that was asked for by
        name; SensorPermissionError and MigUnsupportedError for "auto" on a GPU too, since both can be helped.
    """
    names = _names(meter)
    driving = _open_one(names[0], device)
    if len(names) == 1:
        return driving
    # What is beside a GPU is its host's processor, which has a meter of its own scope.
    return _core.MeterWithSides(driving, [_open_one(name, torch.device("cpu")) for name in names[1:]])


def _names(meter: object) -> list[str]:
    names = meter.split("+") if isinstance(meter, str) else meter
    if not isinstance(names, Sequence) or not names or not all(isinstance(name, str) for name in names):
        raise BadInputError(f"meter must be a string, or several in a list, got {meter!r}: {_KNOWN}")
    for name in names[1:]:
        if name != "rapl":
            raise BadInputError(f"meter '{name}' cannot be read beside another: only 'rapl' can, as in 'auto+rapl'")
    return list(names)


def _open_one(meter: str, device: torch.device) -> _core.EnergyMeter:
    kind, _, argument = meter.partition(":")
    if kind == "estimate":
        return _estimate(device, _watts(meter, argument) if ":" in meter else stated_power_w(device))
    if meter == "nvml" or (kind == "nvml" and argument in _NVML):
        if device.type != "cuda":
            raise BadInputError(
                f"meter='{meter}' reads a GPU, but the model is on {device}: move the model, or use meter='auto'"
            )
        return _core.open_nvml_meter(gpu_uuid(device), argument or "auto")
    if meter == "rapl":
        if device.type != "cpu":
            raise BadInputError(
                f"meter='rapl' reads the processor, but the model is on {device}: use meter='auto' for the GPU"
            )
        return _core.RaplMeter(cpu_name() or "")
    if meter == "auto":
        return _best(device)
    raise BadInputError(f"unknown meter '{meter}': {_KNOWN}")


def stated_power_w(device: torch.device) -> float:
    """The power that an estimate without a given one multiplies time by."""
    if device.type == "cuda":
        return GPU_POWER_W
    return CPU_CORE_POWER_W * (usable_cores() or 1)


def _best(device: torch.device) -> _core.EnergyMeter:
    if device.type == "cuda":
        try:
            return _core.open_nvml_meter(gpu_uuid(device))
        except (NoDriverError, SensorUnsupportedError):
            return _estimate(device, stated_power_w(device))
    try:
        return _core.RaplMeter(cpu_name() or "")
    except SensorUnsupportedError:
        return _estimate(device, stated_power_w(device))
    except SensorPermissionError as error:
        return _estimate(device, stated_power_w(device), note=str(error))


def _estimate(device: torch.device, power_w: float, note: str = "") -> _core.EnergyMeter:
    if device.type == "cuda":
        return _core.EstimateMeter(power_w, "gpu", gpu_uuid(device), note)
    return _core.EstimateMeter(power_w, "cpu", cpu_name() or "", note)


def _watts(meter: str, text: str) -> float:
    try:
        power_w = float(text)
    except ValueError:
        power_w = math.nan
    if not math.isfinite(power_w) or power_w <= 0:
        raise BadInputError(f"meter '{meter}' needs a positive power in watts, for instance 'estimate:65'")
    return power_w
