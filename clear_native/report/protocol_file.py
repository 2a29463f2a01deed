"""Results of the published protocol as JSON files of the shape `schema/protocol-1.schema.json`, and as a DataFrame."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clear_native.errors import BadInputError
from clear_native.report.data_frame import frame_of
from clear_native.report.json_file import plain, schema_of
from clear_native.report.protocol import (
    PROTOCOL_SCHEMA_VERSION,
    ProtocolComponent,
    ProtocolResult,
)
from clear_native.report.reading import (
    NotAsWritten,
    file_named,
    object_in,
    places_named,
    record_of,
    records_by_name,
    value_of,
    workload_of,
)

__all__ = ["from_json", "load", "schema", "to_dataframe", "to_json"]

KIND = "clear_protocol"
_FOLLOWS = ("energy_j", "standard_deviation_j", "cv", "time_s", "power_w", "trials", "calls")
_RESULT_FOLLOWS = ("capture", "time_capture", "diagnoses")


def schema() -> dict[str, Any]:
    """The JSON Schema of such a file."""
    return schema_of("protocol", PROTOCOL_SCHEMA_VERSION)


def to_json(result: ProtocolResult) -> dict[str, Any]:
    """Plain JSON values: the record, and what follows from it for readers in other languages. None is left out."""
    data: dict[str, Any] = {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}
    data["components"] = [_component(part) for part in result.components.values()]
    data["full_model"] = _component(result.full_model)
    follows = {"capture": result.capture, "time_capture": result.time_capture, "diagnoses": result.diagnoses}
    written: dict[str, Any] = plain({"kind": KIND, **data, **follows})
    return written


def from_json(data: Mapping[str, Any]) -> ProtocolResult:
    """Reads what `to_json` made; what follows from the trials is computed again.

    Raises BadInputError for anything else, naming the place.
    """
    given = dict(data) if isinstance(data, Mapping) else {}
    kind, version = given.pop("kind", None), given.get("schema_version")
    if kind != KIND or version != PROTOCOL_SCHEMA_VERSION or isinstance(version, bool):
        newer = isinstance(version, int) and version > PROTOCOL_SCHEMA_VERSION
        raise BadInputError(
            f"expected a result of clear_protocol of schema version {PROTOCOL_SCHEMA_VERSION}, got kind "
            f"{kind!r}, version {version!r}: "
            + ("upgrade clear_native" if newer else "give what ProtocolResult.save wrote")
        )
    with places_named("result of clear_protocol"):
        parts = value_of(tuple[Mapping[str, Any], ...], given.pop("components", None), "components")
        components = records_by_name(ProtocolComponent, [_read(part) for part in parts], "components")
        full_model = record_of(ProtocolComponent, _read(given.pop("full_model", None)), "full_model")
        for part in (*components.values(), full_model):
            _check_loops(part)
        read = {"components": components, "full_model": full_model}
        if "workload" in given:
            read["workload"] = workload_of(given.pop("workload"))
        given = {key: value for key, value in given.items() if key not in _RESULT_FOLLOWS}
        return record_of(ProtocolResult, given, "the result", **read)


def load(path: str | Path) -> ProtocolResult:
    """Raises BadInputError for a file that is not there, cannot be read, or holds no result of the protocol."""
    data = object_in(path, "result of clear_protocol", "ProtocolResult.save")
    with file_named(path):
        return from_json(data)


def to_dataframe(result: ProtocolResult) -> Any:
    """One row per component, and one of the model. Every row says where its energy comes from."""
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
    return frame_of(rows, "component")


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


def _read(data: Any) -> Any:
    """A component without what follows from its trials."""
    return {key: value for key, value in data.items() if key not in _FOLLOWS} if isinstance(data, Mapping) else data


def _check_loops(part: ProtocolComponent) -> None:
    for loop in part.loops:
        if loop.repetitions < 1 or loop.calls < 0 or len(loop.energies_j) != len(loop.times_s):
            raise NotAsWritten(
                f"a loop of '{part.name}' has {loop.repetitions} repetitions, {loop.calls} calls, "
                f"{len(loop.energies_j)} energies and {len(loop.times_s)} times"
            )
