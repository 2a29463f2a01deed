"""Doses do exactly what they say: a call runs once, twice or not at all, and nothing else changes."""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
import torch
from dosing_models import SIZE, Layered, count_forwards, counts_of, dosed_forward, doses_at, doses_of
from test_activations import cost_of
from tiny_models import FAMILIES, llama, token_ids
from torch import nn

from clear_native.activation_store.kept_values import tensors_in
from clear_native.cost.cost import Cost, component_costs
from clear_native.errors import BadInputError
from clear_native.subject.components import OTHER, discover

X = torch.randn(2, SIZE, generator=torch.Generator().manual_seed(1))
IDS = token_ids(2, 8)


def test_doses_of_zero_are_the_model() -> None:
    model = Layered()
    counted = count_forwards(model)
    plain = counts_of(counted, lambda: model(X))
    forward = dosed_forward(model, X)
    assert counts_of(counted, forward.passes(doses_of(forward))) == plain
    assert torch.equal(forward.passes(doses_of(forward))(), model(X))


def test_a_doubled_call_runs_the_foreign_one_without_what_is_inside() -> None:
    model = Layered()
    counted = count_forwards(model)
    plain = counts_of(counted, lambda: model(X))
    forward = dosed_forward(model, X)
    more = counts_of(counted, forward.passes(doses_at(forward, {"attention.0": 1}))) - plain
    assert more == {"attention.2": 1, "attention.2.linear": 1}, "half-way round, its norm answered"
    more = counts_of(counted, forward.passes(doses_at(forward, {"attention.3": 1, "mlp.1": 1}))) - plain
    assert more == {"attention.1": 1, "attention.1.linear": 1, "mlp.3": 1}


def test_a_skipped_call_still_runs_other_components_inside_it() -> None:
    model = Layered()
    counted = count_forwards(model)
    plain = counts_of(counted, lambda: model(X))
    forward = dosed_forward(model, X)
    less = plain - counts_of(counted, forward.passes(doses_at(forward, {"attention.1": -1})))
    assert less == {"attention.1": 1, "attention.1.linear": 1}


@pytest.mark.parametrize("inner, runs", [(-1, 0), (0, 1), (1, 2)])
@pytest.mark.parametrize("outer", [-1, 0, 1])
def test_a_dose_inside_a_dosed_call_counts_by_itself(outer: int, inner: int, runs: int) -> None:
    model = Layered(1)
    counted = count_forwards(model)
    forward = dosed_forward(model, X)
    ran = counts_of(counted, forward.passes(doses_at(forward, {"attention.0": outer, "attention.0.norm": inner})))
    norms = ran["attention.0.norm"] + ran["shared_norm"]  # foreign calls of each other
    assert norms == 1 + runs
    assert ran["attention.0"] == 1 + outer


def test_a_module_called_several_times_is_dosed_call_by_call() -> None:
    model = Layered(4)
    counted = count_forwards(model)
    plain = counts_of(counted, lambda: model(X))
    forward = dosed_forward(model, X)
    shared = [at for at, call in enumerate(forward.calls) if call.name == "shared_norm"]
    assert len(shared) == 4
    doses = doses_of(forward)
    doses[shared[2]] = -1
    assert plain - counts_of(counted, forward.passes(doses)) == {"shared_norm": 1}
    assert torch.equal(forward.passes(doses)(), model(X)), "its own stored output, not that of another call"


def test_the_models_own_work_is_dosed_too() -> None:
    model = Layered()
    counted = count_forwards(model)
    plain = counts_of(counted, lambda: model(X))
    forward = dosed_forward(model, X)
    assert counts_of(counted, forward.passes(doses_of(forward, other=1))) - plain == {"": 1}
    assert plain - counts_of(counted, forward.passes(doses_of(forward, other=-1))) == {"": 1}
    assert forward.passes(doses_of(forward, other=-1))() is None


