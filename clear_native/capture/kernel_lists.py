"""Which kernels eager launches, and which what we measure: they must be the same, else we measure another model."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils._python_dispatch import TorchDispatchMode

from clear_native.report import KernelComparison

__all__ = ["compare", "launched_kernels", "run_operators"]


def launched_kernels(run: Callable[[], object], device: torch.device) -> list[str]:
    """Names of the kernels that `run` launches, in order; copies and fills by the driver are not kernels."""
    torch.cuda.synchronize(device)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the profiler warns about its own settings
        with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA], acc_events=True) as profiler:
            run()
            torch.cuda.synchronize(device)
    events = [event for event in profiler.events() or [] if event.device_type == torch._C._autograd.DeviceType.CUDA]
    events.sort(key=lambda event: event.time_range.start)
    return [event.name for event in events if _is_kernel(event)]


def run_operators(run: Callable[[], object]) -> list[str]:
    """Names of the operators that `run` executes, in order: the kernels of a device without kernel launches."""
    recorder = _Operators()
    with recorder:
        run()
    return recorder.names


def compare(eager: list[str], eager_with_given_masks: list[str], captured: list[str]) -> KernelComparison:
    """`eager_with_given_masks`: eager while the mask builders' decisions are given back; what it lacks is the check."""
    mask_check = list((Counter(eager) - Counter(eager_with_given_masks)).elements())
    return KernelComparison(tuple(eager), tuple(captured), tuple(mask_check))


class _Operators(TorchDispatchMode):  # type: ignore[no-untyped-call]
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.names: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.append(str(func))
        return func(*args, **(kwargs or {}))


def _is_kernel(event: object) -> bool:
    name: str = getattr(event, "name", "")
    return not name.startswith(("Memcpy", "Memset")) and not getattr(event, "is_user_annotation", False)
