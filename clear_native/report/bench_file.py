"""Results of `bench` as JSON of the shape `schema/bench-1.schema.json`, and as a DataFrame."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from clear_native.errors import BadInputError
from clear_native.report.bench import BENCH_SCHEMA_VERSION, BenchResult, Call, Change
from clear_native.report.json_file import meter_from, plain, read
from clear_native.report.record import Failure
from clear_native.report.typed import record

__all__ = ["from_json", "load", "schema", "to_dataframe", "to_json"]

KIND = "bench"


def schema() -> dict[str, Any]:
    """The JSON Schema of a bench file. What it shares with reports is in theirs, `report-1.schema.json` beside it."""
    file = resources.files("clear_native.report") / "schema" / f"bench-{BENCH_SCHEMA_VERSION}.schema.json"
    loaded: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return loaded


def to_json(result: BenchResult) -> dict[str, Any]:
    """Plain JSON values. None and numbers that are not finite are left out."""
    data = {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}
    data["variants"] = list(result.variants.values())
    cleaned: dict[str, Any] = plain({"kind": KIND, **data})
    return cleaned


def from_json(data: Mapping[str, Any]) -> BenchResult:
    """Raises BadInputError for what `to_json` did not make."""
    kind, version = data.get("kind"), data.get("schema_version")
    if kind != KIND or version != BENCH_SCHEMA_VERSION:
        raise BadInputError(
            f"expected a bench result of schema version {BENCH_SCHEMA_VERSION}, got kind {kind!r}, version "
            f"{version!r}: give a file that BenchResult.save wrote; for one of a newer version upgrade clear_native"
        )
    try:
        given: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
        del given["kind"]
        calls = [record(Call, {**call, "statuses": tuple(call.get("statuses", ()))}) for call in given["variants"]]
        given["variants"] = {call.name: call for call in calls}
        given["meter"] = meter_from(given["meter"])
        unknown = {"energy": None, "energy_half_width": None, "time": None, "time_half_width": None}
        given["changes"] = tuple(record(Change, {**unknown, **change}) for change in given.get("changes", ()))
        if "failure" in given:
            given["failure"] = record(Failure, given["failure"])
        return record(BenchResult, given)
    except (LookupError, TypeError, AttributeError) as error:
        raise BadInputError(f"not a whole bench result ({error!r}): measure again, or repair it") from error


def load(path: str | Path) -> BenchResult:
    """Raises BadInputError for a file that is not there, or is no bench result."""
    data = read(path, "bench result", "BenchResult.save")
    try:
        return from_json(data)
    except BadInputError as error:
        raise BadInputError(f"{path}: {error}") from error


def to_dataframe(result: BenchResult) -> Any:
    """One row per variant; each says where its energy comes from and how it compares with the first."""
    try:
        import pandas  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ImportError as error:
        raise ImportError("to_dataframe needs pandas: pip install 'clear_native[pandas]'") from error
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
    return pandas.DataFrame(rows).set_index("variant")
