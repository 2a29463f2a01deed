"""Ready models on a GPU: made there in the data type asked for, with no copy on the host, and run on their inputs."""

from __future__ import annotations

import gc
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from tiny_presets import PUBLISHED, use_tiny

from clear_native.errors import DeviceOutOfMemoryError
from clear_native.models import load
from clear_native.models.configurations import PRESETS

pytestmark = pytest.mark.gpu

pytest.importorskip("transformers")


@pytest.fixture(autouse=True)
def memory_is_given_back() -> Iterator[None]:
    yield
    gc.collect()
    torch.cuda.empty_cache()


def largest_resident_bytes() -> int:
    """Of this process so far. Linux counts in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_eight_billion_parameters_pass_by_the_host() -> None:
    load("llama-tiny", device="cuda")  # libraries and context take memory of their own
    free_bytes, _ = torch.cuda.mem_get_info()
    if free_bytes < 20e9:
        pytest.skip(f"{free_bytes / 1e9:.0f} GB are free on the GPU, 20 are needed")
    before_bytes = largest_resident_bytes()
    model, inputs, info = load("llama-3.1-8b", device="cuda")
    assert largest_resident_bytes() - before_bytes < 3e9
    assert torch.cuda.memory_allocated() < 17e9, "16 GB of bfloat16, no second copy"
    assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}
    assert info.parameters == PRESETS["llama-3.1-8b"].parameters
    with torch.no_grad():
        logits = model(**inputs).logits
    assert torch.isfinite(logits).all() and logits.std() > 0


@pytest.mark.parametrize("name", PUBLISHED)
def test_tiny_ones_run_in_their_data_type(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    preset = use_tiny(monkeypatch, name)
    model, inputs, info = load(name, device="cuda", batch=2, length=preset.fixed_length or 16)
    assert info.dtype == preset.gpu_dtype
    tensors = [*model.parameters(), *model.buffers(), *inputs.values()]
    assert {tensor.device.type for tensor in tensors} == {"cuda"}
    with torch.no_grad():
        found = model(**inputs)[0]
    assert torch.isfinite(found).all() and found.std() > 0


def test_the_same_seed_gives_the_same_model_and_the_global_state_stays() -> None:
    before = torch.cuda.get_rng_state()
    one, ids, _ = load("bert-tiny", device="cuda", seed=3)
    two, same, _ = load("bert-tiny", device="cuda", seed=3)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert torch.equal(ids["input_ids"], same["input_ids"])
    assert torch.equal(torch.cuda.get_rng_state(), before)


def test_weights_from_a_folder_arrive_on_the_gpu(tmp_path: Path) -> None:
    model, _, _ = load("llama-tiny", device="cuda")
    model.save_pretrained(tmp_path)  # type: ignore[operator]
    found, _, _ = load("llama-tiny", weights=str(tmp_path), device="cuda")
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), found.parameters(), strict=True))


def test_a_model_that_does_not_fit() -> None:
    """With most of the GPU's memory forbidden to torch."""
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(0.004)
    try:
        with pytest.raises(DeviceOutOfMemoryError, match=r"qwen2.5-3b in bfloat16 .* does not fit"):
            load("qwen2.5-3b", device="cuda")
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
