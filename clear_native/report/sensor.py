"""What an energy sensor is and does: the result of `clear_native.sensor`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clear_native.report.record import Meter

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
        from clear_native.report.sensor_table import render_sensor

        return render_sensor(self)
