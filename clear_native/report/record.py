"""What a profile found. Joules, seconds and watts; per pass, over all layers; None is what could not be known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clear_native.report.closure import Closure
from clear_native.report.diagnosis import Diagnosis
from clear_native.report.report_signatures import report_signatures
from clear_native.report.roofline import DeviceLimits, Roofline, rooflines
from clear_native.report.side_meters import SideMeter
from clear_native.report.tree import Group, tree
from clear_native.report.uncertainty import Uncertainty, budget
from clear_native.report.views import Views
from clear_native.report.weighing import Weighing

__all__ = [
    "SCHEMA_VERSION",
    "Closure",
    "ComponentResult",
    "Failure",
    "Group",
    "KernelComparison",
    "Meter",
    "ModelResult",
    "Report",
    "Roofline",
    "SideMeter",
    "Uncertainty",
    "Weighing",
]

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Failure:
    """Why a measurement ended early. `kind` is the name of the error's kind in the native engine."""

    kind: str
    message: str


@dataclass(frozen=True)
class KernelComparison:
    """Kernel names in order of launch. `mask_check`: kernels that eager launches only to decide which mask it needs.

    `eager_memory`, `captured_memory`: copies and sets within the device's memory, by the names of what ran them, which
    differ between both, as their numbers may: they are no difference.
    """

    eager: tuple[str, ...] = ()
    captured: tuple[str, ...] = ()
    mask_check: tuple[str, ...] = ()
    eager_memory: tuple[str, ...] = ()
    captured_memory: tuple[str, ...] = ()

    def difference(self) -> dict[str, tuple[int, int]]:
        """{kernel: (launches in eager but for the mask check, launches in the captured graph)} where they differ."""
        eager = Counter(self.eager) - Counter(self.mask_check)
        captured = Counter(self.captured)
        names = sorted(set(eager) | set(captured))
        return {name: (eager[name], captured[name]) for name in names if eager[name] != captured[name]}


@dataclass(frozen=True)
class Meter:
    """What energy was read from. `estimated`: not a sensor, but time multiplied by `stated_power_w`.

    `integrates_power`: not a counter, but an integral over power; `averaging_s`: that power was a trailing mean over so
    long, which was undone. `domains`: the parts of a processor that are added up.
    """

    name: str
    scope: str
    device: str = ""
    period_s: float = 0.0
    quantum_j: float = 0.0
    estimated: bool = False
    stated_power_w: float | None = None
    has_power_samples: bool = False
    integrates_power: bool = False
    averaging_s: float | None = None
    domains: tuple[str, ...] = ()
    note: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "domains", tuple(self.domains))  # the engine and JSON have lists


@dataclass(frozen=True)
class ModelResult:
    """The whole model, or a component: one pass of it. Half-widths are of 95 % intervals from between rounds."""

    energy_j: float | None = None
    energy_half_width_j: float | None = None
    energy_above_idle_j: float | None = None
    energy_above_idle_half_width_j: float | None = None
    time_s: float | None = None
    time_half_width_s: float | None = None
    power_w: float | None = None
    power_half_width_w: float | None = None
    rounds: int = 0
    required_half_width_j: float | None = None
    precision_reached: bool = False
    counter_over_samples: float | None = None
    flops: int | None = None  # without what a causal mask leaves out
    flops_dense: int | None = None
    bytes: int | None = None  # compulsory: every operator's inputs and outputs once
    statuses: tuple[str, ...] = ()

    @property
    def pj_per_flop(self) -> float | None:
        """Picojoules per FLOP; None for components without FLOPs, such as norms."""
        return 1e12 * self.energy_j / self.flops if self.energy_j is not None and self.flops else None

    @property
    def pj_per_byte(self) -> float | None:
        """Picojoules per compulsory byte."""
        return 1e12 * self.energy_j / self.bytes if self.energy_j is not None and self.bytes else None

    @property
    def status(self) -> str:
        return ", ".join(self.statuses) or "ok"


@dataclass(frozen=True)
class ComponentResult(ModelResult):
    """One component: all its calls in one pass of the model.

    `share` is its energy over that of the model it is a part of (`Report.preserved`). Shares sum to the closure.
    """

    name: str = ""
    share: float | None = None
    calls: int | None = None
    details: tuple[Mapping[str, Any], ...] = ()  # per layer or per call


