"""Inputs of every kind: names, shapes, data types, and masks with padding and holes."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from tiny_presets import PUBLISHED, use_tiny

from clear_native.errors import BadInputError
from clear_native.models import presets
from clear_native.models.configurations import PRESETS
from clear_native.models.example_inputs import example_inputs, padded

pytest.importorskip("transformers")

SHAPES = {
    "text": {"input_ids": (3, 20), "attention_mask": (3, 20)},
    "text pair": {"input_ids": (3, 20), "attention_mask": (3, 20), "decoder_input_ids": (3, 20)},
    "image": {"pixel_values": (3, 3, 224, 224)},
    "speech": {"input_features": (3, 80, 3000), "decoder_input_ids": (3, 20)},
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_shapes_and_data_types(name: str) -> None:
    preset = PRESETS[name]
    length = preset.fixed_length or 20
    _, inputs, info = presets.load(name, device="meta", dtype="float16", batch=3, length=length)
    assert {key: tuple(tensor.shape) for key, tensor in inputs.items()} == SHAPES[preset.inputs]
    floating = {key for key, tensor in inputs.items() if tensor.dtype is torch.float16}
    assert floating == inputs.keys() & {"pixel_values", "input_features"}
    assert info.length == length


def config(**values: int) -> SimpleNamespace:
    return SimpleNamespace(**{"vocab_size": 4, "pad_token_id": 1, "decoder_start_token_id": 3, **values})


def test_tokens_are_all_but_the_padding_one() -> None:
    torch.manual_seed(0)
    inputs = example_inputs(PRESETS["t5-base"], config(), 8, 64, torch.device("cpu"), torch.float32)
    assert set(inputs["input_ids"].unique().tolist()) == {0, 2, 3}
    assert set(inputs["decoder_input_ids"][:, 0].tolist()) == {3}
    without = example_inputs(PRESETS["gpt2"], config(pad_token_id=9), 8, 64, torch.device("cpu"), torch.float32)
    assert set(without["input_ids"].unique().tolist()) == {0, 1, 2, 3}


def test_ragged_and_holes() -> None:
    ids = torch.full((4, 16), 2)
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    ragged = padded(inputs, config(), "ragged")
    assert ragged["attention_mask"].sum(1).tolist() == [4, 8, 12, 16]
    assert torch.equal(ragged["input_ids"] == 1, ragged["attention_mask"] == 0)
    assert (ragged["attention_mask"].diff(dim=1) <= 0).all()
    holes = padded(inputs, config(), "holes")
    assert holes["attention_mask"].sum(1).tolist() == [4, 7, 11, 14]
    assert (holes["attention_mask"] <= ragged["attention_mask"]).all()
    assert padded(inputs, config(), "none") is inputs
    one = padded({key: tensor[:1] for key, tensor in inputs.items()}, config(), "ragged")
    assert one["attention_mask"].sum() == 12
    assert inputs["attention_mask"].all(), "what was given stays"


@pytest.mark.parametrize("name", ["bert-base", "llama-3.2-1b", "bart-large"])
def test_what_is_masked_does_not_matter(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    use_tiny(monkeypatch, name)
    model, inputs, info = presets.load(name, device="cpu", batch=2, length=16, padding="ragged")
    assert info.padding == "ragged"
    masked = inputs["attention_mask"] == 0
    other = {**inputs, "input_ids": inputs["input_ids"].masked_fill(masked, 5)}
    with torch.no_grad():
        one, two = model(**inputs).logits, model(**other).logits
    seen = slice(None) if name == "bart-large" else ~masked
    assert torch.allclose(one[seen], two[seen], atol=1e-5)
    whole, _, _ = presets.load(name, device="cpu", batch=2, length=16)
    unmasked = {**inputs, "attention_mask": torch.ones_like(masked, dtype=torch.long)}
    with torch.no_grad():
        assert name == "llama-3.2-1b" or not torch.allclose(one[seen], whole(**unmasked).logits[seen], atol=1e-5)


def test_paddings_that_cannot_be() -> None:
    with pytest.raises(BadInputError, match="unknown padding 'left': use none, ragged, holes"):
        presets.load("bert-tiny", device="cpu", padding="left")
    with pytest.raises(BadInputError, match="needs an attention mask, this model takes pixel_values"):
        presets.load("vit-base", device="meta", padding="ragged")
