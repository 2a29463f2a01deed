"""FLOPs and bytes of every family against closed forms, written out from the shapes, and against torch's counter."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from family_models import CHOSEN, CLASSES, EXPERT_INNER, EXPERTS, FAMILIES, FRAMES, MEL_BINS, PATCHES, made
from tiny_models import HEADS, HIDDEN, INNER, LAYERS, VOCABULARY, token_ids
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from clear_native.cost.cost import Cost, CostCounter, component_costs
from clear_native.subject.components import discover

BATCH, LENGTH, SHORT, FLOAT = 2, 8, 5, 4
TOKENS = BATCH * LENGTH
MIXTURES = ("olmoe", "qwen2_moe", "gpt_oss", "deepseek_v3")


def costs(family: str) -> dict[str, Cost]:
    model, inputs = made(family)
    return component_costs(model, (), inputs, discover(model))


def linear(rows: int, *sizes: int) -> int:
    """FLOPs of linear layers one after another."""
    return sum(2 * rows * left * right for left, right in pairwise(sizes))


def scores(pairs: int, width: int = HIDDEN, of_values: int | None = None) -> int:
    """Queries times keys, and their weights times values, over all heads."""
    return BATCH * 2 * pairs * (width + (width if of_values is None else of_values))


DENSE, CAUSAL = LENGTH * LENGTH, LENGTH * (LENGTH + 1) // 2


@pytest.mark.parametrize("family", [name for name in FAMILIES if name not in MIXTURES])
def test_dense_flops_are_those_of_torchs_counter(family: str) -> None:
    model, inputs = made(family)
    with sdpa_kernel(SDPBackend.MATH), torch.no_grad():
        with FlopCounterMode(display=False) as counter:
            model(**inputs)
        found = component_costs(model, (), inputs, discover(model))
    assert sum(cost.flops_dense for cost in found.values()) == counter.get_total_flops() > 0


@pytest.mark.parametrize("experts", ["eager", "batched_mm", "grouped_mm"])
@pytest.mark.parametrize("family", MIXTURES)
def test_flops_of_a_mixture_are_of_the_chosen_experts_however_they_are_run(family: str, experts: str) -> None:
    """torch's counter knows the products that "eager" makes; the other ways do the same work."""
    model, inputs = FAMILIES[family].model(), made(family)[1]
    model.set_experts_implementation("eager")
    with sdpa_kernel(SDPBackend.MATH), torch.no_grad():
        with FlopCounterMode(display=False) as counter:
            model(**inputs)
        model.set_experts_implementation(experts)
        found = component_costs(model, (), inputs, discover(model))
    assert sum(cost.flops_dense for cost in found.values()) == counter.get_total_flops()
    layers = 1 if family == "deepseek_v3" else LAYERS
    gated = linear(TOKENS * CHOSEN, HIDDEN, EXPERT_INNER) * 3
    assert found["experts"].flops == layers * gated


