"""What `bench` was asked for, checked before anything is touched."""

from __future__ import annotations

import numbers
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from clear_native.any_code.callables import FLUSH
from clear_native.errors import BadInputError
from clear_native.machine.environment import parse_device
from clear_native.subject.inputs import flag, model_device, positive

__all__ = ["BenchRequest", "checked"]

_EXECUTIONS = ("auto", "graph", "eager")
_CACHES = ("auto", "cold", "warm")
_RETURN_MODES = ("result", "energy", "time", "power")


@dataclass(frozen=True)
class BenchRequest:
    """Arguments of `bench`. `execution` is "graph" or "eager", `cache` "cold" or "warm"."""

    functions: Mapping[str, Callable[..., object]]
    args: tuple[Any, ...]
    device: torch.device
    execution: str
    cache: str
    precision: float
    max_time_s: float
    grad_to_none: tuple[torch.Tensor, ...]
    return_mode: str
    same_within: float
    seed: int


def checked(
    fn: Any, args: tuple[Any, ...], precision: Any, max_time: Any, execution: Any, cache: Any, grad_to_none: Any,
    return_mode: Any, same_within: Any, device: Any, seed: Any, progress: Any = True,
) -> BenchRequest:  # fmt: skip
    """Raises BadInputError for whatever cannot be measured as asked."""
    functions = _functions(fn)
    _one_of("execution", execution, _EXECUTIONS)
    _one_of("cache", cache, _CACHES)
    _one_of("return_mode", return_mode, _RETURN_MODES)
    if return_mode != "result" and len(functions) != 1:
        raise BadInputError(f"return_mode={return_mode!r} is one number, but there are {len(functions)} variants")
    flag("progress", progress)
    where = _device(functions, args, device)
    if execution == "graph" and where.type != "cuda":
        raise BadInputError(f'execution="graph" replays CUDA graphs, but the call runs on {where}: use "eager"')
    if execution == "auto":
        execution = "graph" if where.type == "cuda" else "eager"
    if cache == "auto":
        cache = "cold" if where.type == "cuda" else "warm"
    asked = positive("precision", precision)
    return BenchRequest(
        functions, args, where, execution, cache, asked, positive("max_time", max_time), _tensors(grad_to_none),
        return_mode, 2 * asked if same_within is None else positive("same_within", same_within), _seed(seed),
    )  # fmt: skip


def _functions(fn: Any) -> dict[str, Callable[..., object]]:
    if isinstance(fn, Mapping):
        if not fn:
            raise BadInputError("there are no variants to measure: give {name: callable}")
        for name, function in fn.items():
            if not isinstance(name, str) or not name or name.startswith(FLUSH):
                raise BadInputError(f"a variant's name is a string of your own, got {name!r}")
            if not callable(function):
                raise BadInputError(f"variant {name!r} is no callable: {function!r}")
        return dict(fn)
    if not callable(fn):
        raise BadInputError(f"fn must be a callable or {{name: callable}}, got {type(fn).__name__}")
    return {getattr(fn, "__name__", None) or type(fn).__name__: fn}


def _device(functions: Mapping[str, Callable[..., object]], args: tuple[Any, ...], device: Any) -> torch.device:
    if device is not None:
        return _with_index(parse_device(device))
    found = {_with_index(tensor.device) for tensor in _tensors_in(args)}
    modules = [function for function in functions.values() if isinstance(function, torch.nn.Module)]
    found |= {_with_index(where) for module in modules if (where := model_device(module)) is not None}
    on_gpus = sorted(str(where) for where in found if where.type == "cuda")
    if len(on_gpus) > 1:
        raise BadInputError(f"the arguments are on {', '.join(on_gpus)}: say with device= whose energy is wanted")
    if on_gpus:
        return torch.device(on_gpus[0])
    return _with_index(parse_device("cpu" if found else None))


def _with_index(device: torch.device) -> torch.device:
    if device.type == "cuda" and device.index is None:
        return torch.device("cuda", torch.cuda.current_device())
    return device


def _tensors_in(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _tensors_in(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _tensors_in(item)


def _tensors(given: Any) -> tuple[torch.Tensor, ...]:
    if given is None:
        return ()
    if isinstance(given, torch.Tensor) or not isinstance(given, Sequence):
        raise BadInputError(f"grad_to_none is a list of tensors, got {type(given).__name__}")
    for tensor in given:
        if not isinstance(tensor, torch.Tensor):
            raise BadInputError(f"grad_to_none holds {tensor!r}, which is no tensor")
    return tuple(given)


def _one_of(what: str, value: object, choices: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in choices:
        raise BadInputError(f"unknown {what}: {value!r}; choose {', '.join(map(repr, choices))}")


def _seed(seed: Any) -> int:
    if seed is None:
        return secrets.randbits(63)
    if isinstance(seed, bool) or not isinstance(seed, numbers.Integral) or not 0 <= int(seed) < 2**64:
        raise BadInputError(f"seed must be a whole number between 0 and 2**64 - 1, or None, got {seed!r}")
    return int(seed)
