"""Compulsory bytes of single operators."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from clear_native.cost.cost import Cost, CostCounter
from clear_native.cost.traffic import tensor_bytes

FLOAT = 4
X = torch.randn(4, 6)


def one_op(run: Any) -> Cost:
    """Cost of everything that `run` does."""
    with torch.no_grad(), CostCounter() as counter:
        run()
    cost: Cost = counter.costs.get("other", Cost())
    return cost


@pytest.mark.parametrize(
    ("run", "elements"),
    [
        (lambda: X.view(6, 4).transpose(0, 1)[1:].unsqueeze(0), 0),
        (lambda: X.detach(), 0),
        (lambda: torch.empty(100), 0),
        (lambda: torch.empty_like(X), 0),
        (lambda: torch.zeros(10), 10),
        (lambda: X + X, 2 * 24),
        (lambda: X + 1.0, 2 * 24),
        (lambda: X.clone().add_(X), 2 * 24 + 3 * 24),
        (lambda: X[:1].expand(4, 6).add(1.0), 6 + 24),
        (lambda: X.clone().copy_(X[:1]), 2 * 24 + 6 + 24),
        (lambda: X.clone().zero_(), 2 * 24 + 24),
        (lambda: torch.add(X, 1.0, out=torch.empty(4, 6)), 2 * 24),
        (lambda: torch.mm(X, X.t()), 24 + 24 + 16),
    ],
)
def test_bytes_of_single_operators(run: Any, elements: int) -> None:
    assert one_op(run).bytes == FLOAT * elements


def test_scatter_into_a_cache_moves_only_its_rows() -> None:
    cache, index, rows = torch.zeros(1000, 8), torch.tensor([3, 5]), torch.ones(2, 8)
    assert one_op(lambda: cache.index_copy_(0, index, rows)).bytes == FLOAT * 16 * 2 + 8 * 2


def test_lookups_read_what_they_take() -> None:
    table, rows = torch.randn(1000, 8), torch.tensor([3, 3, 5])
    taken = FLOAT * 3 * 8
    for run in (lambda: table[rows], lambda: table.index_select(0, rows)):
        assert one_op(run).bytes == taken + 8 * 3 + taken


def test_the_same_tensor_twice_is_read_once() -> None:
    assert one_op(lambda: X * X).bytes == FLOAT * 2 * 24
    assert one_op(lambda: torch.cat([X, X])).bytes == FLOAT * (24 + 48)


def test_lists_of_tensors() -> None:
    many = [torch.ones(10), torch.ones(20)]
    assert one_op(lambda: torch._foreach_add_(many, 1.0)).bytes == FLOAT * 2 * 30


@pytest.mark.parametrize(
    ("tensor", "elements"),
    [
        (torch.empty(3, 4), 12),
        (torch.empty(3, 4).t(), 12),
        (torch.empty(1).expand(100, 100), 1),
        (torch.empty(10, 4)[::2], 20),
        (torch.empty(8).unfold(0, 4, 1), 8),
        (torch.empty(0, 5), 0),
        (torch.empty(()), 1),
    ],
)
def test_memory_behind_a_tensor(tensor: torch.Tensor, elements: int) -> None:
    assert tensor_bytes(tensor) == FLOAT * elements
