"""Ready models in the exact shapes of published ones, with random weights made directly on the device."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from clear_native.errors import BadInputError
from clear_native.machine.environment import parse_device
from clear_native.models.configurations import PRESETS, Preset

__all__ = ["LoadedModel", "load", "names"]


@dataclass(frozen=True)
class LoadedModel:
    """What was loaded. `synthetic_weights`: random, not trained; such weights draw another power than trained ones."""

    name: str
    family: str
    weights: str
    synthetic_weights: bool
    parameters: int
    device: str
    dtype: str
    batch: int
    length: int
    seed: int


def names() -> list[str]:
    return list(PRESETS)


def load(
    name: str,
    weights: str = "random",
    device: torch.device | str | None = None,
    dtype: torch.dtype | str | None = None,
    batch: int = 1,
    length: int = 128,
    seed: int = 0,
) -> tuple[nn.Module, dict[str, torch.Tensor], LoadedModel]:
    """A model in evaluation mode, inputs for it as a tokenizer gives them, and what they are.

    Args:
        name: one of `names()`.
        weights: "random"; "published" for the trained ones from the Hugging Face hub; or a folder or hub name.
        device: default CUDA if there is one, else the CPU. "meta" gives shapes without weights.
        dtype: default float16 (BERT, GPT-2) or bfloat16 (Llama, Qwen) on a GPU, float32 on a CPU.
        batch, length: shape of the token ids, which are random.
        seed: of weights and token ids. The global random state is left alone.

    Raises BadInputError for an unknown name, device, data type or shape, and if transformers is not installed;
    NoDriverError for CUDA without a GPU.
    """
    preset = _preset(name)
    target = torch.device("meta") if str(device) == "meta" else parse_device(device)
    kind = _dtype(dtype, preset, target)
    _check_shape(preset, batch, length)
    with _own_random_state(seed, target):
        model = _random(preset, target, kind) if weights == "random" else _trained(preset, weights, target, kind)
        config: Any = model.config
        ids = torch.randint(0, config.vocab_size, (batch, length), device=target)
    inputs = {"input_ids": ids, **({"attention_mask": torch.ones_like(ids)} if preset.attention_mask else {})}
    info = LoadedModel(
        name=name,
        family=preset.family,
        weights=weights,
        synthetic_weights=weights == "random",
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        device=str(target),
        dtype=str(kind).removeprefix("torch."),
        batch=batch,
        length=length,
        seed=seed,
    )
    return model.eval(), inputs, info


def _preset(name: str) -> Preset:
    if name not in PRESETS:
        near = difflib.get_close_matches(name, PRESETS, n=2)
        hint = f"did you mean {' or '.join(near)}? " if near else ""
        raise BadInputError(f"unknown model '{name}': {hint}there are {', '.join(PRESETS)}")
    return PRESETS[name]


def _dtype(dtype: torch.dtype | str | None, preset: Preset, device: torch.device) -> torch.dtype:
    if isinstance(dtype, torch.dtype):
        return dtype
    short = {"fp16": "float16", "bf16": "bfloat16", "fp32": "float32", "half": "float16"}
    wanted = dtype or (preset.gpu_dtype if device.type == "cuda" else "float32")
    found = getattr(torch, short.get(wanted, wanted), None)
    if not isinstance(found, torch.dtype) or not found.is_floating_point:
        raise BadInputError(f"unknown data type '{wanted}': use float16, bfloat16 or float32")
    return found


def _check_shape(preset: Preset, batch: int, length: int) -> None:
    longest = preset.config.get("max_position_embeddings", preset.config.get("n_positions"))
    if batch < 1 or length < 1:
        raise BadInputError(f"batch and length must be at least 1, got {batch} and {length}")
    if longest is not None and length > longest:
        raise BadInputError(f"{preset.name} takes at most {longest} tokens, got length {length}: make it shorter")


def _random(preset: Preset, device: torch.device, dtype: torch.dtype) -> nn.Module:
    transformers = _transformers()
    config = getattr(transformers, preset.config_class)(**preset.config)
    with device, _default_dtype(dtype):
        model: nn.Module = getattr(transformers, preset.model_class)(config)
    return model


def _trained(preset: Preset, weights: str, device: torch.device, dtype: torch.dtype) -> nn.Module:
    source = preset.published_as if weights == "published" else weights
    if source is None:
        raise BadInputError(f"{preset.name} was never published: use weights='random'")
    try:
        model: nn.Module = getattr(_transformers(), preset.model_class).from_pretrained(source, dtype=dtype)
    except OSError as error:
        raise BadInputError(f"no weights at '{source}': give a folder, a hub name, or weights='random'") from error
    return model.to(device)


def _transformers() -> Any:
    try:
        import transformers
    except ImportError as error:
        raise BadInputError("the ready models need transformers: pip install 'clear_native[models]'") from error
    return transformers


@contextmanager
def _default_dtype(dtype: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextmanager
def _own_random_state(seed: int, device: torch.device) -> Iterator[None]:
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(seed)
        yield
