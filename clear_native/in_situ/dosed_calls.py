"""The calls of a captured forward that can be dosed, what runs as their second run, and over how many passes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from torch import nn

from clear_native import _core
from clear_native.errors import BadInputError

__all__ = [
    "CACHES",
    "DosedCall",
    "Reuse",
    "calls_of",
    "kinds_of",
    "modules_of",
    "passes_for",
    "second_runs",
    "twin_shift",
    "weight_bytes",
]

CACHES = ("auto", "cold", "warm")


@dataclass(frozen=True)
class DosedCall:
    """A stretch of the forward that belongs to one component: nodes [begin, end) of the model graph.

    `kind`: equal for stretches that launch the same kernels in the same shapes, as those of equal layers do.
    `module`: the innermost one that all of it is in, by its name; "": the model itself.
    """

    component: str
    begin: int
    end: int
    kind: tuple[object, ...]
    module: str = ""


@dataclass(frozen=True)
class Reuse:
    """How far apart two uses of the same weights are in the running model, in bytes, and what fits in the L2."""

    distance_bytes: int
    l2_bytes: int

    @property
    def cold(self) -> bool:
        """Weights have left the cache when they are needed again."""
        return self.distance_bytes > self.l2_bytes


def calls_of(
    components: Sequence[str],
    segments: Sequence[tuple[int | None, int, int]],
    nodes: Sequence[dict[str, object]],
    modules: Sequence[str] = (),
) -> list[DosedCall]:
    """Neighbouring segments of one component make one call. `components` is by node, `modules` by the number of a
    segment's module call: their names.

    Module calls inside a component (the linear layers of an attention block) are not told apart: between them its data
    may live in memory that others use too.
    """
    spans: list[tuple[str, int, int, str]] = []
    for call, begin, end in segments:
        module = modules[call] if modules and call is not None else ""
        if spans and spans[-1][0] == components[begin] and spans[-1][2] == begin:
            spans[-1] = (spans[-1][0], spans[-1][1], end, _around(spans[-1][3], module))
        else:
            spans.append((components[begin], begin, end, module))
    return [DosedCall(name, begin, end, _kind(nodes[begin:end]), module) for name, begin, end, module in spans]


def modules_of(calls: Iterable[DosedCall]) -> dict[str, list[str]]:
    """{component: the module of each of its calls, in order}."""
    found: dict[str, list[str]] = {}
    for call in calls:
        found.setdefault(call.component, []).append(call.module)
    return found


def _around(one: str, other: str) -> str:
    """The innermost module that holds both, by their names."""
    shared = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one.split("."), other.split("."), strict=False))
    return ".".join(part for part, _ in shared)


def _kind(nodes: Sequence[dict[str, object]]) -> tuple[object, ...]:
    return tuple((node["type"], node["kernel_name"], node["grid"], node["block"]) for node in nodes)


def kinds_of(calls: Sequence[DosedCall]) -> list[int]:
    """A number for each call, equal for calls of one component and kind."""
    numbers: dict[tuple[object, ...], int] = {}
    return [numbers.setdefault((call.component, call.kind), len(numbers)) for call in calls]


def second_runs(calls: Sequence[DosedCall], cold: bool) -> list[tuple[int, int]]:
    """For each call: (the call that runs as its second run, the place of the pass after which it does).

    Warm: itself, at once. Cold: a call of its kind about half of them away, whose weights were used long ago and are
    not needed again soon; where it is the only one of its kind, itself, half a pass later.
    """
    return _core.second_runs_in_graph(kinds_of(calls), cold)


def twin_shift(count: int) -> int:
    """How many calls of its kind away the second run of each of `count` calls is: near half of them, and such that a
    call and its twin do not always take their doses together."""
    return _core.twin_shift(count)


def passes_for(time_per_pass_s: float) -> int:
    """Unrolled passes: enough that a call which comes once in a pass can take a dose in some of them and none in
    others, and that launches are long. Even, so that about half of them is always to be had."""
    return _core.passes_for(time_per_pass_s)


def weight_bytes(model: nn.Module) -> int:
    """Bytes of the distinct parameters and buffers that a forward reads whole. Of an embedding only rows are read."""
    storages: dict[int, int] = {}
    for module in model.modules():
        if isinstance(module, (nn.Embedding, nn.EmbeddingBag)):
            continue
        for tensor in (*module.parameters(recurse=False), *module.buffers(recurse=False)):
            storage = tensor.untyped_storage()
            storages[storage.data_ptr()] = storage.nbytes()
    return sum(storages.values())


def check_cache(cache: str) -> str:
    """Raises BadInputError for anything but one of CACHES."""
    if not isinstance(cache, str) or cache not in CACHES:
        raise BadInputError(
            f"unknown cache {cache!r}: choose 'auto' (by the reuse distance against the L2), 'cold' or 'warm'"
        )
    return cache
