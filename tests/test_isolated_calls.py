"""Which calls a component makes alone: all in order, or the middle one of each kind as often as the kind is called."""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Any

import pytest
import torch
from tiny_models import FAMILIES, LAYERS, bert, token_ids
from torch import nn

from clear_native.activation_store.activations import ActivationStore
from clear_native.activation_store.kept_values import tensors_in
from clear_native.cost.cost import Cost, CostCounter
from clear_native.errors import BadInputError
from clear_native.isolated.calls import RepeatedCalls, arrangement, cycling, one_pass, warm
from clear_native.subject.components import OTHER, discover

IDS = token_ids(2, 8)


def recorded(model: nn.Module, components: Any = None, inputs: Any = (IDS,)) -> ActivationStore:
    return ActivationStore.record(model, inputs, {}, discover(model, components))


def kinds(parts: list[RepeatedCalls]) -> list[tuple[str, int]]:
    return [(type(part.calls[0].module).__name__, part.times) for part in parts]


def cost_of(run: Any) -> Cost:
    with CostCounter() as counter:
        run()
    cost: Cost = counter.costs.get("other", Cost())
    return cost


def test_kinds_of_calls_are_found() -> None:
    store = recorded(bert(5))
    found = {name: kinds(warm(store.replayed_calls(name))) for name in store.names if name != OTHER}
    assert found["attention"] == [("BertAttention", 5)]
    assert found["mlp"] == [("BertIntermediate", 5), ("BertOutput", 5)]
    assert found["norm"] == [("LayerNorm", 1 + 2 * 5 + 1)]
    assert found["lm_head"][0][1] == 1
    names = [part.calls[0].name for part in warm(store.replayed_calls("mlp"))]
    assert names == ["bert.encoder.layer.2.intermediate", "bert.encoder.layer.2.output"], "the middle layer"


@pytest.mark.parametrize("family", FAMILIES)
def test_warm_does_as_much_work_as_all_layers_do(family: str) -> None:
    """Layers are alike, so one layer's call times their number is the component's FLOPs, bytes and operators."""
    store = recorded(FAMILIES[family](3))
    for name in store.names:
        calls = store.replayed_calls(name)
        assert sum(part.times for part in warm(calls)) == store.calls(name)
        assert cost_of(one_pass(warm(calls))) == cost_of(one_pass(cycling(calls))) == cost_of(store.replay(name))


def called(model: nn.Module, run: Any) -> list[str]:
    """Names of the feed-forward layers in the order in which `run` calls them."""
    seen: list[str] = []
    hooks = [
        module.register_forward_hook(lambda *_, name=name: seen.append(name))
        for name, module in model.named_modules()
        if name.endswith((".intermediate", ".output.dense")) and "attention" not in name
    ]
    run()
    for hook in hooks:
        hook.remove()
    return seen


def test_order_of_calls() -> None:
    model = bert(3)
    calls = recorded(model).replayed_calls("mlp")
    layer = "bert.encoder.layer.{}.{}".format
    up, down = "intermediate", "output.dense"
    assert called(model, one_pass(cycling(calls))) == [layer(i, part) for i in range(3) for part in (up, down)]
    assert called(model, one_pass(warm(calls))) == [layer(1, part) for part in (up, down) for _ in range(3)]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("cache", ["warm", "cycling"])
def test_outputs_are_those_of_the_model(family: str, cache: str) -> None:
    model = FAMILIES[family](3)
    expected = outputs_of(model, lambda: model(IDS))
    store = recorded(model)
    for name in store.names[:-1]:
        for part in arrangement(cache)(store.replayed_calls(name)):
            for call in part.calls:
                found = outputs_of(call.module, call.run)[""]
                assert all(torch.equal(one, two) for one, two in zip(found, expected[call.name], strict=True))
                assert found, call.name


def outputs_of(model: nn.Module, run: Any) -> dict[str, list[torch.Tensor]]:
    """Every tensor that modules of `model` return in their last call, by name."""
    seen: dict[str, list[torch.Tensor]] = {}

    def keep(name: str) -> Any:
        return lambda module, args, output: seen.__setitem__(name, [t.clone() for t in tensors_in(output)])

    hooks = [module.register_forward_hook(keep(name)) for name, module in model.named_modules()]
    with torch.no_grad():
        run()
    for hook in hooks:
        hook.remove()
    return seen


class Calls(nn.Module):
    """Calls its layers, each with arguments of its own beside the hidden state."""

    def __init__(self, layers: list[nn.Module], extras: list[tuple[Any, ...]]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.extras = extras

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        for layer, extra in zip(self.layers, self.extras, strict=True):
            layer(hidden, *extra)
        return hidden


class Scale(nn.Module):
    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, hidden: torch.Tensor, *extra: Any) -> torch.Tensor:
        return hidden * self.weight[:1]


@pytest.mark.parametrize(
    ("extras", "expected"),
    [
        ([(0,), (1,), (2,)], [3]),  # a layer's number
        ([(None,), (torch.ones(2),), (None,)], [2, 1]),  # a mask, or none
        ([(True,), (False,), (True,)], [2, 1]),
        ([({"mask": torch.ones(2)},), ({"mask": torch.ones(3)},), ({"mask": torch.ones(2)},)], [2, 1]),
        ([(torch.ones(2, 3),), (torch.ones(3, 2).T,), (torch.ones(2, 3),)], [2, 1]),  # one shape, another stride
        ([(torch.ones(2),), (torch.ones(2).half(),), ([torch.ones(2)],)], [1, 1, 1]),
    ],
)
def test_arguments_of_another_form_make_another_kind(extras: list[tuple[Any, ...]], expected: list[int]) -> None:
    store = recorded(Calls([Scale() for _ in range(3)], extras), {"scale": "layers.*"}, (torch.ones(2, 4),))
    assert [part.times for part in warm(store.replayed_calls("scale"))] == expected


def test_weights_of_another_form_make_another_kind() -> None:
    layers = [Scale(4), Scale(8), Scale(4), Scale(4).to(torch.float64), nn.Identity()]
    store = recorded(Calls(layers, [()] * 5), {"scale": "layers.*"}, (torch.ones(2, 4),))
    assert kinds(warm(store.replayed_calls("scale"))) == [("Scale", 2), ("Scale", 1), ("Scale", 1), ("Identity", 1)]


def test_one_module_called_several_times_is_one_kind() -> None:
    shared = Scale()
    store = recorded(Calls([shared] * LAYERS, [()] * LAYERS), {"scale": "layers.*"}, (torch.ones(2, 4),))
    assert kinds(warm(store.replayed_calls("scale"))) == [("Scale", LAYERS)]


@pytest.mark.parametrize("cache", ["hot", "", None, ["warm"]])
def test_unknown_cache(cache: Any) -> None:
    with pytest.raises(BadInputError, match=r"unknown cache .*'warm'.*'cycling'"):
        arrangement(cache)
