"""Comparisons as JSON of the shape `schema/comparison-1.schema.json`, and as a DataFrame."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clear_native.report.comparison import COMPARISON_SCHEMA_VERSION, VERDICTS, Compared, Comparison
from clear_native.report.data_frame import frame_of
from clear_native.report.json_file import plain, schema_of
from clear_native.report.reading import (
    NotAsWritten,
    content_of,
    file_named,
    object_in,
    places_named,
    record_of,
    records_by_name,
    value_of,
)

__all__ = ["KIND", "from_json", "load", "schema", "to_dataframe", "to_json"]

KIND = "comparison"


def schema() -> dict[str, Any]:
    """The JSON Schema of a comparison's file."""
    return schema_of("comparison", COMPARISON_SCHEMA_VERSION)


def to_json(comparison: Comparison) -> dict[str, Any]:
    """Plain JSON values. None and numbers that are not finite are left out."""
    data = {field.name: getattr(comparison, field.name) for field in dataclasses.fields(comparison)}
    data["components"] = [_record(row) for row in comparison.components.values()]
    data["total"] = _record(comparison.total)
    for name in ("different_environment", "different_workload"):
        data[name] = {
            key: {"before": before, "after": after} for key, (before, after) in getattr(comparison, name).items()
        }
    cleaned: dict[str, Any] = plain({"kind": KIND, "verdict": comparison.verdict, **data})
    return cleaned


def from_json(data: Mapping[str, Any]) -> Comparison:
    """Raises BadInputError for what `to_json` did not make, naming the place."""
    given = content_of(data, KIND, COMPARISON_SCHEMA_VERSION, "a comparison", "Comparison.save")
    given.pop("verdict", None)  # that of the whole
    with places_named("comparison"):
        read: dict[str, Any] = {
            name: _unlike(given.pop(name), name)
            for name in ("different_environment", "different_workload")
            if name in given
        }
        if "total" in given:
            read["total"] = record_of(Compared, _given(given.pop("total")), "total")
        if "components" in given:
            rows = given.pop("components")
            rows = [_given(row) for row in rows] if isinstance(rows, list) else rows
            read["components"] = records_by_name(Compared, rows, "components")
        found = record_of(Comparison, given, "the comparison", **read)
        for row in (found.total, *found.components.values()):
            if row.verdict not in VERDICTS:
                raise NotAsWritten(f"the verdict on '{row.name}' should be one of {', '.join(VERDICTS)}")
        return found


def load(path: str | Path) -> Comparison:
    """Raises BadInputError for a file that is not there, cannot be read, or holds no comparison."""
    data = object_in(path, "comparison", "Comparison.save")
    with file_named(path):
        return from_json(data)


def _given(row: Any) -> Any:
    """Without what follows from the rest of a row."""
    return {key: value for key, value in row.items() if key != "time_change"} if isinstance(row, Mapping) else row


def _unlike(data: Any, where: str) -> dict[str, tuple[Any, Any]]:
    read: Mapping[str, Mapping[str, Any]] = value_of(Mapping[str, Mapping[str, Any]], data, where)
    return {key: (sides.get("before"), sides.get("after")) for key, sides in read.items()}


def to_dataframe(comparison: Comparison) -> Any:
    """A row for the whole model, "model", and one per component."""
    rows = []
    for row in (comparison.total, *comparison.components.values()):
        numbers = {key: value for key, value in _record(row).items() if key not in ("name", "statuses")}
        rows.append({"component": row.name, **numbers, "status": ", ".join(row.statuses) or "ok"})
    return frame_of(rows, "component")


def _record(row: Compared) -> dict[str, Any]:
    return {
        **{field.name: getattr(row, field.name) for field in dataclasses.fields(row)},
        "time_change": row.time_change,
    }
