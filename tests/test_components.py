"""Discovery of components by rule and by the user's own patterns."""

from __future__ import annotations

import pytest
import torch
from tiny_models import FAMILIES, LAYERS, bert, gpt2, llama, qwen2, transformers
from torch import nn

from clear_native.errors import BadInputError
from clear_native.subject.components import OTHER, discover


def counts(model: nn.Module) -> dict[str, int]:
    found = discover(model)
    return {name: len(found.modules(name)) for name in found.names}


def test_bert() -> None:
    assert counts(bert()) == {
        "embedding": 1,
        "norm": 2 * LAYERS + 2,
        "attention": LAYERS,
        "mlp": 2 * LAYERS,
        "lm_head": 1,
    }
    found = discover(bert())
    layer = "bert.encoder.layer.1"
    expected = {
        "bert.embeddings.word_embeddings": "embedding",
        "bert.embeddings.LayerNorm": "norm",
        f"{layer}.attention.self.query": "attention",
        f"{layer}.attention.output.dense": "attention",
        f"{layer}.attention.output.LayerNorm": "norm",
        f"{layer}.intermediate.intermediate_act_fn": "mlp",
        f"{layer}.output.dense": "mlp",
        f"{layer}.output.LayerNorm": "norm",
        "cls.predictions.transform.dense": "lm_head",
        "cls.predictions.transform.LayerNorm": "norm",
        "cls.predictions.decoder": "lm_head",
        layer: OTHER,
        "": OTHER,
    }
    assert {name: found.component_of(name) for name in expected} == expected


def test_bert_pooler() -> None:
    config = transformers.BertConfig(vocab_size=9, hidden_size=8, num_hidden_layers=1, num_attention_heads=2)
    assert [name for name, _ in discover(transformers.BertModel(config)).modules("pooler")] == ["pooler"]


def test_gpt2() -> None:
    assert counts(gpt2()) == {"embedding": 2, "norm": 2 * LAYERS + 1, "attention": LAYERS, "mlp": LAYERS, "lm_head": 1}


@pytest.mark.parametrize("make", [llama, qwen2])
def test_llama_and_qwen(make: type) -> None:
    assert counts(make()) == {
        "embedding": 1, "attention": LAYERS, "mlp": LAYERS, "norm": 2 * LAYERS + 1, "rotary": 1, "lm_head": 1,
    }  # fmt: skip


def test_qwen3_norms_of_queries_and_keys_are_norms() -> None:
    config = transformers.Qwen3Config(
        vocab_size=9, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1,
        intermediate_size=16, head_dim=8,
    )  # fmt: skip
    found = discover(transformers.Qwen3ForCausalLM(config))
    assert found.component_of("model.layers.0.self_attn.q_norm") == "norm"
    assert found.component_of("model.layers.0.self_attn.q_proj") == "attention"


def test_mixture_of_experts() -> None:
    config = transformers.MixtralConfig(
        vocab_size=9, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1,
        intermediate_size=16, num_local_experts=2,
    )  # fmt: skip
    with torch.device("meta"):
        found = discover(transformers.MixtralForCausalLM(config))
    assert found.component_of("model.layers.0.mlp") == "experts"
    assert found.component_of("model.layers.0.mlp.gate") == "router"
    assert found.component_of("model.layers.0.mlp.experts") == "experts"


def test_t5_has_encoder_and_decoder_apart() -> None:
    config = transformers.T5Config(vocab_size=9, d_model=16, num_layers=1, num_heads=2, d_ff=16, d_kv=8)
    with torch.device("meta"):
        found = discover(transformers.T5ForConditionalGeneration(config))
    assert (
        found.component_of("encoder.block.0.layer.0.SelfAttention.relative_attention_bias") == "encoder.position_bias"
    )
    assert found.component_of("encoder.block.0.layer.0.SelfAttention.q") == "encoder.attention"
    assert found.component_of("encoder.block.0.layer.1.DenseReluDense.wi") == "encoder.mlp"
    assert found.component_of("decoder.block.0.layer.1.EncDecAttention.q") == "decoder.cross_attention"
    assert found.component_of("decoder.final_layer_norm") == "decoder.norm"


