"""`profile(model, inputs)`: how many joules each component of a model costs. Its body is the list of the stages."""

from __future__ import annotations

import numbers
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from clear_native import _core, eager_execution, errors, graph_execution
from clear_native import environment as environments
from clear_native.components import ComponentMap, Selector, check_model, discover
from clear_native.errors import BadInputError, ClearNativeError, DeviceOutOfMemoryError, Interrupted
from clear_native.execution import Prepared
from clear_native.inputs import Inputs, normalize, positive, without_cache
from clear_native.kept_values import tensors_in
from clear_native.meters import open_meter
from clear_native.model_guard import raised_in, unchanged
from clear_native.progress import Progress
from clear_native.report import KernelComparison, Report
from clear_native.report.from_rounds import report_from_rounds

__all__ = ["profile"]


@dataclass(frozen=True)
class _Request:
    """What was asked for, checked."""

    model: nn.Module
    inputs: Inputs
    components: Mapping[str, Selector] | None
    method: str
    execution: str
    precision: float
    max_time: float
    meter: str
    seed: int
    synthetic_weights: bool | None
    name: str


def profile(
    model: nn.Module,
    inputs: Any,
    *,
    components: Mapping[str, Selector] | None = None,
    method: str = "partition",
    execution: str = "auto",
    precision: float = 0.01,
    max_time: float = 60.0,
    meter: str = "auto",
    seed: int | None = None,
    progress: bool = True,
    synthetic_weights: bool | None = None,
    name: str | None = None,
) -> Report:
    """Measures the energy and time of each component of `model` on `inputs`, with 95 % intervals.

    Args:
        model: any module on one device. It leaves as it came: mode, hooks, gradients, buffers, random state.
        inputs: a tensor, a tuple of arguments or a mapping of keyword arguments, on the model's device.
        components: {name: glob over module names, several globs, or predicate(name, module)}; None: found by rule.
        method: "partition": the component's own work alone, all layers in order, on the model's real data.
        execution: "graph" (CUDA graph replay), "eager" (Python calls the modules), "auto": graph on CUDA, else eager.
        precision: 95 % half-width to reach: this share of a component or 0.3 of it of the model, whichever is larger.
        max_time: seconds that measuring may take; the report says if it ended for that.
        meter: "auto", "nvml", "estimate" or "estimate:WATTS".
        seed: of the order of windows; drawn and recorded where None.
        progress: show progress on a terminal for what takes over two seconds.
        synthetic_weights: say True for weights that were never trained: they draw another power. Shown in every view.
        name: of the model in the report; its class by default.

    Returns:
        A `Report`: joules, seconds, watts per pass and component, closure, perturbation, raw windows, environment.

    Raises:
        BadInputError, CaptureFailedError (module and operation named), DeviceOutOfMemoryError, NoDriverError,
        SensorUnsupportedError, SensorPermissionError, SensorFaultError, MigUnsupportedError, DeviceLostError,
        CudaError; Interrupted on Ctrl-C. `.report` of each holds what was finished before.

    The method: docs/method.md. It follows the question of CLEAR (arXiv 2510.02810), and answers it inside one captured
    forward instead of by replaying modules from Python.
    """
    request = _checked(model, inputs, components, method, execution, precision, max_time, meter, seed,
                       synthetic_weights, name)  # fmt: skip
    report: Report | None = None
    try:
        with _surroundings(request), Progress(enabled=progress) as shown:
            parts = discover(model, request.components)
            source = open_meter(request.meter, request.inputs.device)
            shown.stage("capturing" if request.execution == "graph" else "recording activations")
            prepared = _prepare(request, parts, idle=not source.traits()["estimated"])
            result = _measure(request, prepared, source, shown)
            report = _finished(request, prepared, source, result, shown)
    except Interrupted:
        raise
    except KeyboardInterrupt as error:  # before the first window, or while everything is put back
        raise Interrupted(_INTERRUPTED, report=report) from error
    _raise_if_ended_early(result, report)
    return report


_INTERRUPTED = "interrupted; what was finished is in .report"


@contextmanager
def _surroundings(request: _Request) -> Iterator[None]:
    with unchanged(request.model, tensors_in((request.inputs.args, request.inputs.kwargs))), torch.no_grad():
        yield


def _checked(
    model: nn.Module, inputs: Any, components: Mapping[str, Selector] | None, method: str, execution: str,
    precision: float, max_time: float, meter: str, seed: int | None, synthetic_weights: bool | None, name: str | None,
) -> _Request:  # fmt: skip
    check_model(model)
    if not isinstance(method, str) or method != "partition":
        raise BadInputError(f"unknown method {method!r}: this version knows 'partition'")
    if not isinstance(execution, str) or execution not in ("auto", "graph", "eager"):
        raise BadInputError(f"unknown execution {execution!r}: choose 'auto', 'graph' or 'eager'")
    if name is not None and not isinstance(name, str):
        raise BadInputError(f"name is the model's name in the report, a string, got {name!r}")
    if synthetic_weights is not None and not isinstance(synthetic_weights, bool):
        raise BadInputError(f"synthetic_weights is True, False or None (not known), got {synthetic_weights!r}")
    arguments = without_cache(model, normalize(model, inputs))
    if execution == "graph" and arguments.device.type != "cuda":
        raise BadInputError(
            f'execution="graph" replays CUDA graphs, but the model is on {arguments.device}: use execution="eager"'
        )
    if execution == "auto":
        execution = "graph" if arguments.device.type == "cuda" else "eager"
    return _Request(
        model, arguments, components, method, execution, positive("precision", precision),
        positive("max_time", max_time), meter, _seed(seed), synthetic_weights, name or type(model).__name__,
    )  # fmt: skip


