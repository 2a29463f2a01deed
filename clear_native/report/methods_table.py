"""A comparison of methods as a table for a terminal of at most 100 columns: how wrong is isolated replay?"""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from clear_native.report.methods import Bias, MethodComparison, MethodRow
from clear_native.report.record import Report
from clear_native.report.terminal import WIDTH, as_text, device_of, inputs_of, legend, marks_of, title_of
from clear_native.report.units import ABSENT, percent, with_interval

__all__ = ["explained", "render_methods", "renderables"]


def render_methods(comparison: MethodComparison, width: int = WIDTH, color: bool = False) -> str:
    """The table as text, at most `width` columns wide."""
    return as_text(renderables(comparison), width, color)


def renderables(comparison: MethodComparison) -> list[RenderableType]:
    """What `render_methods` prints, for a rich console of one's own."""
    marks = marks_of(_all_statuses(comparison))
    return [
        *_header(comparison.reports[comparison.reference]),
        _table(comparison, marks),
        *legend(marks),
        *(Text(line) for line in explained(comparison)),
    ]


def _header(report: Report) -> Iterator[Text]:
    yield title_of(report)
    sensor = report.meter.name.replace("_", " ")
    yield Text(" · ".join([device_of(report), sensor, report.execution, *inputs_of(report)]))


def _table(comparison: MethodComparison, marks: dict[str, str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("component", overflow="fold")
    for method in comparison.reports:
        table.add_column(method.replace("_", " "), justify="right", overflow="fold")
        if method != comparison.reference:
            table.add_column("bias", justify="right", overflow="fold")
    for row in comparison.components:
        table.add_row(row.name, *_cells(comparison, row, marks))
    table.add_section()
    table.add_row("sum", *_cells(comparison, comparison.sum, {}))
    table.add_row("closure", *_closures(comparison))
    table.add_row("model", *_cells(comparison, comparison.model, marks), style="bold")
    return table


def _cells(comparison: MethodComparison, row: MethodRow, marks: dict[str, str]) -> Iterator[str]:
    for method in comparison.reports:
        found = row.energies.get(method)
        shown = with_interval(found.energy_j, found.half_width_j, "J") if found is not None else ABSENT
        signs = "".join(marks[status] for status in _statuses(comparison, method, row) if status in marks)
        yield f"{shown} {signs}".rstrip()
        if method != comparison.reference:
            yield _in_words(row.biases.get(method))


def _closures(comparison: MethodComparison) -> Iterator[str]:
    for method, report in comparison.reports.items():
        closure = report.closure
        yield percent(closure.ratio, closure.half_width) if closure is not None else ABSENT
        if method != comparison.reference:
            yield ""


def _in_words(bias: Bias | None) -> str:
    if bias is None:
        return ABSENT
    if bias.half_width_percent is None:
        return f"{bias.percent:+.1f} ± ? % "
    decimals = 1 if bias.half_width_percent >= 0.1 else 2
    sign = " " if bias.holds_zero else "*"
    return f"{bias.percent:+.{decimals}f} ± {bias.half_width_percent:.{decimals}f} %{sign}"


def _statuses(comparison: MethodComparison, method: str, row: MethodRow) -> tuple[str, ...]:
    report = comparison.reports[method]
    if row is comparison.model:
        return report.full_model.statuses
    return report.components[row.name].statuses if row.name in report.components else ()


def _all_statuses(comparison: MethodComparison) -> Iterator[str]:
    """Of what the table shows."""
    for row in (*comparison.components, comparison.model):
        for method in comparison.reports:
            yield from _statuses(comparison, method, row)


def explained(comparison: MethodComparison) -> Iterator[str]:
    """What the numbers mean, and how wrong each method is, in words."""
    reference = comparison.reference.replace("_", " ")
    yield f"bias: over {reference}, minus one, with its 95 % interval; *: the interval does not hold zero"
    yield "closure: the sum over the model that the components are parts of; model: plain, in each profile"
    for method, names in comparison.missing.items():
        yield (
            f"{method.replace('_', ' ')} has no number for {', '.join(names)}: not in its sum, nor in what its sum's "
            "bias is taken from"
        )
    for method, bias in comparison.sum.biases.items():
        yield _verdict(method.replace("_", " "), bias, reference)


def _verdict(method: str, bias: Bias, reference: str) -> str:
    if bias.holds_zero is None:
        return f"How wrong is {method}? Not known: an interval is absent."
    if bias.holds_zero:
        return (
            f"How wrong is {method}? Its sum agrees with {reference} within the interval "
            f"({bias.percent:+.1f} ± {bias.half_width_percent:.1f} %)."
        )
    more = "more" if bias.percent > 0 else "less"
    return (
        f"How wrong is {method}? It finds {abs(bias.percent):.1f} ± {bias.half_width_percent:.1f} % {more} energy than "
        f"{reference} for the same components."
    )
