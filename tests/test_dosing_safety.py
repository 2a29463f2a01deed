"""What doses would change besides the work done is found, named, and left alone."""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Any

import pytest
import torch
from dosing_models import SIZE, Layered, dosed_forward, found_in
from tiny_models import FAMILIES, token_ids
from torch import nn

from clear_native.activation_store.activations import ActivationStore
from clear_native.in_situ.dosed_forward import DosedForward
from clear_native.in_situ.dosing_safety import cannot_be_dosed

X = torch.randn(2, SIZE, generator=torch.Generator().manual_seed(1))
IDS = token_ids(2, 8)


def unsafe_of(model: nn.Module, inputs: torch.Tensor, components: Any = None, **kwargs: Any) -> dict[str, str]:
    store = ActivationStore.record(model, (inputs,), kwargs, found_in(model, components))
    return cannot_be_dosed(store, DosedForward(store))


@pytest.mark.parametrize("family", FAMILIES)
def test_models_without_side_effects_can_be_dosed_whole(family: str) -> None:
    kwargs = {} if family == "bert" else {"use_cache": False}
    assert unsafe_of(FAMILIES[family](), IDS, **kwargs) == {}


class TwoParts(nn.Module):
    """A first part and a second, made by the test."""

    def __init__(self, first: nn.Module, second: nn.Module) -> None:
        super().__init__()
        self.first, self.second = first, second

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(self.first(x + 1))


PARTS = {"first": "first", "second": "second"}


class Adding(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.add_(1)


def test_writes_to_inputs_doubt_the_writer_and_who_made_them() -> None:
    found = unsafe_of(TwoParts(nn.Linear(SIZE, SIZE), Adding()), X, PARTS)
    assert found["second"] == "'second' writes in place to its inputs"
    assert found["first"] == "the output of 'first' is written to in place later"
    assert found["other"] == "the output of 'first' is written to in place later", "it hands it on"


def test_writes_to_what_another_call_returned() -> None:
    class Taking(TwoParts):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.second(self.first(x)).add_(1)

    found = unsafe_of(Taking(nn.Linear(SIZE, SIZE), nn.Linear(SIZE, SIZE)), X, PARTS)
    assert found == dict.fromkeys(("second", "other"), "the output of 'second' is written to in place later")


def test_writes_to_buffers() -> None:
    class Counting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("seen", torch.zeros(()))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.seen.add_(1)
            return x * 2

    model = TwoParts(Counting(), nn.Linear(SIZE, SIZE))
    assert unsafe_of(model, X, PARTS) == {
        "first": "it writes in place to what was there before the forward (first.seen)"
    }


def test_what_a_call_leaves_behind_in_an_object() -> None:
    """A key-value cache in the outputs lacks what a skipped attention would have put there."""
    found = unsafe_of(FAMILIES["llama"](), IDS, use_cache=True)
    assert found == {
        "attention": "with its calls skipped, the model's outputs are others: something that it leaves behind is read "
        "later"
    }


def test_what_a_call_leaves_behind_in_an_attribute() -> None:
    class Remembering(nn.Linear):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.total = getattr(self, "total", 0) + 1
            return super().forward(x)

    class Model(TwoParts):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.first.total = 0
            return super().forward(x) * self.first.total

    found = unsafe_of(Model(Remembering(SIZE, SIZE), nn.Linear(SIZE, SIZE)), X, PARTS)
    assert list(found) == ["first"]
    assert found["first"].startswith("with its calls doubled, the model's outputs are others")


def test_calls_that_fail_when_they_are_made_again() -> None:
    class Once(nn.Linear):
        calls = 0

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.calls += 1
            if self.calls == 2:
                raise RuntimeError("no second time")
            return super().forward(x)

    class Model(TwoParts):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.first.calls = 0
            return super().forward(x)

    found = unsafe_of(Model(Once(SIZE, SIZE), nn.Linear(SIZE, SIZE)), X, PARTS)
    assert found == {"first": "with its calls doubled, it raises RuntimeError: no second time"}


def test_outputs_that_differ_from_pass_to_pass_are_no_doubt() -> None:
    assert unsafe_of(TwoParts(nn.Dropout(0.5), nn.Linear(SIZE, SIZE)).train(), X, PARTS) == {}


def test_outputs_that_are_not_finite_by_themselves_are_no_doubt() -> None:
    class Dividing(nn.Linear):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x) / 0

    assert unsafe_of(TwoParts(Dividing(SIZE, SIZE), nn.ReLU()), X, PARTS) == {}


def test_a_forward_that_cannot_be_followed() -> None:
    """Hooks on its modules switch the fast path off; without them it calls none of them."""
    layer = nn.TransformerEncoderLayer(SIZE, 2, 32, batch_first=True)
    model = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False).eval()
    found = unsafe_of(model, torch.ones(1, 4, SIZE), {"attention": "*.self_attn", "norm": "*.norm?"})
    assert set(found) == {"attention", "norm", "other"}
    assert all("cannot be followed: it raises BadInputError: a forward called fewer" in why for why in found.values())


def test_trying_leaves_no_trace() -> None:
    model = Layered()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    assert unsafe_of(model, X) == {}
    assert all("forward" not in module.__dict__ and not module._forward_hooks for module in model.modules())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert dosed_forward(model, X).plain().shape == (2, 3)
