"""What a comparison of two profiles found. None is what could not be known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clear_native.errors import BadInputError

__all__ = ["COMPARISON_SCHEMA_VERSION", "VERDICTS", "Compared", "Comparison", "Side"]

COMPARISON_SCHEMA_VERSION = 1
VERDICTS = ("better", "worse", "same", "unclear")


@dataclass(frozen=True)
class Compared:
    """One component, or the whole model, before and after. Less is better.

    Verdicts: "better" and "worse" (told apart, with correction for how many were compared), "same" (not told apart, and
    the 95 % interval of the change lies within `Comparison.same_within`), "unclear" (neither, or a number is missing).
    """

    name: str
    before_j: float | None
    after_j: float | None
    verdict: str
    change: float | None = None  # after over before, minus one; None where before is not told from 0
    change_half_width: float | None = None  # of its 95 % interval
    difference_j: float | None = None
    difference_half_width_j: float | None = None
    p_value: float | None = None  # of no difference, before correction
    before_s: float | None = None
    after_s: float | None = None
    statuses: tuple[str, ...] = ()  # of either

    @property
    def time_change(self) -> float | None:
        """After over before, minus one."""
        if self.before_s is None or self.after_s is None or self.before_s <= 0:
            return None
        return self.after_s / self.before_s - 1


@dataclass(frozen=True)
class Side:
    """Which profile one side of a comparison is of."""

    model: str
    method: str
    execution: str
    made_at: str | None = None
    meter: str = ""
    estimated: bool = False
    synthetic_weights: bool | None = None
    rounds: int = 0
    file: str | None = None


@dataclass(frozen=True)
class Comparison:
    """Two profiles set against each other: the whole model first, then its components.

    `different_environment`: what differs in the surroundings, (before, after); empty unless such a comparison was
    allowed. `different_workload`: likewise, of what was run: inputs, data types, weights, kind of device.
    `between_runs`: the relative standard deviation that
    profiles of the same thing were taken to have beyond what their intervals say. `false_alarms`: how often at most
    anything is called different of two profiles of the same thing.
    """

    before: Side
    after: Side
    total: Compared
    components: Mapping[str, Compared]
    only_before: tuple[str, ...] = ()
    only_after: tuple[str, ...] = ()
    different_environment: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    different_workload: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    same_within: float = 0.02
    between_runs: float = 0.004
    false_alarms: float = 0.01
    warnings: tuple[str, ...] = ()
    schema_version: int = COMPARISON_SCHEMA_VERSION

    @property
    def verdict(self) -> str:
        """Of the whole model: "better", "worse", "same" or "unclear"."""
        return self.total.verdict

    @property
    def whole(self) -> str:
        """What the verdict is of, in words."""
        return "the whole model" if self.total.name == "model" else self.total.name

    def regression(self, threshold: float = 0.0) -> bool:
        """Whether the whole model is worse, and by more than `threshold` (0.02: two in a hundred), as measured.

        Raises:
            BadInputError for a threshold that is no finite number from 0 on.
        """
        if isinstance(threshold, bool) or not isinstance(threshold, (int, float)) or not 0 <= threshold < float("inf"):
            raise BadInputError(f"threshold must be a number from 0 on, such as 0.02 for 2 %, got {threshold!r}")
        return self.verdict == "worse" and (self.total.change is None or self.total.change > threshold)

    def __getitem__(self, component: str) -> Compared:
        """A component of both profiles.

        Raises:
            KeyError for a name that is not among them, with those there are.
        """
        if component not in self.components:
            raise KeyError(f"no component '{component}' in both; there are {', '.join(self.components)}")
        return self.components[component]

    def __iter__(self) -> Iterator[str]:
        return iter(self.components)

    def __len__(self) -> int:
        return len(self.components)

    def __str__(self) -> str:
        from clear_native.report.comparison_table import render_comparison

        return render_comparison(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, as in the file (schema/comparison-1.schema.json).

        Raises:
            BadInputError for a number that is not finite where there has to be one.
        """
        from clear_native.report.comparison_file import to_json

        return to_json(self)

    def to_dataframe(self) -> Any:
        """A pandas DataFrame, a row for the model and one per component.

        Raises:
            ImportError without pandas.
        """
        from clear_native.report.comparison_file import to_dataframe

        return to_dataframe(self)

    def to_markdown(self, path: str | Path | None = None) -> str:
        """A table for an issue or a pull request; names from the model are escaped. Written too where a path is given.

        Raises:
            BadInputError for a path that cannot be one of a file; OSError where the system cannot write it.
        """
        from clear_native.report.comparison_markdown import comparison_to_markdown
        from clear_native.report.writing import write_text

        text = comparison_to_markdown(self)
        if path is not None:
            write_text(text, path)
        return text

    @classmethod
    def load(cls, path: str | Path) -> Comparison:
        """Reads what `save` wrote.

        Raises:
            BadInputError for a path that is none, a file that is not there or cannot be read, and one that is no
                comparison, is damaged, has fields that nobody knows, or is of another schema version.
        """
        from clear_native.report.comparison_file import load

        return load(path)

    def save(self, path: str | Path) -> None:
        """Writes it as JSON (schema/comparison-1.schema.json), at once or not at all.

        Raises:
            BadInputError for a path that cannot be one of a file; OSError where the system cannot write it.
        """
        from clear_native.report.json_file import write

        write(self.to_dict(), path)