def _seed(seed: int | None) -> int:
    if seed is None:
        return secrets.randbits(63)
    if isinstance(seed, bool) or not isinstance(seed, numbers.Integral) or not 0 <= seed < 2**64:
        raise BadInputError(f"seed must be a whole number between 0 and 2**64 - 1, or None, got {seed!r}")
    return int(seed)


def _prepare(request: _Request, parts: ComponentMap, idle: bool) -> Prepared:
    """Stages capture, cost and compose. An exception of the model's own code comes out typed, with the module named."""
    try:
        if request.execution == "graph":
            return graph_execution.prepare(request.model, request.inputs, parts)
        return eager_execution.prepare(request.model, request.inputs, parts, idle)
    except ClearNativeError:
        raise
    except torch.OutOfMemoryError as error:
        raise DeviceOutOfMemoryError(
            f"{request.inputs.device} has too little memory for a forward ({error}): "
            "use a smaller batch or shorter inputs, or free what else holds memory there"
        ) from error
    except Exception as error:
        module = raised_in(request.model, error)
        if module is None:
            raise
        raise BadInputError(
            f"the model's own forward raised {type(error).__name__} in {module}: {error}: "
            "see that model(...) runs on these inputs as it is"
        ) from error


def _measure(request: _Request, prepared: Prepared, source: _core.EnergyMeter, shown: Progress) -> dict[str, Any]:
    """Stages schedule, window and estimate, in the core."""
    options = _core.RoundsOptions()
    options.precision = request.precision
    options.precision_of_model = 0.3 * request.precision
    options.max_time_s = request.max_time
    options.seed = request.seed
    result: dict[str, Any] = _core.run_rounds(source, prepared.targets, options, shown.update)
    for target in result["targets"]:
        target["statuses"] = [*target["statuses"], *prepared.statuses.get(target["name"], [])]
    return result


def _finished(
    request: _Request, prepared: Prepared, source: _core.EnergyMeter, result: dict[str, Any], shown: Progress
) -> Report:
    """Compares kernels and reports; Ctrl-C in here costs the comparison, not what was measured."""
    try:
        shown.stage("comparing kernels")
        kernels = _compare_kernels(prepared, result)
        return _report(request, prepared, source, result, kernels)
    except KeyboardInterrupt:
        result["stop_reason"] = "interrupted"
        return _report(request, prepared, source, result, None)


def _report(
    request: _Request,
    prepared: Prepared,
    source: _core.EnergyMeter,
    result: dict[str, Any],
    kernels: KernelComparison | None,
) -> Report:
    tensors = request.inputs.tensors()
    return report_from_rounds(
        result,
        roles={target: role for target, role, _ in prepared.targets},
        model=request.name,
        method=request.method,
        execution=prepared.execution,
        meter=source.traits(),
        costs=prepared.costs,
        calls=prepared.calls,
        synthetic_weights=request.synthetic_weights,
        workload={
            "inputs": {path: {"shape": list(t.shape), "dtype": str(t.dtype)} for path, t in tensors},
            "weights_dtype": _weights_dtype(request.model),
            "device": str(request.inputs.device),
            "kept_bytes": prepared.kept_bytes,
            "replays": prepared.replays,
        },
        environment=environments.collect(request.inputs.device),
        options={
            "precision": request.precision,
            "max_time_s": request.max_time,
            "components": None if request.components is None else {k: str(v) for k, v in request.components.items()},
        },
        kernels=kernels,
        statuses=_doubts(prepared, result, kernels),
        warnings=prepared.warnings,
    )


def _weights_dtype(model: nn.Module) -> str | None:
    parameter = next(model.parameters(), None)
    return None if parameter is None else str(parameter.dtype)


def _compare_kernels(prepared: Prepared, result: dict[str, Any]) -> KernelComparison | None:
    """Comes last, so that the profiler is never there while windows run; if it fails, what was measured stays."""
    if _ended_early(result):
        return None
    try:
        return prepared.compare_kernels()
    except RuntimeError as error:
        prepared.warnings.append(f"Eager's and the captured kernels could not be compared: {error}")
    return None


def _doubts(prepared: Prepared, result: dict[str, Any], kernels: KernelComparison | None) -> list[str]:
    unchecked = prepared.execution == "graph" and kernels is None and not _ended_early(result)
    return ["kernels_unchecked"] if unchecked else []


def _ended_early(result: dict[str, Any]) -> bool:
    return result["stop_reason"] in ("interrupted", "failed")


def _raise_if_ended_early(result: dict[str, Any], report: Report) -> None:
    if result["stop_reason"] == "interrupted":
        raise Interrupted(_INTERRUPTED, report=report if report.windows else None)
    if result["stop_reason"] == "failed":
        raise getattr(errors, result["failure_kind"])(result["failure_message"], report=report)
