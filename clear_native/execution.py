"""What a way of execution (graph, eager) prepares for measuring: one record, so that `profile` is one program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from clear_native import _core
from clear_native.cost.cost import Cost
from clear_native.report import KernelComparison

__all__ = ["Dosing", "Prepared", "Target"]

Target: TypeAlias = tuple[str, str, _core.Workload]  # name, role, workload
"""Roles: plain, preserved (the reference of the closure), doubled, component (measured alone), idle."""


@dataclass
class Dosing:
    """The model with its calls dosed: what the weighing of method "in_situ" needs besides its reference targets."""

    layout: _core.WeighingLayout
    workloads: _core.DosedWorkloads
    fraction: float  # of a component's calls that a window doubles or skips
    passes: int  # unrolled, over which the doses spread
    unsafe: dict[str, str] = field(default_factory=dict)  # component: why it is measured alone instead
    facts: dict[str, object] = field(default_factory=dict)  # for the report: cache, reuse_distance_bytes, ...
    modules: dict[str, list[str]] = field(default_factory=dict)  # of each call of a component, in order: its module


@dataclass
class Prepared:
    """Workloads of one model, ready to be measured. Keep it alive while they run."""

    execution: str  # "graph" or "eager"
    targets: list[Target]
    costs: dict[str, Cost]  # per component, of one pass
    calls: dict[str, int]  # module calls per component in one pass
    replays: dict[str, dict[str, object]] = field(default_factory=dict)  # shape, passes per launch, time per pass
    statuses: dict[str, list[str]] = field(default_factory=dict)  # doubts known before measuring, per component
    warnings: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)  # statuses of the whole report
    kept_bytes: int | None = None
    compare_kernels: Callable[[], KernelComparison | None] = lambda: None
    dosing: Dosing | None = None  # of method "in_situ"
    owner: object = None  # what the workloads read from
