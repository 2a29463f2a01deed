"""The last stages: the kernels of eager and captured execution compared, and the report made."""

from __future__ import annotations

import atexit
import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import nn

from clear_native import _core, errors
from clear_native.errors import BadInputError, DeviceOutOfMemoryError, Interrupted
from clear_native.execution import Prepared
from clear_native.machine import environment as environments
from clear_native.machine.device_limits import device_limits, product_dtype
from clear_native.progress import Progress
from clear_native.report import KernelComparison, Report
from clear_native.report.from_rounds import report_from_rounds
from clear_native.request import Request
from clear_native.subject.components import as_text
from clear_native.subject.inputs import Inputs
from clear_native.subject.model_guard import is_out_of_memory

__all__ = ["INTERRUPTED", "endings_typed", "finished", "raise_if_ended_early", "workload_of"]

_LONGEST_END_S = 10.0  # a pass of the model that does not end by then is left behind
INTERRUPTED = "interrupted; what was finished is in .report"


@contextmanager
def endings_typed(report: Callable[[], Any]) -> Iterator[None]:
    """Ctrl-C and lack of memory come out as the package's own errors, with what `report` gives at that moment."""
    try:
        yield
    except Interrupted:
        raise
    except KeyboardInterrupt as error:
        raise Interrupted(INTERRUPTED, report=report()) from error
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise DeviceOutOfMemoryError(
            f"too little memory ({type(error).__name__}: {error}): use a smaller batch or shorter inputs, or free what "
            "else holds memory; what was finished is in .report",
            report=report(),
        ) from error


def finished(
    request: Request, prepared: Prepared, source: _core.EnergyMeter, result: dict[str, Any], shown: Progress
) -> Report:
    """Compares kernels and reports; Ctrl-C or too little memory in here cost the comparison, not what was measured."""
    try:
        shown.stage("comparing kernels")
        kernels = _compare_kernels(prepared, result)
        return _report(request, prepared, source, result, kernels)
    except KeyboardInterrupt:
        result["stop_reason"] = "interrupted"
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        prepared.warnings.append(f"Eager's and the captured kernels were not compared: {type(error).__name__}")
    gc.collect()
    return _report(request, prepared, source, result, None)


@atexit.register
def _end_measurements() -> None:
    """A daemon thread that measures must be out of the engine when the interpreter goes."""
    give_up_s = time.monotonic() + _LONGEST_END_S
    while _core.end_measurements() > 0 and time.monotonic() < give_up_s:
        time.sleep(0.005)


def _report(
    request: Request,
    prepared: Prepared,
    source: _core.EnergyMeter,
    result: dict[str, Any],
    kernels: KernelComparison | None,
) -> Report:
    environment = environments.collect(request.inputs.device)
    return report_from_rounds(
        result,
        roles={target: role for target, role, _ in prepared.targets},
        model=request.name,
        method=request.method,
        execution=prepared.execution,
        meter=source.traits(),
        sides=source.side_traits(),
        costs=prepared.costs,
        calls=prepared.calls,
        synthetic_weights=request.synthetic_weights,
        workload={
            **workload_of(request.model, request.inputs),
            "kept_bytes": prepared.kept_bytes,
            "replays": prepared.replays,
        },
        environment=environment,
        options={
            "precision": request.precision,
            "max_time_s": request.max_time_s,
            "cache": None if request.cache == "auto" else request.cache,
            "components": as_text(request.components),
        },
        kernels=kernels,
        dosing=prepared.dosing.facts if prepared.dosing is not None else None,
        modules=prepared.dosing.modules if prepared.dosing is not None else None,
        statuses=_doubts(prepared, result, kernels),
        warnings=prepared.warnings,
        limits=_limits(request, prepared, environment),
    )


def _limits(request: Request, prepared: Prepared, environment: Mapping[str, Any]) -> dict[str, Any] | None:
    """A file of limits that is none costs the roofline, not what was measured."""
    parameter = next(request.model.parameters(), None)
    dtype = product_dtype(None if parameter is None else parameter.dtype, request.inputs.device)
    try:
        return device_limits(environment, dtype)
    except BadInputError as error:
        prepared.warnings.append(str(error))
    return None


def workload_of(model: nn.Module, inputs: Inputs) -> dict[str, Any]:
    """What was run, for a result."""
    parameter = next(model.parameters(), None)
    return {
        "inputs": {path: {"shape": list(t.shape), "dtype": str(t.dtype)} for path, t in inputs.tensors()},
        "weights_dtype": None if parameter is None else str(parameter.dtype),
        "device": str(inputs.device),
    }


def _compare_kernels(prepared: Prepared, result: dict[str, Any]) -> KernelComparison | None:
    """Comes last, so that the profiler is never there while windows run; if it fails, what was measured stays."""
    if _ended_early(result):
        return None
    try:
        return prepared.compare_kernels()
    except Exception as error:  # of the model's own code it may be any
        why = f"{type(error).__name__}: {error}"
        prepared.warnings.append(f"Eager's and the captured kernels could not be compared: {why}")
    return None


def _doubts(prepared: Prepared, result: dict[str, Any], kernels: KernelComparison | None) -> list[str]:
    unchecked = prepared.execution == "graph" and kernels is None and not _ended_early(result)
    return [*prepared.doubts, *(["kernels_unchecked"] if unchecked else [])]


def _ended_early(result: dict[str, Any]) -> bool:
    return result["stop_reason"] in ("interrupted", "failed")


def raise_if_ended_early(result: dict[str, Any], report: Report) -> None:
    if result["stop_reason"] == "interrupted":
        raise Interrupted(INTERRUPTED, report=report if report.windows else None)
    if result["stop_reason"] == "failed":
        raise getattr(errors, result["failure_kind"])(result["failure_message"], report=report)
