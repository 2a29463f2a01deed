"""Workloads of callables: each captured as a CUDA graph where that works, else called from Python, and labelled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from clear_native import _core
from clear_native.any_code.cache_flush import CacheFlush
from clear_native.capture.captured_run import CapturedRun, captured_run
from clear_native.capture.kernel_lists import Launches, compare_launches, launches
from clear_native.capture.streams import capture_stream
from clear_native.errors import BadInputError, CaptureFailedError
from clear_native.partition.eager_execution import eager_loop
from clear_native.partition.graph_execution import check_cuda_part

__all__ = ["FLUSH", "Callables", "Capturer", "GraphCapturer", "prepare"]

FLUSH = "flush of the cache"  # begin of the names of targets that are no variants

Run = Callable[[], object]


@dataclass
class Prepared:
    """One variant, ready to be measured."""

    execution: str
    workload: _core.Workload
    replay: dict[str, object]
    captured: CapturedRun | None = None
    statuses: list[str] = field(default_factory=list)


class Capturer:
    """Makes graphs of callables. This one cannot: for execution="eager", and for tests."""

    def captured(self, run: Run) -> CapturedRun | None:
        """None: it launches nothing. Raises CaptureFailedError."""
        raise CaptureFailedError("callables are called from Python here")

    def replayed(self, parts: list[CapturedRun]) -> tuple[_core.Workload, dict[str, object]]:
        raise NotImplementedError


class GraphCapturer(Capturer):
    """On the stream of captures. Raises NoDriverError for a build without its CUDA part."""

    def __init__(self, device: torch.device) -> None:
        check_cuda_part()
        self.device = torch.device("cuda", device.index or 0)
        self.context = _core.PrimaryContext.of_ordinal(self.device.index)
        self.stream = capture_stream(self.device)

    def captured(self, run: Run) -> CapturedRun | None:
        return captured_run(run, self.stream, self.context)

    def replayed(self, parts: list[CapturedRun]) -> tuple[_core.Workload, dict[str, object]]:
        subgraphs = [subgraph for part in parts for subgraph in part.parts()]
        workload, chosen, _ = _core.calibrate(_core.GraphReplayFactory(self.stream.cuda_stream, subgraphs))
        return workload, chosen


@dataclass
class Callables:
    """All variants and what is flushed between their calls. Keep it alive while they are measured."""

    device: torch.device
    capturer: Capturer | None  # None: Python calls everything
    flush: CacheFlush | None  # None: the cache stays as a call left it
    variants: dict[str, Prepared] = field(default_factory=dict)
    flushes: dict[str, Prepared] = field(default_factory=dict)  # by target, which names the execution
    runs: dict[str, Run] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def add(self, name: str, run: Run) -> None:
        """Raises BadInputError for a variant that launches nothing on the device; what its first call raises passes."""
        self.runs[name] = run
        if self.capturer is None:
            run()  # what is wrong with it is told as it is, before anything is measured
            self.variants[name] = self._in_python(run)
        else:
            self.variants[name] = self._captured(self.capturer, name, run)
        if self.flush is not None:
            self._add_flush(self.variants[name].execution)

    def targets(self) -> list[tuple[str, str, _core.Workload]]:
        """(name, role, workload) of variants and flushes. A single variant is "plain": its own history counts."""
        role = "plain" if len(self.variants) == 1 else "component"
        found = [(name, role, prepared.workload) for name, prepared in self.variants.items()]
        return [*found, *((name, "component", prepared.workload) for name, prepared in self.flushes.items())]

    def flush_of(self, name: str) -> str | None:
        """The target that repeats before every call of this variant."""
        return None if self.flush is None else _flush_name(self.variants[name].execution)

    def share_of_calls(self) -> float:
        """The smallest share of a pass's time that a variant itself takes, beside the flush: 1 where warm."""
        shares = [1.0]
        for name, prepared in self.variants.items():
            flush = self.flush_of(name)
            if flush is not None:
                whole_s, flush_s = _time_s(prepared.replay), _time_s(self.flushes[flush].replay)
                shares.append(max(0.0, 1 - flush_s / whole_s))
        return min(shares)

    def compare_kernels(self) -> None:
        """Adds the status "kernels_differ" to variants whose graph launches other kernels than eager does, or
        "kernels_unchecked". Comes last, so that the profiler is never there while windows run."""
        for name, prepared in self.variants.items():
            if prepared.captured is None:
                continue
            try:
                eager = launches(self.runs[name], self.device)
                given = launches(prepared.captured.run_as_captured, self.device)
                captured = launches(prepared.captured.replay, self.device)
            except Exception as error:  # of the callable's own code it may be any
                self.warnings.append(f"{name}: eager's and the captured kernels could not be compared: {error}")
                eager = given = captured = Launches()
            if not eager:
                prepared.statuses.append("kernels_unchecked")
            elif difference := compare_launches(eager, given, captured).difference():
                prepared.statuses.append("kernels_differ")
                kernel, (often, captured_often) = next(iter(difference.items()))
                self.warnings.append(
                    f"{name}: captured and eager execution launch different kernels: {kernel[:60]} ({often} times "
                    f"eager, {captured_often} captured)" + (f" and {len(difference) - 1} more" * (len(difference) > 1))
                )

    def _captured(self, capturer: Capturer, name: str, run: Run) -> Prepared:
        try:
            captured = capturer.captured(run)
            if captured is None:
                raise BadInputError(
                    f"'{name}' launches nothing on {self.device}: there is nothing to measure there; for work of the "
                    'CPU give device="cpu"'
                )
            return self._replayed(capturer, captured, "graph")
        except CaptureFailedError as error:
            self.warnings.append(f"{name} is called from Python, so that waiting for Python is part of it: {error}")
            prepared = self._in_python(run)
            prepared.statuses += ["not_capturable", "eager_loop"]
            return prepared

    def _replayed(self, capturer: Capturer, captured: CapturedRun, execution: str) -> Prepared:
        flush = self._captured_flush(capturer)
        workload, replay = capturer.replayed([captured] if flush is None else [flush, captured])
        return Prepared(execution, workload, replay, captured)

    def _captured_flush(self, capturer: Capturer) -> CapturedRun | None:
        """Once for all variants, which share it."""
        if self.flush is None:
            return None
        known = self.flushes.get(_flush_name("graph"))
        if known is None:
            captured = capturer.captured(self.flush)
            assert captured is not None
            workload, replay = capturer.replayed([captured])
            self.flushes[_flush_name("graph")] = known = Prepared("graph", workload, replay, captured)
        return known.captured

    def _in_python(self, run: Run) -> Prepared:
        flush = self.flush

        def flushed() -> None:
            assert flush is not None
            flush()
            run()

        workload, replay = eager_loop(run if flush is None else flushed, self.device)
        return Prepared("eager", workload, replay)

    def _add_flush(self, execution: str) -> None:
        name = _flush_name(execution)
        if name not in self.flushes:
            assert self.flush is not None
            workload, replay = eager_loop(self.flush, self.device)
            self.flushes[name] = Prepared(execution, workload, replay)


def prepare(
    functions: Mapping[str, Callable[..., object]],
    args: tuple[Any, ...],
    device: torch.device,
    *,
    capturer: Capturer | None,
    cold: bool,
    grad_to_none: tuple[torch.Tensor, ...] = (),
) -> Callables:
    """Raises BadInputError, NoDriverError, DeviceOutOfMemoryError; what a variant raises in its first call passes."""
    prepared = Callables(device, capturer, CacheFlush(device) if cold else None)
    for name, function in functions.items():
        prepared.add(name, _run(function, args, grad_to_none))
    return prepared


def _run(function: Callable[..., object], args: tuple[Any, ...], grad_to_none: tuple[torch.Tensor, ...]) -> Run:
    if not grad_to_none:
        return lambda: function(*args)

    def run() -> None:
        for tensor in grad_to_none:
            tensor.grad = None
        function(*args)

    return run


def _flush_name(execution: str) -> str:
    return f"{FLUSH}, {execution}"


def _time_s(replay: Mapping[str, Any]) -> float:
    return float(replay["time_per_pass_s"])
