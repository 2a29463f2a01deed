"""A report as a table for a terminal of at most 100 columns. An estimate, or random weights, cannot be overlooked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from clear_native.report.record import ComponentResult, ModelResult, Report
from clear_native.report.side_meters import side_lines
from clear_native.report.terminal import WIDTH, as_text, device_of, inputs_of, legend, marks_of, title_of
from clear_native.report.tree import Group, groups
from clear_native.report.units import ABSENT, percent, prefixed, with_interval

__all__ = ["render", "renderables"]


def render(report: Report, width: int = WIDTH, color: bool = False) -> str:
    """The table as text, at most `width` columns wide."""
    return as_text(renderables(report), width, color)


def renderables(report: Report) -> list[RenderableType]:
    """What `render` prints, for a rich console of one's own."""
    marks = marks_of(report.all_statuses)
    parts: list[RenderableType] = [*_header(report), _table(report, marks)]
    parts += [Text(line) for line in (*_sides(report), *_bounds(report))]
    parts += legend(marks)
    parts += [Text(line, style="yellow") for line in _diagnoses(report)]
    parts += [Text(f"! {warning}", style="yellow") for warning in report.warnings]
    return parts


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
    """By name; what was seen and what to do is in `report.diagnoses`."""
    found: dict[str, list[str]] = {}
    for diagnosis in report.diagnoses:
        found.setdefault(diagnosis.name, []).append(diagnosis.component or "the model")
    for name, components in found.items():
        yield f"? {name}: {', '.join(components)}"


def _table(report: Report, marks: dict[str, str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    energy = "ESTIMATED energy" if report.meter.estimated else "energy"
    table.add_column("component", overflow="fold")
    for title in (energy, "share", "time", "power", "FLOPs", "pJ/FLOP"):
        table.add_column(title, justify="right", no_wrap=True)
    for name, part in report.components.items():
        table.add_row(*_cells(name, part, marks))
    table.add_section()
    sums = groups(report.components)
    for group in sums:
        table.add_row(*_sum_cells(group), style="dim")
    if sums:
        table.add_section()
    if report.preserved is not None:
        table.add_row(*_cells("model, buffers kept", report.preserved, marks))
    table.add_row(*_cells("model", report.full_model, marks), style="bold")
    return table


def _sum_cells(group: Group) -> tuple[str, ...]:
    """The half-width of a sum is what it is at most."""
    power = group.energy_j / group.time_s if group.energy_j is not None and group.time_s else None
    return (
        f"sum of {group.name}",
        with_interval(group.energy_j, group.energy_half_width_j, "J"),
        percent(group.share),
        prefixed(group.time_s, "s"),
        prefixed(power, "W"),
        prefixed(group.flops, "") if group.flops else ABSENT,
        ABSENT if group.pj_per_flop is None else f"{group.pj_per_flop:.3g}",
    )


def _cells(name: str, part: ModelResult, marks: dict[str, str]) -> tuple[str, ...]:
    mark = "".join(marks[status] for status in part.statuses if status in marks)
    share = part.share if isinstance(part, ComponentResult) else None
    return (
        f"{name} {mark}".rstrip(),
        with_interval(part.energy_j, part.energy_half_width_j, "J"),
        percent(share) if isinstance(part, ComponentResult) else "",
        prefixed(part.time_s, "s"),
        prefixed(part.power_w, "W"),
        prefixed(part.flops, "") if part.flops else ABSENT,
        ABSENT if part.pj_per_flop is None else f"{part.pj_per_flop:.3g}",
    )
