"""A report as a table for a terminal of at most 100 columns. An estimate, or random weights, cannot be overlooked.

csrc/report/table.cpp makes the same text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from clear_native.report import table_columns as columns
from clear_native.report.diagnosis import grouped
from clear_native.report.dispatch_tax import DispatchTax
from clear_native.report.record import ComponentResult, ModelResult, Report
from clear_native.report.side_meters import side_lines
from clear_native.report.terminal import WIDTH, as_text, device_of, inputs_of, legend, marks_of, meaning_of, title_of
from clear_native.report.tree import Group, groups
from clear_native.report.units import ABSENT, percent, prefixed, with_interval

__all__ = ["render", "renderables"]

Tax = Mapping[str, DispatchTax]


def render(report: Report, width: int = WIDTH, color: bool = False, tax: Tax | None = None) -> str:
    """The table as text, at most `width` columns wide. `tax`: of components and "model", where it is known."""
    return as_text(renderables(report, width, tax), width, color)


def renderables(report: Report, width: int = WIDTH, tax: Tax | None = None) -> list[RenderableType]:
    """What `render` prints, for a rich console of one's own."""
    marks = marks_of(_statuses_of_rows(report))
    parts: list[RenderableType] = [*_header(report), _table(report, marks, width, tax or {})]
    if any(one.energy_j is not None for one in (tax or {}).values()):
        parts.append(Text("dispatch tax: eager minus graph, of the GPU alone"))
    parts += [Text(line) for line in (*_sides(report), *_bounds(report))]
    parts += legend(marks)
    parts += [Text(line, style="yellow") for line in (*_diagnoses(report), *_warnings(report, marks))]
    return parts


def _statuses_of_rows(report: Report) -> Iterator[str]:
    """From the top of the table to its end."""
    wholes = [report.full_model] if report.preserved is None else [report.preserved, report.full_model]
    for part in (*report.components.values(), *wholes):
        yield from part.statuses


def _header(report: Report) -> Iterator[Text]:
    yield title_of(report)
    sensor = report.meter.name.replace("_", " ")
    yield Text(" · ".join(part for part in (device_of(report), sensor, *_workload(report)) if part))
    yield Text(
        f"{report.method}, {report.execution} · {report.rounds} rounds in {prefixed(report.elapsed_s, 's')} · "
        f"idle {with_interval(report.idle_power_w, report.idle_power_half_width_w, 'W')}"
    )
    yield Text("closure " + " · ".join(_closures(report)))
    yield from map(Text, _checks(report))
    yield from map(Text, side_lines(report))


def _workload(report: Report) -> Iterator[str]:
    """The first inputs with their shapes, and the data type of the weights."""
    yield from inputs_of(report)
    dtype = report.workload.get("weights_dtype")
    if dtype:
        yield str(dtype).removeprefix("torch.")


def _closures(report: Report) -> Iterator[str]:
    for label, closure in (("energy", report.energy_closure), ("time", report.time_closure)):
        yield f"{label} {percent(closure.ratio, closure.half_width) if closure else ABSENT}"
    if report.perturbation is not None:
        yield f"perturbation {percent(report.perturbation.ratio, report.perturbation.half_width)}"


def _checks(report: Report) -> Iterator[str]:
    """What tells whether the method's conditions held."""
    weighing = report.weighing
    conditions = []
    if weighing is not None:
        cache = weighing.facts.get("cache")
        second = f", second runs {cache}" if cache else ""
        yield f"{percent(weighing.fraction)} of the calls dosed over {weighing.passes} passes{second}"
        if weighing.homogeneity is not None:
            homogeneity = weighing.homogeneity
            conditions.append(f"doubled/2x {percent(homogeneity.ratio, homogeneity.half_width)}")
    if report.sensors is not None:
        conditions.append(f"counter/samples {percent(report.sensors.ratio, report.sensors.half_width)}")
    if conditions:
        yield " · ".join(conditions)
    points = weighing.operating_points if weighing is not None else {}
    if "dosed" in points and "model" in points:
        yield f"dosed windows at {_operating_point(points['dosed'])}, the model at {_operating_point(points['model'])}"


def _operating_point(point: Mapping[str, float]) -> str:
    shown = (("sm_clock_mhz", "{:.0f} MHz"), ("power_w", "{:.0f} W"), ("temperature_c", "{:.0f} °C"))
    return " ".join(form.format(point[key]) for key, form in shown if key in point) or ABSENT


