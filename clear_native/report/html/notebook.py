"""The compact tables that notebooks show for a report and for a comparison of methods."""

from __future__ import annotations

from clear_native.report.html.page import environment
from clear_native.report.html.tables import Cell, Table, components
from clear_native.report.methods import MethodComparison
from clear_native.report.record import Report
from clear_native.report.terminal import device_of
from clear_native.report.units import percent, with_interval

__all__ = ["notebook_comparison", "notebook_table"]


def notebook_table(report: Report) -> str:
    """The table of components; an estimate, or random weights, cannot be overlooked."""
    return _rendered(report, components(report), report.method)


def notebook_comparison(comparison: MethodComparison) -> str:
    """Energies by every method."""
    rows = []
    for row in (*comparison.components, comparison.sum, comparison.model):
        energies = [row.energies.get(method) for method in comparison.reports]
        texts = ["–" if e is None else with_interval(e.energy_j, e.half_width_j, "J") for e in energies]
        rows.append([Cell(row.name, row.name), *(Cell(text, text) for text in texts)])
    table = Table("Energy by method", ("component", *comparison.reports), rows)
    return _rendered(comparison.reports[comparison.reference], table, ", ".join(comparison.reports))


def _rendered(report: Report, table: Table, method: str) -> str:
    closure = report.energy_closure
    facts = [
        "random weights" if report.synthetic_weights else "",
        "ESTIMATED energies" if report.meter.estimated else "",
        device_of(report),
        f"{method}, {report.execution}",
        f"closure {percent(closure.ratio, closure.half_width)}" if closure is not None else "",
    ]
    template = environment().get_template("notebook.html.j2")
    return template.render(model=report.model, facts=[fact for fact in facts if fact], table=table)
