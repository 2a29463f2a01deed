"""A comparison as a table for a terminal of at most 100 columns. The verdict on the whole model comes first."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from clear_native.report.alike import told
from clear_native.report.comparison import Compared, Comparison, Side
from clear_native.report.terminal import WIDTH, as_text, legend, marks_of
from clear_native.report.units import ABSENT, prefixed

__all__ = ["change_of", "explained", "p_of", "render_comparison", "side_of", "warnings_of"]

_STYLES = {"better": "bold green", "worse": "bold red", "same": "bold", "unclear": "bold yellow"}


def render_comparison(comparison: Comparison, width: int = WIDTH, color: bool = False) -> str:
    """The table as text, at most `width` columns wide."""
    return as_text(_renderables(comparison), width, color)


def _renderables(comparison: Comparison) -> list[RenderableType]:
    rows = [comparison.total, *comparison.components.values()]
    marks = marks_of(status for row in rows for status in row.statuses)
    return [
        *_header(comparison),
        _table(rows, marks),
        *legend(marks),
        *(Text(line) for line in explained(comparison)),
        *(Text(f"! {line}", style="yellow") for line in warnings_of(comparison)),
    ]


def _header(comparison: Comparison) -> Iterator[Text]:
    total = comparison.total
    verdict = Text(comparison.verdict.upper(), style=_STYLES[comparison.verdict])
    verdict.append(f" · {comparison.whole} {change_of(total)}", style="default")
    yield verdict
    yield Text(f"before: {side_of(comparison.before)}")
    yield Text(f"after:  {side_of(comparison.after)}")


def side_of(side: Side) -> str:
    """What it is, in one line."""
    made = [f"of {side.made_at}"] if side.made_at else []
    weights = ["random weights"] if side.synthetic_weights else []
    estimated = ["ESTIMATED"] if side.estimated else []
    facts = [side.model, *weights, f"{side.method}, {side.execution}", f"{side.rounds} rounds", *estimated, *made]
    return " · ".join([*facts, *([side.file] if side.file else [])])


def _table(rows: list[Compared], marks: dict[str, str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("component", overflow="fold")
    for column in ("before", "after", "change", "Δ time", "p"):
        table.add_column(column, justify="right", overflow="fold")
    table.add_column("verdict", overflow="fold")
    for row in rows:
        signs = "".join(marks[status] for status in row.statuses if status in marks)
        time = row.time_change
        table.add_row(
            row.name,
            prefixed(row.before_j, "J"),
            prefixed(row.after_j, "J"),
            change_of(row),
            ABSENT if time is None else f"{100 * time:+.1f} %",
            p_of(row.p_value),
            Text(f"{row.verdict} {signs}".rstrip(), style=_STYLES[row.verdict]),
        )
    return table


def change_of(row: Compared) -> str:
    """In per cent, or in joules where there is no such share; a dash where nothing is known."""
    if row.change is not None and row.change_half_width is not None:
        return f"{100 * row.change:+.1f} ± {100 * row.change_half_width:.1f} %"
    if row.difference_j is not None and row.difference_half_width_j is not None:
        sign = "+" if row.difference_j >= 0 else "-"
        return f"{sign}{prefixed(abs(row.difference_j), 'J')} ± {prefixed(row.difference_half_width_j, 'J')}"
    return ABSENT


def p_of(value: float | None) -> str:
    """A p-value in few digits."""
    if value is None:
        return ABSENT
    return f"{value:.2f}" if value >= 0.1 else f"{value:.1g}" if value >= 1e-4 else "<0.0001"


def explained(comparison: Comparison) -> Iterator[str]:
    """How to read the numbers, and what is on one side only."""
    yield (
        f"change: after over before, with its 95 % interval; at most {100 * comparison.false_alarms:g} in 100 "
        f"comparisons of the same thing say better or worse; same: within {100 * comparison.same_within:g} %; runs "
        f"are taken to scatter by {100 * comparison.between_runs:g} % beyond their intervals"
    )
    for side, names in (("before", comparison.only_before), ("after", comparison.only_after)):
        if names:
            yield f"only {side}: {', '.join(names)}"


def warnings_of(comparison: Comparison) -> Iterator[str]:
    """In what the two sides differ beyond their energy, and what was doubted."""
    for what, unlike in (
        ("The environments differ", comparison.different_environment),
        ("What was run differs", comparison.different_workload),
    ):
        if unlike:
            yield f"{what}: {told(unlike)}."
    yield from comparison.warnings