@pytest.mark.parametrize("cache", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_work_of_a_pass_is_the_sum_of_its_doses(family: str, cache: bool) -> None:
    """FLOPs, bytes and operators: model plus, for each component at dose d, d times its own work."""
    model = FAMILIES[family]()
    kwargs = {} if family == "bert" else {"use_cache": cache}
    forward = dosed_forward(model, IDS, **kwargs)
    own = {OTHER: Cost(), **component_costs(model, (IDS,), kwargs, discover(model))}
    whole = sum(own.values(), Cost())
    names = list(own)
    draw = random.Random(0)
    designs = [{name: dose} for name in names for dose in (-1, 1)]
    designs += [{name: draw.choice((-1, 0, 1)) for name in names} for _ in range(6)]
    for design in designs:
        found = cost_of(forward.passes(doses_of(forward, **design)))
        for what in ("flops", "bytes", "ops"):
            expected = getattr(whole, what) + sum(dose * getattr(own[name], what) for name, dose in design.items())
            assert getattr(found, what) == expected, (design, what)


@pytest.mark.parametrize("family", FAMILIES)
def test_outputs_stay_those_of_the_model_whatever_the_doses(family: str) -> None:
    model = FAMILIES[family]()
    kwargs = {} if family == "bert" else {"use_cache": False}
    forward = dosed_forward(model, IDS, **kwargs)
    with torch.no_grad():
        expected = tensors_in(model(IDS, **kwargs))
    draw = random.Random(1)
    for _ in range(8):
        doses = [0] + [draw.choice((-1, 0, 1)) for _ in forward.calls[1:]]
        found = tensors_in(forward.passes(doses)())
        assert len(found) == len(expected)
        assert all(map(torch.equal, found, expected))


def test_passes_are_gone_through_in_turn() -> None:
    model = Layered(2)
    counted = count_forwards(model)
    plain = counts_of(counted, lambda: model(X))
    forward = dosed_forward(model, X)
    run = forward.passes(doses_of(forward, lm_head=1) + doses_of(forward, lm_head=-1) + doses_of(forward))
    heads = [counts_of(counted, run)["lm_head"] for _ in range(6)]
    assert heads == [2, 0, 1, 2, 0, 1]
    assert plain["lm_head"] == 1


@pytest.mark.parametrize("doses", [[], [0], [0] * 12 + [2]])
def test_doses_that_do_not_fit(doses: list[int]) -> None:
    forward = dosed_forward(Layered(2), X)
    assert len(forward.calls) == 10
    with pytest.raises(BadInputError, match=r"for 10 calls in a pass"):
        forward.passes(doses)


def no_trace(model: nn.Module) -> bool:
    return all(
        "forward" not in module.__dict__ and not module._forward_hooks and not module._forward_pre_hooks
        for module in model.modules()
    )


def test_nothing_is_left_on_the_model_between_passes() -> None:
    model = llama()
    forward = dosed_forward(model, IDS)
    parameters = {name: value.clone() for name, value in model.state_dict().items()}
    for run in (forward.passes([1] * len(forward.calls)), forward.passes([-1] * len(forward.calls))):
        run()
        assert no_trace(model)
    assert all(torch.equal(value, parameters[name]) for name, value in model.state_dict().items())


def test_a_forward_of_the_owners_is_kept() -> None:
    model: Any = llama()
    mlp = model.model.layers[0].mlp
    own = mlp.forward
    mlp.__dict__["forward"] = own
    forward = dosed_forward(model, IDS)
    forward.passes([1] * len(forward.calls))()
    assert mlp.__dict__["forward"] is own
    del mlp.__dict__["forward"]
    assert no_trace(model)


@pytest.mark.parametrize("dose", [0, 1])
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_forward_that_raises_leaves_nothing_behind(error: type[BaseException], dose: int) -> None:
    model = Layered()
    forward = dosed_forward(model, X)
    run = forward.passes(doses_of(forward, attention=dose, mlp=-1))
    expected = run()

    def stop(*_: object) -> None:
        raise error("stopped")

    hook = model.attention[1].linear.register_forward_hook(stop)
    with pytest.raises(error, match="stopped"):
        run()
    hook.remove()
    assert no_trace(model)
    assert torch.equal(run(), expected), "the next pass begins anew"


def test_hooks_of_the_owner_work_as_ever() -> None:
    """They may change inputs and outputs: stored ones are those before them."""
    model = Layered(2)
    model.attention[0].register_forward_pre_hook(lambda module, args: (args[0] * 2,))
    model.mlp[1].register_forward_hook(lambda module, args, output: output + 1)
    model.attention[0].norm.register_forward_pre_hook(lambda module, args: (args[0] + 3,))
    counted = count_forwards(model)
    with torch.no_grad():
        expected = model(X)
    forward = dosed_forward(model, X)
    for design in itertools.product((-1, 0, 1), repeat=3):
        doses = doses_of(forward, **dict(zip(("attention", "norm", "mlp"), design, strict=True)))
        run = forward.passes(doses)
        ran = counts_of(counted, run)
        assert torch.equal(run(), expected)
        assert ran["attention.0"] + ran["attention.1"] == 2 + 2 * design[0]
        assert sum(count for name, count in ran.items() if name.endswith("norm")) == 4 + 4 * design[1]
        assert ran["mlp.0"] + ran["mlp.1"] == 2 + 2 * design[2]


@pytest.mark.parametrize("turns, problem", [(1, "called fewer"), (3, "called more")])
def test_a_forward_that_goes_another_way(turns: int, problem: str) -> None:
    class Moody(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm = nn.LayerNorm(SIZE)
            self.turns = 2

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for _ in range(self.turns):
                x = self.norm(x)
            return x

    model = Moody()
    forward = dosed_forward(model, X, {"norm": "norm"})
    model.turns = turns
    with pytest.raises(BadInputError, match=problem):
        forward.passes([0, 0, 0])()
    assert no_trace(model)


def test_a_forward_that_calls_another_module_there() -> None:
    class Switching(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.ways = nn.ModuleList([nn.Linear(SIZE, SIZE), nn.Linear(SIZE, SIZE)])
            self.way = 0

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.ways[1 - self.way](self.ways[self.way](x))

    model = Switching()
    forward = dosed_forward(model, X, {"mlp": "ways.*"})
    model.way = 1
    with pytest.raises(BadInputError, match=r"called another module where it called 'ways.0'"):
        forward.passes([0, 1, 0])()
