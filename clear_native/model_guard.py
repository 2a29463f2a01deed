"""Profiling leaves the model as it came, however it ends."""

from __future__ import annotations

import random
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import nn

__all__ = ["unchanged"]

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
def unchanged(model: nn.Module) -> Iterator[None]:
    """Whatever happens inside, the model and torch's global state leave as they came, also on Ctrl-C.

    Restored are: hooks, a module's own `forward`, training or evaluation mode of every module, `requires_grad` and
    `.grad` of every parameter, buffers and their contents (running statistics), gradient mode, and the random state of
    Python, numpy, the CPU and the model's CUDA devices. The mode is not changed on the way in: the model runs as its
    owner left it.

    `.grad` is None inside, so that nothing accumulates into the owner's gradients.
    """
    with ExitStack() as stack:
        stack.callback(torch.set_grad_enabled, torch.is_grad_enabled())
        _guard_random_state(stack, model)
        for module in model.modules():
            stack.callback(_module_restorer(module))
        for parameter in model.parameters():
            stack.callback(_parameter_restorer(parameter))
            parameter.grad = None
        for buffer in model.buffers():
            stack.callback(_buffer_restorer(buffer))
        yield


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


def _buffer_restorer(buffer: torch.Tensor) -> Callable[[], None]:
    before = buffer.detach().clone()

    def restore() -> None:
        with torch.no_grad():
            if not torch.equal(buffer, before):
                buffer.copy_(before)

    return restore


def _guard_random_state(stack: ExitStack, model: nn.Module) -> None:
    stack.callback(random.setstate, random.getstate())
    stack.callback(torch.set_rng_state, torch.get_rng_state())
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None:
        stack.callback(numpy.random.set_state, numpy.random.get_state())
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        for device in {parameter.device for parameter in model.parameters() if parameter.device.type == "cuda"}:
            stack.callback(_set_cuda_state, device, torch.cuda.get_rng_state(device))


def _set_cuda_state(device: torch.device, state: torch.Tensor) -> None:
    try:
        torch.cuda.set_rng_state(state, device)
    except RuntimeError as error:  # a lost GPU must not hide the error that says so
        warnings.warn(f"the random state of {device} could not be restored: {error}", RuntimeWarning, stacklevel=2)
