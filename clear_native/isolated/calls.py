"""Which calls a component makes when it is replayed alone: its own, in the model's order, or one of each kind.

*Cycling*: every call of the component, in the order of the model. Weights of one layer come back after those of all
others. *Warm*: one call of each kind, made as often in a row as the model makes calls of that kind, which is "one layer
times the number of layers" of CLEAR (arXiv 2510.02810): its weights stay in the cache if they fit. Both are one pass of
the model, so their energies need no factor.

Calls are of one kind if their modules have one class and weights of one form, and their arguments are of one form:
shapes, strides and types of tensors, flags, and what is absent. Numbers among the arguments do not count, because a
layer's own number is often there.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import nn

from clear_native.activation_store.activations import one_after_another
from clear_native.activation_store.kept_values import tensors_in
from clear_native.activation_store.replayed_call import ReplayedCall
from clear_native.errors import BadInputError

__all__ = ["CACHES", "Arrangement", "RepeatedCalls", "arrangement", "cycling", "kinds", "one_pass", "warm"]


@dataclass(frozen=True)
class RepeatedCalls:
    """Calls that follow each other, and how often all of them come in a row in one pass."""

    calls: tuple[ReplayedCall, ...]
    times: int = 1

    def once(self) -> Callable[[], None]:
        return one_after_another(self.calls)


Arrangement: TypeAlias = Callable[[Sequence[ReplayedCall]], list[RepeatedCalls]]


def cycling(calls: Sequence[ReplayedCall]) -> list[RepeatedCalls]:
    """All calls in order."""
    return [RepeatedCalls(tuple(calls))]


def warm(calls: Sequence[ReplayedCall]) -> list[RepeatedCalls]:
    """The middle call of each kind, as often as the kind is called. Kinds in the order of their first call."""
    return [RepeatedCalls((alike[len(alike) // 2],), len(alike)) for alike in kinds(calls)]


def kinds(calls: Sequence[ReplayedCall]) -> list[list[ReplayedCall]]:
    """The calls of each kind, in order; kinds in the order of their first call."""
    found: dict[Hashable, list[ReplayedCall]] = {}
    for call in calls:
        found.setdefault(_kind(call), []).append(call)
    return list(found.values())


CACHES: dict[str, Arrangement] = {"warm": warm, "cycling": cycling}


def arrangement(cache: str) -> Arrangement:
    """Raises BadInputError for a name that is none."""
    if not isinstance(cache, str) or cache not in CACHES:
        raise BadInputError(
            f"unknown cache {cache!r} for isolated replay: choose 'warm' (one layer's call again and again) or "
            "'cycling' (all layers in order)"
        )
    return CACHES[cache]


def one_pass(parts: Sequence[RepeatedCalls]) -> Callable[[], None]:
    """All parts, each as often in a row as it says, without gradients."""
    return one_after_another([call for part in parts for _ in range(part.times) for call in part.calls])


def _kind(call: ReplayedCall) -> Hashable:
    weights = itertools.chain(call.module.named_parameters(), call.module.named_buffers())
    return type(call.module), tuple((name, _form(tensor)) for name, tensor in weights), _form(call.arguments.get())


def _form(value: Any) -> Hashable:
    if isinstance(value, torch.Tensor):
        layout = tuple(value.stride()) if value.layout is torch.strided else ()
        return "tensor", tuple(value.shape), layout, value.dtype
    if value is None or isinstance(value, (bool, str, torch.dtype)):
        return value
    if isinstance(value, dict):
        return "dict", tuple((str(key), _form(item)) for key, item in value.items())
    if isinstance(value, (tuple, list)):
        return "sequence", tuple(_form(item) for item in value)
    if isinstance(value, (int, float, complex, nn.Module)):
        return type(value).__name__
    return type(value), tuple(_form(tensor) for tensor in tensors_in(value))
