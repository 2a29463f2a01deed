"""FLOPs of single operators, and what masks leave of them. Nothing is run: shapes and arguments decide."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode, flop_registry

from clear_native.cost.flops import attended_pairs, operator_flops

aten = torch.ops.aten
BATCH, HEADS, WIDTH = 2, 4, 8


def heads(length: int, number: int = HEADS) -> torch.Tensor:
    return torch.empty(BATCH, number, length, WIDTH, device="meta")


def packed(total: int) -> torch.Tensor:
    return torch.empty(total, HEADS, WIDTH, device="meta")


@pytest.mark.parametrize("queries", [1, 4, 7])
@pytest.mark.parametrize("keys", [1, 4, 9])
@pytest.mark.parametrize("bottom_right", [False, True])
@pytest.mark.parametrize(("left", "right"), [(None, 0), (2, 0), (1, 1), (0, None), (None, None)])
def test_pairs_against_a_mask_that_is_written_out(
    queries: int, keys: int, bottom_right: bool, left: int | None, right: int | None
) -> None:
    shift = keys - queries if bottom_right else 0
    seen = sum(
        (left is None or key >= row + shift - left) and (right is None or key <= row + shift + right)
        for row in range(queries)
        for key in range(keys)
    )
    assert attended_pairs(queries, keys, shift, left, right) == seen


@pytest.mark.parametrize(
    "operator",
    ["_scaled_dot_product_flash_attention", "_scaled_dot_product_flash_attention_for_cpu"],
)
def test_causal_flash_forward_and_backward(operator: str) -> None:
    q, k = heads(6), heads(6)
    dense = 4 * BATCH * HEADS * 6 * 6 * WIDTH
    assert operator_flops(getattr(aten, operator).default, (q, k, k, 0.0, True), {}, None) == (dense * 21 // 36, dense)
    assert operator_flops(getattr(aten, operator).default, (q, k, k), {"is_causal": False}, None) == (dense, dense)
    backward = getattr(aten, f"{operator}_backward").default
    rest = (None, None, 6, 6, 0.0, True, None, None) if operator.endswith("attention") else (0.0, True)
    flops, flops_dense = operator_flops(backward, (q, q, k, k, q, None, *rest), {}, None)
    assert (flops, flops_dense) == (dense * 5 // 2 * 21 // 36, dense * 5 // 2)


def test_key_heads_are_counted_as_often_as_they_are_used() -> None:
    one_to_one = operator_flops(aten._scaled_dot_product_flash_attention.default, (heads(6),) * 3, {}, None)
    shared = (heads(6), heads(6, 2), heads(6, 2))
    assert operator_flops(aten._scaled_dot_product_flash_attention.default, shared, {}, None) == one_to_one


@pytest.mark.parametrize(("mask_type", "pairs"), [(0, 12), (1, 1 + 2), (2, 5 + 6)])
def test_efficient_attention_aligns_its_mask_by_its_argument(mask_type: int, pairs: int) -> None:
    q = torch.empty(1, 2, HEADS, WIDTH, device="meta")
    k = torch.empty(1, 6, HEADS, WIDTH, device="meta")
    flops, dense = operator_flops(
        aten._efficient_attention_forward.default, (q, k, k, None, None, None, None, None, 0.0, mask_type), {}, None
    )
    assert flops == dense * pairs // 12


def test_packed_sequences_count_the_longest_and_read_nothing_from_the_device() -> None:
    lengths = torch.empty(3, dtype=torch.int32, device="meta")
    arguments = (packed(9), packed(9), packed(9), lengths, lengths, 5, 5, 0.0, True, False)
    dense = 2 * 4 * HEADS * 5 * 5 * WIDTH
    assert operator_flops(aten._flash_attention_forward.default, arguments, {}, None) == (dense * 15 // 25, dense)
    window = {"window_size_left": 1, "window_size_right": 0}
    flops, _ = operator_flops(aten._flash_attention_forward.default, arguments, window, None)
    assert flops == dense * (1 + 2 * 4) // 25


def matrix(*shape: int) -> torch.Tensor:
    return torch.empty(shape, device="meta")


@pytest.mark.parametrize(
    ("operator", "arguments", "flops"),
    [
        (aten.mm.default, (matrix(3, 4), matrix(4, 5)), 2 * 3 * 4 * 5),
        (aten.mv.default, (matrix(3, 4), matrix(4)), 2 * 3 * 4),
        (aten.addmv.default, (matrix(3), matrix(3, 4), matrix(4)), 2 * 3 * 4),
        (aten._addmm_activation.default, (matrix(5), matrix(3, 4), matrix(4, 5)), 2 * 3 * 4 * 5),
        (aten._int_mm.default, (matrix(3, 4), matrix(4, 5)), 2 * 3 * 4 * 5),
        (aten._grouped_mm.default, (matrix(12, 4), matrix(3, 4, 5), matrix(3)), 2 * 12 * 4 * 5),
        (aten._grouped_mm.default, (matrix(4, 12), matrix(12, 5), matrix(3)), 2 * 4 * 12 * 5),
        (aten._grouped_mm.default, (matrix(3, 2, 4), matrix(3, 4, 5)), 3 * 2 * 2 * 4 * 5),
        (aten.native_layer_norm.default, (matrix(3, 4), [4], None, None, 1e-5), 0),
        (aten.add.Tensor, (matrix(3), matrix(3)), 0),
    ],
)
def test_products(operator: Any, arguments: tuple[Any, ...], flops: int) -> None:
    assert operator_flops(operator, arguments, {}, matrix(3, 5)) == (flops, flops)


def test_every_operator_that_torch_counts_is_counted() -> None:
    missing = [packet for packet in flop_registry if not _has_formula(packet)]
    assert missing == []


def test_packed_sequences_on_a_device_are_not_asked_for_their_lengths() -> None:
    lengths = torch.tensor([0, 3, 9], dtype=torch.int32)
    arguments = (packed(9), packed(9), packed(9), lengths, lengths, 6, 6, 0.0, False, False)
    flops, _ = operator_flops(aten._flash_attention_forward.default, arguments, {}, None)
    assert flops == 2 * 4 * HEADS * 6 * 6 * WIDTH


def test_packed_efficient_attention() -> None:
    lengths = torch.empty(3, dtype=torch.int32, device="meta")
    rows = packed(9).unsqueeze(0)
    arguments = (rows, rows, rows, None, lengths, lengths, 5, 5, 0.0, 1)
    flops, dense = operator_flops(aten._efficient_attention_forward.default, arguments, {}, None)
    assert (flops, dense) == (dense * 15 // 25, 2 * 4 * HEADS * 5 * 5 * WIDTH)


def _has_formula(packet: Any) -> bool:
    from clear_native.cost.flops import _formulas

    return packet in _formulas()


def counted_by_torch(run: Any) -> int:
    with FlopCounterMode(display=False) as counter:
        run()
    return int(counter.get_total_flops())


def counted_here(run: Any, operator: str) -> int:
    """FLOPs of `run`, in which `operator` must have been called."""
    with Watch() as watch:
        run()
    assert operator in watch.names
    return watch.flops


class Watch(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.flops = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        self.names.append(str(func))
        self.flops += operator_flops(func, args, kwargs or {}, out)[1]
        return out


@contextmanager
def slow_path() -> Iterator[None]:
    """Without torch's fused layers, and with attention as matrix products, which torch's counter knows on the CPU."""
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(True)


def test_fused_encoder_layer_counts_as_its_parts() -> None:
    layer = nn.TransformerEncoderLayer(16, 4, 40, dropout=0.0, batch_first=True).eval()
    x = torch.randn(3, 5, 16)
    with torch.no_grad():
        fused = counted_here(lambda: layer(x), "aten._transformer_encoder_layer_fwd.default")
        with slow_path():
            assert fused == counted_by_torch(lambda: layer(x))


def test_fused_attention_counts_as_its_parts() -> None:
    attention = nn.MultiheadAttention(16, 4, batch_first=True).eval()
    x = torch.randn(3, 5, 16)
    with torch.no_grad():
        fused = counted_here(lambda: attention(x, x, x), "aten._native_multi_head_attention.default")
        with slow_path():
            assert fused == counted_by_torch(lambda: attention(x, x, x))


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_fused_layer_on_nested_sequences_counts_no_padding() -> None:
    layer = nn.TransformerEncoderLayer(16, 4, 40, dropout=0.0, batch_first=True).eval()
    encoder = nn.TransformerEncoder(layer, 1).eval()
    x, padding = torch.randn(2, 6, 16), torch.tensor([[False] * 6, [False] * 4 + [True] * 2])
    with torch.no_grad():
        fused = counted_here(
            lambda: encoder(x, src_key_padding_mask=padding), "aten._transformer_encoder_layer_fwd.default"
        )
        with slow_path():
            assert fused == sum(counted_by_torch(lambda n=n: layer(x[:1, :n])) for n in (6, 4))
