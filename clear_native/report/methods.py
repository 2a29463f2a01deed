"""How wrong is isolated replay? The components of one model by several methods, and how far each is from in situ.

The *bias* of a method is its energy over that of the reference, minus one. Reports are profiles of their own, so their
errors are independent: the bias's half-width is, to first order, the energies' ratio times the root of the sum of their
squared relative half-widths. Where the reference's own interval holds zero there is no bias to speak of, and none is
given. Components that a method does not cover are missing from its sum, and from what its sum is compared with.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clear_native.errors import BadInputError
from clear_native.report.record import ModelResult, Report

__all__ = ["Bias", "Energy", "MethodComparison", "MethodRow", "compare_methods", "sum_of"]

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Energy:
    """Joules per pass with the half-width of the 95 % interval, by one method."""

    energy_j: float
    half_width_j: float | None = None


@dataclass(frozen=True)
class Bias:
    """How far an energy is from the reference's, in per cent of that."""

    percent: float
    half_width_percent: float | None = None

    @property
    def holds_zero(self) -> bool | None:
        """Whether the two agree within their intervals; None if that is not known."""
        return None if self.half_width_percent is None else abs(self.percent) <= self.half_width_percent


@dataclass(frozen=True)
class MethodRow:
    """One thing by every method that has a number for it; biases of all but the reference."""

    name: str
    energies: Mapping[str, Energy]
    biases: Mapping[str, Bias]


