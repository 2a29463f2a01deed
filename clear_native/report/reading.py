"""Result files read strictly: every value is of the type that its record says, or the file is refused with the place.

So a file that was cut, edited or written by something else is told when it is opened, not somewhere in a table later.
"""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from clear_native.errors import BadInputError

__all__ = [
    "NotAsWritten",
    "content_of",
    "file_named",
    "object_in",
    "places_named",
    "record_of",
    "records_by_name",
    "required_numbers",
    "value_of",
    "windows_of",
    "workload_of",
]

_T = TypeVar("_T")
_LARGEST = 1e100  # beyond any measurement, and far enough from overflow for what is computed from it
_DEEPEST = 32  # lists and mappings in each other

# What is computed or shown from raw windows and from the workload; the rest of them is for readers of one's own.
_WINDOW: dict[str, Any] = {
    "target": str, "round": int, "position": int, "begin_s": float, "end_s": float, "lead_in_s": float,
    "ticks": tuple[tuple[float, ...], ...], "power_samples": tuple[tuple[float, ...], ...],
    "odometer": tuple[tuple[float, ...], ...], "operating_point": Mapping[str, float], "energy_per_pass_j": float,
    "time_per_pass_s": float, "passes": float, "status": str, "other_processes": int, "doses": str,
}  # fmt: skip
_WORKLOAD: dict[str, Any] = {"inputs": Mapping[str, Mapping[str, Any]], "weights_dtype": str, "device": str}
_INPUT: dict[str, Any] = {"shape": tuple[int, ...], "dtype": str}


class NotAsWritten(Exception):
    """What stands at some place of the data is not what was written there."""


def object_in(path: object, what: str, written_by: str) -> dict[str, Any]:
    """The JSON object in a file. `what` it should be, e.g. "report"; `written_by`, e.g. "Report.save".

    Raises BadInputError for no path, a file that is not there or cannot be read, and for what is no JSON object.
    """
    try:
        text = Path(path).read_text("utf-8")  # type: ignore[arg-type]
    except FileNotFoundError as error:
        raise BadInputError(f"no {what} at {path}: the file is not there") from error
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path} is not a JSON file ({error}): give a file that {written_by} wrote") from error
    except (OSError, TypeError, ValueError) as error:  # a folder, no permission; no path at all
        raise BadInputError(
            f"{path!r} cannot be read ({error}): give the path of a file that {written_by} wrote"
        ) from error
    try:
        data = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"{path} is not a JSON file ({error}): give a file that {written_by} wrote") from error
    if not isinstance(data, dict):
        raise BadInputError(
            f"{path} holds a {type(data).__name__}, it is not a {what} and has no schema_version: give a file that "
            f"{written_by} wrote"
        )
    return data


@contextmanager
def file_named(path: object) -> Iterator[None]:
    """A BadInputError about what a file holds also says which file."""
    try:
        yield
    except BadInputError as error:
        raise BadInputError(f"{path}: {error}") from error


@contextmanager
def places_named(what: str) -> Iterator[None]:
    """What is not as it was written comes out as BadInputError."""
    try:
        yield
    except NotAsWritten as error:
        raise BadInputError(f"not a whole {what} ({error}): measure again, or repair it") from error


def content_of(data: Any, kind: str, version: int, what: str, written_by: str) -> dict[str, Any]:
    """The fields of a result beside its kind, which must be this one and of this schema version. `what` it should be,
    e.g. "a sensor"; `written_by`, e.g. "Sensor.save". Raises BadInputError."""
    given = dict(data) if isinstance(data, Mapping) else {}
    found, of_version = given.pop("kind", None), given.get("schema_version")
    if found != kind or of_version != version or isinstance(of_version, bool):
        raise BadInputError(
            f"expected {what} of schema version {version}, got kind {found!r}, version {of_version!r}: give a file "
            f"that {written_by} wrote; for one of a newer version upgrade clear_native"
        )
    return given


def record_of(kind: type[_T], data: Any, where: str, **read: Any) -> _T:
    """A record (dataclass) from a mapping. `read`: fields that were read already. Raises NotAsWritten."""
    if not isinstance(data, Mapping):
        raise NotAsWritten(f"{where} should be a mapping, got {_shown(data)}")
    hints, required = _fields(typing.cast(Any, kind))
    unknown = sorted(str(key) for key in data if key not in hints)
    if unknown:
        raise NotAsWritten(f"{where} has the unknown field '{unknown[0]}'")
    given = dict(read)
    for name, hint in hints.items():
        if name in given:
            continue
        if name in data:
            given[name] = value_of(hint, data[name], f"{where}.{name}")
        elif name in required and type(None) in typing.get_args(hint):
            given[name] = None
        elif name in required:
            raise NotAsWritten(f"{where} lacks '{name}'")
    return kind(**given)


