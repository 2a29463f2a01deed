"""What the mask builders returned in eager is given back under capture, call by call."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from clear_native.capture.eager_decisions import EagerDecisions
from clear_native.errors import CaptureFailedError

transformers = pytest.importorskip("transformers")


@pytest.fixture
def builders(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A stand-in for transformers' mask builders, one of which calls another; and a model file that imported them."""
    source = ModuleType("transformers.masking_utils")
    calls: list[str] = []

    def create_inner_mask(value: int) -> str:
        calls.append(f"inner {value}")
        return f"inner {value}"

    def create_outer_mask(value: int) -> str:
        calls.append(f"outer {value}")
        return "outer of " + source.create_inner_mask(value)

    for function in (create_inner_mask, create_outer_mask):
        function.__module__ = source.__name__
        setattr(source, function.__name__, function)
    source.calls = calls  # type: ignore[attr-defined]
    user = ModuleType("transformers.models.mine")
    user.create_outer_mask = create_outer_mask  # type: ignore[attr-defined]
    user.create_inner_mask = create_inner_mask  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "transformers.masking_utils", source)
    monkeypatch.setitem(sys.modules, "transformers.models.mine", user)
    return user


def test_each_call_gets_what_it_got_in_eager(builders: Any) -> None:
    decisions = EagerDecisions()
    with decisions.recorded():
        first = [builders.create_outer_mask(1), builders.create_inner_mask(2), builders.create_outer_mask(3)]
    assert first == ["outer of inner 1", "inner 2", "outer of inner 3"]
    with decisions.given_back():
        again = [builders.create_outer_mask(0), builders.create_inner_mask(0), builders.create_outer_mask(0)]
    assert again == first, "a builder inside a builder must not shift the calls from outside"


def test_the_builders_are_as_before_also_after_an_error(builders: Any) -> None:
    before = builders.create_outer_mask
    decisions = EagerDecisions()
    with pytest.raises(ValueError, match="stop"), decisions.recorded():
        assert builders.create_outer_mask is not before
        raise ValueError("stop")
    assert builders.create_outer_mask is before


def test_more_calls_than_in_eager_are_refused(builders: Any) -> None:
    decisions = EagerDecisions()
    with decisions.recorded():
        builders.create_inner_mask(1)
    with decisions.given_back():
        builders.create_inner_mask(1)
        with pytest.raises(CaptureFailedError, match="called 2 times"):
            builders.create_inner_mask(1)


def test_the_real_builders_of_a_model_are_found() -> None:
    import torch

    config = transformers.LlamaConfig(
        vocab_size=50, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2
    )
    model = transformers.LlamaForCausalLM(config).eval()
    ids = torch.zeros(1, 4, dtype=torch.long)
    decisions = EagerDecisions()
    with torch.no_grad(), decisions.recorded():
        model(ids)
    assert sum(len(results) for results in decisions.returned.values()) == 1
    with torch.no_grad(), decisions.given_back():
        model(ids)
