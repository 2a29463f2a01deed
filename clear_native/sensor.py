"""`sensor()`: what the energy sensor of this machine is and does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch

from clear_native import _core
from clear_native.errors import BadInputError, ClearNativeError, DeviceOutOfMemoryError, Interrupted
from clear_native.machine import environment as environments
from clear_native.machine.environment import parse_device
from clear_native.machine.meters import open_meter
from clear_native.machine.sensor_bench import CpuBench, GpuBench, uuid_without_context
from clear_native.progress import Progress
from clear_native.report.record import Meter
from clear_native.report.sensor import PowerField, Sensor
from clear_native.subject.inputs import positive

__all__ = ["characterize", "sensor"]

_BEST = {"cuda": "nvml", "cpu": "rapl"}
_SHORTEST_S = _core.shortest_characterization_s
_INTERRUPTED = "interrupted; nothing is known of the sensor yet"


def sensor(
    device: torch.device | str | None = None, meter: str = "auto", max_time: float = 30.0, progress: bool = True
) -> Sensor:
    """Characterizes an energy sensor: how often and how finely it reads, how long a read takes, how late and blurred
    each power field is, whether counter and power agree, what the device draws at rest, and how short a window may be.

    It runs a load of matrix products, on and off, on the device. Nothing else should run there meanwhile.

    Args:
        device: "cuda", "cuda:1", "cpu"; None: a GPU if torch sees one, else the CPU.
        meter: "auto" (the best sensor of the device; never an estimate), "nvml", "nvml:counter", "nvml:samples",
            "nvml:instant", "nvml:usage", or "rapl".
        max_time: seconds that measuring may take, at least 4. With less than 25, averaging over a second cannot be
            seen, and with less than 19 not whether the sensor looks part of the time; `notes` say so.
        progress: show progress on a terminal.

    Returns:
        A `Sensor`: seconds, joules and watts; None is what could not be seen. Deep idle power is there only if this
        process had no CUDA context on the GPU yet.

    Raises:
        BadInputError for a device that is none or not there, a meter that is no sensor (an estimate) or of another
        device, several meters, or a max_time that is no finite number of at least 4. NoDriverError,
        SensorUnsupportedError, SensorPermissionError, MigUnsupportedError where there is no sensor, or none that may be
        read; SensorFaultError, DeviceLostError where it fails; DeviceOutOfMemoryError, WorkloadFailedError where the
        load does; Interrupted on Ctrl-C, with no report.
    """
    if not isinstance(meter, str) or meter.partition(":")[0] not in ("auto", "nvml", "rapl") or "+" in meter:
        raise BadInputError(
            f"meter {meter!r} is not one sensor: use 'auto', 'nvml', 'nvml:counter' (samples, instant, usage) or 'rapl'"
        )
    max_time_s = positive("max_time", max_time)
    if max_time_s < _SHORTEST_S:
        raise BadInputError(f"max_time is {max_time_s:g} s: a load that goes on and off needs at least {_SHORTEST_S:g}")
    where = parse_device(device)
    chosen = _BEST[where.type] if meter == "auto" else meter
    try:
        with Progress(enabled=progress) as shown:
            return _sensor(where, chosen, max_time_s, shown)
    except torch.OutOfMemoryError as error:
        raise DeviceOutOfMemoryError(
            f"{where} has too little memory for a load of matrix products ({error}): free what else holds memory there"
        ) from error
    except Interrupted:
        raise
    except KeyboardInterrupt as error:
        raise Interrupted(_INTERRUPTED) from error


def _sensor(device: torch.device, meter: str, max_time_s: float, shown: Progress) -> Sensor:
    began_s = time.monotonic()
    shown.stage("watching the device at rest", max_time_s)
    deep_idle_w, notes = _deep_idle(device, _core.deep_idle_share * max_time_s)
    shown.stage("opening the sensor", max_time_s)
    opened = open_meter(meter, device)
    bench = GpuBench(opened, device) if device.type == "cuda" else CpuBench(opened)
    try:
        shown.measuring(max_time_s)
        facts = characterize(bench, opened.traits(), max_time_s, _drawing(shown, max_time_s))
    finally:  # wherever it was interrupted
        bench.stop_load()
    environment = environments.collect(device)
    return Sensor(
        **{**facts, "notes": (*notes, *facts["notes"])},
        deep_idle_w=deep_idle_w,
        elapsed_s=time.monotonic() - began_s,
        environment=environment,
        made_at=environment.get("made_at"),
    )


def _drawing(shown: Progress, max_time_s: float) -> Callable[[], None]:
    """Draws how much of the time is over, to be called while no load runs."""
    began_s, whole = time.monotonic(), round(max_time_s)

    def draw() -> None:
        elapsed_s = time.monotonic() - began_s
        shown.update(
            {"windows_done": min(int(elapsed_s), whole), "windows_planned": whole, "unit": "seconds",
             "elapsed_s": elapsed_s, "expected_s": max_time_s}
        )  # fmt: skip

    return draw


def characterize(
    bench: _core.SensorBench, traits: dict[str, Any], max_time_s: float, between: Callable[[], None] | None = None
) -> dict[str, Any]:
    """The fields of a `Sensor` that a bench can tell. `between` is called now and then while no load runs."""
    meter = Meter(**traits)
    found = _core.characterize(bench, meter.integrates_power, meter.note or "", max_time_s, between)
    if found.pop("interrupted"):
        raise Interrupted(_INTERRUPTED)
    fields = tuple(PowerField(**facts) for facts in found["fields"])
    return {**found, "meter": meter, "fields": fields, "notes": tuple(found["notes"])}


def _deep_idle(device: torch.device, duration_s: float) -> tuple[float | None, tuple[str, ...]]:
    """Mean power of the GPU before this process has a context on it, and why there is none."""
    if device.type != "cuda":
        return None, ()
    cuda: Any = torch.cuda  # this question has no types
    if cuda.is_initialized():
        return None, ("Deep idle power was not measured: this process had a CUDA context already.",)
    uuid = uuid_without_context(device.index or 0)
    if uuid is None:
        return None, ("Deep idle power was not measured: libcuda does not tell the GPU's UUID.",)
    try:
        meter = _core.open_nvml_meter(uuid)
    except ClearNativeError as error:  # opening it again, with a context, says so too
        return None, (f"Deep idle power was not measured: {error}",)
    power_w, notes = _core.deep_idle(meter, duration_s)
    return power_w, tuple(notes)
