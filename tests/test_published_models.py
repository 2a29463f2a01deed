"""Every published preset: its size against what its page says, and a tiny one of its architecture run on the CPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_presets import PUBLISHED, VOCABULARY, use_tiny
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from clear_native.capture.kernel_lists import run_operators
from clear_native.models import listing, presets
from clear_native.models.configurations import PRESETS

pytest.importorskip("transformers")

# Weights of the published checkpoint, and those of them that the model class here leaves out (pooler, other heads).
# Source: the count beside "Model size" (safetensors) on the page that PRESETS names, "paper" or "card" where said.
CHECKPOINTS: dict[str, tuple[int, int]] = {
    "bert-base": (110_106_428, 592_130),
    "bert-large": (336_226_108, 1_051_650),
    "distilbert": (66_985_530, 0),
    "roberta-base": (124_697_433, 0),
    "roberta-large": (355_412_057, 0),
    "albert-base": (11_813_810, 592_130),
    "modernbert-base": (149_655_232, 0),
    "all-minilm-l6-v2": (22_713_216, 0),
    "gpt2": (124_000_000, 0),  # card; the file also holds causal masks, which are no weights
    "llama-3.2-1b": (1_235_814_400, 0),
    "llama-3.2-3b": (3_212_749_824, 0),
    "llama-3.1-8b": (8_030_261_248, 0),
    "qwen2.5-0.5b": (494_032_768, 0),
    "qwen2.5-1.5b": (1_543_714_304, 0),
    "qwen2.5-3b": (3_085_938_688, 0),
    "gemma-2-2b": (2_614_341_888, 0),
    "phi-3-mini": (3_821_079_552, 0),
    "t5-base": (222_903_552, 0),
    "flan-t5-large": (783_150_080, 0),  # its head is not tied, which is 4 % of it
    "bart-large": (406_291_456, 0),
    "codet5p-220m": (222_882_048, 0),
    "olmoe-1b-7b": (6_919_161_856, 0),
    "qwen1.5-moe-a2.7b": (14_315_784_192, 0),
    "gpt-oss-20b": (20_910_000_000, 0),  # paper (arXiv 2508.10925, table 1); the file holds packed MXFP4 blocks
    "vit-base": (86_567_656, 0),
    "whisper-small": (241_734_912, 0),
    "mamba-130m": (129_135_360, 0),
}


class HostMemory(TorchDispatchMode):
    """The largest tensor, in bytes, that was made in the host's memory."""

    largest_bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        if isinstance(made, torch.Tensor) and made.device.type == "cpu":
            self.largest_bytes = max(self.largest_bytes, made.untyped_storage().nbytes())
        return made


def test_every_published_preset_has_a_count() -> None:
    assert list(CHECKPOINTS) == PUBLISHED


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_as_many_parameters_as_published(name: str) -> None:
    with HostMemory() as host:
        model, _, info = presets.load(name, device="meta")
    published, left_out = CHECKPOINTS[name]
    assert info.parameters + left_out == pytest.approx(published, rel=0.005)
    assert info.parameters == PRESETS[name].parameters, "what clear-native models shows"
    assert host.largest_bytes < 8e6, "weights are made on their device, not on the host"
    assert is_tied(model) is PRESETS[name].tied


@pytest.mark.parametrize("name", [name for name in PRESETS if name not in PUBLISHED])
def test_tiny_relatives_are_as_large_as_listed(name: str) -> None:
    assert presets.load(name, device="meta")[2].parameters == PRESETS[name].parameters


def is_tied(model: Any) -> bool | None:
    head = model.get_output_embeddings() if model.can_generate() or "MaskedLM" in type(model).__name__ else None
    return None if head is None else head.weight is model.get_input_embeddings().weight


def run(model: nn.Module, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = model(**inputs)[0]
    return found


@pytest.fixture
def uninitialised_is_nan() -> Any:
    """Memory that nobody wrote to reads as NaN, so that a weight without an initialiser is seen."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(before)


@pytest.mark.usefixtures("uninitialised_is_nan")
@pytest.mark.parametrize("name", PUBLISHED)
def test_tiny_ones_run_on_their_inputs(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    preset = use_tiny(monkeypatch, name)
    length = preset.fixed_length or 16
    model, inputs, info = presets.load(name, device="cpu", batch=2, length=length)
    weights = [*model.named_parameters(), *model.named_buffers()]
    assert [key for key, tensor in weights if not torch.isfinite(tensor).all()] == []
    assert is_tied(model) is preset.tied
    torch.use_deterministic_algorithms(False)  # some operators of forwards have no such variant
    found = run(model, inputs)
    last = {"image": (10,), "text": (length, VOCABULARY)}.get(preset.inputs, (length, VOCABULARY))
    assert found.shape == ((2, *last) if preset.tied is not None or preset.inputs == "image" else (2, length, 64))
    assert torch.isfinite(found).all() and found.std() > 0
    assert (info.batch, info.length, info.dtype) == (2, length, "float32")


@pytest.mark.parametrize("name", PUBLISHED)
def test_no_branch_on_values_in_the_data_type_of_a_gpu(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Some layers of transformers look for overflow in float16 alone: no CUDA graph can hold that."""
    preset = use_tiny(monkeypatch, name)

    def values_read(dtype: str) -> int:
        model, inputs, _ = presets.load(name, device="cpu", dtype=dtype, length=preset.fixed_length or 8)
        return run_operators(lambda: run(model, inputs)).count("aten._local_scalar_dense.default")

    assert values_read(preset.gpu_dtype) <= values_read("float32")


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", PUBLISHED)
def test_random_weights_are_laid_out_as_loaded_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, dtype: str
) -> None:
    """Written as safetensors and loaded by transformers: the same names, data types, values, buffers and logits."""
    preset = use_tiny(monkeypatch, name)
    arguments: dict[str, Any] = {"device": "cpu", "dtype": dtype, "length": preset.fixed_length or 8}
    made, inputs, _ = presets.load(name, **arguments)
    made.save_pretrained(tmp_path)  # type: ignore[operator]
    loaded, same_inputs, info = presets.load(name, weights=str(tmp_path), **arguments)
    assert not info.synthetic_weights and not loaded.training
    assert all(torch.equal(inputs[key], same_inputs[key]) for key in inputs)
    for one, other in (
        (made.named_parameters(), loaded.named_parameters()),
        (made.named_buffers(), loaded.named_buffers()),
    ):
        here, there = dict(one), dict(other)
        assert {key: tensor.dtype for key, tensor in here.items()} == {k: t.dtype for k, t in there.items()}
        assert [key for key in here if not torch.equal(here[key], there[key])] == []
    assert torch.equal(run(made, inputs), run(loaded, inputs))


def test_documentation_has_the_table_of_the_code() -> None:
    page = (Path(__file__).parents[1] / "docs" / "models.md").read_text()
    assert listing.markdown() in page, "copy the table of clear_native.models.listing.markdown() into docs/models.md"
