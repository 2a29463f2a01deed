"""`profile(model, inputs)`: how many joules each component of a model costs. Its body is the list of the stages."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, overload

import torch
from torch import nn

from clear_native import _core
from clear_native.activation_store.kept_values import tensors_in
from clear_native.errors import Interrupted
from clear_native.execution import Prepared
from clear_native.finishing import INTERRUPTED, finished, raise_if_ended_early
from clear_native.machine.meters import open_meter
from clear_native.preparation import discovered, prepare
from clear_native.progress import Progress
from clear_native.report import Report
from clear_native.report.bounds import with_bounds
from clear_native.report.methods import MethodComparison, compare_methods
from clear_native.request import Request, checked
from clear_native.subject.components import Components
from clear_native.subject.model_guard import unchanged

__all__ = ["profile"]

_SHARE_OF_TIME = {"in_situ": 0.5, "partition": 0.25, "isolated": 0.25}  # of max_time, where all of them are asked for


@overload
def profile(
    model: nn.Module, inputs: Any, *, components: Components = ..., method: Literal["all"],
    execution: str = ..., cache: str = ..., precision: float = ..., max_time: float = ...,
    meter: str | Sequence[str] = ..., seed: int | None = ..., progress: bool = ...,
    synthetic_weights: bool | None = ..., name: str | None = ...,
) -> MethodComparison: ...  # fmt: skip
@overload
def profile(
    model: nn.Module, inputs: Any, *, components: Components = ..., method: str = ...,
    execution: str = ..., cache: str = ..., precision: float = ..., max_time: float = ...,
    meter: str | Sequence[str] = ..., seed: int | None = ..., progress: bool = ...,
    synthetic_weights: bool | None = ..., name: str | None = ...,
) -> Report: ...  # fmt: skip
def profile(
    model: nn.Module,
    inputs: Any,
    *,
    components: Components = None,
    method: str = "in_situ",
    execution: str = "auto",
    cache: str = "auto",
    precision: float = 0.01,
    max_time: float = 60.0,
    meter: str | Sequence[str] = "auto",
    seed: int | None = None,
    progress: bool = True,
    synthetic_weights: bool | None = None,
    name: str | None = None,
) -> Report | MethodComparison:
    """Measures the energy and time of each component of `model` on `inputs`, with 95 % intervals.

    Args:
        model: any module on one device. It leaves as it came: mode, hooks, gradients, buffers, random state.
        inputs: a tensor, a tuple of arguments or a mapping of keyword arguments, on the model's device.
        components: {name: glob over module names, several globs, or predicate(name, module)}; "clear": the blocks of
            the CLEAR paper, norms inside them included; "deep": projections apart; None: found by rule
            (docs/components.md).
        method: "in_situ": the marginal energy of every component inside the running model, from windows in which some
            of its calls ran twice or not at all. "partition": the component's own work alone, all layers in order, on
            the model's real data. "isolated": each component alone, on stored inputs, as CLEAR does. "all": the three,
            and how wrong the others are against in situ.
        execution: "graph" (CUDA graph replay), "eager" (Python calls the modules), "auto": graph on CUDA, else eager;
            eager too, with status "not_capturable", where the forward cannot be captured.
        cache: what a second run finds in the L2. In situ: "auto", by how many bytes the model touches between two uses
            of a weight, "cold", "warm", or "bounds": auto, and what either gives. Isolated: "warm" (one layer again and
            again) or "cycling" through all layers.
        precision: 95 % half-width to reach: this share of a component or 0.3 of it of the model, whichever is larger.
        max_time: seconds that measuring may take; the report says if it ended for that.
        meter: "auto", "nvml", "nvml:counter" (samples, instant, usage), "rapl", "estimate:WATTS": docs/meters.md.
            "auto+rapl" or a list: the first drives the measurement, the processor is read beside it.
        seed: of the order of windows; drawn and recorded where None.
        progress: show progress on a terminal for what takes over two seconds.
        synthetic_weights: say True for weights that were never trained: they draw another power. Shown in every view.
        name: of the model in the report; its class by default.

    Returns:
        A `Report`: joules, seconds, watts per pass and component, closure, perturbation, raw windows, environment. Of
        "all" a `MethodComparison`, with the three reports in it.

    Raises:
        BadInputError, CaptureFailedError (execution="graph": module and operation named), DeviceOutOfMemoryError,
        NoDriverError, SensorUnsupportedError, SensorPermissionError, SensorFaultError, MigUnsupportedError,
        DeviceLostError, CudaError; Interrupted on Ctrl-C. `.report` of each holds what was finished before.

    The method: docs/method.md. It follows the question of CLEAR (arXiv 2510.02810), and answers it inside one captured
    forward instead of by replaying modules from Python.
    """
    request = checked(model, inputs, components, method, execution, cache, precision, max_time, meter, seed,
                      synthetic_weights, name)  # fmt: skip
    if request.method == "all":
        return _all_methods(request, progress)
    if request.cache == "bounds":
        return _both_bounds(request, progress)
    return _stages(request, progress)


def _stages(request: Request, progress: bool) -> Report:
    report: Report | None = None
    try:
        with _surroundings(request), Progress(enabled=progress) as shown:
            parts = discovered(request.model, request.inputs, request.components)
            source = open_meter(request.meter, request.inputs.device)
            shown.stage("capturing" if request.execution == "graph" else "recording activations")
            prepared = prepare(request, parts, idle=not source.traits()["estimated"])
            result = _measure(request, prepared, source, shown)
            report = finished(request, prepared, source, result, shown)
    except Interrupted:
        raise
    except KeyboardInterrupt as error:  # before the first window, or while everything is put back
        raise Interrupted(INTERRUPTED, report=report) from error
    raise_if_ended_early(result, report)
    return report


def _all_methods(request: Request, progress: bool) -> MethodComparison:
    """An error on the way has the report of the method that it ended, which holds what was finished of that."""
    reports = {
        method: _stages(dataclasses.replace(request, method=method, max_time_s=share * request.max_time_s), progress)
        for method, share in _SHARE_OF_TIME.items()
    }
    return compare_methods(reports)


def _both_bounds(request: Request, progress: bool) -> Report:
    """As it is judged, and with second runs as they are not: two profiles, each in half the time."""
    half = dataclasses.replace(request, cache="auto", max_time_s=request.max_time_s / 2)
    judged = _stages(half, progress)
    cache = judged.weighing.facts.get("cache") if judged.weighing is not None else None
    if cache is None:  # nothing could be dosed; the report says so
        return judged
    other = "warm" if cache == "cold" else "cold"
    return with_bounds({str(cache): judged, other: _stages(dataclasses.replace(half, cache=other), progress)})


@contextmanager
def _surroundings(request: Request) -> Iterator[None]:
    with unchanged(request.model, tensors_in((request.inputs.args, request.inputs.kwargs))), torch.no_grad():
        yield


def _measure(request: Request, prepared: Prepared, source: _core.EnergyMeter, shown: Progress) -> dict[str, Any]:
    """Stages schedule, window and estimate, in the core."""
    options = _core.RoundsOptions()
    options.precision = request.precision
    options.precision_of_model = 0.3 * request.precision
    options.max_time_s = request.max_time_s
    options.seed = request.seed
    dosing = prepared.dosing
    result: dict[str, Any]
    if dosing is None:
        result = _core.run_rounds(source, prepared.targets, options, shown.update)
    else:
        options.fraction = dosing.fraction
        result = _core.run_weighing(source, prepared.targets, dosing.layout, dosing.workloads, options, shown.update)
    for target in result["targets"]:
        target["statuses"] = [*target["statuses"], *prepared.statuses.get(target["name"], [])]
    return result