@dataclass(frozen=True)
class Report(Views):
    """The result of one profile.

    `full_model` is the plain model, as anybody runs it; `preserved` the model with all buffers kept, of which the
    components are parts. `perturbation` is what keeping costs: preserved over plain, minus one. Closures compare the
    sum of the components with `preserved`, and nothing is ever normalized.
    """

    model: str
    method: str
    execution: str
    meter: Meter
    components: Mapping[str, ComponentResult]
    full_model: ModelResult
    preserved: ModelResult | None = None
    energy_closure: Closure | None = None
    time_closure: Closure | None = None
    perturbation: Closure | None = None
    idle_power_w: float | None = None
    idle_power_half_width_w: float | None = None
    synthetic_weights: bool | None = None
    workload: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    rounds: int = 0
    planned_rounds: int | None = None
    begun_s: float | None = None  # on the clock of the windows, when the first one began: a weighing's is a probe
    elapsed_s: float = 0.0  # from then on
    stop_reason: str = "precision_planned"
    drift_per_hour: float | None = None
    carry_over_per_w: float | None = None
    temperature_per_k: float | None = None
    sensors: Closure | None = None  # counter over samples, over all windows
    weighing: Weighing | None = None  # of method "in_situ"
    bounds: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)  # component, cold or warm
    other_processes_peak: int | None = None  # None: the driver does not tell
    kernels: KernelComparison | None = None
    failure: Failure | None = None
    statuses: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    windows: Sequence[Mapping[str, Any]] = ()
    sides: tuple[SideMeter, ...] = ()  # what other meters read in the same windows
    limits: DeviceLimits | None = None  # None: nobody knows them
    made_at: str | None = None
    schema_version: int = SCHEMA_VERSION

    @property
    def closure(self) -> Closure | None:
        """Sum of the component energies over the energy of the preserved model."""
        return self.energy_closure

    @property
    def uncertainty(self) -> tuple[Uncertainty, ...]:
        """The uncertainty budget: what is in the intervals, what is not, and what nobody knows."""
        return budget(self)

    @property
    def diagnoses(self) -> tuple[Diagnosis, ...]:
        """The failure signatures of the CLEAR paper that this report shows; `diagnose` compares two reports too."""
        return report_signatures(self)

    @property
    def tree(self) -> tuple[Group, ...]:
        """Components by the dots in their names: what `encoder` or `attention` costs with all its parts."""
        return tree(self.components)

    @property
    def roofline(self) -> dict[str, Roofline]:
        """By component: bound by compute or by memory. Empty where the limits of the device are not known."""
        return rooflines(self)

    @property
    def all_statuses(self) -> tuple[str, ...]:
        """Every status that is not ok: of the report, the model and the components."""
        parts = [self.full_model, *([self.preserved] if self.preserved else []), *self.components.values()]
        found = [*self.statuses, *(status for part in parts for status in part.statuses)]
        return tuple(dict.fromkeys(status for status in found if status != "ok"))

    def __getitem__(self, component: str) -> ComponentResult:
        """A component by name.

        Raises:
            KeyError for a component that is not there, naming those there are.
        """
        if component not in self.components:
            raise KeyError(f"no component '{component}'; there are {', '.join(self.components)}")
        return self.components[component]

    def __iter__(self) -> Iterator[str]:
        return iter(self.components)

    def __len__(self) -> int:
        return len(self.components)

    def __contains__(self, component: object) -> bool:
        return component in self.components

    def __str__(self) -> str:
        from clear_native.report.table import render

        return render(self)

    def save(self, path: str | Path) -> None:
        """Writes the report with all raw windows as JSON, at once or not at all.

        Raises:
            BadInputError for a path that is none, is a folder, or may not be written to; for a number that is not
                finite where there has to be one, and values that JSON does not have. OSError for a full disk.
        """
        from clear_native.report.json_file import save

        save(self, path)

    @classmethod
    def load(cls, path: str | Path) -> Report:
        """Reads what `save` wrote.

        Raises:
            BadInputError for a path that is none, a file that is not there or cannot be read, and one that is
                no report, is damaged, has fields that nobody knows, or is of another schema version.
        """
        from clear_native.report.json_file import load

        return load(path)