CLOSED: dict[str, dict[str, int]] = {
    "distilbert": {
        "attention": LAYERS * (4 * linear(TOKENS, HIDDEN, HIDDEN) + scores(DENSE)),
        "mlp": LAYERS * linear(TOKENS, HIDDEN, INNER, HIDDEN),
        "lm_head": linear(TOKENS, HIDDEN, HIDDEN, VOCABULARY),
    },
    "albert": {
        "embedding": linear(TOKENS, HIDDEN // 2, HIDDEN),
        "attention": LAYERS * (4 * linear(TOKENS, HIDDEN, HIDDEN) + scores(DENSE)),
        "mlp": LAYERS * linear(TOKENS, HIDDEN, INNER, HIDDEN),
        "lm_head": linear(TOKENS, HIDDEN, HIDDEN // 2, VOCABULARY),
    },
    "modernbert": {  # two of the three layers see a window, given as a mask: its kernel multiplies all pairs
        "attention": 3 * (4 * linear(TOKENS, HIDDEN, HIDDEN) + scores(DENSE)),
        "mlp": 3 * (linear(TOKENS, HIDDEN, 2 * INNER) + linear(TOKENS, INNER, HIDDEN)),
    },
    "llama": {
        "attention": LAYERS * (3 * linear(TOKENS, HIDDEN, HIDDEN) + scores(CAUSAL)),  # k and v are half as wide
        "mlp": LAYERS * 3 * linear(TOKENS, HIDDEN, INNER),
        "lm_head": linear(TOKENS, HIDDEN, VOCABULARY),
    },
    "phi3": {
        "attention": LAYERS * (linear(TOKENS, HIDDEN, 2 * HIDDEN) + linear(TOKENS, HIDDEN, HIDDEN) + scores(CAUSAL)),
        "mlp": LAYERS * (linear(TOKENS, HIDDEN, 2 * INNER) + linear(TOKENS, INNER, HIDDEN)),
    },
    "gemma2": {  # capped scores are written out as two products, which are dense
        "attention": LAYERS * (3 * linear(TOKENS, HIDDEN, HIDDEN) + scores(DENSE)),
        "mlp": LAYERS * 3 * linear(TOKENS, HIDDEN, INNER),
    },
    "deepseek_v3": {  # multi-head latent attention: heads are 8 + 4 wide for scores, 6 for values
        "attention": LAYERS * (
            linear(TOKENS, HIDDEN, 12, HEADS * (8 + 4)) + linear(TOKENS, HIDDEN, 16 + 4)
            + linear(TOKENS, 16, HEADS * (8 + 6)) + linear(TOKENS, HEADS * 6, HIDDEN)
            + scores(DENSE, HEADS * (8 + 4), HEADS * 6)
        ),
        "mlp": 3 * linear(TOKENS, HIDDEN, INNER),
        "shared_experts": 3 * linear(TOKENS, HIDDEN, EXPERT_INNER),
        "router": linear(TOKENS, HIDDEN, EXPERTS),
    },
    "qwen2_moe": {
        "shared_experts": LAYERS * 3 * linear(TOKENS, HIDDEN, INNER),
        "router": LAYERS * (linear(TOKENS, HIDDEN, EXPERTS) + linear(TOKENS, HIDDEN, 1)),
    },
    "t5": {
        "encoder.attention": LAYERS * (4 * linear(TOKENS, HIDDEN, HIDDEN) + scores(DENSE)),
        "decoder.attention": LAYERS * (4 * linear(BATCH * SHORT, HIDDEN, HIDDEN) + scores(SHORT * SHORT)),
        "decoder.cross_attention": LAYERS * (
            2 * linear(BATCH * SHORT, HIDDEN, HIDDEN) + 2 * linear(TOKENS, HIDDEN, HIDDEN) + scores(SHORT * LENGTH)
        ),
        "encoder.mlp": LAYERS * linear(TOKENS, HIDDEN, INNER, HIDDEN),
        "decoder.mlp": LAYERS * linear(BATCH * SHORT, HIDDEN, INNER, HIDDEN),
        "lm_head": linear(BATCH * SHORT, HIDDEN, VOCABULARY),
    },
    "flan_t5": {"encoder.mlp": LAYERS * 3 * linear(TOKENS, HIDDEN, INNER)},
    "vit": {
        "embedding": linear(BATCH * PATCHES, 3 * 4 * 4, HIDDEN),
        "attention": LAYERS * (
            4 * linear(BATCH * (PATCHES + 1), HIDDEN, HIDDEN) + scores((PATCHES + 1) ** 2)
        ),
        "head": linear(BATCH, HIDDEN, CLASSES),
    },
    "whisper": {
        "encoder.convolution": 2 * BATCH * 3 * (2 * FRAMES * MEL_BINS * HIDDEN + FRAMES * HIDDEN * HIDDEN),
        "decoder.cross_attention": LAYERS * (
            2 * linear(BATCH * SHORT, HIDDEN, HIDDEN) + 2 * linear(BATCH * FRAMES, HIDDEN, HIDDEN)
            + scores(SHORT * FRAMES)
        ),
    },
    "mamba": {  # width 64 inside, state 4, step of rank 2, kernel 4 with 3 of padding, a product per step and state
        "mixer": LAYERS * (
            linear(TOKENS, HIDDEN, 128) + 2 * BATCH * (LENGTH + 3) * 64 * 4 + linear(TOKENS, 64, 2 + 2 * 4)
            + linear(TOKENS, 2, 64) + 2 * TOKENS * 64 * 4 + linear(TOKENS, 64, HIDDEN)
        ),
    },
}  # fmt: skip


@pytest.mark.parametrize("family", CLOSED)
def test_closed_forms(family: str) -> None:
    found = costs(family)
    assert {name: found[name].flops for name in CLOSED[family]} == CLOSED[family]
    assert all(cost.flops <= cost.flops_dense for cost in found.values())


def test_what_a_window_leaves_is_known_where_the_kernel_is_told_and_dense_where_it_gets_a_mask() -> None:
    q = torch.empty(BATCH, LENGTH, HEADS, HIDDEN // HEADS, device="meta", dtype=torch.float16)
    told = one_op(lambda: torch.ops.aten._flash_attention_forward(
        q, q, q, None, None, LENGTH, LENGTH, 0.0, False, False, window_size_left=2, window_size_right=0
    ))  # fmt: skip
    assert (told.flops, told.flops_dense) == (scores(1 + 2 + 3 * (LENGTH - 2)), scores(DENSE))
    heads_first = q.transpose(1, 2)
    mask = torch.ones(LENGTH, LENGTH).tril().triu(-2).bool().to("meta")
    masked = one_op(lambda: nn.functional.scaled_dot_product_attention(heads_first, heads_first, heads_first, mask))
    assert masked.flops == masked.flops_dense == scores(DENSE)


def test_key_heads_that_are_shared_are_read_once_and_used_by_all_queries() -> None:
    """Grouped queries without any expansion in memory."""
    q, k = torch.randn(1, 8, 4, 16), torch.randn(1, 2, 4, 16)
    attention = nn.functional.scaled_dot_product_attention
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION):
        found = one_op(lambda: attention(q, k, k, enable_gqa=True))
    assert found.flops_dense == 4 * 8 * 4 * 4 * 16
    assert found.bytes < FLOAT * (3 * q.numel() + 2 * k.numel())


def test_grouped_products_read_only_matrices_that_rows_can_reach() -> None:
    groups, wide, narrow = 8, 16, 24
    matrices, offsets = torch.randn(groups, wide, narrow), torch.tensor([1, 1, 1, 2, 2, 2, 2, 3], dtype=torch.int32)
    few, many = torch.randn(3, wide), torch.randn(40, wide)
    one = FLOAT * wide * narrow

    def expected(rows: torch.Tensor, read: int) -> int:
        return FLOAT * rows.numel() + read * one + 4 * groups + FLOAT * rows.shape[0] * narrow

    run = torch.ops.aten._grouped_mm
    assert one_op(lambda: run(few, matrices, offsets)).bytes == expected(few, 3)
    spread = torch.arange(5, 41, 5, dtype=torch.int32)
    assert one_op(lambda: run(many, matrices, spread)).bytes == expected(many, groups)


def test_grouped_products_of_transformers_are_counted() -> None:
    pytest.importorskip("transformers.integrations.moe")
    rows, matrices = torch.randn(6, 16), torch.randn(3, 16, 24)
    offsets = torch.tensor([2, 4, 6], dtype=torch.int32)
    found = one_op(lambda: torch.ops.transformers.grouped_mm_fallback(rows, matrices, offs=offsets))
    assert (found.flops, found.ops) == (2 * 6 * 16 * 24, 1)


def test_bytes_of_embedding_norm_and_head() -> None:
    found = costs("llama")
    ids, rows = 8 * TOKENS, FLOAT * TOKENS * HIDDEN
    assert found["embedding"].bytes == rows + ids + rows
    assert found["lm_head"].bytes == rows + FLOAT * HIDDEN * VOCABULARY + FLOAT * TOKENS * VOCABULARY
    assert costs("qwen2")["lm_head"].bytes == found["lm_head"].bytes  # tied or not: the head reads its matrix


def test_a_mask_with_holes_changes_no_count() -> None:
    model, _ = made("bert")
    ids, mask = token_ids(BATCH, LENGTH), torch.ones(BATCH, LENGTH, dtype=torch.long)
    mask[0, 3:] = 0
    found = component_costs(model, (), {"input_ids": ids, "attention_mask": mask}, discover(model))
    assert found["attention"].flops == costs("bert")["attention"].flops


def one_op(run: Any) -> Cost:
    with torch.no_grad(), CostCounter() as counter:
        run()
    cost: Cost = counter.costs.get("other", Cost())
    return cost
