"""Results of the published protocol as JSON files of the shape `schema/protocol-1.schema.json`, and as a DataFrame."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from clear_native.errors import BadInputError
from clear_native.report.json_file import meter_from, plain, read
from clear_native.report.protocol import (
    PROTOCOL_SCHEMA_VERSION,
    ProtocolComponent,
    ProtocolLoop,
    ProtocolResult,
)
from clear_native.report.record import Failure
from clear_native.report.typed import record

__all__ = ["from_json", "load", "schema", "to_dataframe", "to_json"]

KIND = "clear_protocol"
_FOLLOWS = ("energy_j", "standard_deviation_j", "cv", "time_s", "power_w", "trials", "calls")


def schema() -> dict[str, Any]:
    """The JSON Schema of such a file."""
    file = resources.files("clear_native.report") / "schema" / f"protocol-{PROTOCOL_SCHEMA_VERSION}.schema.json"
    loaded: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return loaded


def to_json(result: ProtocolResult) -> dict[str, Any]:
    """Plain JSON values: the record, and what follows from it for readers in other languages. None is left out."""
    data: dict[str, Any] = {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}
    data["components"] = [_component(part) for part in result.components.values()]
    data["full_model"] = _component(result.full_model)
    follows = {"capture": result.capture, "time_capture": result.time_capture, "diagnoses": result.diagnoses}
    written: dict[str, Any] = plain({"kind": KIND, **data, **follows})
    return written


def from_json(data: Mapping[str, Any]) -> ProtocolResult:
    """Reads what `to_json` made; what follows from the trials is computed again."""
    version = data.get("schema_version")
    if data.get("kind") != KIND or version != PROTOCOL_SCHEMA_VERSION:
        newer = isinstance(version, int) and version > PROTOCOL_SCHEMA_VERSION
        raise BadInputError(
            f"expected a result of clear_protocol of schema version {PROTOCOL_SCHEMA_VERSION}, got kind "
            f"{data.get('kind')!r}, version {version!r}: "
            + ("upgrade clear_native" if newer else "give what ProtocolResult.save wrote")
        )
    try:
        given = {field.name: data[field.name] for field in dataclasses.fields(ProtocolResult) if field.name in data}
        components = [_read_component(part) for part in data["components"]]
        given |= {
            "meter": meter_from(data["meter"]),
            "components": {part.name: part for part in components},
            "full_model": _read_component(data["full_model"]),
            **{name: tuple(data.get(name, ())) for name in ("uncovered", "statuses", "warnings")},
        }
        if "failure" in data:
            given["failure"] = record(Failure, data["failure"], "failure")
        return record(ProtocolResult, given)
    except (LookupError, TypeError, AttributeError) as error:
        raise BadInputError(f"not a whole result of clear_protocol ({error!r}): measure again, or repair it") from error


def load(path: str | Path) -> ProtocolResult:
    """Raises BadInputError for a file that is not there or holds no result of the protocol."""
    data = read(path, "result", "ProtocolResult.save")
    try:
        return from_json(data)
    except BadInputError as error:
        raise BadInputError(f"{path}: {error}") from error


def to_dataframe(result: ProtocolResult) -> Any:
    """One row per component, and one of the model. Every row says where its energy comes from."""
    try:
        import pandas  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ImportError as error:
        raise ImportError("to_dataframe needs pandas: pip install 'clear_native[pandas]'") from error
    rows = [
        {
            "component": part.name,
            **{name: getattr(part, name) for name in _FOLLOWS},
            "share": _share(part, result),
            "status": part.status,
            "model": result.model,
            "estimated": result.meter.estimated,
            "synthetic_weights": result.synthetic_weights,
        }
        for part in (*result.components.values(), result.full_model)
    ]
    return pandas.DataFrame(rows).set_index("component")


def _share(part: ProtocolComponent, result: ProtocolResult) -> float | None:
    whole_j = result.full_model.energy_j
    return part.energy_j / whole_j if part.energy_j is not None and whole_j else None


def _component(part: ProtocolComponent) -> dict[str, Any]:
    return {
        "name": part.name,
        "loops": part.loops,
        "statuses": part.statuses,
        **{name: getattr(part, name) for name in _FOLLOWS},
    }


def _read_component(data: Mapping[str, Any]) -> ProtocolComponent:
    trials = ("energies_j", "times_s")
    loops = [
        record(ProtocolLoop, {**loop, **{name: tuple(loop[name]) for name in trials}}, "loops")
        for loop in data["loops"]
    ]
    if any(len(loop.energies_j) != len(loop.times_s) for loop in loops):
        raise TypeError(f"{data['name']} has more energies than times, or fewer")
    given = {"name": data["name"], "loops": tuple(loops), "statuses": tuple(data["statuses"])}
    return record(ProtocolComponent, given, "components")
