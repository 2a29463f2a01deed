"""What operators tell of architectures whose names say nothing."""

from __future__ import annotations

import pytest
import torch
from odd_models import LAYERS, MODELS
from torch import nn

import clear_native as cn
from clear_native.cost.cost import component_costs
from clear_native.preparation import discovered
from clear_native.subject.components import OTHER, ComponentMap, discover
from clear_native.subject.inputs import normalize
from clear_native.subject.observation import observe

_DECODER = {"embedding": 1, "attention": LAYERS, "mlp": LAYERS, "norm": 2 * LAYERS + 1, "lm_head": 1}
EXPECTED: dict[str, dict[str, int]] = {
    "bare_core": _DECODER,
    "fused": _DECODER,
    "bare_linears": {**_DECODER, "mlp": 2 * LAYERS},
    "all_in_the_layer": {**_DECODER, "attention": 5 * LAYERS, "mlp": 2 * LAYERS, "norm": LAYERS + 1},
    "mixture": {key: count for key, count in _DECODER.items() if key != "mlp"} | {"experts": LAYERS, "router": LAYERS},
    "recurrent": {key: count for key, count in _DECODER.items() if key != "attention"} | {"mixer": LAYERS},
    "image": {"convolution": 1, "attention": LAYERS, "mlp": LAYERS, "norm": 2 * LAYERS + 1, "head": 1},
}


def found_in(model: nn.Module, inputs: torch.Tensor) -> ComponentMap:
    return discover(model, None, lambda: observe(model, (inputs,), {}))


@pytest.mark.parametrize("name", MODELS)
def test_odd_names(name: str) -> None:
    model, inputs = MODELS[name]()
    found = found_in(model, inputs)
    assert {component: len(found.modules(component)) for component in found.names} == EXPECTED[name]
    costs = component_costs(model, (inputs,), {}, found)
    assert costs.get(OTHER) is None or costs[OTHER].flops == 0
    assert all(costs[part].flops > 0 for part in ("attention", "mlp", "experts", "mixer") if part in found.names)


def test_names_alone_find_little_of_them() -> None:
    assert discover(MODELS["fused"]()[0]).names == ("embedding", "lm_head")


def test_the_model_is_not_run_where_names_say_all() -> None:
    def unexpected() -> None:
        raise AssertionError

    model = nn.ModuleDict({"attention": nn.Linear(2, 2), "mlp": nn.Linear(2, 2)})
    assert discover(model, None, unexpected).names == ("attention", "mlp")  # type: ignore[arg-type]


def test_a_profile_finds_them_by_itself() -> None:
    model, inputs = MODELS["mixture"]()
    report = cn.profile(model, inputs, method="partition", meter="estimate:50", max_time=1, progress=False)
    assert {"embedding", "attention", "experts", "router", "norm", "lm_head"} <= set(report)


def test_a_forward_that_raises_names_the_module() -> None:
    model, _ = MODELS["fused"]()
    with pytest.raises(cn.BadInputError, match="forward raised IndexError in module 't'"):
        cn.profile(model, torch.full((1, 3), 10**6), meter="estimate:50", progress=False)


def test_what_a_forward_does_to_its_inputs_is_undone() -> None:
    class Counts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner, _ = MODELS["fused"]()

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            ids += 1
            out: torch.Tensor = self.inner(ids)
            return out

    ids = torch.zeros(1, 4, dtype=torch.long)
    found = discovered(Counts(), normalize(Counts(), ids), None)
    assert "attention" in found.names
    assert not ids.any()
