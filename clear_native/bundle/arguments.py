"""Arguments of an operator as plan.json has them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from clear_native.errors import ExportFailedError

__all__ = ["arguments_of", "device_text"]

_MEMORY_FORMATS = (torch.contiguous_format, torch.preserve_format, torch.channels_last, torch.channels_last_3d)
"""In the order of their numbers in a schema's defaults."""


def arguments_of(node: torch.fx.Node, value_of: Callable[[torch.fx.Node], Any]) -> list[Any]:
    """All arguments of the operator's schema in order, defaults filled in. `value_of` writes what a node gave.

    Raises ExportFailedError for an argument that a plan does not know.
    """
    target: Any = node.target
    found = []
    for position, parameter in enumerate(target._schema.arguments):
        if parameter.name in node.kwargs:
            given: Any = node.kwargs[parameter.name]
        elif position < len(node.args) and not parameter.kwarg_only:
            given = node.args[position]
        else:
            given = parameter.default_value if parameter.has_default_value() else None
        found.append(_written(_as_declared(given, parameter), value_of))
    return found


def device_text(device: torch.device) -> str:
    """Raises ExportFailedError for a device that no plan runs on."""
    if device.type not in ("cpu", "cuda"):
        raise ExportFailedError(f"a plan runs on cpu or cuda, and an operator of it makes a tensor on '{device}'")
    return "cpu" if device.type == "cpu" else f"cuda:{device.index or 0}"


def _as_declared(given: Any, parameter: Any) -> Any:
    """A schema's default for a memory format is its number, and one number may stand for a list of equal ones."""
    kind = str(parameter.real_type)
    if "MemoryFormat" in kind and isinstance(given, int) and given < len(_MEMORY_FORMATS):
        return _MEMORY_FORMATS[given]
    if parameter.N is not None and isinstance(given, (int, float)) and not isinstance(given, bool):
        return [given] * parameter.N
    return given


def _written(given: Any, value_of: Callable[[torch.fx.Node], Any]) -> Any:
    if isinstance(given, torch.fx.Node):
        return value_of(given)
    if isinstance(given, (list, tuple)):
        return {"l": [_written(item, value_of) for item in given]}
    if given is None or isinstance(given, (bool, int)):
        return given
    if isinstance(given, float):
        return {"f": given if math.isfinite(given) else "nan" if math.isnan(given) else "inf" if given > 0 else "-inf"}
    if isinstance(given, str):
        return {"s": given}
    if isinstance(given, torch.device):
        return {"device": device_text(given)}
    for key, kind in (("dtype", torch.dtype), ("layout", torch.layout), ("memory_format", torch.memory_format)):
        if isinstance(given, kind):
            return {key: str(given).removeprefix("torch.")}
    raise ExportFailedError(f"its argument {given!r} (a {type(given).__name__}) is of a kind that a plan does not know")
