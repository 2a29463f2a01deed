"""A result of the published protocol as a table for a terminal of at most 100 columns, its diagnoses below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from clear_native.report.diagnosis import Diagnosis
from clear_native.report.protocol import ProtocolComponent, ProtocolResult
from clear_native.report.terminal import WIDTH, as_text, device_of, inputs_of, legend, marks_of, title_of
from clear_native.report.units import ABSENT, percent, prefixed

__all__ = ["render_protocol", "renderables"]


def render_protocol(result: ProtocolResult, width: int = WIDTH, color: bool = False) -> str:
    """The table as text, at most `width` columns wide."""
    return as_text(renderables(result), width, color)


def renderables(result: ProtocolResult) -> list[RenderableType]:
    """What `render_protocol` prints, for a rich console of one's own."""
    marks = marks_of(result.all_statuses)
    return [
        *_header(result),
        _table(result, marks),
        *legend(marks),
        *(Text(line, style="yellow") for line in _diagnosed(result.diagnoses)),
        *(Text(f"! {warning}", style="yellow") for warning in result.warnings),
    ]


def _diagnosed(diagnoses: Iterable[Diagnosis]) -> Iterator[str]:
    """By name: what was seen of which component, then once what it means and what to do."""
    by_advice: dict[tuple[str, str], list[Diagnosis]] = {}
    for diagnosis in diagnoses:
        by_advice.setdefault((diagnosis.name, diagnosis.means), []).append(diagnosis)
    for (name, means), alike in by_advice.items():
        yield f"? {name}: {means}"
        for diagnosis in alike:
            yield f"    {diagnosis.component or 'the model'}: {diagnosis.seen}; try {diagnosis.remedy}"


def _header(result: ProtocolResult) -> Iterator[Text]:
    yield title_of(result)
    sensor = result.meter.name.replace("_", " ")
    dtype = str(result.workload.get("weights_dtype", "")).removeprefix("torch.")
    yield Text(" · ".join(part for part in (device_of(result), sensor, *inputs_of(result), dtype) if part))
    options = result.options
    synchronized = "synchronized" if options.get("synchronize") else "not synchronized, as first released"
    yield Text(
        f"CLEAR's published protocol · {options.get('trials')} trials of {options.get('repetitions')} calls, "
        f"{options.get('full_model_repetitions')} of the model · {synchronized} · {prefixed(result.elapsed_s, 's')}"
    )
    yield Text(f"capture energy {percent(result.capture)} · time {percent(result.time_capture)}")


def _table(result: ProtocolResult, marks: dict[str, str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    energy = "ESTIMATED energy" if result.meter.estimated else "energy"
    table.add_column("component", overflow="fold")
    for title in (energy, "± std", "CV", "calls", "a call", "time", "power", "trials"):
        table.add_column(title, justify="right", no_wrap=True)
    for part in result.components.values():
        table.add_row(*_cells(part, marks))
    table.add_section()
    table.add_row(*_cells(result.full_model, marks), style="bold")
    return table


def _cells(part: ProtocolComponent, marks: dict[str, str]) -> Sequence[str]:
    mark = "".join(marks[status] for status in part.statuses if status in marks)
    one_kind = part.energy_j is not None and len(part.loops) == 1
    return (
        f"{part.name} {mark}".rstrip(),
        prefixed(part.energy_j, "J"),
        prefixed(part.standard_deviation_j, "J"),
        percent(part.cv),
        str(part.calls),
        prefixed(part.loops[0].energy_per_call_j, "J") if one_kind else ABSENT,
        prefixed(part.time_s, "s"),
        prefixed(part.power_w, "W"),
        str(part.trials),
    )
