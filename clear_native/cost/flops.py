"""Floating-point operations of one operator: dense, as torch's counter has them, and what a causal mask leaves of them.

The formulas are those of `torch.utils.flop_counter`. Added are operators that it lacks: attention on the CPU, grouped
matrix products, matrix times vector, and fused variants of the linear layer, of attention and of encoder layers. As
there, only products are counted: norms, activations and sums have no FLOPs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch
from torch.utils import flop_counter

__all__ = ["attended_pairs", "operator_flops"]

aten = torch.ops.aten


def operator_flops(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> tuple[int, int]:
    """(flops, flops_dense) of one call of `func`.

    A mask given as a tensor counts as dense: its values are data, and the kernels multiply all pairs before they apply
    it. So does attention written out as two products around a softmax.
    """
    packet = getattr(func, "_overloadpacket", func)
    formula = _formulas().get(packet) or _OF_OTHERS.get(str(packet))
    if formula is None:
        return 0, 0
    bound = _bound(func, args, kwargs)
    if _is_low_level(func) and not _is_packed(bound):
        args = _heads_first(func, args)  # as torch's formula expects, though the operator does not
    given = tuple(_on_meta(arg) for arg in args), {name: _on_meta(value) for name, value in kwargs.items()}
    dense = int(formula(*given[0], **given[1], out_val=out))
    return _kept(func, bound, dense), dense


@lru_cache(maxsize=4096)
def attended_pairs(queries: int, keys: int, shift: int, left: int | None = None, right: int | None = 0) -> int:
    """How many (query, key) pairs remain when query i sees keys from i + shift - left to i + shift + right.

    `None` for left or right: no bound on that side. `right=0` is a causal mask; `shift=0` aligns it at the top left,
    `shift=keys - queries` at the bottom right.
    """
    pairs = 0
    for row in range(queries):
        first = 0 if left is None else max(0, row + shift - left)
        last = keys - 1 if right is None else min(keys - 1, row + shift + right)
        pairs += max(0, last - first + 1)
    return pairs


def _kept(func: Any, bound: dict[str, Any], dense: int) -> int:
    """`dense` times the share of the score matrix that is left. Attention is proportional to its pairs."""
    if "attention" not in str(func) or "query" not in bound:
        return dense
    low_level = _is_low_level(func)
    left, right = bound.get("window_size_left"), bound.get("window_size_right")
    left, right = (None if side is None or side < 0 else int(side) for side in (left, right))
    if bound.get("is_causal") or bound.get("custom_mask_type") in (1, 2):
        right = 0
    if left is None and right is None:
        return dense
    queries, keys = _lengths(bound, low_level)
    shift = keys - queries if low_level and bound.get("custom_mask_type") != 1 else 0
    return dense * attended_pairs(queries, keys, shift, left, right) // (queries * keys)


def _is_low_level(func: Any) -> bool:
    """Attention below the SDPA operators: (batch, length, heads, width), and masks aligned at the bottom right."""
    return str(func).startswith(("aten._flash_attention", "aten._efficient_attention"))


def _lengths(bound: dict[str, Any], low_level: bool) -> tuple[int, int]:
    """Queries and keys; of packed sequences the longest, since the others' lengths are on the device."""
    if _is_packed(bound):
        return int(bound.get("max_q") or bound["max_seqlen_q"]), int(bound.get("max_k") or bound["max_seqlen_k"])
    dimension = 1 if low_level else -2
    return int(bound["query"].shape[dimension]), int(bound["key"].shape[dimension])


def _is_packed(bound: dict[str, Any]) -> bool:
    lengths = bound.get("cum_seq_q", bound.get("cu_seqlens_q"))
    return isinstance(lengths, torch.Tensor) and lengths.numel() > 0


