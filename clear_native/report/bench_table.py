"""A result of `bench` as a table for a terminal of at most 100 columns."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from clear_native.report.bench import BenchResult, Call, Change
from clear_native.report.terminal import WIDTH, as_text, legend, marks_of
from clear_native.report.units import ABSENT, prefixed, with_interval

__all__ = ["render_bench"]


def render_bench(result: BenchResult, width: int = WIDTH, color: bool = False) -> str:
    """The table as text, at most `width` columns wide."""
    return as_text(_renderables(result), width, color)


def _renderables(result: BenchResult) -> list[RenderableType]:
    marks = marks_of(result.all_statuses)
    return [*_header(result), _table(result, marks), *legend(marks), *(Text(line) for line in _explained(result))]


def _header(result: BenchResult) -> Iterator[Text]:
    title = Text("one call", style="bold")
    if result.meter.estimated:
        power = prefixed(result.meter.stated_power_w, "W")
        title.append(f" · ESTIMATED energies (time × {power}, no sensor)", style="bold red")
    yield title
    device = result.environment.get("gpu") if result.device.startswith("cuda") else result.environment.get("cpu")
    executions = ", ".join(dict.fromkeys(call.execution for call in result.variants.values()))
    facts = [device or result.meter.device or result.device, result.meter.name.replace("_", " "), executions]
    yield Text(" · ".join([*map(str, facts), f"{result.cache} cache", f"{result.rounds} rounds in "
                           f"{result.elapsed_s:.1f} s"]))  # fmt: skip


def _table(result: BenchResult, marks: dict[str, str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("variant", overflow="fold")
    for column in ("energy", "time", "power"):
        table.add_column(column, justify="right", overflow="fold")
    if result.changes:
        table.add_column("Δ energy", justify="right", overflow="fold")
        table.add_column("Δ time", justify="right", overflow="fold")
    changes = {change.variant: change for change in result.changes}
    for name, call in result.variants.items():
        power = call.power_half_width_w
        # Beside comparisons there is no room for it.
        shown = prefixed(call.power_w, "W") if result.changes else with_interval(call.power_w, power, "W")
        table.add_row(name, *_cells(call, marks), shown, *(_compared(changes.get(name)) if result.changes else ()))
    return table


def _cells(call: Call, marks: dict[str, str]) -> Iterator[str]:
    signs = "".join(marks[status] for status in call.statuses if status in marks)
    yield f"{with_interval(call.energy_j, call.energy_half_width_j, 'J')} {signs}".rstrip()
    yield with_interval(call.time_s, call.time_half_width_s, "s")


def _compared(change: Change | None) -> tuple[str, str]:
    if change is None:
        return "", ""
    return (
        f"{_percent(change.energy, change.energy_half_width)} {change.energy_verdict}",
        f"{_percent(change.time, change.time_half_width)} {change.time_verdict}",
    )


def _percent(change: float | None, half_width: float | None) -> str:
    if change is None:
        return ABSENT
    if half_width is None:
        return f"{100 * change:+.1f} ± ? %"
    decimals = 1 if 100 * half_width >= 0.1 else 2
    return f"{100 * change:+.{decimals}f} ± {100 * half_width:.{decimals}f} %"


def _explained(result: BenchResult) -> Iterator[str]:
    for execution, flush in result.flushes.items():
        energy = with_interval(flush.get("energy_j"), flush.get("energy_half_width_j"), "J")
        time = with_interval(flush.get("time_s"), flush.get("time_half_width_s"), "s")
        yield f"taken off each call: the flush of the cache before it, {energy}, {time} ({execution})"
    if result.changes:
        within = f"{100 * result.same_within:g} %"
        yield f"Δ: against {result.changes[0].reference}, less is better; same: within {within}, by the 95 % interval"
    yield from result.warnings
