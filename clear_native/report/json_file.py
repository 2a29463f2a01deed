"""Reports as JSON files of the shape `schema/report-1.schema.json`. What a report does not know is absent there."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from clear_native.errors import BadInputError
from clear_native.report.older_versions import brought_up_to
from clear_native.report.reading import (
    NotAsWritten,
    file_named,
    object_in,
    places_named,
    record_of,
    records_by_name,
    required_numbers,
    value_of,
    windows_of,
    workload_of,
)
from clear_native.report.record import SCHEMA_VERSION, ComponentResult, Meter, ModelResult, Report
from clear_native.report.side_meters import SideMeter, SideResult
from clear_native.report.tree import Group, groups
from clear_native.report.writing import write_text

__all__ = ["as_text", "from_json", "load", "plain", "save", "schema", "schema_of", "to_json", "write"]

_P = TypeVar("_P", bound=ModelResult)


def schema() -> dict[str, Any]:
    """The JSON Schema of a report file."""
    return schema_of("report", SCHEMA_VERSION)


def schema_of(kind: str, version: int) -> dict[str, Any]:
    """The JSON Schema of a kind of result files."""
    file = resources.files("clear_native.report") / "schema" / f"{kind}-{version}.schema.json"
    loaded: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return loaded


def save(report: Report, path: str | Path) -> None:
    """Writes the report, at once or not at all."""
    write(to_json(report), path)


def write(data: Mapping[str, Any], path: str | Path) -> None:
    """Writes as JSON, at once or not at all.

    Raises BadInputError for a path that cannot be one of a file, and for data that JSON does not have; OSError where
    the system cannot write it (a full disk); a file that was there stays.
    """
    write_text(as_text(data), path)


def as_text(data: Mapping[str, Any]) -> str:
    """Raises BadInputError for data that JSON does not have."""
    try:
        text = json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False)
        text.encode("utf-8")
    except UnicodeEncodeError:  # half a surrogate pair, as a name of undecodable bytes has it
        text = json.dumps(data, indent=1, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadInputError(f"this result cannot be written as JSON ({error}): keep to plain values in it") from error
    return text + "\n"


def load(path: str | Path) -> Report:
    """Raises BadInputError for a file that is not there, cannot be read, is no report, or is of another version."""
    data = object_in(path, "report", "Report.save")
    if "kind" in data:
        raise BadInputError(f"{path} holds a result of kind {data['kind']!r}, not a report of profile: load it as such")
    if "schema_version" not in data:
        raise BadInputError(f"{path} is not a report, it has no schema_version: give a file that Report.save wrote")
    with file_named(path):
        return from_json(data)


def to_json(report: Report) -> dict[str, Any]:
    """Plain JSON values. None and numbers that are not finite are left out."""
    data = {field.name: getattr(report, field.name) for field in dataclasses.fields(report)}
    data["components"] = [_record(part) for part in report.components.values()]
    data["uncertainty"] = report.uncertainty
    data["diagnoses"] = report.diagnoses
    data["groups"] = [_without_children(group) for group in groups(report.components)] or None
    data["roofline"] = report.roofline or None
    return {key: value for key, value in ((key, plain(value)) for key, value in data.items()) if value is not None}


def from_json(data: Mapping[str, Any]) -> Report:
    """Raises BadInputError for what `to_json` did not make, naming the place."""
    with places_named("report"):
        if not isinstance(data, Mapping):
            raise NotAsWritten(f"it should be a mapping, got a {type(data).__name__}")
        current = brought_up_to(SCHEMA_VERSION, data)
        given = {key: value for key, value in current.items() if key not in _FOLLOWING}
        read = {name: of(given.pop(name)) for name, of in _READ.items() if name in given}
        return record_of(Report, given, "the report", **read)


_FOLLOWING = ("uncertainty", "diagnoses", "groups", "roofline")  # from the rest


def _part_of(kind: type[_P], data: Any, where: str) -> _P:
    return record_of(kind, _given(data), where)


def _given(data: Any) -> Any:
    """Without what follows from the rest of a component."""
    ratios = ("pj_per_flop", "pj_per_byte")
    return {key: value for key, value in data.items() if key not in ratios} if isinstance(data, Mapping) else data


def _components_of(data: Any) -> dict[str, ComponentResult]:
    parts = [_given(part) for part in data] if isinstance(data, list) else data
    return records_by_name(ComponentResult, parts, "components")


def _sides_of(data: Any) -> tuple[SideMeter, ...]:
    found = []
    for number, side in enumerate(value_of(tuple[Mapping[str, Any], ...], data, "sides")):
        where = f"sides[{number}]"
        if set(side) - {"meter", "results"} or "meter" not in side:
            raise NotAsWritten(f"{where} should have a meter and results, got {', '.join(side) or 'nothing'}")
        results = value_of(Mapping[str, SideResult], side.get("results", {}), f"{where}.results")
        found.append(SideMeter(record_of(Meter, side["meter"], f"{where}.meter"), results))
    return tuple(found)


_READ: dict[str, Callable[[Any], Any]] = {
    "components": _components_of,
    "full_model": lambda data: _part_of(ModelResult, data, "full_model"),
    "preserved": lambda data: _part_of(ModelResult, data, "preserved"),
    "sides": _sides_of,
    "windows": windows_of,
    "workload": workload_of,
}


def _record(part: ModelResult) -> dict[str, Any]:
    """The fields of a result and what follows from them, for readers in other languages."""
    data = {field.name: getattr(part, field.name) for field in dataclasses.fields(part)}
    return {**data, "pj_per_flop": part.pj_per_flop, "pj_per_byte": part.pj_per_byte}


def _without_children(group: Group) -> dict[str, Any]:
    """Names tell the tree."""
    data = {field.name: getattr(group, field.name) for field in dataclasses.fields(group)}
    return {**{name: value for name, value in data.items() if name != "children"}, "pj_per_flop": group.pj_per_flop}


def plain(value: Any) -> Any:
    """Records, mappings and sequences as JSON has them. None and numbers that are not finite are left out.

    Raises BadInputError where such a number cannot be left out: in a list, or in a field that its record needs.
    """
    if isinstance(value, ModelResult):
        return plain(_record(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        found: dict[str, Any] = plain({field.name: getattr(value, field.name) for field in dataclasses.fields(value)})
        for name in required_numbers(type(value)) - found.keys():
            raise _not_finite(f"{type(value).__name__}.{name}")
        return found
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        items = ((str(key), plain(item)) for key, item in value.items())
        return {key: item for key, item in items if item is not None}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        if any(isinstance(item, float) and not math.isfinite(item) for item in value):
            raise _not_finite("a list")
        return [plain(item) for item in value]
    return value


def _not_finite(where: str) -> BadInputError:
    return BadInputError(
        f"the result cannot be written: {where} holds a number that is not finite, and cannot do without"
    )
