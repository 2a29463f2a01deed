"""What a profile was asked for, checked before anything is touched."""

from __future__ import annotations

import numbers
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from clear_native.errors import BadInputError
from clear_native.subject.components import Components, check_model
from clear_native.subject.inputs import Inputs, flag, normalize, positive, without_cache

__all__ = ["METHODS", "Request", "check_labels", "checked"]

METHODS = ("in_situ", "partition", "isolated", "all")
_EXECUTIONS = ("auto", "graph", "eager")
_CACHES = {
    "in_situ": ("auto", "cold", "warm", "bounds"),
    "isolated": ("auto", "warm", "cycling"),
    "partition": ("auto",),
    "all": ("auto",),
}


@dataclass(frozen=True)
class Request:
    """Arguments of `profile`. `execution` is "graph" or "eager"; `may_fall_back`: from graph to eager, if it must."""

    model: nn.Module
    inputs: Inputs
    components: Components
    method: str
    execution: str
    cache: str
    precision: float
    max_time_s: float
    meter: str | Sequence[str]
    seed: int
    synthetic_weights: bool | None
    name: str
    may_fall_back: bool = False


def checked(
    model: nn.Module, inputs: Any, components: Components, method: str, execution: str, cache: str,
    precision: float, max_time: float, meter: str | Sequence[str], seed: int | None, synthetic_weights: bool | None,
    name: str | None, progress: bool,
) -> Request:  # fmt: skip
    """Raises BadInputError for whatever cannot be measured as asked."""
    check_model(model)
    _one_of("method", method, METHODS)
    _one_of("execution", execution, _EXECUTIONS)
    _one_of(f"cache of method {method!r}", cache, _CACHES[method])
    check_labels(name, synthetic_weights)
    flag("progress", progress)
    arguments = without_cache(model, normalize(model, inputs))
    if execution == "graph" and arguments.device.type != "cuda":
        raise BadInputError(
            f'execution="graph" replays CUDA graphs, but the model is on {arguments.device}: use execution="eager"'
        )
    may_fall_back = execution == "auto"
    if may_fall_back:
        execution = "graph" if arguments.device.type == "cuda" else "eager"
    return Request(
        model, arguments, components, method, execution, cache, positive("precision", precision),
        positive("max_time", max_time), meter, _seed(seed), synthetic_weights, name or type(model).__name__,
        may_fall_back,
    )  # fmt: skip


def check_labels(name: object, synthetic_weights: object) -> None:
    """Raises BadInputError for what a result could not be labelled with."""
    if name is not None and not isinstance(name, str):
        raise BadInputError(f"name is the model's name in the report, a string, got {name!r}")
    if synthetic_weights is not None and not isinstance(synthetic_weights, bool):
        raise BadInputError(f"synthetic_weights is True, False or None (not known), got {synthetic_weights!r}")


def _one_of(what: str, value: object, choices: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in choices:
        raise BadInputError(f"unknown {what}: {value!r}; choose {', '.join(map(repr, choices))}")


def _seed(seed: int | None) -> int:
    if seed is None:
        return secrets.randbits(63)
    if isinstance(seed, bool) or not isinstance(seed, numbers.Integral) or not 0 <= seed < 2**64:
        raise BadInputError(f"seed must be a whole number between 0 and 2**64 - 1, or None, got {seed!r}")
    return int(seed)
