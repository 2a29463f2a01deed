"""What a stored call knows about what it called, and about writes in place."""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

import pytest
import torch
from dosing_models import SIZE, Layered, found_in
from test_activation_faults import FALLING, Falling
from test_activations import InPlace
from torch import nn

from clear_native.activation_store.activations import ActivationStore
from clear_native.activation_store.stored_call import StoredCall
from clear_native.subject.components import discover

X = torch.ones(2, SIZE)


def calls_of(model: nn.Module, x: torch.Tensor, components: dict[str, object] | None = None) -> dict[str, StoredCall]:
    found = found_in(model, components)
    return {call.name: call for call in ActivationStore.record(model, (x,), {}, found).in_order}


def test_what_was_invoked_in_order() -> None:
    model = Layered(1)
    calls = calls_of(model, X)
    assert list(calls) == ["", "shared_norm", "attention.0", "attention.0.norm", "mlp.0", "lm_head"]
    assert [child.name for child in calls[""].children] == ["shared_norm", "attention.0", "mlp.0", "lm_head"]
    assert calls["attention.0"].invoked == [(model.attention[0].norm, calls["attention.0.norm"])]


def test_a_call_of_the_same_component_is_part_of_the_one_around() -> None:
    class Twice(nn.Module):
        """One linear layer is called by itself, and inside a module of the same component."""

        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(SIZE, SIZE)
            self.block = nn.Sequential(nn.ReLU())
            self.block.append(self.linear)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.block(self.linear(x))

    model = Twice()
    calls = calls_of(model, X, {"mlp": ["linear", "block"]})
    assert calls["block"].children == []
    assert calls["block"].invoked == [(model.linear, None)]
    assert [child.name for child in calls[""].children] == ["linear", "block"]


def test_a_call_that_raised_dissolves_in_its_caller() -> None:
    model = Falling()
    store = ActivationStore.record(model, (torch.ones(2, 4),), {}, discover(model, FALLING))
    calls = {call.name: call for call in store.in_order}
    assert [(module is model.attention, call) for module, call in calls[""].invoked] == [
        (True, None),
        (False, calls["attention.norm"]),
        (False, calls["slow_attention"]),
        (False, calls["mlp"]),
    ]


@pytest.mark.parametrize("name, writes, written", [("mlp", True, True), ("mlp.norm", False, True), ("", False, False)])
def test_writes_in_place_are_known(name: str, writes: bool, written: bool) -> None:
    call = calls_of(InPlace(), torch.ones(2, 4))[name]
    assert (call.writes_to_arguments, call.output_written_later) == (writes, written)
