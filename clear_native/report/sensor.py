"""What an energy sensor is and does: the result of `clear_native.sensor`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from clear_native.report.record import Meter
from clear_native.report.terminal import WIDTH, as_text
from clear_native.report.units import ABSENT, percent, prefixed

__all__ = ["SENSOR_SCHEMA_VERSION", "PowerField", "Sensor"]

SENSOR_SCHEMA_VERSION = 1


@dataclass(frozen=True)
class PowerField:
    """One way to know power. None is what could not be seen.

    `lag_s`: from a step of the load to half of the step in the field. `averaging_s`: the field is a mean over so long;
    None where that is too short to be told from its period. `counter_ratio`: the energy counter over the integral of
    the field, over the same stretch.
    """

    name: str
    period_s: float | None = None
    read_median_s: float | None = None
    lag_s: float | None = None
    averaging_s: float | None = None
    counter_ratio: float | None = None


@dataclass(frozen=True)
class Sensor:
    """Seconds, joules and watts; None is what could not be seen, or what this sensor has not.

    `period_s` and `period_jitter_s` are of the meter's reading, `quantum_j` its smallest step as seen. `deep_idle_w`:
    with no context on the device; `active_idle_w`: just after a load, nothing running. `shortest_window_s`: the
    shortest stretch of a steady load whose mean power is within 1 % in 95 of 100 cases. `look_period_s`: the sensor
    looks at the device for about `look_s` every so often only, as beats with an alternating load showed (a multiple of
    that period would beat alike).
    """

    meter: Meter
    period_s: float | None = None
    period_jitter_s: float | None = None
    quantum_j: float | None = None
    read_median_s: float | None = None
    read_p99_s: float | None = None
    fields: tuple[PowerField, ...] = ()
    deep_idle_w: float | None = None
    active_idle_w: float | None = None
    load_w: float | None = None
    shortest_window_s: float | None = None
    look_period_s: float | None = None
    look_s: float | None = None
    notes: tuple[str, ...] = ()
    elapsed_s: float = 0.0
    environment: Mapping[str, Any] = field(default_factory=dict)
    made_at: str | None = None
    schema_version: int = SENSOR_SCHEMA_VERSION

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, as in the file; what is None is left out.

        Raises:
            BadInputError for a number that is not finite where there has to be one.
        """
        from clear_native.report.sensor_file import to_json

        return to_json(self)

    def save(self, path: str | Path) -> None:
        """Writes it as JSON (schema/sensor-1.schema.json), at once or not at all.

        Raises:
            BadInputError for a path that cannot be one of a file; OSError where the system cannot write it.
        """
        from clear_native.report.json_file import write

        write(self.to_dict(), path)

    @classmethod
    def load(cls, path: str | Path) -> Sensor:
        """Reads what `save` wrote.

        Raises:
            BadInputError for a file that is not there, is none, or is of another schema version.
        """
        from clear_native.report.sensor_file import load

        return load(path)

    def __getitem__(self, name: str) -> PowerField:
        """A power field by name.

        Raises:
            KeyError for a name that is not among them, with those there are.
        """
        for found in self.fields:
            if found.name == name:
                return found
        raise KeyError(f"no power field '{name}'; there are {', '.join(found.name for found in self.fields)}")

    def __str__(self) -> str:
        return as_text(_renderables(self), WIDTH, color=False)


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
