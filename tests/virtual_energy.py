"""Modules that spend joules and seconds of a virtual device when they are called, and a counter that shows them.

The truth is known exactly: the counter differs from it by its period and quantum alone.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn


class VirtualDevice:
    """Its clock moves when something is spent or slept. `noise` gives a factor on the energy of a call."""

    def __init__(self, idle_power_w: float = 0.0) -> None:
        self.now_s = 0.0
        self.spent_j = 0.0
        self.idle_power_w = idle_power_w
        self.noise: Callable[[], float] = lambda: 1.0
        self.calls: list[str] = []
        self._times_s, self._totals_j = [0.0], [0.0]

    def spend(self, name: str, energy_j: float, time_s: float) -> None:
        self.calls.append(name)
        self._advance(energy_j * self.noise(), time_s)

    def sleep(self, time_s: float) -> None:
        self._advance(self.idle_power_w * time_s, time_s)

    def energy_at_j(self, time_s: float) -> float:
        """Spent evenly over each stretch."""
        number = bisect.bisect_right(self._times_s, time_s)
        if number == len(self._times_s):
            return self.spent_j
        (begin_s, end_s), (begin_j, end_j) = (
            self._times_s[number - 1 : number + 1],
            self._totals_j[number - 1 : number + 1],
        )
        return begin_j + (time_s - begin_s) / (end_s - begin_s) * (end_j - begin_j)

    def _advance(self, energy_j: float, time_s: float) -> None:
        self.now_s += time_s
        self.spent_j += energy_j
        self._times_s.append(self.now_s)
        self._totals_j.append(self.spent_j)


class VirtualMeter:
    """The device's counter: exact, or renewed every `period_s` in steps of `quantum_j`."""

    def __init__(self, device: VirtualDevice, period_s: float = 0.0, quantum_j: float = 0.0) -> None:
        self.device = device
        self.period_s, self.quantum_j = period_s, quantum_j
        self.others: int | None = None
        self.reads = 0

    def read(self) -> tuple[float, float, float]:
        self.reads += 1
        now_s = self.device.now_s
        if not self.period_s:
            return now_s, now_s, self.device.spent_j
        # A hair later than the tick, so that rounding does not decide which one it is.
        energy_j = self.device.energy_at_j(math.floor(now_s / self.period_s + 1e-9) * self.period_s)
        if self.quantum_j:
            energy_j = math.floor(energy_j / self.quantum_j + 1e-9) * self.quantum_j
        return now_s, now_s, energy_j

    def traits(self) -> dict[str, Any]:
        return {
            "name": "virtual_counter", "scope": "gpu", "device": "GPU-virtual", "period_s": self.period_s,
            "quantum_j": self.quantum_j, "estimated": False,
        }  # fmt: skip

    def other_processes(self) -> int | None:
        return self.others


class Spends(nn.Module):
    """Adds one to what it is given, for so many joules and seconds."""

    def __init__(self, device: VirtualDevice, energy_j: float, time_s: float, name: str, width: int = 2) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.spends: Callable[[], None] = lambda: device.spend(name, energy_j, time_s)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.spends()
        return x + self.weight.sum()


class Model(nn.Module):
    """`first`, three equal `layers`, `last`; and `between_j` of its own in every forward.

    A forward counts itself in a buffer and draws a random number, which a measurement has to undo.
    """

    def __init__(self, device: VirtualDevice, between_j: float = 0.0, between_s: float = 0.0) -> None:
        super().__init__()
        self.first = Spends(device, 0.010, 1e-3, "first")
        self.layers = nn.ModuleList(Spends(device, 0.020, 1e-3, f"layer {number}", 3) for number in range(3))
        self.last = Spends(device, 0.030, 2e-3, "last", 4)
        self.between: Callable[[], None] = lambda: device.spend("between", between_j, between_s)
        self.register_buffer("seen", torch.zeros(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.first(x)
        for layer in self.layers:
            x = layer(x)
        self.between()
        self.seen += 1
        torch.rand(1)
        return self.last(x)


COMPONENTS = {"embeddings": "first", "attention": "layers.*", "lm_head": "last"}
MODEL_J = 0.010 + 3 * 0.020 + 0.030
MODEL_S = 1e-3 + 3e-3 + 2e-3


def cycle(*values: float) -> Iterator[float]:
    while True:
        yield from values
