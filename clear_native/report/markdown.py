"""A report as Markdown: a table for an issue, a pull request or a README."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from clear_native.report.record import ComponentResult, ModelResult
from clear_native.report.terminal import device_of, inputs_of, meaning_of
from clear_native.report.units import ABSENT, percent, prefixed, with_interval

if TYPE_CHECKING:
    from clear_native.report.record import Report

__all__ = ["escaped", "to_markdown"]


def to_markdown(report: Report) -> str:
    """Header, table and warnings. An estimate, or random weights, cannot be overlooked."""
    return "\n".join([*_header(report), "", *_table(report), "", *_notes(report)]).rstrip() + "\n"


def escaped(text: str) -> str:
    """Names from a model as Markdown shows them literally, also within tables."""
    one_line = " ".join(text.split())
    return re.sub(r"([\\`*_{}\[\]<>#|~&!])", r"\\\1", one_line)


def _header(report: Report) -> Iterator[str]:
    yield f"### Energy of {escaped(report.model)}"
    yield ""
    if report.meter.estimated:
        yield f"**ESTIMATED energies: time × {prefixed(report.meter.stated_power_w, 'W')}, no sensor.**"
    if report.synthetic_weights:
        yield "**Random weights.**"
    facts = [device_of(report), report.meter.name.replace("_", " "), *inputs_of(report)]
    dtype = str(report.workload.get("weights_dtype", "")).removeprefix("torch.")
    yield " · ".join(escaped(fact) for fact in [*facts, dtype, f"{report.method}, {report.execution}"] if fact)
    closure = report.energy_closure
    if closure is not None:
        yield ""
        yield f"Closure of energy {percent(closure.ratio, closure.half_width)}, 95 % intervals, per pass."


def _table(report: Report) -> Iterator[str]:
    energy = "ESTIMATED energy" if report.meter.estimated else "energy"
    yield f"| component | {energy} | share | time | power | FLOPs | pJ/FLOP | bytes | status |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |"
    for name, part in report.components.items():
        yield _row(escaped(name), part)
    if report.preserved is not None:
        yield _row("model, buffers kept", report.preserved)
    yield _row("**model**", report.full_model)


def _row(name: str, part: ModelResult) -> str:
    cells = (
        name,
        with_interval(part.energy_j, part.energy_half_width_j, "J"),
        percent(part.share) if isinstance(part, ComponentResult) else "",
        prefixed(part.time_s, "s"),
        prefixed(part.power_w, "W"),
        prefixed(part.flops, "") if part.flops else ABSENT,
        ABSENT if part.pj_per_flop is None else f"{part.pj_per_flop:.3g}",
        prefixed(part.bytes, "B"),
        escaped(part.status),
    )
    return f"| {' | '.join(cells)} |"


def _notes(report: Report) -> Iterator[str]:
    for status in report.all_statuses:
        yield f"- {escaped(status)}: {escaped(meaning_of(status))}"
    for warning in report.warnings:
        yield f"- {escaped(warning)}"
