"""One model graph with the span of every module call, its buffers kept.

The only place that touches torch's `CUDAGraph(keep_graph=True).raw_cuda_graph()`.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import nn

from clear_native import _core
from clear_native.capture.buffer_fates import BufferFates, Step
from clear_native.capture.kept_buffers import KeptBuffers, allocations
from clear_native.capture.scratch_buffers import ScratchPool, ScratchSharing
from clear_native.errors import CaptureFailedError, ClearNativeError, DeviceOutOfMemoryError
from clear_native.subject.components import OTHER, ComponentMap

__all__ = ["Capture", "ModuleCall", "SpanRecorder", "buffer_fates", "capture_plain", "capture_preserved", "warm_up"]

_WARM_UPS = 3  # lazy loading of modules, cuBLAS and cuDNN plans, the workspace of this stream


@dataclass(frozen=True)
class ModuleCall:
    """One entry-to-exit of one module in the captured forward."""

    module: str
    component: str
    parent: int | None  # index of the module call around it
    entry: tuple[int, ...]  # capture frontier: graph nodes that the next node would depend on
    exit: tuple[int, ...]


class SpanObserver(Protocol):
    """Told which component runs (`CostCounter` is one)."""

    def enter(self, component: str) -> None: ...

    def exit(self) -> None: ...


@dataclass
class SpanRecorder:
    """Hooks that note the capture frontier at entry and exit of every module call."""

    components: ComponentMap
    frontier: Callable[[], list[int]]
    observers: list[SpanObserver] = field(default_factory=list)
    calls: list[ModuleCall] = field(default_factory=list)
    failed_in: str = ""  # innermost module that an exception has left
    _open: list[int] = field(default_factory=list)
    _now: list[str] = field(default_factory=lambda: [OTHER])

    def component_now(self) -> str:
        """The component of what runs now."""
        return self._now[-1]

    @contextmanager
    def attached(self, model: nn.Module) -> Iterator[None]:
        """Hooks on every module of `model`; removed on the way out."""
        with ExitStack() as stack:
            for name, module in model.named_modules():
                component = self.components.component_of(name)
                stack.callback(module.register_forward_pre_hook(self._entered(name, component), prepend=True).remove)
                stack.callback(module.register_forward_hook(self._left, always_call=True).remove)
            yield

    def _entered(self, name: str, component: str) -> Callable[[nn.Module, Any], None]:
        def hook(_module: nn.Module, _args: Any) -> None:
            parent = self._open[-1] if self._open else None
            self._open.append(len(self.calls))
            self._now.append(component)
            self.calls.append(ModuleCall(name, component, parent, tuple(self.frontier()), ()))
            for observer in self.observers:
                observer.enter(component)

        return hook

    def _left(self, _module: nn.Module, _args: Any, _output: Any) -> None:
        index = self._open.pop()
        self._now.pop()
        for observer in self.observers:
            observer.exit()
        call = self.calls[index]
        if sys.exc_info()[1] is not None:
            # The module raised, and torch calls this on the way out. If its caller catches that, what was captured in
            # it is the caller's own work: the call has an empty span.
            self.failed_in = self.failed_in or call.module
            exit_frontier = call.entry
        else:
            self.failed_in = ""
            exit_frontier = tuple(self.frontier())
        self.calls[index] = ModuleCall(call.module, call.component, call.parent, call.entry, exit_frontier)


@dataclass
class Capture:
    """A captured forward. Holds everything that its graph reads and writes."""

    torch_graph: torch.cuda.CUDAGraph
    model_graph: _core.ModelGraph
    outputs: Any
    stream: torch.cuda.Stream
    forward: Callable[[], Any]  # holds the model and the inputs, which the graph reads by their addresses
    calls: list[ModuleCall] = field(default_factory=list)
    kept: KeptBuffers | None = None

    def replay_once(self) -> None:
        """One pass through torch: sets the random state that the graph reads and fills every buffer with real data."""
        with torch.cuda.stream(self.stream):
            self.torch_graph.replay()
        self.stream.synchronize()

    def component_of_node(self) -> list[str]:
        """The component of every node of the model graph: that of the innermost module call that holds it."""
        return [
            OTHER if node["span"] is None else self.calls[node["span"]].component for node in self.model_graph.nodes
        ]


def warm_up(forward: Callable[[], Any], stream: torch.cuda.Stream) -> None:
    """Runs exactly what will be captured on the stream of the capture."""
    stream.wait_stream(torch.cuda.current_stream(stream.device))
    with torch.cuda.stream(stream):
        for _ in range(_WARM_UPS):
            forward()
    stream.synchronize()


def capture_plain(forward: Callable[[], Any], stream: torch.cuda.Stream, context: _core.PrimaryContext) -> Capture:
    """The forward as torch would capture it: buffers are reused, no spans."""
    graph, outputs = _captured(forward, stream, torch.cuda.graph_pool_handle(), [], lambda: "", lambda: "")
    return Capture(graph, _core.ModelGraph(context, graph.raw_cuda_graph(), []), outputs, stream, forward)


def capture_preserved(
    model: nn.Module,
    forward: Callable[[], Any],
    components: ComponentMap,
    stream: torch.cuda.Stream,
    context: _core.PrimaryContext,
    observers: list[SpanObserver],
    modes: list[AbstractContextManager[Any]],
    reuse_scratch: bool = True,
) -> Capture:
    """The forward with the nodes of every module call known and all buffers kept that cross from one to another.

    With `reuse_scratch` what stays inside a stretch of one component lies in memory that all stretches share; where
    that cannot be proven, everything is kept and `kept.all_kept_because` says why. Observers and modes see one forward.

    Raises CaptureFailedError naming the module and the operation, DeviceOutOfMemoryError if the buffers do not fit.
    """
    steps = buffer_fates(model, forward, components, stream) if reuse_scratch else None
    capture, refused = _preserved(model, forward, components, stream, context, observers, modes, steps)
    if capture is None:
        capture, _ = _preserved(model, forward, components, stream, context, [], [], None)
        assert capture is not None and capture.kept is not None
        capture.kept.all_kept_because = refused
    capture.replay_once()
    return capture


def buffer_fates(
    model: nn.Module, forward: Callable[[], Any], components: ComponentMap, stream: torch.cuda.Stream
) -> list[Step]:
    """What one eager forward on the stream of the capture tells of the buffers that it makes."""
    recorder = SpanRecorder(components, list)
    fates = BufferFates(stream.device, recorder.component_now, lambda: allocations(stream.device))
    with _no_collection(), torch.cuda.stream(stream):
        with fates, recorder.attached(model):
            outputs = forward()
        steps = fates.plan()
        del outputs  # alive until here: what the forward returned crosses
    stream.synchronize()
    return steps


def _preserved(
    model: nn.Module,
    forward: Callable[[], Any],
    components: ComponentMap,
    stream: torch.cuda.Stream,
    context: _core.PrimaryContext,
    observers: list[SpanObserver],
    modes: list[AbstractContextManager[Any]],
    steps: list[Step] | None,
) -> tuple[Capture | None, str]:
    """The capture, or None and why its buffers cannot share memory as `steps` have it."""

    def frontier_now() -> object:
        now = torch.cuda.current_stream(stream.device).cuda_stream
        return threading.get_ident(), now, _core.capture_frontier(now)

    recorder = SpanRecorder(components, lambda: _core.capture_frontier(stream.cuda_stream), observers)
    pool = torch.cuda.graph_pool_handle()
    sharing = None if steps is None else ScratchSharing(steps, ScratchPool(stream.device, pool), frontier_now)
    kept = KeptBuffers(stream.device, pool, recorder.component_now, sharing)
    around = [kept, *modes, recorder.attached(model)]
    graph, outputs = _captured(forward, stream, pool, around, lambda: recorder.failed_in, lambda: kept.operator_now)
    if sharing is not None and sharing.refused:
        return None, sharing.refused
    spans = [(call.module, call.parent, list(call.entry), list(call.exit)) for call in recorder.calls]
    model_graph = _core.ModelGraph(context, graph.raw_cuda_graph(), spans)
    return Capture(graph, model_graph, outputs, stream, forward, recorder.calls, kept), ""


@contextmanager
def _no_collection() -> Iterator[None]:
    """No garbage collector inside: what it frees would be freed at another place in each forward."""
    collecting = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _captured(
    forward: Callable[[], Any],
    stream: torch.cuda.Stream,
    pool: Any,
    around: list[AbstractContextManager[Any]],
    module_now: Callable[[], str],
    operator_now: Callable[[], str],
) -> tuple[torch.cuda.CUDAGraph, Any]:
    graph = torch.cuda.CUDAGraph(keep_graph=True)
    with _no_collection():  # a tensor freed by it in the middle would be a call that capture does not allow
        torch.cuda.synchronize(stream.device)
        torch.cuda.empty_cache()
        with torch.cuda.stream(stream):
            graph.capture_begin(pool=pool, capture_error_mode="thread_local")
            try:
                with ExitStack() as stack:
                    for manager in around:
                        stack.enter_context(manager)
                    outputs = forward()
            except BaseException as error:
                _end_broken_capture(graph, stream, pool)
                raise _named(error, module_now(), operator_now()) from error
            try:
                graph.capture_end()
            except RuntimeError as error:
                raise _named(error, "", "") from error
            graph.instantiate()
        return graph, outputs


def _end_broken_capture(graph: torch.cuda.CUDAGraph, stream: torch.cuda.Stream, pool: Any) -> None:
    """Leaves torch as it was. Its own clean-up stops where the driver says that the capture is invalid: the pool then
    still serves this thread's allocations, and the random generators believe that they are captured."""
    try:
        graph.capture_end()
    except RuntimeError:  # the error of what broke it is the one that is reported
        torch.cuda.synchronize(stream.device)
        with suppress(RuntimeError):  # it was off the list already
            torch._C._cuda_endAllocateToPool(stream.device.index, pool)
        _capture_something(stream)


