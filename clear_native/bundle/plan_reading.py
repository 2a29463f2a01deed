"""A plan checked before anything is made of it: types, operators, and that every value is defined once, before use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch

from clear_native.bundle.plan import PLAN_VERSION
from clear_native.bundle.tensor_files import LARGEST_SPREAD, span
from clear_native.report.reading import NotAsWritten

__all__ = ["as_strided", "checked_plan"]

_OPERATOR = re.compile(r"aten::[A-Za-z0-9_]+", re.ASCII)
_OVERLOAD = re.compile(r"[A-Za-z0-9_]*", re.ASCII)
_DEVICE = re.compile(r"cpu|cuda:[0-9]{1,3}", re.ASCII)
_NOT_FINITE = ("inf", "-inf", "nan")
_DEEPEST = 8
_LARGEST_INT = 2**63
_PARTS = {"values", "plan_version", "inputs", "constants", "nodes", "outputs"}


def checked_plan(plan: Mapping[str, Any], calls: int) -> None:
    """`calls`: of the manifest. Raises NotAsWritten, with the place."""
    if set(plan) != _PARTS:
        raise NotAsWritten(
            f"the plan should have {', '.join(sorted(_PARTS))}, got {', '.join(sorted(plan)) or 'nothing'}"
        )
    if plan["plan_version"] != PLAN_VERSION or isinstance(plan["plan_version"], bool):
        raise NotAsWritten(f"the plan is of version {plan['plan_version']!r}, not {PLAN_VERSION}")
    values = _Values(_whole(plan["values"], "values"))
    for part in ("inputs", "constants"):
        for where, item in _each(plan[part], part):
            _keys(item, {"value", "tensor"}, {"strides", "requires_grad"}, where)
            if not isinstance(item.get("requires_grad", False), bool):
                raise NotAsWritten(f"{where}.requires_grad should be true or false")
            _text(item["tensor"], f"{where}.tensor")
            values.define(item["value"], f"{where}.value")
    for where, node in _each(plan["nodes"], "nodes"):
        _node(node, values, calls, where)
    for where, item in _each(plan["outputs"], "outputs"):
        _keys(item, {"value", "tensor"}, set(), where)
        _text(item["tensor"], f"{where}.tensor")
        values.use(item["value"], f"{where}.value")
    values.check_all_defined()


def as_strided(tensor: torch.Tensor, strides: list[int], name: str) -> torch.Tensor:
    """The same elements in memory with these strides. Raises NotAsWritten for strides that do not fit."""
    shape = list(tensor.shape)
    if len(strides) != len(shape) or any(not 0 <= stride < _LARGEST_INT for stride in strides):
        raise NotAsWritten(f"'{name}' has the shape {shape}, which the strides {strides} do not fit")
    if span(shape, strides) > LARGEST_SPREAD * max(1, tensor.numel()):
        raise NotAsWritten(f"the strides {strides} of '{name}' reach over far more than its {tensor.numel()} elements")
    made = torch.empty_strided(shape, strides, dtype=tensor.dtype)
    into, once = made, tensor
    for dimension, stride in enumerate(strides):
        if stride == 0 and shape[dimension] > 1:  # expanded: all places along it are one
            into, once = into.narrow(dimension, 0, 1), once.narrow(dimension, 0, 1)
    into.copy_(once)
    return made


class _Values:
    def __init__(self, count: int) -> None:
        self._count = count
        self._defined: set[int] = set()

    def define(self, value: Any, where: str) -> None:
        if _whole(value, where) >= self._count:
            raise NotAsWritten(f"{where} is {value}, but the plan has {self._count} values")
        if value in self._defined:
            raise NotAsWritten(f"{where}: value {value} is defined twice")
        self._defined.add(value)

    def use(self, value: Any, where: str) -> None:
        if _whole(value, where) not in self._defined:
            raise NotAsWritten(f"{where}: value {value} is used before it is defined")

    def check_all_defined(self) -> None:
        if len(self._defined) != self._count:
            raise NotAsWritten(f"the plan says {self._count} values and defines {len(self._defined)}")


def _node(node: Any, values: _Values, calls: int, where: str) -> None:
    _keys(node, {"op", "overload", "args", "outputs", "call"}, set(), where)
    if not _OPERATOR.fullmatch(_text(node["op"], f"{where}.op")):
        raise NotAsWritten(f"{where}.op is {node['op'][:60]!r}, not an operator of aten::")
    if not _OVERLOAD.fullmatch(_text(node["overload"], f"{where}.overload")):
        raise NotAsWritten(f"{where}.overload is {node['overload'][:60]!r}, not the name of an overload")
    if _whole(node["call"], f"{where}.call") >= calls:
        raise NotAsWritten(f"{where}.call is {node['call']} of {calls} calls")
    for place, argument in _each(node["args"], f"{where}.args"):
        _argument(argument, values, place, 0)
    for place, output in _each(node["outputs"], f"{where}.outputs"):
        if isinstance(output, dict):
            _keys(output, {"list"}, set(), place)
            for inner, value in _each(output["list"], place):
                if value is not None:
                    values.define(value, inner)
        elif output is not None:
            values.define(output, place)


def _argument(given: Any, values: _Values, where: str, depth: int) -> None:
    if given is None or isinstance(given, bool):
        return
    if isinstance(given, int):
        if not -_LARGEST_INT <= given < _LARGEST_INT:
            raise NotAsWritten(f"{where} is a whole number of more than 64 bits")
        return
    if not isinstance(given, dict) or len(given) != 1:
        raise NotAsWritten(f"{where} is no argument of a plan: {repr(given)[:60]}")
    if depth > _DEEPEST:
        raise NotAsWritten(f"{where} is nested more than {_DEEPEST} deep")
    ((key, value),) = given.items()
    if key == "l":
        for place, item in _each(value, where):
            _argument(item, values, place, depth + 1)
    elif key == "v":
        values.use(value, where)
    elif not _is_plain(key, value):
        raise NotAsWritten(f"{where} is no argument of a plan: {repr(given)[:60]}")


def _is_plain(key: str, value: Any) -> bool:
    if key == "f":
        return value in _NOT_FINITE or (isinstance(value, (int, float)) and not isinstance(value, bool))
    if not isinstance(value, str):
        return False
    if key == "device":
        return _DEVICE.fullmatch(value) is not None
    kinds = {"dtype": torch.dtype, "layout": torch.layout, "memory_format": torch.memory_format}
    return key == "s" or (key in kinds and isinstance(getattr(torch, value, None), kinds[key]))


def _each(items: Any, where: str) -> list[tuple[str, Any]]:
    if not isinstance(items, list):
        raise NotAsWritten(f"{where} should be a list, got {repr(items)[:60]}")
    return [(f"{where}[{number}]", item) for number, item in enumerate(items)]


def _keys(item: Any, needed: set[str], more: set[str], where: str) -> None:
    if not isinstance(item, dict) or not needed <= set(item) <= needed | more:
        raise NotAsWritten(f"{where} should have {', '.join(sorted(needed))}, got {repr(item)[:60]}")


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise NotAsWritten(f"{where} should be a text, got {repr(value)[:60]}")
    return value


def _whole(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise NotAsWritten(f"{where} should be a whole number of at least 0, got {repr(value)[:60]}")
    return value
