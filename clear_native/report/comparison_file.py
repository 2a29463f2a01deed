"""Comparisons as JSON of the shape `schema/comparison-1.schema.json`, and as a DataFrame."""

from __future__ import annotations

import dataclasses
from typing import Any

from clear_native.report.comparison import COMPARISON_SCHEMA_VERSION, Compared, Comparison
from clear_native.report.data_frame import frame_of
from clear_native.report.json_file import plain, schema_of

__all__ = ["schema", "to_dataframe", "to_json"]

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
