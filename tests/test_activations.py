"""The activation store replays each component's own work, all of it and nothing else, on the model's data."""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Any

import pytest
import torch
from tiny_models import FAMILIES, LAYERS, bert, llama, token_ids
from torch import nn

from clear_native.activation_store.activations import ActivationStore
from clear_native.activation_store.kept_values import tensors_in
from clear_native.cost.cost import Cost, CostCounter, component_costs
from clear_native.errors import BadInputError
from clear_native.subject.components import OTHER, ComponentMap, discover

IDS = token_ids(2, 8)


def recorded(model: nn.Module, components: Any = None, **kwargs: Any) -> ActivationStore:
    return ActivationStore.record(model, (IDS,), kwargs, discover(model, components))


def cost_of(run: Any) -> Cost:
    with CostCounter() as counter:
        run()
    cost: Cost = counter.costs.get("other", Cost())
    return cost


@pytest.mark.parametrize("cache", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_each_replay_does_exactly_the_components_own_work(family: str, cache: bool) -> None:
    """FLOPs, bytes and number of operators equal those counted in the model, `other` included."""
    model = FAMILIES[family]()
    kwargs = {} if family == "bert" else {"use_cache": cache}
    store = recorded(model, **kwargs)
    expected = {OTHER: Cost(), **component_costs(model, (IDS,), kwargs, discover(model))}
    assert set(store.names) == set(expected)
    for _ in range(3):  # a cache must not grow
        assert {name: cost_of(store.replay(name)) for name in store.names} == expected
    assert cost_of(store.replay_model()) == sum(expected.values(), Cost())


@pytest.mark.parametrize("family", FAMILIES)
def test_replays_compute_on_the_models_data(family: str) -> None:
    """Outputs of every component's modules are those of the model, bit for bit, however often replayed."""
    model = FAMILIES[family]()
    components = discover(model)
    expected = outputs_of(model, components, lambda: model(IDS))
    store = ActivationStore.record(model, (IDS,), {}, components)
    for name in components.names:
        own = ComponentMap(tuple(entry for entry in components if entry.component == name))
        for _ in range(2):
            found = outputs_of(model, own, store.replay(name))
            wanted = [(module, value) for module, value in expected if module in dict(own_modules(own))]
            assert [module for module, _ in found] == [module for module, _ in wanted]
            assert all(torch.equal(one, two) for (_, one), (_, two) in zip(found, wanted, strict=True))


def own_modules(components: ComponentMap) -> list[tuple[nn.Module, str]]:
    return [(entry.module, entry.name) for entry in components]


def outputs_of(model: nn.Module, components: ComponentMap, run: Any) -> list[tuple[nn.Module, torch.Tensor]]:
    """Every tensor that modules of `components` return, cloned, in order."""
    seen: list[tuple[nn.Module, torch.Tensor]] = []

    def keep(module: nn.Module, args: Any, output: Any) -> None:
        seen.extend((module, tensor.clone()) for tensor in tensors_in(output))

    hooks = [entry.module.register_forward_hook(keep) for entry in components]
    with torch.no_grad():
        run()
    for hook in hooks:
        hook.remove()
    return seen


def test_calls_and_names() -> None:
    store = recorded(bert())
    assert store.names == ("embedding", "norm", "attention", "mlp", "lm_head", OTHER)
    assert store.calls("attention") == LAYERS
    assert store.calls("mlp") == 2 * LAYERS
    assert store.calls(OTHER) == 1
    assert store.never_called == []


def test_module_that_is_not_called_as_one() -> None:
    class Sneaky(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mlp = nn.Linear(4, 4)
            self.lm_head = nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return nn.functional.linear(self.mlp(x), self.lm_head.weight)

    model = Sneaky()
    store = ActivationStore.record(model, (torch.ones(1, 4),), {}, discover(model))
    assert store.never_called == ["lm_head"]
    with pytest.raises(BadInputError, match=r"'lm_head' was never called.*mlp, other"):
        store.replay("lm_head")


class Block(nn.Module):
    """Writes in place to its input, to an inner call's output, and to what it returned to its caller."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x.mul_(2)
        y = self.norm(x)
        y.add_(x)
        return y


class InPlace(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mlp = Block()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = x + 1
        h = self.mlp(h)
        h.add_(5)
        return h


def test_writes_in_place_do_not_drift() -> None:
    model, x = InPlace(), torch.randn(2, 4)
    components = discover(model)
    expected = outputs_of(model, components, lambda: model(x))
    store = ActivationStore.record(model, (x,), {}, components)
    for _ in range(3):
        block = outputs_of(model, ComponentMap(components.entries[:1]), store.replay("mlp"))
        assert torch.equal(block[0][1], expected[1][1])
        norm = outputs_of(model, ComponentMap(components.entries[1:]), store.replay("norm"))
        assert torch.equal(norm[0][1], expected[0][1])


def test_inference_mode_writes_do_not_drift() -> None:
    class Inference(InPlace):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            with torch.inference_mode():
                return super().forward(x)

    model, x = Inference(), torch.randn(2, 4)
    components = discover(model)
    with torch.no_grad():
        expected = model.mlp(x + 1)
    store = ActivationStore.record(model, (x,), {}, components)
    for _ in range(3):
        found = outputs_of(model, ComponentMap(components.entries[:1]), store.replay("mlp"))
        assert torch.equal(found[0][1], expected)


def test_autocast_of_the_model_is_kept() -> None:
    class Cast(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mlp = nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            with torch.autocast("cpu", torch.bfloat16):
                result: torch.Tensor = self.mlp(x)
                return result

    model = Cast()
    components = discover(model)
    store = ActivationStore.record(model, (torch.ones(1, 4),), {}, components)
    assert outputs_of(model, components, store.replay("mlp"))[0][1].dtype is torch.bfloat16


def test_dropout_in_training_gives_one_mask_for_both_recordings() -> None:
    model = nn.ModuleDict({"mlp": nn.Sequential(nn.Dropout(0.5), Block())})

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = model

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            result: torch.Tensor = self.inner["mlp"](x)
            return result

    whole = Model().train()
    store = ActivationStore.record(whole, (torch.ones(64, 4),), {}, discover(whole))
    assert store.calls("mlp") == 1


def test_replays_leave_no_trace_also_when_they_fail() -> None:
    model: Any = llama()
    own_forward = model.model.layers[0].mlp.forward
    model.model.layers[0].mlp.__dict__["forward"] = own_forward
    store = recorded(model)
    run = store.replay(OTHER)
    run()

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    hook = model.model.norm.register_forward_hook(stop)
    with pytest.raises(KeyboardInterrupt):
        run()
    hook.remove()
    with_forward = [module for module in model.modules() if "forward" in module.__dict__]
    assert with_forward == [model.model.layers[0].mlp]
    assert model.model.layers[0].mlp.__dict__["forward"] is own_forward
    assert all(not module._forward_hooks and not module._forward_pre_hooks for module in model.modules())
    with torch.no_grad():
        assert torch.isfinite(model(IDS).logits).all()


def test_failing_record_leaves_no_hooks() -> None:
    model = llama()
    with pytest.raises(IndexError):
        ActivationStore.record(model, (IDS + 10**6,), {}, discover(model))
    assert all(not module._forward_hooks and not module._forward_pre_hooks for module in model.modules())


def test_forward_that_changes_between_replays() -> None:
    class Moody(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm = nn.LayerNorm(4)
            self.turns = 1

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for _ in range(self.turns):
                x = self.norm(x)
            return x

    model = Moody()
    store = ActivationStore.record(model, (torch.ones(1, 4),), {}, discover(model))
    model.turns = 2
    with pytest.raises(BadInputError, match=r"called module 'norm' more than the 1 times"):
        store.replay(OTHER)()
