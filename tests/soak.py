"""Many profiles in one process, and what the process holds after so many of them.

    python tests/soak.py 1000 > soak.json

The model is tiny and the windows are of milliseconds, so what is repeated is everything around them: hooks, stores,
workloads, meters, threads, records. One in ten is by another method, and one in ten ends with an error of the model's.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any
from unittest import mock

import torch
from torch import nn

SAMPLE_EVERY = 50
WARM_UP = 100  # allocators, caches of torch and of Python fill in the first profiles


@dataclass(frozen=True)
class Held:
    """What the process holds after so many profiles."""

    profiles: int
    memory_bytes: int  # resident
    objects: int  # that Python's collector knows
    files: int  # open descriptors
    threads: int  # of Python
    native_threads: int
    hooks: int  # on the model


class Tiny(nn.Module):
    """A linear layer that can be told to fail."""

    def __init__(self) -> None:
        super().__init__()
        self.mlp = nn.Linear(2, 2)
        self.calls_left: int | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.calls_left is not None:
            self.calls_left -= 1
            if self.calls_left < 0:
                raise ZeroDivisionError("told to")
        output: torch.Tensor = self.mlp(x)
        return output


def soak(profiles: int) -> Iterator[Held]:
    """Runs so many profiles; tells what is held before the first and after each fiftieth."""
    model, x = Tiny().eval(), torch.ones(1, 2)
    for number in range(profiles + 1):
        if number % SAMPLE_EVERY == 0:
            yield held(number, model)
        if number < profiles:
            one(model, x, number)


def one(model: Tiny, x: torch.Tensor, number: int) -> None:
    """One profile; the last two of ten are by another method, and of a model that fails."""
    import clear_native as cn

    kind = number % 10
    options: dict[str, Any] = {
        "components": {"mlp": "mlp"}, "precision": 0.9, "max_time": 20.0, "meter": "estimate:50", "progress": False,
        "seed": number, "method": "partition",
    }  # fmt: skip
    if kind == 8:
        options["method"] = ("in_situ", "isolated")[number // 10 % 2]
    model.calls_left = number % 97 if kind == 9 else None
    try:
        cn.profile(model, x, **options)
        failed = False
    except (cn.BadInputError, cn.WorkloadFailedError):
        failed = True
    assert failed == (kind == 9), f"profile {number} {'failed' if failed else 'did not fail'}"


def held(profiles: int, model: nn.Module) -> Held:
    gc.collect()
    _give_back()
    hooks = ("_forward_pre_hooks", "_forward_hooks", "_forward_hooks_with_kwargs", "_forward_hooks_always_called")
    return Held(
        profiles,
        int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"),
        len(gc.get_objects()),
        len(os.listdir("/proc/self/fd")),
        threading.active_count(),
        len(os.listdir("/proc/self/task")),
        sum(len(getattr(module, table)) for module in model.modules() for table in hooks),
    )


def _give_back() -> None:
    """What the allocator keeps for later is not held by anybody."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def growth(found: list[Held], what: str) -> float:
    """By how much it grows with each profile after the warm-up: the median slope over all pairs (Theil and Sen)."""
    points = [(one.profiles, getattr(one, what)) for one in found if one.profiles >= WARM_UP]
    slopes = [(b - a) / (n - m) for i, (m, a) in enumerate(points) for n, b in points[i + 1 :]]
    if not slopes:
        raise ValueError(f"{len(found)} samples are too few to see growth")
    return median(slopes)


def quick_windows() -> Any:
    """Windows of milliseconds instead of tenths of seconds."""
    from clear_native import _core

    options_of = _core.RoundsOptions

    def quick() -> _core.RoundsOptions:
        options = options_of()
        options.pilot_rounds = options.min_rounds = options.max_rounds = 2
        options.duration_s = options.reference_duration_s = 0.002
        options.dosed_duration_s = options.dosed_max_duration_s = 0.002
        options.lead_in_min_s = options.dosed_lead_in_s = 0.0005
        options.lead_in_max_s = options.near_lead_in_max_s = 0.001
        return options

    return mock.patch.object(_core, "RoundsOptions", quick)


if __name__ == "__main__":
    torch.set_num_threads(1)
    with quick_windows():
        for found in soak(int(sys.argv[1])):
            sys.stdout.write(json.dumps(asdict(found)) + "\n")
            sys.stdout.flush()
