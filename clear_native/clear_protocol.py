"""`clear_protocol(model, inputs)`: the published procedure of CLEAR. Its body is the list of its stages."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from clear_native.activation_store.kept_values import tensors_in
from clear_native.errors import BadInputError, ClearNativeError, DeviceOutOfMemoryError, Interrupted
from clear_native.finishing import INTERRUPTED, workload_of
from clear_native.machine import environment as environments
from clear_native.machine.meters import open_meter
from clear_native.machine.one_at_a_time import alone_on
from clear_native.partition.eager_execution import synchronize as waiting_for
from clear_native.preparation import discovered, forward_errors_named
from clear_native.progress import Progress
from clear_native.protocol.loops import Plan, planned
from clear_native.protocol.trials import ReadableMeter, Settings, Trials
from clear_native.report.protocol import ProtocolResult
from clear_native.report.record import Failure, Meter
from clear_native.request import check_labels
from clear_native.subject.components import Components, as_text, check_model
from clear_native.subject.inputs import Inputs, flag, normalize, not_negative, whole_number, without_cache
from clear_native.subject.model_guard import is_out_of_memory, unchanged

__all__ = ["clear_protocol"]


def clear_protocol(
    model: nn.Module,
    inputs: Any,
    repetitions: int = 10_000,
    full_model_repetitions: int = 1_000,
    trials: int = 20,
    synchronize: bool = True,
    *,
    components: Components = "clear",
    pause_s: float = 0.5,
    meter: str | ReadableMeter = "auto",
    progress: bool = True,
    synthetic_weights: bool | None = None,
    name: str | None = None,
) -> ProtocolResult:
    """Measures the components of `model` as CLEAR (arXiv 2510.02810) does, to be set beside `profile`.

    One forward with hooks stores what every module is called with. Then, for one module of each kind: `trials` times a
    pause, the energy counter, `repetitions` eager calls from Python on the stored inputs, the counter again. The energy
    of a component is that times the number of its calls; the model itself comes last. What is known to go wrong with
    this procedure is named in the result's `.diagnoses`.

    Args:
        model: any module on one device. It leaves as it came: mode, hooks, gradients, buffers, random state.
        inputs: a tensor, a tuple of arguments or a mapping of keyword arguments, on the model's device.
        repetitions: calls of a module in one trial.
        full_model_repetitions: calls of the whole model in one trial.
        trials: of every module, and of the model.
        synchronize: wait for the device before both readings. False: as the code was first released; the second reading
            then comes before the GPU is done.
        components: "clear": the blocks of the published code; otherwise as for `profile`.
        pause_s: before each trial, seconds.
        meter: "auto", "nvml", "estimate" or "estimate:WATTS"; or an object with `read()`, giving (begin_s, end_s,
            energy_j), `traits()` and `other_processes()`, as the meters of this package have.
        progress: show progress on a terminal for what takes over two seconds.
        synthetic_weights: say True for weights that were never trained. Shown in every view.
        name: of the model in the result; its class by default.

    Returns:
        A `ProtocolResult`: every trial, joules of one pass per component with the population standard deviation between
        trials, the capture (sum of the components over the model), diagnoses.

    Raises:
        BadInputError for a model, inputs, components, name or synthetic_weights that `profile` would refuse; counts
            that are no whole numbers above zero; a pause that is no finite number of at least zero; an unknown meter,
            or an object that lacks a meter's methods or gives no traits; synchronize or progress that is neither True
            nor False; a forward that raises.
        WorkloadFailedError where a module cannot be called twice; SensorFaultError for a reading that goes back or is
            no number; DeviceOutOfMemoryError, NoDriverError, SensorUnsupportedError, SensorPermissionError,
            MigUnsupportedError, DeviceLostError.
        Interrupted on Ctrl-C. `.report` of each holds the `ProtocolResult` of the trials that were finished, or None
            before the first.
    """
    flag("progress", progress)
    asked = _checked(model, inputs, repetitions, full_model_repetitions, trials, synchronize, components, pause_s,
                     meter, synthetic_weights, name)  # fmt: skip
    begun_s = time.monotonic()
    about: dict[str, Any] = {}
    running: Trials | None = None

    def result(stop_reason: str, failure: Failure | None = None) -> ProtocolResult | None:
        """Of what is finished."""
        if running is None or not running.done:
            return None
        return _result(about, running, time.monotonic() - begun_s, stop_reason, failure)

    try:
        tensors = tensors_in((asked.inputs.args, asked.inputs.kwargs))
        alone = alone_on(asked.inputs.device, "the protocol")
        with alone, unchanged(model, tensors), torch.no_grad(), Progress(enabled=progress) as shown:
            shown.stage("finding components")
            parts = discovered(model, asked.inputs, components)
            source = open_meter(meter, asked.inputs.device) if isinstance(meter, str) else meter
            shown.stage("recording activations")
            with forward_errors_named(model, asked.inputs.device):
                plan = planned(model, asked.inputs, parts)
            about |= _about(asked, plan, source)
            running = Trials(model, plan, source, asked.settings)
            running.run(shown.update)
    except KeyboardInterrupt as error:
        raise Interrupted(INTERRUPTED, report=result("interrupted")) from error
    except ClearNativeError as error:
        error.report = result("failed", Failure(type(error).__name__, str(error)))
        raise
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        told = f"too little memory ({type(error).__name__}: {error}): what was finished is in .report"
        raise DeviceOutOfMemoryError(told, report=result("failed", Failure("DeviceOutOfMemoryError", told))) from error
    done = result("finished")
    assert done is not None  # there is at least one trial
    return done


@dataclass(frozen=True)
class _Asked:
    model: nn.Module
    inputs: Inputs
    settings: Settings
    options: dict[str, Any]
    synthetic_weights: bool | None
    name: str


def _checked(
    model: nn.Module, inputs: Any, repetitions: int, full_model_repetitions: int, trials: int, synchronize: bool,
    components: Components, pause_s: float, meter: object, synthetic_weights: bool | None, name: str | None,
) -> _Asked:  # fmt: skip
    check_model(model)
    check_labels(name, synthetic_weights)
    if not isinstance(synchronize, bool):
        raise BadInputError(f"synchronize is True, or False as first released, got {synchronize!r}")
    methods = ("read", "traits", "other_processes")
    if not isinstance(meter, str) and not all(callable(getattr(meter, method, None)) for method in methods):
        raise BadInputError(
            f"meter is a name such as 'auto' or 'nvml', or an object with read(), traits() and other_processes(), got "
            f"{meter!r}"
        )
    counts = {
        "repetitions": whole_number("repetitions", repetitions),
        "full_model_repetitions": whole_number("full_model_repetitions", full_model_repetitions),
        "trials": whole_number("trials", trials),
    }
    pause_s = not_negative("pause_s", pause_s)
    arguments = without_cache(model, normalize(model, inputs))
    wait = waiting_for(arguments.device) if synchronize else None
    options = {**counts, "synchronize": synchronize, "pause_s": pause_s}
    return _Asked(
        model, arguments, Settings(**counts, pause_s=pause_s, wait=wait),
        options if components is None else {**options, "components": as_text(components)},
        synthetic_weights, name or type(model).__name__,
    )  # fmt: skip


def _about(asked: _Asked, plan: Plan, source: ReadableMeter) -> dict[str, Any]:
    """What is known before the first trial, so that Ctrl-C at the end costs nothing."""
    environment = environments.collect(asked.inputs.device)
    return {
        "model": asked.name,
        "meter": _traits(source),
        "synthetic_weights": asked.synthetic_weights,
        "workload": workload_of(asked.model, asked.inputs),
        "environment": environment,
        "made_at": environment.get("made_at"),
        "options": asked.options,
        "uncovered": plan.uncovered,
        "warnings": tuple(plan.warnings),
    }


def _traits(source: ReadableMeter) -> Meter:
    traits: Any = source.traits()
    try:
        return Meter(**traits)
    except TypeError as error:
        raise BadInputError(
            f"traits() of the meter {source!r} gave {traits!r}, not the fields of a meter ({error}): name and scope at "
            "least"
        ) from error


def _result(
    about: dict[str, Any], running: Trials, elapsed_s: float, stop_reason: str, failure: Failure | None
) -> ProtocolResult:
    statuses = [] if stop_reason == "finished" else [stop_reason]
    if running.other_processes_peak:
        statuses.append("contended")
    return ProtocolResult(
        **about,
        components=running.components(),
        full_model=running.full_model(),
        elapsed_s=elapsed_s,
        stop_reason=stop_reason,
        other_processes_peak=running.other_processes_peak,
        failure=failure,
        statuses=tuple(statuses),
    )
