"""FLOPs and bytes on random shapes: against closed forms, against torch's counter, and how they grow."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

pytest.importorskip("hypothesis")
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import HEADS, HIDDEN, INNER, LAYERS, VOCABULARY, bert, gpt2, llama, token_ids

from clear_native.cost.cost import Cost, CostCounter, component_costs
from clear_native.cost.flops import attended_pairs
from clear_native.subject.components import discover

SIZES = st.integers(1, 9)
DTYPES = st.sampled_from([torch.float32, torch.float16, torch.bfloat16, torch.float64])
SOME = settings(max_examples=max(1, settings.default.max_examples // 2))


def counted(run: Any) -> Cost:
    with torch.no_grad(), CostCounter() as counter:
        run()
    found: Cost = counter.costs.get("other", Cost())
    return found


def by_torch(run: Any) -> int:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        run()
    return int(counter.get_total_flops())


@given(SIZES, SIZES, SIZES, SIZES, DTYPES)
def test_matrix_products(batch: int, rows: int, inner: int, columns: int, dtype: torch.dtype) -> None:
    left, right = torch.ones(batch, rows, inner, dtype=dtype), torch.ones(batch, inner, columns, dtype=dtype)
    found = counted(lambda: torch.bmm(left, right))
    assert found.flops == found.flops_dense == 2 * batch * rows * inner * columns
    assert found.bytes == dtype.itemsize * batch * (rows * inner + inner * columns + rows * columns)
    assert found.flops == by_torch(lambda: torch.bmm(left, right)) and found.ops == 1


@given(SIZES, SIZES, SIZES, st.booleans(), DTYPES)
def test_linear_layers(tokens: int, inputs: int, outputs: int, bias: bool, dtype: torch.dtype) -> None:
    layer, x = nn.Linear(inputs, outputs, bias=bias, dtype=dtype), torch.ones(tokens, inputs, dtype=dtype)
    found = counted(lambda: layer(x))
    assert found.flops == 2 * tokens * inputs * outputs == by_torch(lambda: layer(x))
    assert found.bytes == dtype.itemsize * (inputs * (tokens + outputs) + outputs * (tokens + bias))


@given(SIZES, st.integers(1, 4), SIZES, st.booleans(), DTYPES)
def test_sums_read_what_is_there_and_write_what_comes_out(
    rows: int, times: int, columns: int, repeated: bool, dtype: torch.dtype
) -> None:
    x = torch.ones(times, rows, columns, dtype=dtype)
    y = torch.ones(1, 1, columns, dtype=dtype)
    given_y = y.expand(times, rows, columns) if repeated else y  # what an expanded tensor repeats is read once
    found = counted(lambda: x + given_y)
    assert (found.flops, found.bytes) == (0, dtype.itemsize * (2 * times * rows * columns + columns))
    assert counted(lambda: x.transpose(0, 1).unsqueeze(0)[..., :1]).bytes == 0


@given(SIZES, st.integers(1, 40), st.integers(1, 50), st.integers(1, 20))
def test_lookups_read_the_rows_that_they_take(width: int, taken: int, rows: int, seed: int) -> None:
    table = nn.Embedding(rows, width)
    ids = torch.randint(0, rows, (taken,), generator=torch.Generator().manual_seed(seed))
    found = counted(lambda: table(ids))
    assert found.flops == 0
    assert found.bytes == 4 * width * (min(rows, taken) + taken) + 8 * taken


@st.composite
def networks(draw: Any) -> tuple[nn.Module, torch.Tensor]:
    width = draw(SIZES)
    x = torch.ones(draw(SIZES), draw(SIZES), width)
    layers: list[nn.Module] = []
    for _ in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(["linear", "norm", "relu", "conv"]))
        if kind == "linear":
            outputs = draw(SIZES)
            layers.append(nn.Linear(width, outputs, bias=draw(st.booleans())))
            width = outputs
        elif kind == "conv":
            layers.append(nn.Conv1d(x.shape[1], x.shape[1], draw(st.sampled_from([1, 3])), padding="same"))
        else:
            layers.append(nn.LayerNorm(width) if kind == "norm" else nn.ReLU())
    return nn.Sequential(*layers), x


@given(networks())
def test_random_networks_count_as_torchs_counter(network: tuple[nn.Module, torch.Tensor]) -> None:
    model, x = network
    found = counted(lambda: model(x))
    assert found.flops == found.flops_dense == by_torch(lambda: model(x))
    assert found.bytes >= 4 * x.numel()


@given(SIZES, SIZES, st.integers(-4, 4), st.none() | st.integers(0, 5), st.none() | st.integers(0, 5))
def test_pairs_that_a_mask_leaves(queries: int, keys: int, shift: int, left: int | None, right: int | None) -> None:
    row, column = torch.meshgrid(torch.arange(queries) + shift, torch.arange(keys), indexing="ij")
    seen = torch.ones(queries, keys, dtype=torch.bool)
    seen &= (column >= row - left) if left is not None else seen
    seen &= (column <= row + right) if right is not None else seen
    assert attended_pairs(queries, keys, shift, left, right) == int(seen.sum())


@given(SIZES, st.integers(1, 4), SIZES, SIZES, SIZES, st.booleans())
def test_attention(batch: int, heads: int, queries: int, keys: int, width: int, causal: bool) -> None:
    q, k = torch.ones(batch, heads, queries, width), torch.ones(batch, heads, keys, width)
    found = counted(lambda: nn.functional.scaled_dot_product_attention(q, k, k, is_causal=causal))
    dense = 4 * batch * heads * queries * keys * width
    left = int(torch.ones(queries, keys).tril().sum()) if causal else queries * keys
    assert found.flops_dense == dense
    assert found.flops in (dense * left // (queries * keys), dense)  # taken apart, a mask is data
    assert found.flops <= found.flops_dense


MODELS = {family.__name__: family() for family in (bert, gpt2, llama)}


@SOME
@given(st.sampled_from(list(MODELS)), st.integers(1, 4), st.integers(1, 24))
def test_transformers_of_any_batch_and_length(family: str, batch: int, length: int) -> None:
    tokens = batch * length
    found = costs(family, batch, length)
    pairs = length * length
    kept = pairs if family == "bert" else length * (length + 1) // 2
    key_heads = 2 if family == "llama" else HEADS
    projections = 2 * tokens * HIDDEN * (2 * HIDDEN + 2 * HIDDEN * key_heads // HEADS)
    mlp_products = 3 if family == "llama" else 2
    attention = found["attention"]
    assert attention.flops_dense == LAYERS * (projections + 4 * batch * pairs * HIDDEN)
    assert attention.flops == LAYERS * (projections + 4 * batch * kept * HIDDEN)
    if family != "gpt2":
        assert found["mlp"].flops == LAYERS * mlp_products * 2 * tokens * HIDDEN * INNER
    transform = HIDDEN * HIDDEN if family == "bert" else 0
    assert found["lm_head"].flops == 2 * tokens * (transform + HIDDEN * VOCABULARY)
    assert found["norm"].flops == found["embedding"].flops == 0


@SOME
@given(st.sampled_from(list(MODELS)), st.integers(2, 4), st.integers(2, 16))
def test_a_batch_costs_its_sequences_and_reads_the_weights_once(family: str, batch: int, length: int) -> None:
    one, two, more = (costs(family, size, length) for size in (1, 2, batch))
    assert one.keys() == more.keys()
    for name in one:
        assert more[name].flops == batch * one[name].flops
        if name != "other":  # what makes masks and positions may not depend on the batch
            extra = two[name].bytes - one[name].bytes
            if name != "embedding":  # of whose table more rows are read, until all are
                assert more[name].bytes == one[name].bytes + (batch - 1) * extra
            assert more[name].bytes <= batch * one[name].bytes


def costs(family: str, batch: int, length: int) -> dict[str, Cost]:
    model = MODELS[family]
    return component_costs(model, (), {"input_ids": token_ids(batch, length)}, discover(model))
