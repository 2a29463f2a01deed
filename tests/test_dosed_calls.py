"""Which stretches of a captured forward are dosed, what runs as their second runs, and over how many passes."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import nn

from clear_native.errors import BadInputError
from clear_native.in_situ.dosed_calls import (
    DosedCall,
    Reuse,
    calls_of,
    check_cache,
    kinds_of,
    modules_of,
    passes_for,
    second_runs,
    twin_shift,
    weight_bytes,
)


def node(kernel: str, grid: int = 1) -> dict[str, Any]:
    return {"type": "kernel", "kernel_name": kernel, "grid": (grid, 1, 1), "block": (32, 1, 1)}


def calls(*kinds: str) -> list[DosedCall]:
    """One call per letter; its component is the letter in small."""
    return [DosedCall(kind.lower(), place, place + 1, (kind,)) for place, kind in enumerate(kinds)]


def test_neighbouring_segments_of_one_component_are_one_call() -> None:
    components = ["norm", "mlp", "mlp", "mlp", "norm", "mlp"]
    segments = [(0, 0, 1), (1, 1, 3), (2, 3, 4), (3, 4, 5), (4, 5, 6)]  # up and down projection are two module calls
    found = calls_of(components, segments, [node(name) for name in "nudgnu"])
    assert [(call.component, call.begin, call.end) for call in found] == [
        ("norm", 0, 1), ("mlp", 1, 4), ("norm", 4, 5), ("mlp", 5, 6),
    ]  # fmt: skip


def test_a_call_has_the_innermost_module_that_all_of_it_is_in() -> None:
    components = ["norm", "mlp", "mlp", "mlp", "other"]
    segments = [(0, 0, 1), (1, 1, 3), (2, 3, 4), (None, 4, 5)]
    modules = ["layer.0.norm", "layer.0.mlp.up", "layer.0.mlp.upper"]
    found = calls_of(components, segments, [node(name) for name in "nudga"], modules)
    assert modules_of(found) == {"norm": ["layer.0.norm"], "mlp": ["layer.0.mlp"], "other": [""]}


def test_kinds_are_told_apart_by_kernels_and_shapes_and_component() -> None:
    nodes = [node("gemm"), node("gemm"), node("gemm", grid=2), node("gemm"), node("gemm")]
    segments = [(place, place, place + 1) for place in range(5)]
    found = calls_of(["a", "b", "a", "b", "a"], segments, nodes)
    assert kinds_of(found) == [0, 1, 2, 1, 0]


def test_cold_second_runs_are_calls_of_the_same_kind_far_away() -> None:
    chain = calls(*("AB" * 12))
    runs = second_runs(chain, cold=True)
    for place, (call, after) in enumerate(runs):
        assert after == place
        assert chain[call].kind == chain[place].kind
        assert 6 <= abs(call - place) <= 18  # of 24 places
    assert sorted(call for call, _ in runs) == list(range(24))  # each is the second run of exactly one


def test_the_only_call_of_its_kind_runs_again_half_a_pass_later() -> None:
    chain = calls("E", "A", "B", "A", "B", "H")
    runs = second_runs(chain, cold=True)
    assert runs[0] == (0, 3)
    assert runs[5] == (5, 2)
    assert runs[1] == (3, 1) and runs[3] == (1, 3)


def test_warm_second_runs_are_the_call_itself_at_once() -> None:
    assert second_runs(calls("A", "B", "A"), cold=False) == [(0, 0), (1, 1), (2, 2)]


@pytest.mark.parametrize("count", [2, 3, 4, 6, 12, 16, 24, 25, 28, 32, 36, 73])
def test_twins_are_far_and_can_be_told_apart_where_that_is_possible(count: int) -> None:
    shift = twin_shift(count)
    assert 0 < shift < count
    assert min(shift, count - shift) * 4 >= count
    cycle = count // math.gcd(count, shift)
    power_of_two = count & (count - 1) == 0
    assert power_of_two or cycle % 2 == 1


def test_reuse_distance_against_the_cache_decides() -> None:
    assert Reuse(60_000_001, 60_000_000).cold
    assert not Reuse(60_000_000, 60_000_000).cold


@pytest.mark.parametrize(
    ("time_per_pass_s", "passes"), [(0.7e-3, 8), (0.9e-3, 6), (1.3e-3, 4), (6e-3, 2), (0.05, 2), (1e-5, 8)]
)
def test_passes_are_even_and_make_long_launches(time_per_pass_s: float, passes: int) -> None:
    assert passes_for(time_per_pass_s) == passes


def test_weights_count_once_and_embeddings_not_at_all() -> None:
    model = nn.Sequential(nn.Embedding(1000, 8), nn.Linear(8, 4, bias=False), nn.BatchNorm1d(4))
    own = 8 * 4 * 4 + 4 * 4 * 4 + 8  # linear, two parameters and two buffers of the norm, and its counter
    assert weight_bytes(model) == own
    tied = nn.Linear(8, 1000, bias=False)
    tied.weight = model[0].weight
    assert weight_bytes(nn.ModuleList([model, tied, tied])) == own + 1000 * 8 * 4  # read whole as a linear layer
    assert weight_bytes(nn.ReLU()) == 0
    assert torch.is_tensor(model[0].weight)


@pytest.mark.parametrize("cache", ["hot", None, 3])
def test_unknown_cache_says_what_there_is(cache: Any) -> None:
    with pytest.raises(BadInputError, match="'cold'"):
        check_cache(cache)
