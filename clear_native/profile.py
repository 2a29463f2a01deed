"""`profile(model, inputs)`: how many joules each component of a model costs. Its body is the list of the stages."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, overload

import torch
from torch import nn

from clear_native import _core
from clear_native.activation_store.kept_values import tensors_in
from clear_native.errors import ClearNativeError, Interrupted
from clear_native.execution import Prepared
from clear_native.finishing import endings_typed, finished, raise_if_ended_early
from clear_native.machine.meters import open_meter
from clear_native.machine.one_at_a_time import alone_on
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
        BadInputError before anything is touched for: a model that is no nn.Module, is TorchScript, or is on several
            devices or on "meta"; inputs that are None, are elsewhere than the model, or have keys that are no names;
            components that match nothing, overlap, are empty, have a reserved name, no known grouping, or a predicate
            that raises; a model without a module that the rules know; an unknown method, execution, cache or meter;
            execution="graph" for a model on the CPU; a precision or max_time that is no finite number above zero; a
            seed that is no whole number from 0 to 2**64 - 1; progress, synthetic_weights or name of another type.
        BadInputError also where the model's own forward raises on these inputs (the module is named), and for a
            max_time too short for one design of the weighing.
        WorkloadFailedError for a model that raises later, while it is measured.
        CaptureFailedError (execution="graph") with module and operation, DeviceOutOfMemoryError, NoDriverError,
            SensorUnsupportedError, SensorPermissionError, SensorFaultError, MigUnsupportedError, DeviceLostError,
            CudaError.
        Interrupted on Ctrl-C. `.report` of each holds what was finished before, and of "all" and "bounds" `.finished`
            the whole reports before that one.

    The method: docs/method.md. It follows the question of CLEAR (arXiv 2510.02810), and answers it inside one captured
    forward instead of by replaying modules from Python.
    """
    with endings_typed(lambda: None):
        request = checked(model, inputs, components, method, execution, cache, precision, max_time, meter, seed,
                          synthetic_weights, name, progress)  # fmt: skip
        if request.method == "all":
            return _all_methods(request, progress)
        if request.cache == "bounds":
            return _both_bounds(request, progress)
        return _stages(request, progress)


def _stages(request: Request, progress: bool) -> Report:
    done: list[Report] = []
    with endings_typed(lambda: done[0] if done else None):
        with _surroundings(request), Progress(enabled=progress) as shown:
            shown.stage("finding components", request.max_time_s)
            parts = discovered(request.model, request.inputs, request.components)
            source = open_meter(request.meter, request.inputs.device)
            shown.stage("capturing" if request.execution == "graph" else "recording activations", request.max_time_s)
            prepared = prepare(request, parts, idle=not source.traits()["estimated"])
            result = _measure(request, prepared, source, shown)
            done.append(finished(request, prepared, source, result, shown))
        raise_if_ended_early(result, done[0])
        return done[0]


def _all_methods(request: Request, progress: bool) -> MethodComparison:
    """An error on the way has the report of the method that it ended, and in `finished` those of the methods before."""
    reports: dict[str, Report] = {}
    for method, share in _SHARE_OF_TIME.items():
        asked = dataclasses.replace(request, method=method, max_time_s=share * request.max_time_s)
        with _kept(reports):
            reports[method] = _stages(asked, progress)
    return compare_methods(reports)


def _both_bounds(request: Request, progress: bool) -> Report:
    """As it is judged, and with second runs as they are not: two profiles, each in half the time."""
    half = dataclasses.replace(request, cache="auto", max_time_s=request.max_time_s / 2)
    judged = _stages(half, progress)
    cache = judged.weighing.facts.get("cache") if judged.weighing is not None else None
    if cache is None:  # nothing could be dosed; the report says so
        return judged
    other = "warm" if cache == "cold" else "cold"
    with _kept({str(cache): judged}):
        return with_bounds({str(cache): judged, other: _stages(dataclasses.replace(half, cache=other), progress)})


@contextmanager
def _kept(reports: Mapping[str, Report]) -> Iterator[None]:
    """An error in here takes along what was finished before."""
    try:
        yield
    except (ClearNativeError, Interrupted) as error:
        error.finished = dict(reports)
        raise


@contextmanager
def _surroundings(request: Request) -> Iterator[None]:
    inputs = tensors_in((request.inputs.args, request.inputs.kwargs))
    with alone_on(request.inputs.device, "a profile"), unchanged(request.model, inputs), torch.no_grad():
        yield


def _measure(request: Request, prepared: Prepared, source: _core.EnergyMeter, shown: Progress) -> dict[str, Any]:
    """Stages schedule, window and estimate, in the core."""
    options = _core.RoundsOptions()
    options.precision = request.precision
    options.precision_of_model = 0.3 * request.precision
    options.max_time_s = request.max_time_s
    options.seed = request.seed
    dosing = prepared.dosing
    shown.measuring(request.max_time_s)
    result: dict[str, Any]
    if dosing is None:
        result = _core.run_rounds(source, prepared.targets, options, shown.update)
    else:
        options.fraction = dosing.fraction
        result = _core.run_weighing(source, prepared.targets, dosing.layout, dosing.workloads, options, shown.update)
    for target in result["targets"]:
        target["statuses"] = [*target["statuses"], *prepared.statuses.get(target["name"], [])]
    return result
