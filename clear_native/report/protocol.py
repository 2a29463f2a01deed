"""What the published protocol of CLEAR (arXiv 2510.02810) found: every trial of every loop, and what follows.

Joules and seconds. Raw are the loops: a module called so often in a trial, with what the counter rose by. A component
is one pass of the model: each of its loops times the calls of that kind. None is what could not be known.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clear_native.report.diagnosis import Diagnosis
from clear_native.report.protocol_signatures import protocol_signatures
from clear_native.report.record import Failure, Meter

__all__ = ["PROTOCOL_SCHEMA_VERSION", "ProtocolComponent", "ProtocolLoop", "ProtocolResult"]

PROTOCOL_SCHEMA_VERSION = 1


@dataclass(frozen=True)
class ProtocolLoop:
    """One module called again and again on the inputs that it had in the model.

    `energies_j` and `times_s` are of whole trials, as read. `replay`: "module" where the module itself is called,
    "store" where its inputs have to be set back, or other components inside it answered, before every call.
    """

    module: str  # name in the model; empty: the model itself
    repetitions: int  # calls in a trial
    calls: int = 1  # calls of this kind in one pass of the model
    energies_j: tuple[float, ...] = ()
    times_s: tuple[float, ...] = ()
    replay: str = "module"

    @property
    def trials(self) -> int:
        return len(self.energies_j)

    @property
    def zero_readings(self) -> int:
        """Trials in which the counter did not move."""
        return sum(energy_j == 0 for energy_j in self.energies_j)

    @property
    def energy_per_call_j(self) -> float | None:
        """Mean over the trials; None without any, or if the counter never moved."""
        if self.zero_readings == self.trials:
            return None
        return statistics.fmean(self.energies_j) / self.repetitions

    @property
    def time_per_call_s(self) -> float | None:
        return statistics.fmean(self.times_s) / self.repetitions if self.times_s else None

    @property
    def trial_s(self) -> float | None:
        """How long a trial lasted."""
        return statistics.fmean(self.times_s) if self.times_s else None


@dataclass(frozen=True)
class ProtocolComponent:
    """A component, or the whole model: one pass of the model."""

    name: str
    loops: tuple[ProtocolLoop, ...]
    statuses: tuple[str, ...] = ()

    @property
    def trials(self) -> int:
        """Trials that all of its loops have."""
        return min((loop.trials for loop in self.loops), default=0)

    @property
    def calls(self) -> int:
        """Module calls in one pass."""
        return sum(loop.calls for loop in self.loops)

    @property
    def energies_j(self) -> tuple[float, ...]:
        """Of one pass, by trial."""
        return tuple(self._sums([loop.energies_j for loop in self.loops]))

    @property
    def energy_j(self) -> float | None:
        """Mean over the trials. None before the first one, or where a loop's counter never moved: not zero joules."""
        if not self.trials or any(loop.energy_per_call_j is None for loop in self.loops):
            return None
        return statistics.fmean(self.energies_j)

    @property
    def standard_deviation_j(self) -> float | None:
        """Between trials, of the population as published (divided by their number); None for fewer than two."""
        return statistics.pstdev(self.energies_j) if self.energy_j is not None and self.trials > 1 else None

    @property
    def cv(self) -> float | None:
        """Coefficient of variation: `standard_deviation_j` over `energy_j`."""
        if self.standard_deviation_j is None or not self.energy_j:
            return None
        return self.standard_deviation_j / self.energy_j

    @property
    def time_s(self) -> float | None:
        sums = list(self._sums([loop.times_s for loop in self.loops]))
        return statistics.fmean(sums) if sums else None

    @property
    def power_w(self) -> float | None:
        return self.energy_j / self.time_s if self.energy_j is not None and self.time_s else None

    @property
    def status(self) -> str:
        return ", ".join(self.statuses) or "ok"

    def _sums(self, by_loop: Sequence[Sequence[float]]) -> Iterator[float]:
        for number in range(self.trials):
            per_pass = zip(self.loops, by_loop, strict=True)
            yield math.fsum(loop.calls * trial[number] / loop.repetitions for loop, trial in per_pass)


@dataclass(frozen=True)
class ProtocolResult:
    """The result of `clear_protocol`."""

    model: str
    meter: Meter
    components: Mapping[str, ProtocolComponent]
    full_model: ProtocolComponent
    synthetic_weights: bool | None = None
    workload: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)  # as asked for
    elapsed_s: float = 0.0
    stop_reason: str = "finished"  # or "interrupted", "failed"
    uncovered: tuple[str, ...] = ()  # modules that the model called outside of all components
    other_processes_peak: int | None = None  # None: the driver does not tell
    failure: Failure | None = None
    statuses: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    made_at: str | None = None
    schema_version: int = PROTOCOL_SCHEMA_VERSION

    @property
    def capture(self) -> float | None:
        """Sum of the component energies over that of the full model ("percent capture"), as a ratio.

        None while a component or the model has no energy: a sum of some would not be what it says.
        """
        return _ratio([part.energy_j for part in self.components.values()], self.full_model.energy_j)

    @property
    def time_capture(self) -> float | None:
        """The same of times."""
        return _ratio([part.time_s for part in self.components.values()], self.full_model.time_s)

    @property
    def diagnoses(self) -> tuple[Diagnosis, ...]:
        """The failure signatures of the protocol that this result shows."""
        return protocol_signatures(self)

    @property
    def all_statuses(self) -> tuple[str, ...]:
        parts = [*self.components.values(), self.full_model]
        return tuple(dict.fromkeys([*self.statuses, *(status for part in parts for status in part.statuses)]))

    def __getitem__(self, component: str) -> ProtocolComponent:
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
        from clear_native.report.protocol_table import render_protocol

        return render_protocol(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values of the shape `schema/protocol-1.schema.json`: every trial, and what follows from them.

        Raises:
            BadInputError for a number that is not finite where there has to be one.
        """
        from clear_native.report.protocol_file import to_json

        return to_json(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ProtocolResult:
        """Reads what `to_dict` made.

        Raises:
            BadInputError for anything else, and for another schema version.
        """
        from clear_native.report.protocol_file import from_json

        return from_json(data)

    def save(self, path: str | Path) -> None:
        """Writes the result as JSON, at once or not at all.

        Raises:
            BadInputError for a path that is none, is a folder, or may not be written to; for a number that is not
                finite where there has to be one, and values that JSON does not have. OSError for a full disk.
        """
        from clear_native.report.json_file import write

        write(self.to_dict(), path)

    @classmethod
    def load(cls, path: str | Path) -> ProtocolResult:
        """Reads what `save` wrote.

        Raises:
            BadInputError for a path that is none, a file that is not there or cannot be read, and one that is
                no such result, is damaged, has fields that nobody knows, or is of another schema version.
        """
        from clear_native.report.protocol_file import load

        return load(path)

    def to_dataframe(self) -> Any:
        """A pandas DataFrame with one row per component, indexed by name.

        Raises:
            ImportError without pandas.
        """
        from clear_native.report.protocol_file import to_dataframe

        return to_dataframe(self)


def _ratio(parts: Sequence[float | None], whole: float | None) -> float | None:
    known = [part for part in parts if part is not None]
    if not parts or len(known) < len(parts) or not whole:
        return None
    return math.fsum(known) / whole
