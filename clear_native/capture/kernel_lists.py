"""Which kernels eager launches, and which what we measure: they must be the same, else we measure another model."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils._python_dispatch import TorchDispatchMode

from clear_native.report import KernelComparison

__all__ = ["Launches", "compare", "compare_launches", "launches", "run_operators"]

# Kernels of the driver itself, as which it runs many of a graph's copies and sets: memcpy128, memcpy32_post, memset32.
_DRIVERS_OWN = re.compile(r"mem(cpy|set)\d+(_\w+)?")
_BY_COPY_ENGINE = ("Memcpy", "Memset")
_WITHIN_THE_DEVICE = ("Memcpy DtoD", "Memset")


@dataclass(frozen=True)
class Launches:
    """Names of what ran on a device, in order. `memory`: copies and sets within its memory; those from and to the host
    are in neither list. False where nothing was seen, as without CUPTI."""

    kernels: tuple[str, ...] = ()
    memory: tuple[str, ...] = ()

    @classmethod
    def of(cls, names: Iterable[str]) -> Launches:
        """Names as torch's profiler has them."""
        names = list(names)
        memory = [name for name in names if _DRIVERS_OWN.fullmatch(name) or name.startswith(_WITHIN_THE_DEVICE)]
        kernels = [name for name in names if not _DRIVERS_OWN.fullmatch(name) and not name.startswith(_BY_COPY_ENGINE)]
        return cls(tuple(kernels), tuple(memory))

    def __bool__(self) -> bool:
        return bool(self.kernels or self.memory)


def launches(run: Callable[[], object], device: torch.device) -> Launches:
    """What `run` launches."""
    torch.cuda.synchronize(device)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the profiler warns about its own settings
        with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA], acc_events=True) as profiler:
            run()
            torch.cuda.synchronize(device)
    events = [event for event in profiler.events() or [] if event.device_type == torch._C._autograd.DeviceType.CUDA]
    events.sort(key=lambda event: event.time_range.start)
    return Launches.of(event.name for event in events if not getattr(event, "is_user_annotation", False))


def run_operators(run: Callable[[], object]) -> list[str]:
    """Names of the operators that `run` executes, in order: the kernels of a device without kernel launches."""
    recorder = _Operators()
    with recorder:
        run()
    return recorder.names


def compare(eager: Iterable[str], eager_with_given_masks: Iterable[str], captured: Iterable[str]) -> KernelComparison:
    """`eager_with_given_masks`: eager while the mask builders' decisions are given back; what it lacks is the check."""
    eager = tuple(eager)
    mask_check = (Counter(eager) - Counter(eager_with_given_masks)).elements()
    return KernelComparison(eager, tuple(captured), tuple(mask_check))


def compare_launches(eager: Launches, eager_with_given_masks: Launches, captured: Launches) -> KernelComparison:
    """`compare` of the kernels. Copies and sets are listed but not compared: one may be several kernels of the driver,
    and so may a copy from the host, which is none within the device in eager."""
    found = compare(eager.kernels, eager_with_given_masks.kernels, captured.kernels)
    return replace(found, eager_memory=eager.memory, captured_memory=captured.memory)


class _Operators(TorchDispatchMode):  # type: ignore[no-untyped-call]
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.names: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.append(str(func))
        return func(*args, **(kwargs or {}))
