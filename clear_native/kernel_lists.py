"""Which kernels eager launches, and which the captured graph: they must be the same, else we measure another model."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable

import torch
from torch.profiler import ProfilerActivity, profile

from clear_native.report import KernelComparison

__all__ = ["compare", "launched_kernels"]


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


def compare(eager: list[str], eager_with_given_masks: list[str], captured: list[str]) -> KernelComparison:
    """`eager_with_given_masks`: eager while the mask builders' decisions are given back; what it lacks is the check."""
    mask_check = list((Counter(eager) - Counter(eager_with_given_masks)).elements())
    return KernelComparison(tuple(eager), tuple(captured), tuple(mask_check))


def _is_kernel(event: object) -> bool:
    name: str = getattr(event, "name", "")
    return not name.startswith(("Memcpy", "Memset")) and not getattr(event, "is_user_annotation", False)
