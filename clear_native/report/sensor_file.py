"""What `sensor` found as JSON of the shape `schema/sensor-1.schema.json`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clear_native.report.json_file import plain, schema_of
from clear_native.report.reading import content_of, file_named, object_in, places_named, record_of
from clear_native.report.sensor import SENSOR_SCHEMA_VERSION, Sensor

__all__ = ["from_json", "load", "schema", "to_json"]

KIND = "sensor"


def schema() -> dict[str, Any]:
    """The JSON Schema of such a file. What a meter is, is in that of reports, `report-1.schema.json` beside it."""
    return schema_of("sensor", SENSOR_SCHEMA_VERSION)


def to_json(sensor: Sensor) -> dict[str, Any]:
    """Plain JSON values. None and numbers that are not finite are left out."""
    data = {field.name: getattr(sensor, field.name) for field in dataclasses.fields(sensor)}
    written: dict[str, Any] = plain({"kind": KIND, **data})
    return written


def from_json(data: Mapping[str, Any]) -> Sensor:
    """Raises BadInputError for what `to_json` did not make, naming the place."""
    given = content_of(data, KIND, SENSOR_SCHEMA_VERSION, "a sensor", "Sensor.save")
    with places_named("sensor"):
        return record_of(Sensor, given, "the sensor")


def load(path: str | Path) -> Sensor:
    """Raises BadInputError for a file that is not there, cannot be read, or holds no sensor."""
    data = object_in(path, "sensor", "Sensor.save")
    with file_named(path):
        return from_json(data)