@dataclass(frozen=True)
class MethodComparison:
    """Made by `compare_methods`. `model` is the plain model as each profile found it: it should not differ."""

    reports: Mapping[str, Report]  # by method
    reference: str
    components: tuple[MethodRow, ...]
    sum: MethodRow
    model: MethodRow
    missing: Mapping[str, tuple[str, ...]]  # by method: components that others have a number for, and it has not

    def __getitem__(self, component: str) -> MethodRow:
        """A component by every method.

        Raises:
            KeyError for a name that no report has, naming those there are.
        """
        found = next((row for row in self.components if row.name == component), None)
        if found is None:
            raise KeyError(f"no component '{component}'; there are {', '.join(row.name for row in self.components)}")
        return found

    @property
    def all_statuses(self) -> tuple[str, ...]:
        """Every status that is not ok, of all the reports."""
        return tuple(dict.fromkeys(status for report in self.reports.values() for status in report.all_statuses))

    def __str__(self) -> str:
        from clear_native.report.methods_table import render_methods

        return render_methods(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values: the whole reports, and what follows from them for readers in other languages.

        Raises:
            BadInputError for a number that is not finite where there has to be one.
        """
        from clear_native.report.json_file import to_json

        return {
            "kind": "method_comparison",
            "schema_version": SCHEMA_VERSION,
            "reference": self.reference,
            "reports": {method: to_json(report) for method, report in self.reports.items()},
            "components": [_row_to_dict(row) for row in self.components],
            "sum": _row_to_dict(self.sum),
            "model": _row_to_dict(self.model),
            "missing": {method: list(names) for method, names in self.missing.items()},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> MethodComparison:
        """Reads the reports and compares them again.

        Raises:
            BadInputError for what `to_dict` did not make, and for another schema version.
        """
        from clear_native.report.json_file import from_json

        if not isinstance(data, Mapping):
            raise BadInputError(f"expected what MethodComparison.to_dict made, got {type(data).__name__}")
        if data.get("kind") != "method_comparison" or data.get("schema_version") != SCHEMA_VERSION:
            raise BadInputError(
                f"expected a method comparison of schema version {SCHEMA_VERSION}, got kind {data.get('kind')!r}, "
                f"version {data.get('schema_version')!r}: give what MethodComparison.to_dict made"
            )
        try:
            reports = {method: from_json(report) for method, report in data["reports"].items()}
            return compare_methods(reports, data["reference"])
        except (KeyError, TypeError, AttributeError) as error:
            raise BadInputError(f"not a whole method comparison ({error!r}): profile again, or repair it") from error

    def save(self, path: str | Path) -> None:
        """Writes the comparison with all reports and their raw windows as JSON, at once or not at all.

        Raises:
            BadInputError for a path that is none, is a folder, or may not be written to; OSError for a full disk.
        """
        from clear_native.report.json_file import write

        write(self.to_dict(), path)

    def to_html(self, path: str | Path | None = None, **asked: Any) -> str:
        """The page of the reference with the other methods beside it; `asked` as for `Report.to_html`'s prices.

        Raises:
            BadInputError for a price or an intensity that is no number from 0 on, and for a path that cannot be
                one of a file; OSError where the system cannot write it.
        """
        from clear_native.report.files import together
        from clear_native.report.html.page import page
        from clear_native.report.rates import Prices
        from clear_native.report.writing import write_text

        text = page(together([self]), Prices(**asked))
        if path is not None:
            write_text(text, path)
        return text

    def _repr_html_(self) -> str:
        from clear_native.report.html.notebook import notebook_comparison

        return notebook_comparison(self)


def compare_methods(reports: Mapping[str, Report], reference: str = "in_situ") -> MethodComparison:
    """Compares profiles of one model: {"in_situ": ..., "partition": ..., "isolated": ...}, in the order to be shown.

    A key is its report's method, with more words where there are two of one ("isolated cycling").

    Raises:
        BadInputError for what is no mapping of reports, fewer than two of them, no reference among them, a key that is
            not its report's method, and reports of different models, inputs, data types, devices, sensors or
            executions.
    """
    _check(reports, reference)
    names = list(dict.fromkeys(name for report in reports.values() for name in report.components))
    rows = [
        _row(name, {m: r.components[name] for m, r in reports.items() if name in r.components}, reference)
        for name in names
    ]
    rows = [row for row in rows if row.energies]
    missing = {m: tuple(row.name for row in rows if m not in row.energies) for m in reports}
    return MethodComparison(
        reports=dict(reports),
        reference=reference,
        components=tuple(rows),
        sum=_sum(rows, list(reports), reference),
        model=_row("model", {method: report.full_model for method, report in reports.items()}, reference),
        missing={method: lacking for method, lacking in missing.items() if lacking},
    )


def sum_of(energies: Iterable[Energy]) -> Energy | None:
    """The sum of independent energies; None of none."""
    parts = list(energies)
    if not parts:
        return None
    half_widths = [part.half_width_j for part in parts]
    known = [half_width for half_width in half_widths if half_width is not None]
    return Energy(sum(part.energy_j for part in parts), math.hypot(*known) if len(known) == len(parts) else None)


def _sum(rows: list[MethodRow], methods: list[str], reference: str) -> MethodRow:
    energies = {method: sum_of(row.energies[method] for row in rows if method in row.energies) for method in methods}
    biases = {}
    for method in methods:
        common = [row for row in rows if {method, reference} <= set(row.energies)]
        one, other = (sum_of(row.energies[which] for row in common) for which in (method, reference))
        if method != reference and one is not None and other is not None:
            biases[method] = _bias(one, other)
    return MethodRow("sum", _known(energies), _known(biases))


def _row(name: str, results: Mapping[str, ModelResult], reference: str) -> MethodRow:
    energies = _known(
        {
            method: Energy(part.energy_j, part.energy_half_width_j) if part.energy_j is not None else None
            for method, part in results.items()
        }
    )
    against = energies.get(reference)
    biases = {
        method: _bias(found, against) if against is not None else None
        for method, found in energies.items()
        if method != reference
    }
    return MethodRow(name, energies, _known(biases))


def _known(found: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if value is not None}


def _bias(found: Energy, reference: Energy) -> Bias | None:
    if reference.energy_j - (reference.half_width_j or 0.0) <= 0:
        return None
    ratio = found.energy_j / reference.energy_j
    half_width = None
    if found.half_width_j is not None and reference.half_width_j is not None:
        half_width = 100 * math.hypot(found.half_width_j, ratio * reference.half_width_j) / reference.energy_j
    return Bias(100 * (ratio - 1), half_width)


_SAME: dict[str, Callable[[Report], Any]] = {
    "model": lambda report: report.model,
    "inputs": lambda report: report.workload.get("inputs"),
    "data type of the weights": lambda report: report.workload.get("weights_dtype"),
    "execution": lambda report: report.execution,
    "sensor": lambda report: (report.meter.name, report.meter.stated_power_w),
    "device": lambda report: report.meter.device,
}


def _check(reports: Mapping[str, Report], reference: str) -> None:
    if not isinstance(reports, Mapping) or not all(isinstance(report, Report) for report in reports.values()):
        raise BadInputError(
            f"comparing methods needs a mapping from methods to reports of profile, got {_kinds_in(reports)}"
        )
    if not isinstance(reference, str) or reference not in reports or len(reports) < 2:
        raise BadInputError(
            f"comparing methods needs a report of '{reference}' and at least another one, got "
            f"{', '.join(map(str, reports)) or 'none'}"
        )
    for method, report in reports.items():
        if not isinstance(method, str) or method.split()[:1] != [report.method]:
            raise BadInputError(f"the report given as '{method}' is one of method '{report.method}': swap them")
    for what, of in _SAME.items():
        found = {method: of(report) for method, report in reports.items()}
        if any(value != found[reference] for value in found.values()):
            seen = ", ".join(f"{value!r} ({method})" for method, value in found.items())
            raise BadInputError(
                f"the reports differ in more than their method: {what}: {seen}; profile again under one set of "
                "conditions"
            )


def _kinds_in(given: object) -> str:
    values = given.values() if isinstance(given, Mapping) else [given]
    return ", ".join(dict.fromkeys(type(value).__name__ for value in values))


def _row_to_dict(row: MethodRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "energies": {method: _known(vars(energy)) for method, energy in row.energies.items()},
        "biases": {method: _known(vars(bias)) for method, bias in row.biases.items()},
    }
