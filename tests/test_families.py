"""Components of every family: by name and place, each call in one of them, little left over."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

import pytest
import torch
from family_models import FAMILIES, made
from tiny_models import LAYERS
from torch import nn

from clear_native.activation_store.activations import ActivationStore
from clear_native.cost.cost import Cost, CostCounter, component_costs
from clear_native.subject.components import OTHER, discover
from clear_native.subject.observation import observe

_BERT = {"embedding": 1, "norm": 2 * LAYERS + 2, "attention": LAYERS, "mlp": 2 * LAYERS, "lm_head": 1}
_LLAMA = {"embedding": 1, "rotary": 1, "norm": 2 * LAYERS + 1, "attention": LAYERS, "mlp": LAYERS, "lm_head": 1}
_T5 = {
    "encoder.embedding": 1, "encoder.position_bias": 1, "encoder.attention": LAYERS, "encoder.mlp": LAYERS,
    "encoder.norm": 2 * LAYERS + 1, "decoder.embedding": 1, "decoder.position_bias": 1, "decoder.attention": LAYERS,
    "decoder.cross_attention": LAYERS, "decoder.mlp": LAYERS, "decoder.norm": 3 * LAYERS + 1, "lm_head": 1,
}  # fmt: skip
_BART = {
    "encoder.embedding": 2, "encoder.attention": LAYERS, "encoder.mlp": 3 * LAYERS, "encoder.norm": 2 * LAYERS + 1,
    "decoder.embedding": 2, "decoder.attention": LAYERS, "decoder.cross_attention": LAYERS,
    "decoder.mlp": 3 * LAYERS, "decoder.norm": 3 * LAYERS + 1, "lm_head": 1,
}  # fmt: skip
_MIXTURE = {key: calls for key, calls in _LLAMA.items() if key != "mlp"} | {"experts": LAYERS, "router": LAYERS}

CALLS: dict[str, dict[str, int]] = {
    "bert": _BERT,
    "distilbert": {**_BERT, "mlp": LAYERS, "lm_head": 3},
    "roberta": {**_BERT, "norm": 2 * LAYERS + 2},
    "albert": {**_BERT, "embedding": 2, "mlp": 3 * LAYERS},
    "modernbert": {"embedding": 1, "norm": 8, "rotary": 2, "attention": 3, "mlp": 3, "lm_head": 2},
    "gpt2": {"embedding": 2, "norm": 2 * LAYERS + 1, "attention": LAYERS, "mlp": LAYERS, "lm_head": 1},
    "llama": _LLAMA,
    "qwen2": _LLAMA,
    "gemma2": {**_LLAMA, "norm": 4 * LAYERS + 1},
    "phi3": _LLAMA,
    "t5": _T5,
    "codet5p": _T5,
    "flan_t5": _T5,
    "bart": {**_BART, "encoder.norm": 2 * LAYERS + 1},
    "olmoe": {**_MIXTURE, "norm": 4 * LAYERS + 1},
    "qwen2_moe": {**_MIXTURE, "router": 2 * LAYERS, "shared_experts": LAYERS},
    "gpt_oss": _MIXTURE,
    "deepseek_v3": {**_LLAMA, "norm": 4 * LAYERS + 1, "mlp": 1, "experts": 1, "router": 1, "shared_experts": 1},
    "vit": {"embedding": 1, "norm": 2 * LAYERS + 1, "attention": LAYERS, "mlp": LAYERS, "head": 1},
    "whisper": {**_BART, "encoder.embedding": 1, "encoder.convolution": 2},
    "mamba": {"embedding": 1, "norm": LAYERS + 1, "mixer": LAYERS, "lm_head": 1},
}


def unexpected() -> Any:
    raise AssertionError("all parts of this family have names that tell what they are")


def total(costs: dict[str, Cost]) -> Cost:
    return sum(costs.values(), Cost())


def test_every_family_is_here() -> None:
    assert set(CALLS) == set(FAMILIES)


@pytest.mark.parametrize("family", FAMILIES)
def test_components_and_their_calls(family: str) -> None:
    model, inputs = made(family)
    found = discover(model, None, unexpected)
    store = ActivationStore.record(model, (), inputs, found)
    assert {name: store.calls(name) for name in store.names if name != OTHER} == CALLS[family]


@pytest.mark.parametrize("family", FAMILIES)
def test_all_work_is_in_exactly_one_component(family: str) -> None:
    """In all groupings; and the parts of the deep one sum to the components of the default one."""
    model, inputs = made(family)
    whole = component_costs(model, (), inputs, discover(model))
    with torch.no_grad(), CostCounter() as counter:
        model(**inputs)
    assert total(whole) == counter.costs[OTHER]
    assert total(component_costs(model, (), inputs, discover(model, "clear"))) == total(whole)
    assert whole.get(OTHER, Cost()).flops == 0
    parts = component_costs(model, (), inputs, discover(model, "deep"))
    sums: dict[str, Cost] = {}
    for name, cost in parts.items():
        component = max((known for known in whole if f"{name}.".startswith(f"{known}.")), key=len)
        sums[component] = sums.get(component, Cost()) + cost
    assert {name: astuple(cost) for name, cost in sums.items()} == {name: astuple(c) for name, c in whole.items()}
    assert any(name.endswith((".core", ".rest")) for name in parts)


def test_projections_and_score_core() -> None:
    model, inputs = made("llama")
    names = [name for name in discover(model, "deep").names if name.startswith(("attention", "mlp"))]
    assert names == [
        *(f"attention.{part}" for part in ("core", "q_proj", "k_proj", "v_proj", "o_proj")),
        *(f"mlp.{part}" for part in ("rest", "gate_proj", "up_proj", "down_proj")),
    ]
    costs = component_costs(model, (), inputs, discover(model, "deep"))
    assert costs["attention.core"].flops > 0 and costs["mlp.rest"].flops == 0


def test_names_that_say_little_are_told_apart_by_what_holds_them() -> None:
    names = discover(made("bert")[0], "deep").names
    assert {"attention.query", "attention.output_dense", "mlp.intermediate_dense", "mlp.output_dense"} <= set(names)


def test_a_shared_layer_is_one_module_with_all_its_calls() -> None:
    model, inputs = FAMILIES["albert"].model(num_hidden_layers=5), FAMILIES["albert"].inputs()
    found = discover(model)
    assert len(found.modules("attention")) == 1
    assert ActivationStore.record(model, (), inputs, found).calls("attention") == 5
    five = component_costs(model, (), inputs, found)["attention"].flops
    one = FAMILIES["albert"].model(num_hidden_layers=1)
    assert five == 5 * component_costs(one, (), inputs, discover(one))["attention"].flops


@pytest.mark.parametrize("family", ["qwen2", "t5", "bart", "gpt2"])
def test_a_tied_head_is_counted_once_and_apart_from_the_embedding(family: str) -> None:
    model, inputs = made(family)
    head, table = model.get_output_embeddings(), model.get_input_embeddings()
    assert head.weight is table.weight
    costs = component_costs(model, (), inputs, discover(model))
    rows = inputs.get("decoder_input_ids", inputs.get("input_ids")).numel()
    assert costs["lm_head"].flops == 2 * rows * head.weight.numel()
    assert all(cost.flops == 0 for name, cost in costs.items() if name.endswith("embedding"))


@pytest.mark.parametrize("family", ["t5", "bart"])
def test_a_table_that_only_lends_its_weight_is_not_missed(family: str) -> None:
    model, inputs = made(family)
    found = discover(model)
    assert found.modules("embedding")
    store = ActivationStore.record(model, (), inputs, found)
    assert "embedding" not in store.names and store.never_called == []


def test_an_encoder_alone_has_no_prefix() -> None:
    model = made("t5")[0].get_submodule("encoder")
    assert "attention" in discover(model).names


class Both(nn.Module):
    """An encoder and a decoder that share their layers."""

    def __init__(self) -> None:
        super().__init__()
        layers = nn.ModuleList([nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)])
        self.encoder, self.decoder = nn.Module(), nn.Module()
        self.encoder.layers = self.decoder.layers = layers
        self.decoder.norm = nn.LayerNorm(8)


def test_what_encoder_and_decoder_share_is_of_neither() -> None:
    assert discover(Both()).names == ("attention", "mlp", "norm", "decoder.norm")


@pytest.mark.parametrize("family", ["bert", "t5", "olmoe"])
def test_watching_a_forward_leaves_no_trace(family: str) -> None:
    model, inputs = made(family)
    seen = observe(model, (), inputs)
    assert sum(seen.under(model).values()) > 20
    assert all(not module._forward_hooks and not module._forward_pre_hooks for module in model.modules())
