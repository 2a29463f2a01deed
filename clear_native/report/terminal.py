"""What the tables for a terminal have in common: their title, the marks of statuses and their legend, and the text."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from rich.console import Console, RenderableType
from rich.text import Text

from clear_native.report.record import Meter
from clear_native.report.units import prefixed

__all__ = [
    "STATUS_MEANINGS", "WIDTH", "as_text", "device_of", "inputs_of", "legend", "marks_of", "meaning_of", "title_of",
]  # fmt: skip

WIDTH = 100

STATUS_MEANINGS = {
    "below_resolution": "too little energy to tell it from noise: no number",
    "buffers_changed": "a dose changed data that must stay: do not trust it",
    "clocks_apart": "it ran at another clock alone than inside the model",
    "contended": "another process used the device",
    "eager_loop": "could not be captured alone: measured by a loop of Python",
    "failed": "ended early by an error",
    "interrupted": "ended early by Ctrl-C",
    "kernels_differ": "captured and eager execution launch different kernels",
    "kernels_unchecked": "eager's and the captured kernels could not be compared",
    "line_power_capped": "the line of power over rate has rates at the power cap: costs are of lower clocks too",
    "measured_alone": "cannot be dosed by its modules: its calls were replayed alone",
    "measured_by_partition": "cannot be dosed safely: its nodes were replayed alone",
    "not_called": "the forward did not call its modules",
    "not_capturable": "could not be held in a CUDA graph",
    "not_covered": "no module of its own, so there is nothing to replay alone",
    "not_measured": "the measurement ended before its first window",
    "not_repeatable": "it updates in place what others made, so its data drifts when replayed alone",
    "power_capped": "the power cap held the clocks down",
    "precision_not_reached": "the interval is wider than asked for",
    "sensors_disagree": "the energy counter and the power samples differ by more than their noise",
    "throttled": "the device slowed its clocks down",
    "throttled_at_times": "the device slowed its clocks down in some of the windows: a mean of two states",
    "too_few_ticks": "the meter changed too rarely in its windows",
    "two_speeds": "the device ran at two speeds that its clocks do not show: numbers are of one of them",
    "unsteady": "power did not get steady before its windows",
}


class Described(Protocol):
    """What results of all kinds say of themselves."""

    @property
    def model(self) -> str: ...
    @property
    def meter(self) -> Meter: ...
    @property
    def synthetic_weights(self) -> bool | None: ...
    @property
    def environment(self) -> Mapping[str, Any]: ...
    @property
    def workload(self) -> Mapping[str, Any]: ...


def as_text(parts: Iterable[RenderableType], width: int, color: bool) -> str:
    """`parts` below each other, at most `width` columns wide."""
    # Names are the user's: brackets or colons in them mean nothing.
    console = Console(
        file=io.StringIO(), width=width, force_terminal=color, no_color=not color, highlight=False, markup=False,
        emoji=False,
    )  # fmt: skip
    for part in parts:
        console.print(part)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in text.splitlines())


def title_of(report: Described) -> Text:
    """The model; an estimate, or random weights, cannot be overlooked."""
    title = Text(report.model, style="bold")
    if report.synthetic_weights:
        title.append(" · random weights", style="yellow")
    if report.meter.estimated:
        power = prefixed(report.meter.stated_power_w, "W")
        title.append(f" · ESTIMATED energies (time × {power}, no sensor)", style="bold red")
    return title


def device_of(report: Described) -> str:
    """What was measured on."""
    return str(
        report.environment.get("gpu") or report.meter.device or report.environment.get("cpu") or report.meter.scope
    )


def inputs_of(report: Described) -> Iterator[str]:
    """The first inputs with their shapes."""
    for name, tensor in list(report.workload.get("inputs", {}).items())[:2]:
        yield f"{name} {'x'.join(map(str, tensor['shape']))}"


def marks_of(statuses: Iterable[str]) -> dict[str, str]:
    """A superscript for every status in use."""
    signs = "¹²³⁴⁵⁶⁷⁸⁹"
    used = dict.fromkeys(status for status in statuses if status != "ok")
    return {status: signs[i] if i < len(signs) else f"({i + 1})" for i, status in enumerate(used)}


def legend(marks: Mapping[str, str]) -> list[Text]:
    """Explains these marks and no others."""
    return [Text(f"{mark} {status}: {meaning_of(status)}") for status, mark in marks.items()]


def meaning_of(status: str) -> str:
    """One that is not known means itself."""
    return STATUS_MEANINGS.get(status, status)
