"""Energy of every call of every component within a pass, as a table whose cells are coloured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clear_native.report.record import Report
from clear_native.report.units import percent, prefixed, with_interval

__all__ = ["MOST_CELLS", "Cell", "HeatMap", "heat_maps"]

MOST_CELLS = 3000
_LEAST_FULL_COLOUR = 0.05  # deviations below 5 % never look like much


@dataclass(frozen=True)
class Cell:
    """`strength`: 0 to 1; `side`: "warm" above, "cool" below what it is compared with."""

    text: str
    detail: str
    strength: float
    side: str = "warm"


@dataclass(frozen=True)
class HeatMap:
    what: str
    note: str
    columns: Sequence[int]
    rows: Mapping[str, Sequence[Cell | None]]
    left_out: int  # columns


def heat_maps(report: Report) -> list[HeatMap]:
    """Against the component's mean call, and in joules; empty where the report has no energies of calls."""
    calls = {
        name: {int(row.get("layer", number)): row for number, row in enumerate(part.details) if "energy_j" in row}
        for name, part in report.components.items()
        if part.energy_j is not None  # parts of what is below resolution say nothing
    }
    calls = {name: rows for name, rows in calls.items() if rows}
    if not calls:
        return []
    everything = sorted({layer for rows in calls.values() for layer in rows})
    columns = everything[: max(1, MOST_CELLS // len(calls))]
    left_out = len(everything) - len(columns)
    return [
        HeatMap(
            "against the mean call",
            "In per cent above or below the component's own mean call. Deviations that the windows could not tell "
            "apart are drawn towards 0.",
            columns,
            dict(_relative(calls, columns)),
            left_out,
        ),
        HeatMap("joules", "Energy of one call.", columns, dict(_absolute(calls, columns)), left_out),
    ]


Calls = Mapping[str, Mapping[int, Mapping[str, Any]]]


def _relative(calls: Calls, columns: Sequence[int]) -> Iterator[tuple[str, list[Cell | None]]]:
    deviations = {}
    for name, rows in calls.items():
        mean_j = sum(row["energy_j"] for row in rows.values()) / len(rows)
        if mean_j > 0:
            deviations[name] = {layer: row["energy_j"] / mean_j - 1 for layer, row in rows.items()}
    sizes = [abs(value) for values in deviations.values() for value in values.values()]
    full = max([_LEAST_FULL_COLOUR, *sizes])
    for name, values in deviations.items():
        cells: list[Cell | None] = []
        for layer in columns:
            if layer not in values:
                cells.append(None)
                continue
            value = values[layer]
            detail = f"{_detail(name, layer, calls[name][layer])}, {100 * value:+.1f} % against its mean call"
            side = "warm" if value >= 0 else "cool"
            text = f"{100 * value:+.1f}"
            cells.append(Cell("0.0" if text in ("-0.0", "+0.0") else text, detail, min(1.0, abs(value) / full), side))
        yield name, cells


def _absolute(calls: Calls, columns: Sequence[int]) -> Iterator[tuple[str, list[Cell | None]]]:
    full_j = max(row["energy_j"] for rows in calls.values() for row in rows.values())
    for name, rows in calls.items():
        cells: list[Cell | None] = []
        for layer in columns:
            if layer not in rows:
                cells.append(None)
                continue
            energy_j = rows[layer]["energy_j"]
            strength = max(0.0, energy_j / full_j) if full_j > 0 else 0.0
            cells.append(Cell(prefixed(energy_j, "J", 2), _detail(name, layer, rows[layer]), strength))
        yield name, cells


def _detail(name: str, layer: int, row: Mapping[str, Any]) -> str:
    energy_j, half_width_j = row["energy_j"], row.get("energy_half_width_j")
    relative = f" ({percent(half_width_j / energy_j)})" if half_width_j is not None and energy_j > 0 else ""
    return f"{name}, call {layer}: {with_interval(energy_j, half_width_j, 'J')}{relative}"