def test_generic_rule_on_a_model_of_its_own() -> None:
    class Tiny(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tokens = nn.Embedding(50, 8)
            self.body = nn.ModuleList([nn.TransformerEncoderLayer(8, 2, 16) for _ in range(3)])
            self.to_logits = nn.Linear(8, 50)

    assert counts(Tiny()) == {"embedding": 1, "attention": 3, "mlp": 6, "norm": 6, "lm_head": 1}


def test_entries_are_in_tree_order_and_in_order_of_first_call() -> None:
    found = discover(gpt2())
    names = [entry.name for entry in found]
    assert names[:4] == ["transformer.wte", "transformer.wpe", "transformer.h.0.ln_1", "transformer.h.0.attn"]
    assert found.in_order(["mlp", "norm", "mlp", "unknown"]).names == (
        "mlp",
        "norm",
        "embedding",
        "attention",
        "lm_head",
    )
    assert len(found.in_order(["mlp"])) == len(found)


@pytest.mark.parametrize("family", FAMILIES)
def test_no_entry_repeats_the_component_around_it(family: str) -> None:
    found = discover(FAMILIES[family]())
    for entry in found:
        parent = entry.name.rpartition(".")[0]
        assert not parent or found.component_of(parent) != entry.component


def test_user_overrides_entirely() -> None:
    found = discover(llama(), {"attention": "*.self_attn", "gates": ["*.gate_proj", "*.up_proj"]})
    assert found.names == ("attention", "gates")
    assert len(found.modules("gates")) == 2 * LAYERS
    assert found.component_of("lm_head") == OTHER
    assert found.component_of("model.layers.0.input_layernorm") == OTHER


def test_user_predicate_and_nested_components() -> None:
    found = discover(bert(), {"layer": "*.layer.?", "norm": lambda name, module: isinstance(module, nn.LayerNorm)})
    assert found.component_of("bert.encoder.layer.0.attention") == "layer"
    assert found.component_of("bert.encoder.layer.0.output.LayerNorm") == "norm"
    assert len(found.modules("layer")) == LAYERS


def test_containers_are_left_out_of_broad_patterns() -> None:
    found = discover(llama(), {"all": "model.layers*"})
    assert [name for name, _ in found.modules("all")] == [f"model.layers.{layer}" for layer in range(LAYERS)]


def test_no_match_lists_real_names_near_the_pattern() -> None:
    with pytest.raises(BadInputError, match=r"\*\.self_atn.*attention.*'model\.layers\.0\.self_attn'"):
        discover(llama(), {"attention": "*.self_atn"})


def test_overlap_names_both_components_and_the_module() -> None:
    with pytest.raises(BadInputError, match=r"'model\.layers\.0\.mlp' matches both components 'mlp' and 'block'"):
        discover(llama(), {"mlp": "*.mlp", "block": "model.layers.0.*"})


def test_only_a_container_matches() -> None:
    with pytest.raises(BadInputError, match=r"'model\.layers', a ModuleList.*'model\.layers\.\*'"):
        discover(llama(), {"body": "model.layers"})


@pytest.mark.parametrize(
    "components", [{}, {"": "*"}, {"other": "*.mlp"}, {"mlp": []}, {"mlp": 3}, {"mlp": lambda name, module: False}]
)
def test_unusable_components(components: dict[str, object]) -> None:
    with pytest.raises(BadInputError):
        discover(llama(), components)  # type: ignore[arg-type]


def test_nothing_known() -> None:
    with pytest.raises(BadInputError, match=r"Sequential.*name them yourself"):
        discover(nn.Sequential(nn.Linear(2, 2), nn.ReLU()))
    with pytest.raises(BadInputError, match=r"expected a torch\.nn\.Module"):
        discover("model")  # type: ignore[arg-type]


def test_a_bare_component_is_its_own_model() -> None:
    assert [(entry.name, entry.component) for entry in discover(nn.LayerNorm(4))] == [("", "norm")]
