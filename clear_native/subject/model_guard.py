"""Profiling leaves the model as it came, however it ends."""

from __future__ import annotations

import random
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import torch
from torch import nn

__all__ = ["contents_kept", "is_freed", "is_out_of_memory", "raised_in", "unchanged"]

_HOOK_TABLES = (
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_backward_pre_hooks",
    "_backward_hooks",
)


@contextmanager
def unchanged(model: nn.Module, tensors: Iterable[torch.Tensor] = ()) -> Iterator[None]:
    """Whatever happens inside, the model and torch's global state leave as they came, also on Ctrl-C.

    Restored are: hooks, a module's own `forward`, training or evaluation mode of every module, `requires_grad` and
    `.grad` of every parameter, buffers and their contents (running statistics), gradient mode, and the random state of
    Python, numpy, the CPU and the model's CUDA devices. The mode is not changed on the way in: the model runs as its
    owner left it. So are the contents of `tensors`, the inputs, should the forward write to them.

    `.grad` is None inside, so that nothing accumulates into the owner's gradients.

    What cannot be restored is warned of (RuntimeWarning): it hides neither a result nor the error that ended the work.
    """
    failures: list[str] = []
    interrupts = _Interrupts()
    try:
        with ExitStack() as stack:
            stack.callback(interrupts.release)  # callbacks run backwards: this one is the last

            def restore(what: str, restorer: Callable[..., object], *args: Any) -> None:
                stack.callback(_guarded, failures, what, restorer, *args)

            restore("gradient mode", torch.set_grad_enabled, torch.is_grad_enabled())
            _guard_random_state(restore, model)
            for name, module in model.named_modules():
                restore(f"module '{name}'", _module_restorer(module))
            for name, parameter in model.named_parameters():
                restore(f"parameter '{name}'", _parameter_restorer(parameter))
                parameter.grad = None
            for name, buffer in model.named_buffers():
                restore(f"buffer '{name}'", _contents_restorer(buffer))
            for position, tensor in enumerate(tensors):
                restore(f"input tensor {position}", _contents_restorer(tensor))
            stack.callback(interrupts.hold)
            yield
    finally:
        interrupts.release()  # again, for an error at the very entry of the first time
        if failures:
            _warn(failures)


@contextmanager
def contents_kept(tensors: Iterable[torch.Tensor]) -> Iterator[None]:
    """Writes in place to `tensors` are undone on the way out."""
    restorers = [_contents_restorer(tensor) for tensor in tensors]
    try:
        yield
    finally:
        for restore in restorers:
            restore()


def raised_in(model: nn.Module, error: BaseException) -> str | None:
    """The innermost module of `model` whose call `error` came out of, for a message; None if it came from elsewhere."""
    # By its attributes: torch.export calls stand-ins that share them.
    names = {id(vars(module)): name for name, module in model.named_modules()}
    found = None
    trace = error.__traceback__
    while trace is not None:
        owner = trace.tb_frame.f_locals.get("self")
        if isinstance(owner, nn.Module) and id(vars(owner)) in names:
            name = names[id(vars(owner))]
            found = f"module '{name}' ({type(owner).__name__})" if name else "the model itself"
        trace = trace.tb_next
    return found


class _Interrupts:
    """Ctrl-C waits from `hold` to `release`, so that it cannot come between two things that are put back."""

    def __init__(self) -> None:
        self._before: Any = None
        self._seen = False

    def hold(self) -> None:
        # Python runs handlers in the main thread alone; None: the handler is one that Python cannot put back.
        if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is not None:
            self._before = signal.signal(signal.SIGINT, self._note)

    def release(self) -> None:
        if self._before is None:
            return
        signal.signal(signal.SIGINT, self._before)
        self._before = None
        if self._seen:
            signal.raise_signal(signal.SIGINT)

    def _note(self, *_: object) -> None:
        self._seen = True


def is_freed(tensor: torch.Tensor) -> bool:
    """Whether somebody took the memory away from under it; to read it then can end the process."""
    plain = type(tensor) is torch.Tensor and tensor.layout is torch.strided and tensor.device.type != "meta"
    return plain and tensor.numel() > 0 and tensor.untyped_storage().nbytes() == 0


def is_out_of_memory(error: BaseException) -> bool:
    """On a CPU torch raises a plain RuntimeError."""
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or (
        isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
    )


def _guarded(failures: list[str], what: str, restorer: Callable[..., object], *args: Any) -> None:
    try:
        restorer(*args)
    except Exception as error:
        failures.append(f"{what} ({type(error).__name__}: {error})")


def _warn(failures: list[str]) -> None:
    more = f" and {len(failures) - 3} more" if len(failures) > 3 else ""
    text = f"not restored as it was before profiling: {'; '.join(failures[:3])}{more}"
    with suppress(RuntimeWarning):  # also where warnings are errors: the result, or the error on its way, counts more
        warnings.warn(text, RuntimeWarning, stacklevel=2)


def _module_restorer(module: nn.Module) -> Callable[[], None]:
    training = module.training
    own_forward = module.__dict__.get("forward")
    buffers = dict(module._buffers)
    hooks = {table: dict(getattr(module, table)) for table in _HOOK_TABLES if hasattr(module, table)}

    def restore() -> None:
        module.training = training
        module._buffers.update(buffers)
        if own_forward is None:
            module.__dict__.pop("forward", None)
        else:
            module.__dict__["forward"] = own_forward
        for table, before in hooks.items():
            now = getattr(module, table)
            if dict(now) != before or list(now) != list(before):
                now.clear()
                now.update(before)

    return restore


def _parameter_restorer(parameter: nn.Parameter) -> Callable[[], None]:
    requires_grad, grad = parameter.requires_grad, parameter.grad

    def restore() -> None:
        parameter.requires_grad_(requires_grad)
        parameter.grad = grad

    return restore


def _contents_restorer(tensor: torch.Tensor) -> Callable[[], None]:
    before = tensor.detach().clone()

    def restore() -> None:
        with torch.inference_mode() if tensor.is_inference() else torch.no_grad():
            if is_freed(tensor):
                raise RuntimeError("its memory was freed")
            if not torch.equal(tensor, before):
                tensor.copy_(before)

    return restore


def _guard_random_state(restore: Callable[..., None], model: nn.Module) -> None:
    restore("Python's random state", random.setstate, random.getstate())
    restore("torch's random state", torch.set_rng_state, torch.get_rng_state())
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None:
        restore("numpy's random state", numpy.random.set_state, numpy.random.get_state())
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        for device in {parameter.device for parameter in model.parameters() if parameter.device.type == "cuda"}:
            restore(f"random state of {device}", torch.cuda.set_rng_state, torch.cuda.get_rng_state(device), device)
