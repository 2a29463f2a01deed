"""Ready models: the published shapes, random weights, and nothing global changed."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from clear_native.errors import BadInputError
from clear_native.models import presets
from clear_native.models.configurations import PRESETS
from clear_native.subject.components import discover

transformers = pytest.importorskip("transformers")

TINY = ["bert-tiny", "gpt2-tiny", "llama-tiny", "qwen2.5-tiny"]

# Of the published checkpoints, tied weights counted once.
PARAMETERS = {
    "bert-base": 109_514_298,
    "gpt2": 124_439_808,
    "llama-3.2-1b": 1_235_814_400,
    "qwen2.5-0.5b": 494_032_768,
    "qwen2.5-3b": 3_085_938_688,
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_published_shapes(name: str) -> None:
    _, inputs, info = presets.load(name, device="meta", batch=2, length=16)
    assert info.parameters == PARAMETERS[name]
    assert {tensor.shape for tensor in inputs.values()} == {(2, 16)}
    assert info.synthetic_weights


def test_rotary_frequencies_of_the_published_configurations() -> None:
    for name, theta in (("llama-tiny", 5e5), ("qwen2.5-tiny", 1e6)):
        model, _, _ = presets.load(name, device="cpu")
        frequencies = dict(model.named_buffers())["model.rotary_emb.inv_freq"]
        assert torch.allclose(frequencies, 1 / theta ** (torch.arange(0, 16, 2) / 16))


def test_llama_3_stretches_its_slow_frequencies() -> None:
    """Factor 32 for wavelengths beyond 8192 tokens, none for those below 2048, as published."""
    config = PRESETS["llama-3.2-1b"].config
    small = {**config, "num_hidden_layers": 1, "vocab_size": 10, "intermediate_size": 8, "pad_token_id": 0}
    model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**{**small, "bos_token_id": 1, "eos_token_id": 2}))
    frequencies = model.model.rotary_emb.inv_freq
    plain = 1 / 5e5 ** (torch.arange(0, 64, 2) / 64)
    wavelengths = 2 * torch.pi / plain
    assert torch.allclose(frequencies[wavelengths < 2048], plain[wavelengths < 2048])
    assert torch.allclose(frequencies[wavelengths > 8192], plain[wavelengths > 8192] / 32)


@pytest.mark.parametrize("name", TINY)
def test_tiny_models_run(name: str) -> None:
    model, inputs, info = presets.load(name, device="cpu", batch=2, length=8)
    assert not model.training
    assert info.dtype == "float32"
    with torch.no_grad():
        logits = model(**inputs).logits
    assert logits.shape == (2, 8, 1000)
    assert torch.isfinite(logits).all()
    assert logits.std() > 0
    assert {"attention", "mlp", "norm", "embedding", "lm_head"} <= set(discover(model).names)


def test_seed_decides_and_global_state_is_left_alone() -> None:
    before, dtype = torch.get_rng_state(), torch.get_default_dtype()
    one, ids, _ = presets.load("bert-tiny", device="cpu", seed=1)
    same, same_ids, _ = presets.load("bert-tiny", device="cpu", seed=1)
    other, _, _ = presets.load("bert-tiny", device="cpu", seed=2)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_default_dtype() is dtype
    first, again, different = (next(iter(model.parameters())) for model in (one, same, other))
    assert torch.equal(first, again)
    assert torch.equal(ids["input_ids"], same_ids["input_ids"])
    assert not torch.equal(first, different)


@pytest.mark.parametrize("dtype", ["bf16", "bfloat16", torch.bfloat16])
def test_dtype(dtype: str | torch.dtype) -> None:
    model, inputs, info = presets.load("llama-tiny", device="cpu", dtype=dtype)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}
    assert info.dtype == "bfloat16"
    assert model(**inputs).logits.dtype is torch.bfloat16


def test_trained_weights_from_a_folder(tmp_path: Path) -> None:
    model, _, _ = presets.load("bert-tiny", device="cpu", seed=5)
    model.save_pretrained(tmp_path)  # type: ignore[operator]
    found, _, info = presets.load("bert-tiny", weights=str(tmp_path), device="cpu")
    assert not info.synthetic_weights
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), found.parameters(), strict=True))


def test_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"unknown model 'bert-bse': did you mean bert-base"):
        presets.load("bert-bse")
    with pytest.raises(BadInputError, match="unknown data type 'int8'"):
        presets.load("bert-tiny", dtype="int8")
    with pytest.raises(BadInputError, match="at most 512 tokens, got length 513"):
        presets.load("bert-tiny", length=513)
    with pytest.raises(BadInputError, match="at least 1"):
        presets.load("bert-tiny", batch=0)
    with pytest.raises(BadInputError, match="never published"):
        presets.load("bert-tiny", weights="published")
    with pytest.raises(BadInputError, match="no weights at"):
        presets.load("bert-tiny", weights=str(tmp_path))
