"""A model with random weights, made by its own constructor directly on its device and in its data type.

The constructor and initialiser of the model class run there, so nothing passes through the host's memory, values have
the scale that training would start from, tied weights are tied, and buffers (rotary frequencies, positions) are those
of the configuration.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from clear_native.errors import DeviceOutOfMemoryError
from clear_native.models.preset import Preset

__all__ = ["with_random_weights"]


def with_random_weights(preset: Preset, transformers: Any, device: torch.device, dtype: torch.dtype) -> nn.Module:
    """The model of `preset` on `device`, also on "meta". Weights follow torch's global random state.

    Raises DeviceOutOfMemoryError where the device cannot hold it.
    """
    config = preset.configuration(transformers)
    try:
        with device, _default_dtype(dtype):
            model: nn.Module = getattr(transformers, preset.model_class)(config)
            _untie(model, tied=preset.config.get("tie_word_embeddings") is not False)
    except torch.OutOfMemoryError as error:
        raise does_not_fit(preset, device, dtype) from error
    _keep_in_float32(model, dtype)
    return model


def does_not_fit(preset: Preset, device: torch.device, dtype: torch.dtype) -> DeviceOutOfMemoryError:
    size = "" if preset.parameters is None else f" ({preset.parameters * dtype.itemsize / 1e9:.3g} GB of weights)"
    return DeviceOutOfMemoryError(
        f"{preset.name} in {str(dtype).removeprefix('torch.')}{size} does not fit into what is free on {device}: "
        "free memory there, or take a smaller model or data type"
    )


def _untie(model: nn.Module, tied: bool) -> None:
    """A head of its own where it was published so: transformers 5 ties the heads of all T5 models that it makes."""
    head, embedding = getattr(model, "lm_head", None), getattr(model, "shared", None)
    if tied or head is None or embedding is None or head.weight is not embedding.weight:
        return
    scale: float = model.config.initializer_factor  # type: ignore[union-attr, assignment]
    head.weight = nn.Parameter(torch.empty_like(embedding.weight).normal_(0.0, scale))


def _keep_in_float32(model: nn.Module, dtype: torch.dtype) -> None:
    """The modules that transformers keeps in float32 when it loads trained weights in half precision, kept so here."""
    wanted: set[str] = set()
    if dtype is torch.float16:
        wanted |= set(getattr(model, "_keep_in_fp32_modules", None) or ())
    if dtype in (torch.float16, torch.bfloat16):
        wanted |= set(getattr(model, "_keep_in_fp32_modules_strict", None) or ())
    if not wanted:
        return
    pattern = re.compile(rf"(^|\.)({'|'.join(map(re.escape, sorted(wanted)))})(\.|$)")
    for name, parameter in model.named_parameters():
        if pattern.search(name):
            parameter.data = parameter.data.float()


@contextmanager
def _default_dtype(dtype: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