def _bound(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    schema = getattr(func, "_schema", None)
    if schema is None:
        return dict(kwargs)
    return {**{argument.name: value for argument, value in zip(schema.arguments, args, strict=False)}, **kwargs}


def _heads_first(func: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
    tensors = 4 if "backward" in str(func) else 3  # grad_out, query, key, value
    return tuple(_swapped(arg) for arg in args[:tensors]) + args[tensors:]


def _swapped(tensor: torch.Tensor) -> torch.Tensor:
    batch, length, heads, width = tensor.shape
    return torch.empty((batch, heads, length, width), device="meta")


def _on_meta(value: Any) -> Any:
    """Cumulative lengths would be copied to the host, which a capture forbids; torch then takes the longest."""
    if isinstance(value, torch.Tensor) and value.dim() == 1 and value.dtype in (torch.int32, torch.int64):
        return value.to("meta")
    return value


def _vector_flop(matrix: Any, vector: Any, **_: Any) -> int:
    rows, columns = matrix.shape
    return int(2 * rows * columns)


def _added_vector_flop(bias: Any, matrix: Any, vector: Any, **_: Any) -> int:
    return _vector_flop(matrix, vector)


def _grouped_flop(left: Any, right: Any, *_: Any, **__: Any) -> int:
    """Rows (or columns) are dealt to the groups: each meets the matrix of one group."""
    if left.dim() == 2 and right.dim() == 2:  # the shared dimension is dealt
        return int(2 * left.shape[0] * left.shape[1] * right.shape[1])
    groups = left.shape[0] if left.dim() == 3 and right.dim() == 3 else 1
    return int(2 * groups * left.shape[-2] * left.shape[-1] * right.shape[-1])


_OF_OTHERS: dict[str, Callable[..., Any]] = {"transformers.grouped_mm_fallback": _grouped_flop}
"""Operators of other libraries, by name: they need not be there."""


def _int_mm_flop(left: Any, right: Any, **_: Any) -> int:
    return int(2 * left.shape[0] * left.shape[1] * right.shape[1])


def _whole_attention_flop(query: Any, key: Any, value: Any, embed_dim: int, *_: Any, **__: Any) -> int:
    """torch's fused nn.MultiheadAttention: projections in and out, scores, and values weighted by them."""
    queries, keys = _sequence_lengths(query), _sequence_lengths(key)
    projections = 2 * embed_dim * embed_dim * (2 * sum(queries) + 2 * sum(keys))
    return projections + sum(4 * q * k * embed_dim for q, k in zip(queries, keys, strict=True))


def _encoder_layer_flop(src: Any, embed_dim: int, *args: Any, **kwargs: Any) -> int:
    """torch's fused nn.TransformerEncoderLayer: the attention, and the two linear layers of the MLP."""
    inner_weight = kwargs["ffn_weight_1"] if "ffn_weight_1" in kwargs else args[12]
    mlp = 2 * 2 * sum(_sequence_lengths(src)) * inner_weight.shape[0] * inner_weight.shape[1]
    return _whole_attention_flop(src, src, src, embed_dim) + int(mlp)


def _sequence_lengths(batch: Any) -> list[int]:
    """Of (batch, length, width), or of a nested tensor, as torch makes it to leave padding out."""
    if batch.is_nested:
        return [int(length) for length in batch._nested_tensor_size()[:, 0]]
    return [int(batch.shape[1])] * int(batch.shape[0])


@lru_cache(maxsize=1)
def _formulas() -> dict[Any, Callable[..., Any]]:
    known: dict[Any, Callable[..., Any]] = dict(flop_counter.flop_registry)
    attention = known[aten._scaled_dot_product_flash_attention]
    attention_backward = known[aten._scaled_dot_product_flash_attention_backward]
    own: dict[str, Callable[..., Any]] = {
        "_scaled_dot_product_flash_attention_for_cpu": attention,
        "_scaled_dot_product_flash_attention_for_cpu_backward": attention_backward,
        "_scaled_dot_product_fused_attention_overrideable": attention,
        "_scaled_dot_product_fused_attention_overrideable_backward": attention_backward,
        "_addmm_activation": known[aten.addmm],
        "_grouped_mm": _grouped_flop,
        "_scaled_grouped_mm": _grouped_flop,
        "_int_mm": _int_mm_flop,
        "_native_multi_head_attention": _whole_attention_flop,
        "_transformer_encoder_layer_fwd": _encoder_layer_flop,
        "mv": _vector_flop,
        "addmv": _added_vector_flop,
    }
    for name, formula in own.items():
        if hasattr(aten, name):
            known.setdefault(getattr(aten, name), _with_heads_repeated(formula) if formula is attention else formula)
    for name in ("_scaled_dot_product_efficient_attention", "_scaled_dot_product_flash_attention",
                 "_scaled_dot_product_cudnn_attention"):  # fmt: skip
        known[getattr(aten, name)] = _with_heads_repeated(known[getattr(aten, name)])
    return known


def _with_heads_repeated(formula: Callable[..., Any]) -> Callable[..., Any]:
    """Grouped queries: older formulas of torch expect as many key heads as query heads; newer ones count the same."""

    def repeated(query: Any, key: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
        if query.dim() == 4 and key.shape[1] != query.shape[1]:
            shape = (key.shape[0], query.shape[1], key.shape[2])
            key = torch.empty((*shape, key.shape[3]), device="meta")
            value = torch.empty((*shape, value.shape[3]), device="meta")
        return formula(query, key, value, *args, **kwargs)

    return repeated
