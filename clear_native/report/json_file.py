"""Reports as JSON files of the shape `schema/report-1.schema.json`. What a report does not know is absent there."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from clear_native.errors import BadInputError
from clear_native.report.closure import Closure
from clear_native.report.older_versions import brought_up_to
from clear_native.report.record import (
    SCHEMA_VERSION,
    ComponentResult,
    Failure,
    KernelComparison,
    Meter,
    ModelResult,
    Report,
    Weighing,
)
from clear_native.report.side_meters import side_meters_from

__all__ = ["as_text", "from_json", "load", "plain", "save", "schema", "to_json", "write", "write_text"]


def schema() -> dict[str, Any]:
    """The JSON Schema of a report file."""
    file = resources.files("clear_native.report") / "schema" / f"report-{SCHEMA_VERSION}.schema.json"
    loaded: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return loaded


def save(report: Report, path: str | Path) -> None:
    """Writes the report, at once or not at all."""
    write(to_json(report), path)


def write(data: Mapping[str, Any], path: str | Path) -> None:
    """Writes as JSON, at once or not at all."""
    write_text(as_text(data), path)


def as_text(data: Mapping[str, Any]) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_text(text: str, path: str | Path) -> None:
    """Writes beside the target first and then renames, so that no half-written file is ever seen."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        beside.write_text(text, "utf-8")
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)


def load(path: str | Path) -> Report:
    """Raises BadInputError for a file that is not there, is no report, or is of another schema version."""
    try:
        data = json.loads(Path(path).read_text("utf-8"))
    except FileNotFoundError as error:
        raise BadInputError(f"no report at {path}: the file is not there") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path} is not a JSON file ({error}): give a file that Report.save wrote") from error
    if not isinstance(data, dict) or "schema_version" not in data:
        raise BadInputError(f"{path} is not a report, it has no schema_version: give a file that Report.save wrote")
    try:
        return from_json(data)
    except (KeyError, TypeError) as error:
        raise BadInputError(f"{path} is not a whole report ({error!r}): profile again, or repair the file") from error


def to_json(report: Report) -> dict[str, Any]:
    """Plain JSON values. None and numbers that are not finite are left out."""
    data = {field.name: getattr(report, field.name) for field in dataclasses.fields(report)}
    data["components"] = [_record(part) for part in report.components.values()]
    data["uncertainty"] = report.uncertainty
    data["diagnoses"] = report.diagnoses
    return {key: value for key, value in ((key, plain(value)) for key, value in data.items()) if value is not None}


def from_json(data: Mapping[str, Any]) -> Report:
    """Raises BadInputError for a schema version that this one cannot read."""
    given = brought_up_to(SCHEMA_VERSION, data)
    given["meter"] = meter_from(given["meter"])
    given["sides"] = side_meters_from(given.get("sides", ()), meter_from)
    components = [ComponentResult(**_tuples(part)) for part in given["components"]]
    given["components"] = {part.name: part for part in components}
    for name in ("full_model", "preserved"):
        if name in given:
            given[name] = ModelResult(**_tuples(given[name]))
    for name in ("energy_closure", "time_closure", "perturbation", "sensors"):
        if name in given:
            given[name] = Closure(**given[name])
    if "weighing" in given:
        given["weighing"] = _weighing(given["weighing"])
    for name in ("uncertainty", "diagnoses"):  # follow from the rest
        given.pop(name, None)
    if "kernels" in given:
        given["kernels"] = KernelComparison(**_tuples(given["kernels"]))
    if "failure" in given:
        given["failure"] = Failure(**given["failure"])
    return Report(**{**_tuples(given), "windows": tuple(given.get("windows", ()))})


def meter_from(data: Mapping[str, Any]) -> Meter:
    return Meter(**_tuples(data))


def _weighing(data: Mapping[str, Any]) -> Weighing:
    closures = {
        name: Closure(**data[name]) for name in ("homogeneity", "time_homogeneity", "curvature") if name in data
    }
    return Weighing(**{**data, **closures})


def _record(part: ModelResult) -> dict[str, Any]:
    """The fields of a result and what follows from them, for readers in other languages."""
    data = {field.name: getattr(part, field.name) for field in dataclasses.fields(part)}
    return {**data, "pj_per_flop": part.pj_per_flop}


def plain(value: Any) -> Any:
    """Records, mappings and sequences as JSON has them. None and numbers that are not finite are left out."""
    if isinstance(value, ModelResult):
        return plain(_record(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return plain({field.name: getattr(value, field.name) for field in dataclasses.fields(value)})
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        items = ((str(key), plain(item)) for key, item in value.items())
        return {key: item for key, item in items if item is not None}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [plain(item) for item in value]
    return value


def _tuples(data: Mapping[str, Any]) -> dict[str, Any]:
    """Lists become tuples, as the records have them; `pj_per_flop` follows from the rest."""
    given = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
    given.pop("pj_per_flop", None)
    return given
