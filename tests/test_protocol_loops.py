"""What the protocol repeats: one call of each kind, directly where that is the whole of it, else through the store."""

from __future__ import annotations

import pytest
import torch
from tiny_models import FAMILIES, LAYERS, bert, gpt2, token_ids
from torch import nn

from clear_native.protocol.loops import Plan, planned
from clear_native.subject.components import Components, discover
from clear_native.subject.inputs import normalize, without_cache


def plan_of(model: nn.Module, inputs: object, components: Components = "clear") -> Plan:
    return planned(model, without_cache(model, normalize(model, inputs)), discover(model, components))


class Inside(nn.Module):
    """Its `norm` is another component inside it; `calls` counts."""

    def __init__(self) -> None:
        super().__init__()
        self.linear, self.norm = nn.Linear(4, 4), nn.LayerNorm(4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(self.linear(x))


class InPlace(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, x: torch.Tensor, *, again: dict[str, torch.Tensor] | None = None) -> torch.Tensor:
        return x.add_(self.weight)


class Holder(nn.Module):
    def __init__(self, inner: nn.Module, **kwargs: object) -> None:
        super().__init__()
        self.inner, self.kwargs = inner, kwargs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x * 2, **self.kwargs) + 1


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_is_called_directly(family: str) -> None:
    """Keyword arguments, tuples and absent ones are no reason for more than the module's own call."""
    model = FAMILIES[family]()
    plan = plan_of(model, token_ids())
    loops = [loop for part in (*plan.components, plan.full_model) for loop in part.loops]
    assert {loop.replay for loop in loops} == {"module"}
    assert plan.warnings == []
    with torch.no_grad():
        for loop in loops:
            one, other = loop.run(), loop.run()
            first = one[0] if isinstance(one, tuple) else one
            second = other[0] if isinstance(other, tuple) else other
            if isinstance(first, torch.Tensor):
                assert torch.equal(first, second)


def test_a_loop_gives_what_the_module_gave_in_the_model() -> None:
    model, ids = bert(), token_ids()
    given: list[torch.Tensor] = []
    hook = model.cls.register_forward_hook(lambda module, args, output: given.append(output))
    with torch.no_grad():
        model(ids)
    hook.remove()
    loop = next(part for part in plan_of(model, ids).components if part.name == "lm_head").loops[0]
    with torch.no_grad():
        assert torch.equal(loop.run(), given[0])


def test_kinds_of_gpt2() -> None:
    """Token and position embeddings differ in shape, norms before attention and MLP do not."""
    found = {
        part.name: [(loop.module, loop.calls) for loop in part.loops]
        for part in plan_of(gpt2(), token_ids()).components
    }
    assert found["embeddings"] == [("transformer.wte", 1), ("transformer.wpe", 1)]
    assert found["norm"] == [("transformer.h.1.ln_1", 2 * LAYERS + 1)]
    assert found["attention"] == [("transformer.h.0.attn", LAYERS)]


@pytest.mark.parametrize(("layers", "chosen"), [(1, 0), (2, 0), (3, 1), (12, 5)])
def test_the_middle_layer_is_chosen(layers: int, chosen: int) -> None:
    plan = plan_of(bert(layers), token_ids())
    attention = next(part for part in plan.components if part.name == "attention").loops
    assert [(loop.module, loop.calls) for loop in attention] == [(f"bert.encoder.layer.{chosen}.attention", layers)]


def test_components_inside_others_are_answered() -> None:
    model = Holder(Inside())
    plan = plan_of(model, torch.ones(1, 4), {"attention": "inner", "norm": "*.norm"})
    loops = {part.name: part.loops[0] for part in plan.components}
    assert (loops["attention"].replay, loops["norm"].replay) == ("store", "module")
    seen: list[int] = []
    hook = model.inner.norm.register_forward_hook(lambda *_: seen.append(1))
    model.inner.norm.weight.data.zero_()  # an answer is what it was
    with torch.no_grad():
        assert loops["attention"].run().abs().sum() > 0
    hook.remove()
    assert any("attention: inner cannot be called as it is" in warning for warning in plan.warnings)


def test_a_module_that_writes_to_its_inputs_starts_from_the_same_every_time() -> None:
    model = Holder(InPlace())
    plan = plan_of(model, torch.ones(1, 4), {"adder": "inner"})
    loop = plan.components[0].loops[0]
    assert loop.replay == "store"
    with torch.no_grad():
        assert [loop.run().tolist() for _ in range(3)] == [[[3.0] * 4]] * 3


def test_containers_among_the_arguments_are_made_anew() -> None:
    kept = {"x": torch.ones(1)}
    model = Holder(nn.Identity())
    model.inner.forward = lambda x, again: (again.update(more=x), x)[1]  # type: ignore[method-assign, assignment]
    model.kwargs = {"again": kept}
    plan = plan_of(model, torch.ones(1, 4), {"grower": "inner"})
    assert plan.components[0].loops[0].replay == "store"


def test_autocast_inside_the_model_is_entered_again() -> None:
    class Casting(Holder):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            with torch.autocast("cpu", torch.bfloat16):
                return self.inner(x)

    loop = plan_of(Casting(nn.Linear(4, 4)), torch.ones(1, 4), {"linear": "inner"}).components[0].loops[0]
    assert loop.replay == "store"
    with torch.no_grad():
        assert loop.run().dtype == torch.bfloat16


def test_state_that_moves_on_is_a_status() -> None:
    model = Holder(nn.BatchNorm1d(4)).train()
    part = plan_of(model, torch.rand(3, 4), {"norm": "inner"}).components[0]
    assert part.statuses == ("not_repeatable",)


def test_what_is_in_no_component_is_named() -> None:
    assert plan_of(FAMILIES["llama"](), token_ids()).uncovered == ("model.rotary_emb",)
    assert plan_of(bert(), token_ids()).uncovered == ()


def test_modules_never_called_are_named() -> None:
    model = Holder(nn.Linear(4, 4))
    model.unused = nn.Linear(4, 4)
    plan = plan_of(model, torch.ones(1, 4), {"linear": ["inner", "unused"]})
    assert [loop.module for loop in plan.components[0].loops] == ["inner"]
    assert any("never called" in warning and "unused" in warning for warning in plan.warnings)
