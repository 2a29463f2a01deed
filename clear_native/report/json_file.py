"""Reports as JSON files of the shape `schema/report-1.schema.json`. What a report does not know is absent there."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import threading
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from clear_native.errors import BadInputError
from clear_native.report.closure import Closure
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
from clear_native.report.typed import record

__all__ = ["from_json", "load", "plain", "read", "save", "schema", "to_json", "write"]


def schema() -> dict[str, Any]:
    """The JSON Schema of a report file."""
    file = resources.files("clear_native.report") / "schema" / f"report-{SCHEMA_VERSION}.schema.json"
    loaded: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return loaded


def save(report: Report, path: str | Path) -> None:
    """Writes the report, at once or not at all."""
    write(to_json(report), path)


def write(data: Mapping[str, Any], path: str | Path) -> None:
    """Writes beside the target first and then renames, so that no half-written file is ever seen.

    Raises OSError where it cannot be written (a full disk, a folder without permission); a file that was there stays.
    """
    target = Path(path)
    text = json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        with beside.open("w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())  # some file systems tell that the disk is full only here
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)


def read(path: str | Path, what: str, maker: str) -> dict[str, Any]:
    """The object in a JSON file. Raises BadInputError, with the file's name, for everything else.

    `what` should be in it, for instance "report"; `maker` writes such files.
    """
    instead = f"give a file that {maker} wrote"
    try:
        data = json.loads(Path(path).read_text("utf-8"), parse_constant=_refused)
    except FileNotFoundError as error:
        raise BadInputError(f"no {what} at {path}: the file is not there") from error
    except OSError as error:
        raise BadInputError(f"{path} cannot be read ({error.strerror or error}): {instead}") from error
    except (ValueError, RecursionError) as error:  # also of text that is not UTF-8, and numbers of very many digits
        raise BadInputError(f"{path} is not a JSON file ({error}): {instead}") from error
    if not isinstance(data, dict):
        raise BadInputError(f"{path} is not a {what}, it holds a {type(data).__name__}, no schema_version: {instead}")
    return data


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def load(path: str | Path) -> Report:
    """Raises BadInputError for a file that is not there, is no report, or is of another schema version."""
    data = read(path, "report", "Report.save")
    if "schema_version" not in data:
        raise BadInputError(f"{path} is not a report, it has no schema_version: give a file that Report.save wrote")
    try:
        return from_json(data)
    except BadInputError as error:
        raise BadInputError(f"{path}: {error}") from error
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise BadInputError(f"{path} is not a whole report ({error!r}): profile again, or repair the file") from error


def to_json(report: Report) -> dict[str, Any]:
    """Plain JSON values. None and numbers that are not finite are left out."""
    data = {field.name: getattr(report, field.name) for field in dataclasses.fields(report)}
    data["components"] = [_record(part) for part in report.components.values()]
    data["uncertainty"] = report.uncertainty
    data["diagnoses"] = report.diagnoses
    return {key: value for key, value in ((key, plain(value)) for key, value in data.items()) if value is not None}


def from_json(data: Mapping[str, Any]) -> Report:
    version = data["schema_version"]
    if version != SCHEMA_VERSION:
        raise BadInputError(
            f"the report has schema version {version}, this clear_native reads version {SCHEMA_VERSION}: "
            + ("upgrade clear_native" if isinstance(version, int) and version > SCHEMA_VERSION else "profile again")
        )
    given = dict(data)
    given["meter"] = meter_from(given["meter"])
    given["sides"] = side_meters_from(given.get("sides", ()), meter_from)
    components = [
        record(ComponentResult, _tuples(part), f"components[{number}]")
        for number, part in enumerate(given["components"])
    ]
    given["components"] = {part.name: part for part in components}
    for name in ("full_model", "preserved"):
        if name in given:
            given[name] = record(ModelResult, _tuples(given[name]), name)
    for name in ("energy_closure", "time_closure", "perturbation", "sensors"):
        if name in given:
            given[name] = record(Closure, given[name], name)
    if "weighing" in given:
        given["weighing"] = _weighing(given["weighing"])
    for name in ("uncertainty", "diagnoses"):  # follow from the rest
        given.pop(name, None)
    if "kernels" in given:
        given["kernels"] = record(KernelComparison, _tuples(given["kernels"]), "kernels")
    if "failure" in given:
        given["failure"] = record(Failure, given["failure"], "failure")
    return record(Report, {**_tuples(given), "windows": tuple(given.get("windows", ()))})


def meter_from(data: Mapping[str, Any]) -> Meter:
    return record(Meter, _tuples(data), "meter")


def _weighing(data: Mapping[str, Any]) -> Weighing:
    closures = {
        name: record(Closure, data[name], f"weighing.{name}")
        for name in ("homogeneity", "time_homogeneity", "curvature")
        if name in data
    }
    return record(Weighing, {**data, **closures}, "weighing")


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
