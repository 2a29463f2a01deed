"""Tables of the page. A cell is what is shown and, for sorting, what it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clear_native.report.html.windows import power_w
from clear_native.report.record import ComponentResult, ModelResult, Report
from clear_native.report.rows import component_rows, model_rows
from clear_native.report.units import ABSENT, percent, prefixed, with_interval

__all__ = ["MOST_ROWS", "Cell", "Table", "budget", "calls", "components", "facts", "raw_components", "windows"]

MOST_ROWS = 1000


@dataclass(frozen=True)
class Cell:
    """`value`: what to sort by, absent last. `share`: 0 to 1, a bar behind the text."""

    text: str
    value: float | str | None = None
    share: float | None = None

    @property
    def numeric(self) -> bool:
        return isinstance(self.value, (int, float)) or self.text == ABSENT


@dataclass(frozen=True)
class Table:
    """`total`: rows at the end that stay there. `left_out`: rows that only the JSON file has."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    total: Sequence[Sequence[Cell]] = ()
    left_out: int = 0

    def is_numeric(self, column: int) -> bool:
        return any(row[column].numeric for row in self.rows)


def components(report: Report) -> Table:
    """What the table for the terminal shows, with bytes, and statuses in words."""
    energy = "ESTIMATED energy" if report.meter.estimated else "energy"
    columns = ("component", energy, "share", "time", "power", "FLOPs", "pJ/FLOP", "bytes", "status")
    rows = [_summary(name, part) for name, part in report.components.items()]
    wholes = {"model, buffers kept": report.preserved, "model": report.full_model}
    total = [_summary(name, part) for name, part in wholes.items() if part is not None]
    return Table("Components of one pass, with 95 % intervals", columns, rows, total)


def _summary(name: str, part: ModelResult) -> list[Cell]:
    share = part.share if isinstance(part, ComponentResult) else None
    bar = None if share is None else min(1.0, max(0.0, share))
    return [
        Cell(name, name),
        Cell(with_interval(part.energy_j, part.energy_half_width_j, "J"), part.energy_j),
        Cell(percent(share) if isinstance(part, ComponentResult) else "", share, bar),
        Cell(prefixed(part.time_s, "s"), part.time_s),
        Cell(prefixed(part.power_w, "W"), part.power_w),
        Cell(prefixed(part.flops, "").strip() if part.flops else ABSENT, part.flops or None),
        Cell(ABSENT if part.pj_per_flop is None else f"{part.pj_per_flop:.3g}", part.pj_per_flop),
        Cell(prefixed(part.bytes, "B"), part.bytes),
        Cell(part.status, part.status),
    ]


_SAME_IN_ALL_ROWS = {"model", "method", "execution", "estimated", "synthetic_weights"}


def raw_components(report: Report) -> Table:
    """Every field of the records, in SI units."""
    rows = [*component_rows(report), *model_rows(report)]
    columns = [name for name in rows[0] if name not in _SAME_IN_ALL_ROWS]
    return _table("Components, every field, in SI units", columns, rows)


def calls(report: Report) -> Table | None:
    rows = [{"component": name, **row} for name, part in report.components.items() for row in part.details]
    return _table("Calls within a pass", _columns(rows), rows) if rows else None


def windows(report: Report) -> Table | None:
    """One row per window, without the raw ticks."""
    if not report.windows:
        return None
    start_s = min((window["begin_s"] for window in report.windows if "begin_s" in window), default=0.0)
    rows = [_window(window, start_s) for window in report.windows]
    return _table("Windows, in the order of measuring", _columns(rows[:MOST_ROWS]), rows)


def _window(window: Mapping[str, Any], start_s: float) -> dict[str, Any]:
    point = window.get("operating_point") or {}
    reasons = point.get("throttle_reasons")
    return {
        "target": window["target"],
        "round": window.get("round"),
        "begin_s": window["begin_s"] - start_s,
        "length_s": window["end_s"] - window["begin_s"],
        "passes": window.get("passes"),
        "energy_per_pass_j": window.get("energy_per_pass_j"),
        "time_per_pass_s": window.get("time_per_pass_s"),
        "power_w": power_w(window),
        "sensor": window.get("sensor_used"),
        "sm_clock_mhz": point.get("sm_clock_mhz"),
        "memory_clock_mhz": point.get("memory_clock_mhz"),
        "temperature_c": point.get("temperature_c"),
        "throttle_reasons": None if reasons is None else hex(int(reasons)),
        "other_processes": window.get("other_processes"),
        "status": window.get("status"),
    }


def budget(report: Report) -> Table:
    """The uncertainty budget; a source whose size nobody knows says so."""
    rows = [
        [
            Cell(item.source, item.source),
            Cell("unknown" if item.relative is None else f"{100 * item.relative:.2g} %", item.relative),
            Cell("yes" if item.in_interval else "no", str(item.in_interval)),
            Cell(item.note, item.note),
        ]
        for item in report.uncertainty
    ]
    return Table("Uncertainty budget", ("source", "of the model's energy", "in the intervals", "note"), rows)


def facts(report: Report) -> Table:
    """Environment, workload, options and course of the profile."""
    shown = [
        *_flat("", report.environment),
        *_flat("workload ", report.workload),
        *_flat("asked for ", report.options),
        ("meter", report.meter.name),
        ("meter's device", report.meter.device),
        ("meter's period", prefixed(report.meter.period_s or None, "s")),
        ("meter's step", prefixed(report.meter.quantum_j or None, "J")),
        ("seed", str(report.seed)),
        ("rounds", f"{report.rounds} of {report.planned_rounds or '?'} planned"),
        ("measured for", prefixed(report.elapsed_s, "s")),
        ("stopped at", report.stop_reason.replace("_", " ")),
        ("schema version", str(report.schema_version)),
    ]
    rows = [[Cell(name, name), Cell(text, text)] for name, text in shown if text not in ("", ABSENT)]
    return Table("Environment and conditions", ("what", "value"), rows)


def _flat(prefix: str, facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}{name} ", value)
        elif isinstance(value, (list, tuple)):
            yield f"{prefix}{name}", "×".join(map(str, value))
        else:
            yield f"{prefix}{name}", f"{value:.6g}" if isinstance(value, float) else str(value)


def _table(caption: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Table:
    kept = [column for column in columns if any(row.get(column) is not None for row in rows[:MOST_ROWS])]
    cells = [[_raw(row.get(column)) for column in kept] for row in rows[:MOST_ROWS]]
    return Table(caption, kept, cells, left_out=max(0, len(rows) - MOST_ROWS))


def _columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _raw(value: Any) -> Cell:
    if value is None:
        return Cell(ABSENT)
    if isinstance(value, bool):
        return Cell("yes" if value else "no", str(value))
    if isinstance(value, (int, float)):
        return Cell(f"{value:.6g}" if isinstance(value, float) else str(value), value)
    return Cell(str(value), str(value))