def _sides(report: Report) -> Iterator[str]:
    """Which components are bound by what, and where the device's limits are from."""
    sides = report.roofline
    if not sides or report.limits is None:
        return
    for bound in ("compute", "memory"):
        names = [name for name, side in sides.items() if side.bound == bound]
        if names:
            yield f"bound by {bound}: {', '.join(names)}"
    limits = report.limits
    kind = "measured" if limits.measured else "published"
    yield (
        f"limits ({kind}): {prefixed(limits.flops_per_s, 'FLOP/s')} in {limits.dtype}, "
        f"{prefixed(limits.bytes_per_s, 'B/s')}"
    )


def _bounds(report: Report) -> Iterator[str]:
    for cache in ("cold", "warm"):
        energies = [
            f"{name} {with_interval(bounds[cache]['energy_j'], bounds[cache].get('half_width_j'), 'J')}"
            for name, bounds in report.bounds.items()
            if cache in bounds
        ]
        if energies:
            yield f"with second runs {cache}: {', '.join(energies)}"


def _diagnoses(report: Report) -> Iterator[str]:
    """Alike ones once: what it means and what helps, then what was seen of each component."""
    for name, seen, means, remedy in grouped(report.diagnoses):
        yield f"? {name}: {means}. What helps: {remedy}"
        yield from (f"    {one}" for one in seen)


def _warnings(report: Report, marks: Mapping[str, str]) -> Iterator[str]:
    """Statuses of the whole report first: no row has a mark for them."""
    for status in report.statuses:
        if status != "ok" and status not in marks:
            yield f"! {status}: {meaning_of(status)}"
    yield from (f"! {warning}" for warning in report.warnings)


def _table(report: Report, marks: dict[str, str], width: int, tax: Tax) -> Table:
    energy = "ESTIMATED energy" if report.meter.estimated else "energy"
    parts = [_row(name, part, energy, marks, tax) for name, part in report.components.items()]
    sums = [_sum_row(group, energy) for group in groups(report.components)]
    wholes = [_row("model", report.full_model, energy, marks, tax, style="bold")]
    if report.preserved is not None:
        wholes.insert(0, _row("model, buffers kept", report.preserved, energy, marks, {}))
    titles = (energy, *columns.AFTER_ENERGY)
    layout = columns.layout_of([*parts, *sums, *wholes], titles, width)
    table = Table(box=None, pad_edge=False, padding=(0, layout.gap, 0, 0), header_style="bold")
    table.add_column("component", overflow="fold")
    for title in layout.titles:
        table.add_column(title, justify="left" if title == columns.BAR else "right", no_wrap=True)
    for section in (parts, sums, wholes):
        for row in section:
            cells = (row.cell(title, layout.bar_cells) for title in layout.titles)
            table.add_row(row.name, *cells, style=row.style or None)
        table.add_section()
    return table


def _sum_row(group: Group, energy: str) -> columns.Row:
    """The half-width of a sum is what it is at most."""
    power = group.energy_j / group.time_s if group.energy_j is not None and group.time_s else None
    cells = {
        energy: with_interval(group.energy_j, group.energy_half_width_j, "J"),
        columns.SHARE: percent(group.share),
        columns.TIME: prefixed(group.time_s, "s"),
        columns.POWER: prefixed(power, "W"),
        columns.FLOPS: _count(group.flops),
        columns.PJ_PER_FLOP: ABSENT if group.pj_per_flop is None else f"{group.pj_per_flop:.3g}",
        columns.BYTES: prefixed(group.bytes, "B"),
    }
    return columns.Row(f"sum of {group.name}", cells, group.share, style="dim")


def _row(name: str, part: ModelResult, energy: str, marks: dict[str, str], tax: Tax, style: str = "") -> columns.Row:
    mark = "".join(marks[status] for status in part.statuses if status in marks)
    share = part.share if isinstance(part, ComponentResult) else None
    cells = {
        energy: with_interval(part.energy_j, part.energy_half_width_j, "J"),
        columns.SHARE: percent(share) if isinstance(part, ComponentResult) else "",
        columns.TIME: prefixed(part.time_s, "s"),
        columns.POWER: prefixed(part.power_w, "W"),
        columns.FLOPS: _count(part.flops),
        columns.PJ_PER_FLOP: ABSENT if part.pj_per_flop is None else f"{part.pj_per_flop:.3g}",
        columns.BYTES: prefixed(part.bytes, "B"),
    }
    if name in tax:
        cells[columns.TAX] = with_interval(tax[name].energy_j, tax[name].half_width_j, "J")
    return columns.Row(f"{name} {mark}".rstrip(), cells, share, style)


def _count(flops: int | None) -> str:
    return prefixed(flops, "").rstrip() if flops else ABSENT
