"""Synthetic models of which the truth is known: block B does exactly n times the work of block A.

A block is a chain of units with weights of their own (over a pass far more than an L2 holds, but for launch-bound ones)
and the same shapes wherever they stand. Values keep their scale along the chain, so that all units switch alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional

KINDS = ("gemm", "memory", "launch")


@dataclass(frozen=True)
class Size:
    """Of one unit: `steps` operators, each on `rows` x `width` values."""

    steps: int
    rows: int
    width: int


# On an H200 a gemm unit takes some 0.4 ms at the power cap, a memory unit streams 0.5 GiB in 0.1 ms, and a launch unit
# is 64 kernels of one block each: long against the one border that a call has, whatever its number of units.
SIZES = {
    "cuda": {"gemm": Size(2, 4096, 4096), "memory": Size(4, 1, 8192), "launch": Size(64, 1, 1024)},
    "cpu": {"gemm": Size(2, 64, 64), "memory": Size(2, 1, 256), "launch": Size(8, 1, 64)},
}
BLOCKS = {"cuda": 8, "cpu": 3}  # calls of A, and of B, in a pass


class LinearUnit(nn.Module):
    """Compute-bound with many rows, bound by memory with one."""

    def __init__(self, size: Size, options: dict[str, Any]) -> None:
        super().__init__()
        shape = (size.width, size.width)
        scale = size.width**-0.5
        self.weights = nn.ParameterList(torch.randn(shape, **options).mul_(scale) for _ in range(size.steps))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for weight in self.weights:
            x = functional.linear(x, weight)
        return x


class LaunchUnit(nn.Module):
    """Operators so small that their launches are all that counts."""

    def __init__(self, size: Size, options: dict[str, Any]) -> None:
        super().__init__()
        self.weights = nn.ParameterList(torch.randn(size.rows, size.width, **options) for _ in range(size.steps))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for weight in self.weights:
            x = torch.lerp(x, weight, 0.5)
        return x


def unit(kind: str, size: Size, options: dict[str, Any]) -> nn.Module:
    return (LaunchUnit if kind == "launch" else LinearUnit)(size, options)


class Block(nn.Module):
    def __init__(self, make_unit: Callable[[], nn.Module], count: int) -> None:
        super().__init__()
        self.units = nn.ModuleList(make_unit() for _ in range(count))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for part in self.units:
            x = part(x)
        return x


class Alternating(nn.Module):
    """A, B, A, B, ...: each block takes what the one before it gave."""

    def __init__(self, kind: str, times: int, device: str) -> None:
        super().__init__()
        size, options = SIZES[device][kind], _options(device)
        blocks = range(BLOCKS[device])
        self.a = nn.ModuleList(Block(lambda: unit(kind, size, options), 1) for _ in blocks)
        self.b = nn.ModuleList(Block(lambda: unit(kind, size, options), times) for _ in blocks)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for a, b in zip(self.a, self.b, strict=True):
            x = b(a(x))
        return x


class Independent(nn.Module):
    """A (compute-bound) and B (bound by memory) on data of their own, in either order: neither needs the other."""

    def __init__(self, b_first: bool, device: str) -> None:
        super().__init__()
        sizes, options = SIZES[device], _options(device)
        blocks = range(BLOCKS[device])
        self.a = nn.ModuleList(Block(lambda: unit("gemm", sizes["gemm"], options), 1) for _ in blocks)
        self.b = nn.ModuleList(Block(lambda: unit("memory", sizes["memory"], options), 2) for _ in blocks)
        self.b_first = b_first

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        for a, b in zip(self.a, self.b, strict=True):
            if self.b_first:
                y = b(y)
                x = a(x)
            else:
                x = a(x)
                y = b(y)
        return x, y


def alternating(kind: str, times: int, device: str) -> dict[str, Any]:
    """Arguments of `clear_native.profile` for a model in which B does `times` times the work of A."""
    with torch.random.fork_rng(["cuda"] if device == "cuda" else []):
        torch.manual_seed(0)
        model = Alternating(kind, times, device).requires_grad_(False).eval()
        inputs = (_values(SIZES[device][kind], device),)
    return {"model": model, "inputs": inputs, "components": {"a": "a.*", "b": "b.*"}, "name": f"{kind} 1:{times}"}


def independent(b_first: bool, device: str) -> dict[str, Any]:
    """The same for blocks in either order; the weights and the inputs are the same in both."""
    with torch.random.fork_rng(["cuda"] if device == "cuda" else []):
        torch.manual_seed(0)
        model = Independent(b_first, device).requires_grad_(False).eval()
        inputs = (_values(SIZES[device]["gemm"], device), _values(SIZES[device]["memory"], device))
    name = "B before A" if b_first else "A before B"
    return {"model": model, "inputs": inputs, "components": {"a": "a.*", "b": "b.*"}, "name": name}


def odd_and_even() -> dict[str, Callable[[str, nn.Module], bool]]:
    """Components of BERT: attention and MLP of every other layer."""
    return {"odd": lambda name, _: _layer(name) % 2 == 1, "even": lambda name, _: _layer(name) % 2 == 0}


def _layer(name: str) -> float:
    """Of a module that is all of a layer's attention or of its MLP; else no number, which is neither odd nor even."""
    found = re.fullmatch(r"(?:.*\.)?layer\.(\d+)\.(?:attention|intermediate|output)", name)
    return int(found[1]) if found else float("nan")


def _options(device: str) -> dict[str, Any]:
    return {"device": device, "dtype": torch.bfloat16 if device == "cuda" else torch.float32}


def _values(size: Size, device: str) -> torch.Tensor:
    return torch.randn(size.rows, size.width, **_options(device))
