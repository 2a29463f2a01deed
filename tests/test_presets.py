"""Ready models: the published shapes, random weights, and nothing global changed."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tiny_presets import use_tiny

import clear_native
from clear_native.errors import BadInputError, DeviceOutOfMemoryError
from clear_native.models import presets
from clear_native.models.configurations import PRESETS
from clear_native.subject.components import discover

transformers = pytest.importorskip("transformers")

TINY = ["bert-tiny", "gpt2-tiny", "llama-tiny", "qwen2.5-tiny"]


def test_the_face() -> None:
    assert clear_native.models.load is presets.load
    assert clear_native.models.names() == list(PRESETS)
    _, inputs, info = presets.load("qwen2.5-3b", device="meta", batch=2)
    assert {tensor.shape for tensor in inputs.values()} == {(2, 128)}
    assert info.synthetic_weights


def test_a_preset_stays_as_published() -> None:
    for name in ("llama-3.2-1b", "gpt-oss-20b"):
        before = repr(PRESETS[name])
        presets.load(name, device="meta")
        assert repr(PRESETS[name]) == before


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


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("Llama-3.2-1B", "llama-3.2-1b"), ("Qwen/Qwen2.5-3B", "qwen2.5-3b"), ("bert_large", "bert-large"),
        ("OLMoE-1B-7B", "olmoe-1b-7b"), ("gptoss", "gpt-oss-20b"), ("bert-base-uncased", "bert-base"),
    ],
)  # fmt: skip
def test_unknown_names_get_the_nearest(wanted: str, found: str) -> None:
    with pytest.raises(BadInputError, match=rf"unknown model '{wanted}': did you mean .*\b{found}\b.*\? there are"):
        presets.load(wanted)


@pytest.mark.parametrize(
    ("name", "longest"),
    [
        ("roberta-base", 512), ("gpt2", 1024), ("bart-large", 1024), ("whisper-small", 448), ("phi-3-mini", 4096),
        ("modernbert-base", 8192), ("distilbert", 512), ("gpt-oss-20b", 131072),
    ],
)  # fmt: skip
def test_longest(name: str, longest: int) -> None:
    with pytest.raises(BadInputError, match=f"{name} takes at most {longest} tokens, got length {longest + 1}"):
        presets.load(name, device="meta", length=longest + 1)


def test_lengths_that_are_bound_by_nothing_or_fixed() -> None:
    assert presets.load("mamba-130m", device="meta", length=100_000)[1]["input_ids"].shape == (1, 100_000)
    assert presets.load("t5-base", device="meta", length=2048)[2].length == 2048
    assert presets.load("vit-base", device="meta")[2].length == 197
    with pytest.raises(BadInputError, match="vit-base always sees 197 positions, got length 128"):
        presets.load("vit-base", device="meta", length=128)


@pytest.mark.parametrize("name", ["roberta-base", "gpt2", "bart-large", "whisper-small"])
def test_the_longest_runs(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Tables of positions have a row for the last one."""
    preset = use_tiny(monkeypatch, name)
    model, inputs, _ = presets.load(name, device="cpu", length=preset.longest())
    with torch.no_grad():
        assert torch.isfinite(model(**inputs)[0]).all()


@pytest.mark.parametrize("dtype", ["fp8", "float8_e5m2", torch.float8_e4m3fn])
def test_data_types_that_layers_do_not_compute_in(dtype: str | torch.dtype) -> None:
    with pytest.raises(BadInputError, match=r"bert-tiny do not compute in float8_e.m.*: use float16"):
        presets.load("bert-tiny", dtype=dtype)


def test_data_type_that_the_device_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Turing GPU, as torch would describe it."""
    monkeypatch.setattr(presets, "parse_device", lambda device: torch.device("cuda", 0))
    monkeypatch.setattr("torch.cuda.get_device_capability", lambda device: (7, 5))
    monkeypatch.setattr("torch.cuda.get_device_name", lambda device: "Tesla T4")
    message = r"Tesla T4 \(compute capability 7.5\) has no bfloat16 arithmetic, which needs 8.0: use float16"
    with pytest.raises(BadInputError, match=message):
        presets.load("bert-tiny", device="cuda", dtype="bf16")
    with pytest.raises(BadInputError, match=message):  # by default too
        presets.load("llama-tiny", device="cuda")


def test_model_that_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(transformers.LlamaForCausalLM, "__init__", full)
    with pytest.raises(DeviceOutOfMemoryError, match=r"llama-3.1-8b in bfloat16 \(16.1 GB of weights\) does not fit"):
        presets.load("llama-3.1-8b", device="cpu", dtype="bfloat16")