def records_by_name(kind: type[_T], data: Any, where: str) -> dict[str, _T]:
    """Records with a field `name` from a list of mappings. Raises NotAsWritten, for a name that comes twice too."""
    found: dict[str, _T] = {}
    for number, item in enumerate(_items(data, where)):
        record: Any = record_of(kind, item, f"{where}[{number}]")
        if record.name in found:
            raise NotAsWritten(f"{where} has '{record.name}' twice")
        found[record.name] = record
    return found


def windows_of(data: Any) -> tuple[dict[str, Any], ...]:
    """Raw windows. Raises NotAsWritten."""
    return tuple(
        _mapping_of(_WINDOW, item, f"windows[{number}]") for number, item in enumerate(_items(data, "windows"))
    )


def workload_of(data: Any) -> dict[str, Any]:
    """What was run. Raises NotAsWritten."""
    found = _mapping_of(_WORKLOAD, data, "workload")
    for name, given in found.get("inputs", {}).items():
        _mapping_of(_INPUT, given, f"workload.inputs['{name}']", required=True)
    return found


def value_of(hint: Any, data: Any, where: str) -> Any:
    """`data` as the type hint says, lists as tuples. Raises NotAsWritten."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return _json_of(data, where)
    if origin in (types.UnionType, typing.Union):
        options = [option for option in arguments if option is not type(None)]
        return None if data is None and len(options) < len(arguments) else value_of(options[0], data, where)
    if dataclasses.is_dataclass(hint):
        return record_of(typing.cast(type, hint), data, where)
    if origin is tuple or (isinstance(origin, type) and issubclass(origin, Sequence)):
        return tuple(value_of(arguments[0], item, f"{where}[{n}]") for n, item in enumerate(_items(data, where)))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(data, Mapping):
            raise NotAsWritten(f"{where} should be a mapping, got {_shown(data)}")
        known = {key: item for key, item in data.items() if item is not None or arguments[1] is not Any}
        return {str(key): value_of(arguments[1], item, f"{where}['{key}']") for key, item in known.items()}
    return _single(hint, data, where)


def _single(hint: Any, data: Any, where: str) -> Any:
    if hint in (int, float):
        is_number = isinstance(data, int) or (hint is float and isinstance(data, float))
        if is_number and not isinstance(data, bool) and abs(data) <= _LARGEST:  # false for NaN
            return data
        raise NotAsWritten(f"{where} should be a {'whole ' if hint is int else ''}number, got {_shown(data)}")
    if not isinstance(data, hint):
        kind = {str: "a string", bool: "true or false"}.get(hint, str(hint))
        raise NotAsWritten(f"{where} should be {kind}, got {_shown(data)}")
    return data


def _json_of(data: Any, where: str, depth: int = 0) -> Any:
    """Any JSON value that can be written again."""
    if depth > _DEEPEST:
        raise NotAsWritten(f"{where} is nested more than {_DEEPEST} deep")
    if isinstance(data, Mapping):
        known = {key: item for key, item in data.items() if item is not None}  # as it would be written
        return {str(key): _json_of(item, f"{where}['{key}']", depth + 1) for key, item in known.items()}
    if isinstance(data, (list, tuple)):
        return [_json_of(item, f"{where}[{number}]", depth + 1) for number, item in enumerate(data)]
    if isinstance(data, float) and not math.isfinite(data):
        raise NotAsWritten(f"{where} should be a finite number, got {data}")
    if data is None or isinstance(data, (str, bool, int, float)):
        return data
    raise NotAsWritten(f"{where} should be a JSON value, got {_shown(data)}")


def _mapping_of(hints: Mapping[str, Any], data: Any, where: str, required: bool = False) -> dict[str, Any]:
    """A raw mapping whose fields of these names are as the hints say."""
    if not isinstance(data, Mapping):
        raise NotAsWritten(f"{where} should be a mapping, got {_shown(data)}")
    for name, hint in hints.items():
        if name in data:
            value_of(hint, data[name], f"{where}.{name}")
        elif required:
            raise NotAsWritten(f"{where} lacks '{name}'")
    found: dict[str, Any] = _json_of({name: item for name, item in data.items() if name not in hints}, where)
    return {str(name): data[name] if name in hints else found[str(name)] for name in data if data[name] is not None}


def _items(data: Any, where: str) -> Sequence[Any]:
    if not isinstance(data, (list, tuple)):
        raise NotAsWritten(f"{where} should be a list, got {_shown(data)}")
    return data


@lru_cache(maxsize=64)
def _fields(kind: Any) -> tuple[dict[str, Any], frozenset[str]]:
    """(hints by field, those without a default)."""
    hints = typing.get_type_hints(kind)
    fields = dataclasses.fields(kind)
    return {field.name: hints[field.name] for field in fields}, frozenset(
        field.name for field in fields if _is_required(field)
    )


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


@lru_cache(maxsize=64)
def required_numbers(kind: Any) -> frozenset[str]:
    """Fields of a record that are numbers and cannot be left out."""
    fields: tuple[dataclasses.Field[Any], ...] = dataclasses.fields(kind)
    return frozenset(field.name for field in fields if _is_required(field) and field.type in ("int", "float"))


def _shown(data: Any) -> str:
    text = repr(data)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is no JSON number")
