"""`components="clear"`: the blocks of the CLEAR paper's published code, for `discover` and for whole profiles."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny_models import LAYERS, bert, gpt2, llama, token_ids, transformers
from torch import nn

import clear_native as cn
from clear_native.cli_profile import named_globs
from clear_native.subject.components import OTHER, discover


def counts(model: nn.Module) -> dict[str, int]:
    found = discover(model, "clear")
    return {name: len(found.modules(name)) for name in found.names}


def test_bert_is_cut_as_in_the_published_code() -> None:
    expected = {"embeddings": 1, "attention": LAYERS, "intermediate": LAYERS, "output": LAYERS, "lm_head": 1}
    assert counts(bert()) == expected
    found = discover(bert(), "clear")
    layer = "bert.encoder.layer.1"
    places = {
        "bert.embeddings.LayerNorm": "embeddings",
        f"{layer}.attention.self.query": "attention",
        f"{layer}.attention.output.dense": "attention",
        f"{layer}.attention.output.LayerNorm": "attention",
        f"{layer}.intermediate.intermediate_act_fn": "intermediate",
        f"{layer}.output.dense": "output",
        f"{layer}.output.LayerNorm": "output",
        "cls.predictions.transform.LayerNorm": "lm_head",
        layer: OTHER,
    }
    assert {name: found.component_of(name) for name in places} == places


def test_decoders_have_norms_of_their_own_and_no_rotary() -> None:
    assert counts(llama()) == {
        "embeddings": 1,
        "attention": LAYERS,
        "mlp": LAYERS,
        "norm": 2 * LAYERS + 1,
        "lm_head": 1,
    }
    assert counts(gpt2()) == {"embeddings": 2, "attention": LAYERS, "mlp": LAYERS, "norm": 2 * LAYERS + 1, "lm_head": 1}


def test_nothing_begins_inside_a_block() -> None:
    config = transformers.T5Config(vocab_size=96, d_model=16, d_kv=4, d_ff=32, num_layers=1, num_heads=4)
    model = transformers.T5ForConditionalGeneration(config)
    names = [entry.name for entry in discover(model, "clear")]
    assert not [name for name in names for other in names if name.startswith(f"{other}.")]


def test_a_whole_profile(tmp_path: Path) -> None:
    report = cn.profile(bert(), token_ids(), components="clear", method="partition", meter="estimate:50", max_time=2)
    assert {"embeddings", "attention", "intermediate", "output", "lm_head"} <= set(report)
    assert "norm" not in report
    report.save(tmp_path / "report.json")
    assert json.loads((tmp_path / "report.json").read_text())["options"]["components"] == "clear"
    assert cn.load(tmp_path / "report.json").options == report.options


@pytest.mark.parametrize("name", ["", "CLEAR", "paper"])
def test_unknown_grouping(name: str) -> None:
    with pytest.raises(cn.BadInputError, match="names no grouping: use 'clear'"):
        cn.profile(bert(), token_ids(), components=name)


def test_on_the_command_line() -> None:
    assert named_globs(["clear"]) == "clear"
    with pytest.raises(cn.BadInputError, match="NAME=GLOB"):
        named_globs(["clear", "mlp=*.mlp"])
