"""`bench(fn, *args)`: joules, seconds and watts of one call, with intervals. Its body is the list of the stages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Literal, overload

import torch

from clear_native import _core, errors
from clear_native.any_code.bench_request import BenchRequest, checked
from clear_native.any_code.callables import Callables, GraphCapturer, prepare
from clear_native.errors import DeviceOutOfMemoryError, Interrupted
from clear_native.finishing import INTERRUPTED, endings_typed
from clear_native.machine.environment import collect
from clear_native.machine.meters import open_meter
from clear_native.machine.one_at_a_time import alone_on
from clear_native.progress import Progress
from clear_native.report.bench import BenchResult
from clear_native.report.bench_from_rounds import Subject, bench_from_rounds

__all__ = ["bench"]

_PRECISION_AT_LEAST = 1e-4  # of flush and call together: more cannot be had

Functions = Callable[..., object] | Mapping[str, Callable[..., object]]


@overload
def bench(
    fn: Functions, *args: Any, precision: float = ..., max_time: float = ..., execution: str = ..., cache: str = ...,
    meter: str | _core.EnergyMeter = ..., grad_to_none: Sequence[torch.Tensor] | None = ...,
    return_mode: Literal["result"] = ..., same_within: float | None = ..., device: torch.device | str | None = ...,
    seed: int | None = ..., progress: bool = ...,
) -> BenchResult: ...  # fmt: skip
@overload
def bench(
    fn: Functions, *args: Any, precision: float = ..., max_time: float = ..., execution: str = ..., cache: str = ...,
    meter: str | _core.EnergyMeter = ..., grad_to_none: Sequence[torch.Tensor] | None = ...,
    return_mode: str, same_within: float | None = ..., device: torch.device | str | None = ...,
    seed: int | None = ..., progress: bool = ...,
) -> float | None: ...  # fmt: skip
def bench(
    fn: Functions,
    *args: Any,
    precision: float = 0.01,
    max_time: float = 30.0,
    execution: str = "auto",
    cache: str = "auto",
    meter: str | _core.EnergyMeter = "auto",
    grad_to_none: Sequence[torch.Tensor] | None = None,
    return_mode: str = "result",
    same_within: float | None = None,
    device: torch.device | str | None = None,
    seed: int | None = None,
    progress: bool = True,
) -> BenchResult | float | None:
    """Measures energy, time and power of one call of `fn(*args)`, as `triton.testing.do_bench` measures time.

        print(cn.bench(torch.matmul, a, b))
        cn.bench({"eager": f, "compiled": torch.compile(f)}, x)     # interleaved, and compared with the first

    Calls run back to back in windows of tenths of seconds, all variants in rounds of random order; intervals come from
    between rounds. As with do_bench, what a call does to its arguments stays done, and there are very many calls.

    Args:
        fn: a callable, or {name: callable}. Arguments by keyword: use functools.partial.
        args: for every call. What a variant reads beside them it must hold itself.
        precision: 95 % half-width to reach, as a share of a call's energy.
        max_time: seconds that measuring may take; the result says if it ended for that.
        execution: "graph": the call is captured once as a CUDA graph and replayed from C++, so that Python is no part
            of it. "eager": Python makes every call. "auto": graph on a GPU, else eager. A callable that cannot be
            captured is measured in eager, and its `execution` and statuses ("not_capturable", "eager_loop") say so.
        cache: "cold": before every call a buffer twice the size of the L2 is written, as do_bench does. Flush and call
            are measured together, and the flush alone as a target of its own in the same rounds; what is reported is
            their difference, with the uncertainty of both. So a call that is much cheaper than the flush has a wide
            interval. In eager execution launching the call hides behind the flush. "warm": calls follow each other.
            "auto": cold on a GPU, warm on the CPU, where a flush dwarfs most calls.
        meter: "auto", "nvml", "estimate", "estimate:WATTS", or an energy meter.
        grad_to_none: tensors whose gradient is set to None before every call, so that a backward does not add up.
        return_mode: "result"; or "energy", "time", "power": the mean alone of one callable, in J, s or W (None: not
            known). There are no quantiles over calls, as do_bench has: the sensor sees many calls together.
        same_within: a variant is the "same" if the interval of its change lies within this; twice the precision.
        device: whose energy; by default where the arguments are, else the current GPU, else the CPU.
        seed: of the order of windows; drawn and recorded where None.
        progress: show progress on a terminal for what takes over two seconds.

    Returns:
        A `BenchResult`; `print` shows a table, `save` writes all raw windows. Several variants have `changes`, with
        verdicts "better", "worse", "same" or "unclear" by the 95 % interval of each single comparison.

    Raises:
        BadInputError before anything is called for: no callable; no variants, or a variant's name that is no string
            of one's own; a precision, max_time or same_within that is no finite number above zero; an unknown
            execution, cache, return_mode, meter or device; execution="graph" without a GPU; a return_mode of one number
            for several variants; grad_to_none that is no list of tensors; arguments on several GPUs; a seed that is no
            whole number from 0 to 2**64 - 1; progress that is neither True nor False.
        BadInputError also for a call that launches nothing on the device it should be captured on.
        Whatever `fn` raises in its first call, as it is; WorkloadFailedError for what it raises later.
        DeviceOutOfMemoryError, NoDriverError, SensorUnsupportedError, SensorPermissionError, SensorFaultError,
            MigUnsupportedError, DeviceLostError, CudaError.
        Interrupted on Ctrl-C. `.report` of each has what was finished.
    """
    request = checked(fn, args, precision, max_time, execution, cache, grad_to_none, return_mode, same_within, device,
                      seed, progress)  # fmt: skip
    measured: dict[str, Any] = {}

    def finished() -> BenchResult | None:
        if not measured.get("windows"):
            return None
        return _result(request, prepared, source, {**measured, "stop_reason": "interrupted"})

    with endings_typed(finished):
        source = meter if isinstance(meter, _core.EnergyMeter) else open_meter(meter, request.device)
        alone = alone_on(request.device, "a bench")
        with Progress(enabled=progress) as shown, alone, _surroundings(request):
            shown.stage("preparing the calls", request.max_time_s)
            prepared = _prepared(request)
            options = _options(request, prepared)
            shown.measuring(options.max_time_s)
            measured |= _core.run_rounds(source, prepared.targets(), options, shown.update)
            if measured["stop_reason"] not in ("interrupted", "failed"):
                shown.stage("comparing kernels")
                prepared.compare_kernels()
        result = _result(request, prepared, source, measured)
    if measured["stop_reason"] == "interrupted":
        raise Interrupted(INTERRUPTED, report=result if result.windows else None)
    if measured["stop_reason"] == "failed":
        raise getattr(errors, measured["failure_kind"])(measured["failure_message"], report=result)
    if request.return_mode == "result":
        return result
    return {"energy": result.energy_j, "time": result.time_s, "power": result.power_w}[request.return_mode]


def _surroundings(request: BenchRequest) -> ExitStack:
    """On the device; gradients that are set to None come back."""
    stack = ExitStack()
    if request.device.type == "cuda":
        stack.enter_context(torch.cuda.device(request.device))
    for tensor in request.grad_to_none:
        stack.callback(setattr, tensor, "grad", tensor.grad)
    return stack


def _prepared(request: BenchRequest) -> Callables:
    graph = request.execution == "graph"
    try:
        return prepare(
            request.functions, request.args, request.device, capturer=GraphCapturer(request.device) if graph else None,
            cold=request.cache == "cold", grad_to_none=request.grad_to_none,
        )  # fmt: skip
    except torch.OutOfMemoryError as error:
        raise DeviceOutOfMemoryError(
            f"{request.device} has too little memory for the call ({error}): free what else holds memory there"
            + (', or use cache="warm", which needs no buffer to flush with' if request.cache == "cold" else "")
        ) from error


def _options(request: BenchRequest, prepared: Callables) -> _core.RoundsOptions:
    """Flush and call together, and the flush, must be known so well that their difference is as asked for."""
    options = _core.RoundsOptions()
    cold = request.cache == "cold"
    share = prepared.share_of_calls() / 2**0.5 if cold else 1.0
    options.precision = max(_PRECISION_AT_LEAST, request.precision * share)
    options.precision_of_model = options.precision if cold else 0.0
    options.max_time_s = request.max_time_s
    options.seed = request.seed
    return options


def _result(
    request: BenchRequest, prepared: Callables, source: _core.EnergyMeter, measured: dict[str, Any]
) -> BenchResult:
    subjects = {
        name: Subject(variant.execution, prepared.flush_of(name), variant.replay, tuple(variant.statuses))
        for name, variant in prepared.variants.items()
    }
    environment = collect(request.device)
    return bench_from_rounds(
        measured,
        subjects,
        precision=request.precision,
        same_within=request.same_within,
        meter=source.traits(),
        warnings=prepared.warnings,
        device=str(request.device),
        environment=environment,
        options={
            "precision": request.precision,
            "max_time_s": request.max_time_s,
            "execution": request.execution,
            "flush_bytes": prepared.flush.bytes if prepared.flush is not None else None,
        },
        made_at=environment.get("made_at"),
    )
