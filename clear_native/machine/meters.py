"""Opens the meter that a measurement reads: the best sensor of a device, or an estimate that says it is one."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from clear_native import _core
from clear_native.errors import BadInputError
from clear_native.machine.environment import cpu_name, gpu_uuid, usable_cores

__all__ = ["CPU_CORE_POWER_W", "GPU_POWER_W", "open_meter"]

CPU_CORE_POWER_W: float = _core.CPU_CORE_POWER_W
GPU_POWER_W: float = _core.GPU_POWER_W


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
    is_gpu = device.type == "cuda"
    _core.check_meters(names, is_gpu, str(device))
    uuid = gpu_uuid(device) if is_gpu else ""
    return _core.open_meters(names, is_gpu, uuid, cpu_name() or "", str(device), usable_cores() or 1)


def _names(meter: object) -> list[str]:
    names = meter.split("+") if isinstance(meter, str) else meter
    if not isinstance(names, Sequence) or not names or not all(isinstance(name, str) for name in names):
        raise BadInputError(
            f"meter must be a string, or several in a list, got {meter!r}: for instance 'auto', 'nvml', 'rapl', "
            "'estimate:65' or 'auto+rapl'"
        )
    return list(names)
