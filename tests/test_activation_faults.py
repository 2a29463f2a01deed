"""The activation store with calls that raise, and with writes to what was there before the forward."""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from contextlib import suppress

import pytest
import torch
from test_activations import cost_of, outputs_of, recorded
from tiny_models import FAMILIES
from torch import nn

from clear_native.activation_store.activations import ActivationStore
from clear_native.subject.components import OTHER, discover


class Falling(nn.Module):
    """Its attention calls its norm and raises; the layer catches that and does something else."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.Module()
        self.attention.norm = nn.LayerNorm(4)
        self.attention.forward = self._fails
        self.slow_attention = nn.Linear(4, 4)
        self.mlp = nn.Linear(4, 4)

    def _fails(self, x: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError(self.attention.norm(x).shape)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        try:
            x = self.attention(x)
        except NotImplementedError:
            x = self.slow_attention(x)
        return self.mlp(x)


FALLING = {"attention": ["attention", "slow_attention"], "norm": "*.norm", "mlp": "mlp"}


def test_call_that_raises_is_part_of_its_callers_work() -> None:
    model = Falling()
    store = ActivationStore.record(model, (torch.ones(2, 4),), {}, discover(model, FALLING))
    assert {name: store.calls(name) for name in store.names} == {"norm": 1, "attention": 1, "mlp": 1, OTHER: 1}
    assert store.never_called == ["attention"]
    linear = cost_of(lambda: model.mlp(torch.ones(2, 4)))
    assert cost_of(store.replay("attention")).flops == linear.flops == cost_of(store.replay("mlp")).flops
    assert cost_of(store.replay("norm")).ops == 1
    assert cost_of(store.replay(OTHER)).ops == 0, "linear layers and norm are answered"
    assert cost_of(store.replay_model()).flops == 2 * linear.flops


def test_call_that_something_other_than_an_exception_leaves() -> None:
    class Leaving(Falling):
        def _fails(self, x: torch.Tensor) -> torch.Tensor:
            raise GeneratorExit

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            with suppress(GeneratorExit):
                self.attention(x)
            return x

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleList([Leaving()])
            self.mlp = nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.mlp(self.layers[0](x))

    whole = Model()
    components = discover(whole, {"attention": "*.attention", "layer": "layers.0", "mlp": "mlp"})
    store = ActivationStore.record(whole, (torch.ones(2, 4),), {}, components)
    assert {name: store.calls(name) for name in store.names} == {"layer": 1, "mlp": 1, OTHER: 1}


class Writing(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mlp = nn.Linear(4, 4)
        self.norm = nn.LayerNorm(4)
        self.head = nn.BatchNorm1d(4, affine=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x.add_(1)
        x = self.mlp(x)
        self.norm.weight.data.mul_(0.5)
        self.head(x)
        return self.norm(x)


COMPONENTS = {"mlp": "mlp", "norm": "norm", "head": "head"}


@pytest.mark.parametrize("inference", [False, True])
def test_writes_to_what_was_there_before_are_told(inference: bool) -> None:
    model = Writing()
    with torch.inference_mode(inference):
        x = torch.ones(2, 4)
        store = ActivationStore.record(model, (x,), {}, discover(model, COMPONENTS))
    assert store.overwrites == {OTHER: ["input 0", "norm.weight"], "head": ["head.num_batches_tracked"]}
    assert torch.equal(x, torch.ones(2, 4)), "inputs are put back"
    for _ in range(2):
        assert torch.equal(outputs_of(model, discover(model, COMPONENTS), store.replay("mlp"))[0][1], model.mlp(x + 1))


@pytest.mark.parametrize("family", FAMILIES)
def test_models_that_only_read_overwrite_nothing(family: str) -> None:
    assert recorded(FAMILIES[family]()).overwrites == {}
