"""What `bench` found: joules, seconds and watts of one call. None is what could not be known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clear_native.errors import BadInputError
from clear_native.report.record import Failure, Meter

__all__ = ["BENCH_SCHEMA_VERSION", "BenchResult", "Call", "Change", "verdict_of"]

BENCH_SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Call:
    """One variant: one call of it. Half-widths are of 95 % intervals from between rounds.

    With a cold cache the flush before every call is taken off, and its uncertainty is in the half-widths;
    `with_flush` has what was measured, flush and call together.
    """

    name: str
    execution: str  # "graph", or "eager": Python makes every call
    energy_j: float | None = None
    energy_half_width_j: float | None = None
    time_s: float | None = None
    time_half_width_s: float | None = None
    power_w: float | None = None
    power_half_width_w: float | None = None
    rounds: int = 0
    precision_reached: bool = False
    counter_over_samples: float | None = None
    replay: Mapping[str, Any] = field(default_factory=dict)  # shape, passes_per_launch, time_per_pass_s
    with_flush: Mapping[str, float] = field(default_factory=dict)
    statuses: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        return ", ".join(self.statuses) or "ok"


@dataclass(frozen=True)
class Change:
    """A variant over the reference, minus one, with the half-width of its 95 % interval, and what that says.

    Verdicts: "better" (the interval lies below 0), "worse" (above), "same" (around 0, and within `same_within`),
    "unclear" (else, or without a number).
    """

    variant: str
    reference: str
    energy: float | None
    energy_half_width: float | None
    energy_verdict: str
    time: float | None
    time_half_width: float | None
    time_verdict: str


@dataclass(frozen=True)
class BenchResult:
    """The result of `clear_native.bench`. With one variant its fields are here too: `result.energy_j`."""

    variants: Mapping[str, Call]
    cache: str  # "cold" or "warm"
    meter: Meter
    changes: tuple[Change, ...] = ()  # of all variants but the first, against the first
    same_within: float = 0.02
    flushes: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # by execution; empty where warm
    device: str = ""
    environment: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    rounds: int = 0
    planned_rounds: int | None = None
    elapsed_s: float = 0.0
    stop_reason: str = "precision_planned"
    other_processes_peak: int | None = None
    failure: Failure | None = None
    statuses: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    windows: Sequence[Mapping[str, Any]] = ()
    made_at: str | None = None
    schema_version: int = BENCH_SCHEMA_VERSION

    @property
    def only(self) -> Call:
        """The one variant, whose fields the result has too.

        Raises:
            BadInputError where there are several.
        """
        if len(self.variants) != 1:
            names = ", ".join(map(repr, self.variants))
            raise BadInputError(f"there are {len(self.variants)} variants ({names}): ask one of them, result[name]")
        return next(iter(self.variants.values()))

    @property
    def energy_j(self) -> float | None:
        return self.only.energy_j

    @property
    def energy_half_width_j(self) -> float | None:
        return self.only.energy_half_width_j

    @property
    def time_s(self) -> float | None:
        return self.only.time_s

    @property
    def time_half_width_s(self) -> float | None:
        return self.only.time_half_width_s

    @property
    def power_w(self) -> float | None:
        return self.only.power_w

    @property
    def power_half_width_w(self) -> float | None:
        return self.only.power_half_width_w

    @property
    def execution(self) -> str:
        return self.only.execution

    @property
    def all_statuses(self) -> tuple[str, ...]:
        """Every status that is not ok: of the whole and of the variants."""
        found = [*self.statuses, *(status for call in self.variants.values() for status in call.statuses)]
        return tuple(dict.fromkeys(found))

    @property
    def status(self) -> str:
        return ", ".join(self.all_statuses) or "ok"

    def __getitem__(self, variant: str) -> Call:
        """A variant by name.

        Raises:
            KeyError for a variant that is not there, naming those there are.
        """
        if variant not in self.variants:
            raise KeyError(f"no variant {variant!r}; there are {', '.join(map(repr, self.variants))}")
        return self.variants[variant]

    def __iter__(self) -> Iterator[str]:
        return iter(self.variants)

    def __len__(self) -> int:
        return len(self.variants)

    def __str__(self) -> str:
        from clear_native.report.bench_table import render_bench

        return render_bench(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, as in the file: raw windows too.

        Raises:
            BadInputError for a number that is not finite where there has to be one.
        """
        from clear_native.report.bench_file import to_json

        return to_json(self)

    def to_dataframe(self) -> Any:
        """A pandas DataFrame with one row per variant, indexed by name.

        Raises:
            ImportError without pandas.
        """
        from clear_native.report.bench_file import to_dataframe

        return to_dataframe(self)

    def save(self, path: str | Path) -> None:
        """Writes it with all raw windows as JSON (schema/bench-1.schema.json), at once or not at all.

        Raises:
            BadInputError for a path that is none, is a folder, or may not be written to; for a number that is not
                finite where there has to be one, and values that JSON does not have. OSError for a full disk.
        """
        from clear_native.report.json_file import write

        write(self.to_dict(), path)

    @classmethod
    def load(cls, path: str | Path) -> BenchResult:
        """Reads what `save` wrote.

        Raises:
            BadInputError for a path that is none, a file that is not there or cannot be read, and one that is
                no bench result, is damaged, has fields that nobody knows, or is of another schema version.
        """
        from clear_native.report.bench_file import load

        return load(path)


def verdict_of(change: float | None, half_width: float | None, same_within: float) -> str:
    """What an interval of a relative change says: less is better."""
    if change is None or half_width is None:
        return "unclear"
    if change + half_width < 0:
        return "better"
    if change - half_width > 0:
        return "worse"
    return "same" if abs(change) + half_width <= same_within else "unclear"
