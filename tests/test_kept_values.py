"""Arguments and outputs are kept so that each replay finds them as they were."""

from __future__ import annotations

import threading
from collections import namedtuple
from typing import Any

import pytest
import torch
from torch import nn

from clear_native.activation_store.kept_values import KeptValue, tensors_in, version

Pair = namedtuple("Pair", "left right")


def test_copies_structures_not_tensors() -> None:
    class Cache:
        def __init__(self) -> None:
            self.layers: list[torch.Tensor] = [torch.ones(2)]

    cache, x = Cache(), torch.zeros(3)
    kept = KeptValue(((x,), {"cache": cache, "flag": True}))
    cache.layers.append(torch.ones(1))
    (args, kwargs) = kept.get()
    assert args[0] is x
    assert len(kwargs["cache"].layers) == 1
    assert kwargs["cache"].layers[0] is cache.layers[0]
    kwargs["cache"].layers.append(x)
    assert len(kept.get()[1]["cache"].layers) == 1


def test_refreshes_what_its_call_writes() -> None:
    x = torch.zeros(3)
    kept = KeptValue((x,), frozenset({0}), frozenset({0}))
    for _ in range(2):
        (value,) = kept.get()
        assert torch.equal(value, torch.zeros(3))
        value.add_(1)
    assert torch.equal(x, torch.zeros(3))


def test_containers_are_new_each_time() -> None:
    x = torch.zeros(2)
    kept = KeptValue({"list": [x], "dict": {"a": (x, Pair(x, 1))}})
    first, second = kept.get(), kept.get()
    first["list"].append(x)
    first["dict"]["b"] = 1
    assert second == kept.get()
    assert second["dict"]["a"][1].left is x
    assert isinstance(second["dict"]["a"][1], Pair)


def test_what_nothing_can_change_is_not_copied() -> None:
    value = ((torch.zeros(1), 3, "x", None, torch.float16), ())
    kept = KeptValue(value)
    assert kept.get() is kept.get()
    assert kept.get()[0][0] is value[0][0]


@pytest.mark.parametrize("value", [threading.Lock(), nn.Linear(2, 2), torch.Generator(), len, int])
def test_what_cannot_be_copied_is_shared(value: Any) -> None:
    assert KeptValue([value]).get()[0] is value


def test_tensors_are_found_once_wherever_they_are() -> None:
    class Holder:
        def __init__(self, tensor: torch.Tensor) -> None:
            self.tensor = tensor
            self.me = self

    x, y, z = torch.zeros(1), torch.zeros(2), torch.zeros(3)
    assert [t.numel() for t in tensors_in((x, [y, x], {"a": Holder(z)}, nn.Linear(1, 1)))] == [1, 2, 3]


def test_version_counts_writes_and_not_of_inference_tensors() -> None:
    x = torch.zeros(2)
    before = version(x)
    x[0] = 1
    assert version(x) != before
    with torch.inference_mode():
        assert version(torch.zeros(1)) is None
