"""Costs by component against closed forms and against torch's own counter."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tiny_models import FAMILIES, HIDDEN, INNER, LAYERS, VOCABULARY, bert, gpt2, llama, qwen2, token_ids
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

from clear_native.cost.cost import Cost, CostCounter, component_costs
from clear_native.subject.components import discover

BATCH, LENGTH = 2, 8
FLOAT = 4
aten = torch.ops.aten


def costs(model: nn.Module, **kwargs: Any) -> dict[str, Cost]:
    return component_costs(model, (), {"input_ids": token_ids(BATCH, LENGTH), **kwargs}, discover(model))


def one_op(run: Any) -> Cost:
    with torch.no_grad(), CostCounter() as counter:
        run()
    cost: Cost = counter.costs.get("other", Cost())
    return cost


@pytest.mark.parametrize("family", FAMILIES)
def test_dense_flops_are_those_of_torchs_counter(family: str) -> None:
    model = FAMILIES[family]()
    ids = token_ids(BATCH, LENGTH)
    cpu_attention = aten._scaled_dot_product_flash_attention_for_cpu
    mapping = {cpu_attention: lambda query, key, value, *args, **kwargs: sdpa_flop_count(query, key, value)}
    with torch.no_grad(), FlopCounterMode(display=False, custom_mapping=mapping) as counter:
        model(ids)
    found = component_costs(model, (ids,), {}, discover(model))
    assert sum(cost.flops_dense for cost in found.values()) == counter.get_total_flops() > 0


@pytest.mark.parametrize("family", FAMILIES)
def test_with_attention_taken_apart_torchs_counter_needs_no_mapping(family: str) -> None:
    model = FAMILIES[family]()
    ids = token_ids(BATCH, LENGTH)
    with sdpa_kernel(SDPBackend.MATH), torch.no_grad():
        with FlopCounterMode(display=False) as counter:
            model(ids)
        found = component_costs(model, (ids,), {}, discover(model))
    assert sum(cost.flops_dense for cost in found.values()) == counter.get_total_flops() > 0


def test_bert_closed_forms() -> None:
    tokens = BATCH * LENGTH
    found = costs(bert())
    projections = 2 * tokens * HIDDEN * HIDDEN * 4
    scores = 2 * 2 * BATCH * LENGTH * LENGTH * HIDDEN
    assert found["attention"].flops == found["attention"].flops_dense == LAYERS * (projections + scores)
    assert found["mlp"].flops == LAYERS * 2 * tokens * 2 * HIDDEN * INNER
    assert found["lm_head"].flops == 2 * tokens * (HIDDEN * HIDDEN + HIDDEN * VOCABULARY)
    assert found["norm"].flops == found["embedding"].flops == 0


def test_causal_attention_counts_the_lower_triangle() -> None:
    found = costs(gpt2())
    projections = 2 * BATCH * LENGTH * HIDDEN * 4 * HIDDEN
    dense, causal = LENGTH * LENGTH, LENGTH * (LENGTH + 1) // 2
    assert found["attention"].flops_dense == LAYERS * (projections + 4 * BATCH * dense * HIDDEN)
    assert found["attention"].flops == LAYERS * (projections + 4 * BATCH * causal * HIDDEN)


def test_gated_mlp_and_head_of_llama() -> None:
    found = costs(llama())
    tokens = BATCH * LENGTH
    assert found["mlp"].flops == LAYERS * 3 * 2 * tokens * HIDDEN * INNER
    assert found["lm_head"].flops == 2 * tokens * HIDDEN * VOCABULARY
    assert found["lm_head"].bytes == FLOAT * (tokens * HIDDEN + HIDDEN * VOCABULARY + tokens * VOCABULARY)


def test_grouped_queries_count_all_query_heads() -> None:
    found = costs(qwen2())["attention"]
    projections = 2 * BATCH * LENGTH * HIDDEN * (HIDDEN + HIDDEN + 2 * HIDDEN // 2)
    assert found.flops_dense == LAYERS * (projections + 4 * BATCH * LENGTH * LENGTH * HIDDEN)


def test_norm_bytes() -> None:
    norm, x = nn.LayerNorm(HIDDEN), torch.randn(BATCH, LENGTH, HIDDEN)
    statistics = 2 * BATCH * LENGTH
    assert one_op(lambda: norm(x)) == Cost(0, 0, FLOAT * (2 * x.numel() + 2 * HIDDEN + statistics), 1)


def test_embedding_reads_the_rows_it_takes() -> None:
    table, ids = nn.Embedding(10_000, HIDDEN), token_ids(BATCH, LENGTH)
    rows = FLOAT * ids.numel() * HIDDEN
    assert one_op(lambda: table(ids)).bytes == rows + 8 * ids.numel() + rows


def test_linear_bytes_and_flops() -> None:
    linear, x = nn.Linear(HIDDEN, INNER), torch.randn(6, HIDDEN)
    expected = FLOAT * (x.numel() + HIDDEN * INNER + INNER + 6 * INNER)
    assert one_op(lambda: linear(x)) == Cost(2 * 6 * HIDDEN * INNER, 2 * 6 * HIDDEN * INNER, expected, 1)


X = torch.randn(4, 6)


@pytest.mark.parametrize(("queries", "keys"), [(1, 7), (5, 5), (5, 9), (9, 5)])
def test_sdpa_causal_with_unequal_lengths(queries: int, keys: int) -> None:
    q, k = torch.randn(2, 4, queries, 8), torch.randn(2, 4, keys, 8)
    attention = nn.functional.scaled_dot_product_attention
    pairs = int(torch.ones(queries, keys).tril().sum())
    found = one_op(lambda: attention(q, k, k, is_causal=True))
    assert found.flops == 4 * 2 * 4 * pairs * 8
    assert found.flops_dense == 4 * 2 * 4 * queries * keys * 8
    assert one_op(lambda: attention(q, k, k)).flops == found.flops_dense


@pytest.mark.parametrize("kind", ["flash", "efficient", "cudnn"])
def test_attention_operators_of_the_gpu(kind: str) -> None:
    """Shapes only: these operators have kernels for meta tensors wherever torch has its CUDA schemas."""
    q = torch.empty(2, 4, 16, 8, device="meta", dtype=torch.float16)
    run = {
        "flash": lambda: aten._scaled_dot_product_flash_attention(q, q, q, 0.0, True),
        "efficient": lambda: aten._scaled_dot_product_efficient_attention(q, q, q, None, False, 0.0, True),
        "cudnn": lambda: aten._scaled_dot_product_cudnn_attention(q, q, q, None, False, 0.0, True),
    }[kind]
    found = one_op(run)
    assert found.flops_dense == 4 * 2 * 4 * 16 * 16 * 8
    assert found.flops == 4 * 2 * 4 * (16 * 17 // 2) * 8


def test_inference_mode_counts_the_same() -> None:
    model, ids = llama(), token_ids(BATCH, LENGTH)
    expected = component_costs(model, (ids,), {}, discover(model))
    with torch.inference_mode():
        found = component_costs(model, (ids,), {}, discover(model))
    assert {name: cost.flops_dense for name, cost in found.items()} == {
        name: cost.flops_dense for name, cost in expected.items()
    }


def test_watching_changes_nothing() -> None:
    model, ids = bert(), token_ids(BATCH, LENGTH)
    with torch.no_grad():
        expected = model(ids).logits
        with CostCounter():
            assert torch.equal(model(ids).logits, expected)
    component_costs(model, (ids,), {}, discover(model))
    assert all(not module._forward_hooks and not module._forward_pre_hooks for module in model.modules())


def test_innermost_component_gets_the_operator() -> None:
    with torch.no_grad(), CostCounter() as counter:
        counter.enter("outer")
        X + X
        counter.enter("inner")
        X @ X.t()
        counter.exit()
        X + X
        counter.exit()
        X + X
    assert {name: cost.ops for name, cost in counter.costs.items()} == {"outer": 2, "inner": 1, "other": 1}
    assert counter.costs["inner"].flops == 2 * 4 * 6 * 4


def test_a_failing_forward_leaves_no_hooks() -> None:
    model = llama()
    with pytest.raises(TypeError):
        component_costs(model, (), {"no_such_argument_of_linear": object(), "input_ids": 3}, discover(model))
    assert all(not module._forward_hooks and not module._forward_pre_hooks for module in model.modules())
