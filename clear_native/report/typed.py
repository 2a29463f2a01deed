"""Records out of plain JSON data, each value checked against the record's own annotations.

A file that somebody cut, edited or made with another program must be refused where it is wrong, not print as a number.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

__all__ = ["record"]

_Record = TypeVar("_Record")


def record(cls: type[_Record], data: Mapping[str, Any], where: str = "") -> _Record:
    """`cls(**data)`, for values that are of the kinds that the fields of `cls` say. Lists have become tuples before.

    Raises TypeError that names the field, what it holds and what belongs there; and for fields that are missing or
    unknown.
    """
    if not isinstance(data, Mapping):
        raise TypeError(f"{where or cls.__name__} is {_short(data)}, expected fields of a {cls.__name__}")
    kinds = _kinds(cls)  # type: ignore[arg-type]
    for name, value in data.items():
        path = f"{where}.{name}" if where else str(name)
        if name not in kinds:
            raise TypeError(f"{path} is no field of a {cls.__name__}")
        if not _fits(value, kinds[name]):
            raise TypeError(f"{path} is {_short(value)}, expected {_named(kinds[name])}")
    missing = [f.name for f in dataclasses.fields(cls) if _required(f) and f.name not in data]  # type: ignore[arg-type]
    if missing:
        raise TypeError(f"{where or 'the file'} lacks {', '.join(missing)}")
    return cls(**data)


@functools.cache
def _kinds(cls: type) -> dict[str, Any]:
    return {name: kind for name, kind in typing.get_type_hints(cls).items() if name in cls.__dataclass_fields__}  # type: ignore[attr-defined]


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _fits(value: object, kind: Any) -> bool:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return True
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, one) for one in inner)
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if origin is tuple or (isinstance(origin, type) and issubclass(origin, Sequence)):
        return isinstance(value, tuple) and all(_fits(item, inner[0]) for item in value)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return isinstance(value, Mapping) and all(_fits(item, inner[1]) for item in value.values())
    return isinstance(value, kind)


def _named(kind: Any) -> str:
    """The kind as one reads it in the source: "float | None"."""
    return (
        str(kind).replace("typing.", "").replace("collections.abc.", "")
        if not isinstance(kind, type)
        else kind.__name__
    )


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."
