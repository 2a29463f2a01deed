"""Columns of a report's table, and which of them give way where they do not fit beside each other.

In this order, until the rest fits: bars get half as long; columns stand one apart instead of two; bars, bytes, power,
FLOPs and pJ/FLOP go, which repeat the share, follow from other columns, or are in the file. Names are folded only where
even that is not enough. csrc/report/table_columns.cpp does the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from clear_native.report.units import ABSENT

__all__ = [
    "AFTER_ENERGY", "BAR", "BYTES", "FLOPS", "PJ_PER_FLOP", "POWER", "SHARE", "TAX", "TIME", "Layout", "Row", "bar",
    "layout_of",
]  # fmt: skip

# By their titles; the bar has none, it belongs to the share.
AFTER_ENERGY = (SHARE, BAR, TIME, POWER, FLOPS, PJ_PER_FLOP, BYTES, TAX) = (
    "share", "", "time", "power", "FLOPs", "pJ/FLOP", "bytes", "dispatch tax",
)  # fmt: skip
_GIVE_WAY = (BAR, BYTES, POWER, FLOPS, PJ_PER_FLOP)
_IF_KNOWN = (BAR, BYTES, TAX)  # absent where no row has a value
_NAME = "component"
_BAR_CELLS = 8
_GAP = 2
_LAST_BLOCKS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")


@dataclass(frozen=True)
class Row:
    """`cells` by title, in the order of the columns. `share` is drawn as a bar."""

    name: str
    cells: Mapping[str, str]
    share: float | None = None
    style: str = ""

    def cell(self, title: str, bar_cells: int) -> str:
        return bar(self.share, bar_cells) if title == BAR else self.cells.get(title, "")


@dataclass(frozen=True)
class Layout:
    """The columns after the name, `gap` apart, with bars of `bar_cells` for the whole model."""

    titles: tuple[str, ...]
    gap: int
    bar_cells: int

    def width(self, rows: Sequence[Row]) -> int:
        widths = [max(map(cell_len, (_NAME, *(row.name for row in rows))))]
        for title in self.titles:
            widths.append(max(map(cell_len, (title, *(row.cell(title, self.bar_cells) for row in rows)))))
        return sum(widths) + self.gap * len(self.titles)


def bar(share: float | None, cells: int = _BAR_CELLS) -> str:
    """`share` of 1 is that many full blocks; the last block is one in eighths."""
    if share is None or not math.isfinite(share):
        return ""
    whole, eighths = divmod(math.floor(8 * cells * min(1.0, max(0.0, share)) + 0.5), 8)
    return "█" * whole + _LAST_BLOCKS[eighths]


def layout_of(rows: Sequence[Row], titles: Sequence[str], width: int) -> Layout:
    """The first that fits, or the narrowest there is."""
    found = Layout((), _GAP, _BAR_CELLS)
    for found in _layouts(rows, titles):
        if found.width(rows) <= width:
            break
    return found


def _layouts(rows: Sequence[Row], titles: Sequence[str]) -> Iterator[Layout]:
    shown = tuple(title for title in titles if title not in _IF_KNOWN or _is_known(rows, title))
    half = _BAR_CELLS // 2
    yield Layout(shown, _GAP, _BAR_CELLS)
    yield Layout(shown, _GAP, half)
    yield Layout(shown, 1, half)
    for leaving in _GIVE_WAY:
        shown = tuple(title for title in shown if title != leaving)
        yield Layout(shown, 1, half)


def _is_known(rows: Sequence[Row], title: str) -> bool:
    return any(row.cell(title, _BAR_CELLS) not in ("", ABSENT) for row in rows)
