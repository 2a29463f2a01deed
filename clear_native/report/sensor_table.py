"""What a sensor is and does as a table for a terminal of at most 100 columns."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from clear_native.report.sensor import Sensor
from clear_native.report.terminal import WIDTH, as_text
from clear_native.report.units import ABSENT, percent, prefixed

__all__ = ["render_sensor"]


def render_sensor(sensor: Sensor, width: int = WIDTH, color: bool = False) -> str:
    """The table as text, at most `width` columns wide."""
    return as_text(_renderables(sensor), width, color)


def _renderables(sensor: Sensor) -> Iterator[RenderableType]:
    device = sensor.environment.get("gpu") if sensor.meter.scope == "gpu" else sensor.environment.get("cpu")
    where = " · ".join(part for part in (device or sensor.meter.device, ", ".join(sensor.meter.domains)) if part)
    yield Text(f"{sensor.meter.name.replace('_', ' ')} · {where}", style="bold")
    facts = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for name, value in _facts(sensor):
        facts.add_row(name, value)
    yield facts
    if sensor.fields:
        yield _fields(sensor)
    for note in sensor.notes:
        yield Text(f"! {note}", style="yellow")


def _facts(sensor: Sensor) -> Iterator[tuple[str, str]]:
    jitter = f" ± {prefixed(sensor.period_jitter_s, 's', 2)}" if sensor.period_jitter_s is not None else ""
    yield "reading changes every", prefixed(sensor.period_s, "s") + jitter
    yield "smallest step", prefixed(sensor.quantum_j, "J")
    yield "a read takes", f"{prefixed(sensor.read_median_s, 's')} (p99 {prefixed(sensor.read_p99_s, 's')})"
    yield "deep idle", prefixed(sensor.deep_idle_w, "W")
    yield "active idle", prefixed(sensor.active_idle_w, "W")
    yield "the load used here", prefixed(sensor.load_w, "W")
    yield "shortest window for 1 %", prefixed(sensor.shortest_window_s, "s")
    looks = ABSENT
    if sensor.look_period_s is not None:
        length = f"for about {prefixed(sensor.look_s, 's', 1)} " if sensor.look_s is not None else ""
        looks = f"{length}every {prefixed(sensor.look_period_s, 's')}"
    yield "looks part of the time", looks


def _fields(sensor: Sensor) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("power field")
    for title in ("changes every", "a read takes", "lag", "averages over", "counter/integral"):
        table.add_column(title, justify="right", no_wrap=True)
    for found in sensor.fields:
        table.add_row(
            found.name,
            prefixed(found.period_s, "s"),
            prefixed(found.read_median_s, "s"),
            prefixed(found.lag_s, "s", 2),
            prefixed(found.averaging_s, "s", 2),
            percent(found.counter_ratio),
        )
    return table
