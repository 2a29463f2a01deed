"""`sensor()`: what the energy sensor of this machine is and does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch

from clear_native import _core
from clear_native.errors import BadInputError, ClearNativeError, DeviceOutOfMemoryError, Interrupted
from clear_native.machine import environment as environments
from clear_native.machine import part_time
from clear_native.machine.environment import parse_device
from clear_native.machine.meters import open_meter
from clear_native.machine.sensor_bench import CpuBench, GpuBench, uuid_without_context
from clear_native.machine.sensor_check import field_facts, reading_facts, shortest_window_s
from clear_native.machine.sensor_trace import SensorBench, watch, watch_steps
from clear_native.progress import Progress
from clear_native.report.record import Meter
from clear_native.report.sensor import PowerField, Sensor
from clear_native.subject.inputs import positive

__all__ = ["characterize", "sensor"]

_BEST = {"cuda": "nvml", "cpu": "rapl"}
_DEEP_IDLE, _IDLE, _PHASE, _STEADY, _PART_TIME = 0.08, 0.06, 0.06, 0.12, 0.24  # of max_time; there are seven phases
_CYCLES = 3
_AFTER_LOAD_S = 0.3  # power falls for so long when a load ends
_SHORTEST_PHASE_S = 1.5  # the rise of a trailing mean of a second ends before the last quarter of such a phase
_SHORTEST_S = 4.0


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
        raise Interrupted("interrupted; nothing is known of the sensor yet") from error


def _sensor(device: torch.device, meter: str, max_time_s: float, shown: Progress) -> Sensor:
    began_s = time.monotonic()
    shown.stage("watching the device at rest")
    deep_idle_w, notes = _deep_idle(device, _DEEP_IDLE * max_time_s)
    shown.stage("opening the sensor")
    opened = open_meter(meter, device)
    bench = GpuBench(opened, device) if device.type == "cuda" else CpuBench(opened)
    try:
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
    bench: SensorBench, traits: dict[str, Any], max_time_s: float, between: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """The fields of a `Sensor` that a bench can tell. `between` is called now and then while no load runs."""
    meter = Meter(**{**traits, "domains": tuple(traits["domains"])})
    is_counter = not meter.integrates_power
    phase_s, looking_s = _PHASE * max_time_s, _PART_TIME * max_time_s
    notes = [*([meter.note] if meter.note else []), *(_too_short(phase_s, looking_s) if bench.fields else [])]
    between()
    bench.start_load()  # wakes the device, so that idling is idling after work
    try:
        bench.sleep(_AFTER_LOAD_S)
    finally:
        bench.stop_load()
    bench.sleep(_AFTER_LOAD_S)
    idle = watch(bench, _IDLE * max_time_s)
    steps, (steady_begin_s, steady_end_s) = watch_steps(bench, _CYCLES, phase_s, _STEADY * max_time_s, between)
    reading = reading_facts(steps, is_counter)
    looks = part_time.find_part_time(bench, looking_s, between=between) if looking_s >= part_time.LEAST_S else None
    return {
        "meter": meter,
        "period_s": reading.period_s,
        "period_jitter_s": reading.period_jitter_s,
        "quantum_j": reading.quantum_j,
        "read_median_s": reading.read_median_s,
        "read_p99_s": reading.read_p99_s,
        "fields": tuple(PowerField(**vars(found)) for found in field_facts(steps, is_counter)),
        "active_idle_w": idle.mean_power_w(idle.begin_s, idle.end_s),
        "load_w": steps.mean_power_w(steady_begin_s, steady_end_s),
        "shortest_window_s": shortest_window_s(steps.energy(steady_begin_s, steady_end_s)),
        "look_period_s": looks.look_period_s if looks else None,
        "look_s": looks.look_s if looks else None,
        "notes": tuple(notes),
    }


def _too_short(phase_s: float, looking_s: float) -> list[str]:
    notes = []
    if phase_s < _SHORTEST_PHASE_S:
        needed_s = _SHORTEST_PHASE_S / _PHASE
        notes.append(
            f"Phases of the load were {phase_s:.1f} s long: a field that averages over a second is not seen in less "
            f"than {needed_s:.0f} s in all."
        )
    if looking_s < part_time.LEAST_S:
        needed_s = part_time.LEAST_S / _PART_TIME
        notes.append(f"Whether the sensor looks part of the time is not seen in less than {needed_s:.0f} s in all.")
    return notes


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
    others = meter.other_processes()
    begin = _next_change(meter)
    time.sleep(duration_s)
    end = _next_change(meter)
    notes = (f"{others} other processes had a context on the GPU while deep idle was measured.",) if others else ()
    if end[0] <= begin[0] or end[1] <= begin[1]:
        return None, (*notes, "Deep idle power was not measured: the reading stood still.")
    return (end[1] - begin[1]) / (end[0] - begin[0]), notes


def _next_change(meter: _core.EnergyMeter, at_most_s: float = 2.0) -> tuple[float, float]:
    """(time, joules) at the meter's next change: between changes no part of a period is missed."""
    before = now = meter.read()
    until_s = time.monotonic() + at_most_s
    while now[2] == before[2] and time.monotonic() < until_s:
        time.sleep(0.001)
        now = meter.read()
    return (now[0] + now[1]) / 2, now[2]