def _capture_something(stream: torch.cuda.Stream) -> None:
    """A capture that ends well takes the generators out of theirs."""
    cell = torch.zeros((), device=stream.device)
    graph = torch.cuda.CUDAGraph()
    stream.wait_stream(torch.cuda.current_stream(stream.device))
    with torch.cuda.stream(stream):
        graph.capture_begin(capture_error_mode="thread_local")
        cell.fill_(0)
        graph.capture_end()
    graph.reset()


def _named(error: BaseException, module: str, operator: str) -> BaseException:
    """The error as the caller should see it: where it happened and what to do."""
    if isinstance(error, ClearNativeError) or not isinstance(error, Exception):
        return error
    where = f" in module '{module}'" if module else ""
    where += f" at {operator}" if operator else ""
    if isinstance(error, torch.cuda.OutOfMemoryError):
        return DeviceOutOfMemoryError(
            f"out of memory while keeping the model's buffers{where}: every intermediate of one forward is held. "
            "Use a smaller batch or a shorter sequence, or free other tensors on this device"
        )
    first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if "capture" not in str(error).lower() and not isinstance(error, RuntimeError):
        return error  # the model's own error: it would fail in eager too
    return CaptureFailedError(
        f"the forward cannot be captured into a CUDA graph: it failed{where}: {first_line}. Shapes that depend on "
        "data, .item(), .cpu() and other waits for the device do it. Take them out of the forward, or use "
        'execution="eager"'
    )
