"""A comparison as Markdown: a table for an issue or a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from clear_native.report.comparison import Compared, Comparison
from clear_native.report.comparison_table import change_of, explained, p_of, side_of, warnings_of
from clear_native.report.markdown import escaped
from clear_native.report.terminal import STATUS_MEANINGS
from clear_native.report.units import ABSENT, prefixed

__all__ = ["comparison_to_markdown"]


def comparison_to_markdown(comparison: Comparison) -> str:
    """The verdict, what was compared, the table, and what to know of it."""
    rows = [comparison.total, *comparison.components.values()]
    return "\n".join([*_header(comparison), "", *_table(rows), "", *_notes(comparison, rows)]) + "\n"


def _header(comparison: Comparison) -> Iterator[str]:
    verdict, change = comparison.verdict.upper(), change_of(comparison.total)
    yield f"### {verdict}: energy of {escaped(comparison.whole)} {escaped(change)}"
    yield ""
    yield f"- before: {escaped(side_of(comparison.before))}"
    yield f"- after: {escaped(side_of(comparison.after))}"


def _table(rows: list[Compared]) -> Iterator[str]:
    yield "| component | before | after | change | Δ time | p | verdict | status |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | --- | --- |"
    for number, row in enumerate(rows):
        name, time = escaped(row.name), row.time_change
        cells = (
            name if number else f"**{name}**",
            prefixed(row.before_j, "J"),
            prefixed(row.after_j, "J"),
            change_of(row),
            ABSENT if time is None else f"{100 * time:+.1f} %",
            escaped(p_of(row.p_value)),
            row.verdict,
            escaped(", ".join(row.statuses) or "ok"),
        )
        yield f"| {' | '.join(cells)} |"


def _notes(comparison: Comparison, rows: list[Compared]) -> Iterator[str]:
    for status in dict.fromkeys(status for row in rows for status in row.statuses):
        yield f"- {escaped(status)}: {escaped(STATUS_MEANINGS.get(status, status))}"
    for line in (*warnings_of(comparison), *explained(comparison)):
        yield f"- {escaped(line)}"
