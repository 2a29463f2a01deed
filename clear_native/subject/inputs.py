"""Inputs as people have them (tensor, tuple, dict, a tokenizer's) made into positional and keyword arguments."""

from __future__ import annotations

import inspect
import math
import numbers
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from clear_native.errors import BadInputError
from clear_native.subject.model_guard import is_freed

__all__ = ["Inputs", "flag", "model_device", "normalize", "not_negative", "positive", "whole_number", "without_cache"]


@dataclass(frozen=True)
class Inputs:
    """What the forward is called with: `model(*args, **kwargs)`."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    device: torch.device

    def tensors(self) -> list[tuple[str, torch.Tensor]]:
        """(path, tensor) of every tensor, e.g. ("input_ids", ...) or ("args[0][1]", ...)."""
        found = [item for position, arg in enumerate(self.args) for item in _tensors(f"args[{position}]", arg)]
        return found + [item for name, value in self.kwargs.items() for item in _tensors(name, value)]


def normalize(model: nn.Module, inputs: Any) -> Inputs:
    """Makes `inputs` into arguments and checks that they are where the model is.

    A mapping (a dict, a tokenizer's BatchEncoding) becomes keyword arguments, a tuple or list positional ones, anything
    else the only positional one. Without parameters or buffers the model is where its inputs are.

    Raises BadInputError for a model on several devices, inputs elsewhere or freed, or inputs that are no arguments.
    """
    args, kwargs = _arguments(inputs)
    device = model_device(model)
    found = Inputs(args, kwargs, device if device is not None else torch.device("cpu"))
    tensors = found.tensors()
    if device is None:
        device = _only_device(tensors)
        found = Inputs(args, kwargs, device)
    for path, tensor in tensors:
        if not _same_device(tensor.device, device):
            raise BadInputError(
                f"input '{path}' is on {tensor.device}, the model on {device}: move it there with .to('{device}')"
            )
        if is_freed(tensor):
            raise BadInputError(
                f"the memory of input '{path}' was freed (its storage was resized to nothing): make it anew"
            )
    return found


def model_device(model: nn.Module) -> torch.device | None:
    """The one device of all parameters and buffers; None if there are neither.

    Raises BadInputError for several devices, for the meta device, which holds no data, and for parameters that are made
    by the first forward.
    """
    where: dict[torch.device, str] = {}
    for name, tensor in (*model.named_parameters(), *model.named_buffers()):
        if is_lazy(tensor):
            raise BadInputError(f"'{name}' of the model has no shape yet: run it once on its inputs before")
        where.setdefault(tensor.device, name)
    if not where:
        return None
    if len(where) > 1:
        places = ", ".join(f"'{name}' on {device}" for device, name in where.items())
        raise BadInputError(
            f"the model is on {len(where)} devices ({places}); its energy is read from one sensor: "
            "move it to one device with model.to(...), or load it without device_map"
        )
    device = next(iter(where))
    if device.type == "meta":
        raise BadInputError("the model is on the meta device, which holds no weights: load or create it on a real one")
    return device


def positive(name: str, value: Any) -> float:
    """`value` as a float. Raises BadInputError unless it is a finite number above zero; numpy's scalars are numbers."""
    number = _finite(value)
    if number is None or number <= 0:
        hint = {"precision": "0.01 asks for one per cent", "max_time": "it is the budget in seconds, for instance 60"}
        raise BadInputError(f"{name} must be a positive number, got {value!r}: {hint.get(name, 'give one above zero')}")
    return number


def not_negative(name: str, value: Any) -> float:
    """`value` as a float. Raises BadInputError unless it is a finite number of at least zero."""
    number = _finite(value)
    if number is None or number < 0:
        raise BadInputError(f"{name} must be a number of at least zero, got {value!r}")
    return number


def flag(name: str, value: Any) -> bool:
    """`value`. Raises BadInputError unless it is True or False."""
    if not isinstance(value, bool):
        raise BadInputError(f"{name} is True or False, got {value!r}")
    return value


def whole_number(name: str, value: Any) -> int:
    """`value` as an int. Raises BadInputError unless it is a whole number of at least one."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < 1:
        raise BadInputError(f"{name} must be a whole number of at least 1, got {value!r}")
    return int(value)


def _finite(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def without_cache(model: nn.Module, inputs: Inputs) -> Inputs:
    """The same inputs with `use_cache=False`, if the model would build a key-value cache that nobody asked for.

    A cache would grow with every pass. Inputs that name `use_cache` or `past_key_values` themselves stay as they are.
    """
    asked = inputs.kwargs.get("use_cache") is not None or inputs.kwargs.get("past_key_values") is not None
    if asked or not getattr(getattr(model, "config", None), "use_cache", False) or not _accepts_use_cache(model):
        return inputs
    return Inputs(inputs.args, {**inputs.kwargs, "use_cache": False}, inputs.device)


def _accepts_use_cache(model: nn.Module) -> bool:
    parameters = inspect.signature(model.forward).parameters
    return "use_cache" in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


def _arguments(inputs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if inputs is None:
        raise BadInputError("inputs is None: pass a tensor, a tuple of arguments or a dict of keyword arguments")
    if isinstance(inputs, Mapping):
        not_names = [key for key in inputs if not isinstance(key, str)]
        if not_names:
            raise BadInputError(f"inputs is a mapping with the key {not_names[0]!r}: keys must be argument names")
        return (), dict(inputs)
    if isinstance(inputs, (tuple, list)):
        return tuple(inputs), {}
    return (inputs,), {}


def _tensors(path: str, value: Any) -> Iterator[tuple[str, torch.Tensor]]:
    if isinstance(value, torch.Tensor):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _tensors(f"{path}[{key!r}]", item)
    elif isinstance(value, (tuple, list)):
        for position, item in enumerate(value):
            yield from _tensors(f"{path}[{position}]", item)


def _only_device(tensors: list[tuple[str, torch.Tensor]]) -> torch.device:
    if not tensors:
        raise BadInputError("neither the model nor the inputs hold a tensor: there is no device to measure")
    first_path, first = tensors[0]
    for path, tensor in tensors[1:]:
        if not _same_device(tensor.device, first.device):
            raise BadInputError(
                f"input '{path}' is on {tensor.device}, input '{first_path}' on {first.device}: "
                f"move all inputs to one device with .to('{first.device}')"
            )
    return first.device


def _same_device(one: torch.device, other: torch.device) -> bool:
    return one.type == other.type and (one.index or 0) == (other.index or 0)
