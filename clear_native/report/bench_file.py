"""Results of `bench` as JSON of the shape `schema/bench-1.schema.json`, and as a DataFrame."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clear_native.report.bench import BENCH_SCHEMA_VERSION, BenchResult, Call
from clear_native.report.data_frame import frame_of
from clear_native.report.json_file import plain, schema_of
from clear_native.report.reading import (
    content_of,
    file_named,
    object_in,
    places_named,
    record_of,
    records_by_name,
    windows_of,
)

__all__ = ["from_json", "load", "schema", "to_dataframe", "to_json"]

KIND = "bench"


def schema() -> dict[str, Any]:
    """The JSON Schema of a bench file. What it shares with reports is in theirs, `report-1.schema.json` beside it."""
    return schema_of("bench", BENCH_SCHEMA_VERSION)


def to_json(result: BenchResult) -> dict[str, Any]:
    """Plain JSON values. None and numbers that are not finite are left out."""
    data = {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}
    data["variants"] = list(result.variants.values())
    cleaned: dict[str, Any] = plain({"kind": KIND, **data})
    return cleaned


def from_json(data: Mapping[str, Any]) -> BenchResult:
    """Raises BadInputError for what `to_json` did not make, naming the place."""
    given = content_of(data, KIND, BENCH_SCHEMA_VERSION, "a bench result", "BenchResult.save")
    with places_named("bench result"):
        variants = records_by_name(Call, given.pop("variants", None), "variants")
        windows = windows_of(given.pop("windows", ()))
        return record_of(BenchResult, given, "the bench result", variants=variants, windows=windows)


def load(path: str | Path) -> BenchResult:
    """Raises BadInputError for a file that is not there, cannot be read, or is no bench result."""
    data = object_in(path, "bench result", "BenchResult.save")
    with file_named(path):
        return from_json(data)


def to_dataframe(result: BenchResult) -> Any:
    """One row per variant; each says where its energy comes from and how it compares with the first."""
    changes = {change.variant: change for change in result.changes}
    left_out = {"name", "replay", "with_flush", "statuses"}
    rows = []
    for name, call in result.variants.items():
        fields = {key: value for key, value in vars(call).items() if key not in left_out}
        change = changes.get(name)
        compared = {
            "energy_change": change.energy if change else None,
            "energy_verdict": change.energy_verdict if change else None,
            "time_change": change.time if change else None,
            "time_verdict": change.time_verdict if change else None,
        }
        rows.append(
            {"variant": name, **fields, **compared, "cache": result.cache, "estimated": result.meter.estimated,
             "status": call.status}
        )  # fmt: skip
    return frame_of(rows, "variant")
