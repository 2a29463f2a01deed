"""What `sensor` found as JSON of the shape `schema/sensor-1.schema.json`."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from clear_native.errors import BadInputError
from clear_native.report.json_file import meter_from, plain
from clear_native.report.sensor import SENSOR_SCHEMA_VERSION, PowerField, Sensor

__all__ = ["from_json", "load", "schema", "to_json"]

KIND = "sensor"


def schema() -> dict[str, Any]:
    """The JSON Schema of such a file. What a meter is, is in that of reports, `report-1.schema.json` beside it."""
    file = resources.files("clear_native.report") / "schema" / f"sensor-{SENSOR_SCHEMA_VERSION}.schema.json"
    loaded: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return loaded


def to_json(sensor: Sensor) -> dict[str, Any]:
    """Plain JSON values. None and numbers that are not finite are left out."""
    data = {field.name: getattr(sensor, field.name) for field in dataclasses.fields(sensor)}
    written: dict[str, Any] = plain({"kind": KIND, **data})
    return written


def from_json(data: Mapping[str, Any]) -> Sensor:
    """Raises BadInputError for what `to_json` did not make."""
    kind, version = data.get("kind"), data.get("schema_version")
    if kind != KIND or version != SENSOR_SCHEMA_VERSION:
        raise BadInputError(
            f"expected a sensor of schema version {SENSOR_SCHEMA_VERSION}, got kind {kind!r}, version {version!r}: "
            "give a file that Sensor.save wrote; for one of a newer version upgrade clear_native"
        )
    try:
        given = {name: value for name, value in data.items() if name != "kind"}
        given["meter"] = meter_from(data["meter"])
        given["fields"] = tuple(PowerField(**found) for found in data.get("fields", ()))
        given["notes"] = tuple(data.get("notes", ()))
        return Sensor(**given)
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInputError(f"not a whole sensor ({error!r}): measure again, or repair it") from error


def load(path: str | Path) -> Sensor:
    """Raises BadInputError for a file that is not there, or holds no sensor."""
    try:
        data = json.loads(Path(path).read_text("utf-8"))
    except FileNotFoundError as error:
        raise BadInputError(f"no sensor at {path}: the file is not there") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path} is not a JSON file ({error}): give a file that Sensor.save wrote") from error
    if not isinstance(data, dict):
        raise BadInputError(f"{path} holds no sensor: give a file that Sensor.save wrote")
    return from_json(data)
