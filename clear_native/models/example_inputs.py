"""Inputs as a model's tokenizer, image processor or feature extractor gives them, with random content."""

from __future__ import annotations

from typing import Any

import torch

from clear_native.errors import BadInputError
from clear_native.models.preset import Preset

__all__ = ["PADDINGS", "example_inputs", "padded"]

PADDINGS = ("none", "ragged", "holes")


def example_inputs(
    preset: Preset, config: Any, batch: int, length: int, device: torch.device, dtype: torch.dtype
) -> dict[str, torch.Tensor]:
    """Arguments of the model's forward by name. Content follows torch's global random state.

    Text: `input_ids` (batch, length) and `attention_mask`. Text pairs: `decoder_input_ids` (batch, length) too. Images:
    `pixel_values` (batch, channels, height, width). Speech: `input_features` (batch, mel bands, frames), always of the
    model's full window, and `decoder_input_ids` (batch, length).
    """
    if preset.inputs == "image":
        size = (config.image_size,) * 2 if isinstance(config.image_size, int) else tuple(config.image_size)
        return {"pixel_values": torch.randn((batch, config.num_channels, *size), device=device, dtype=dtype)}
    if preset.inputs == "speech":
        frames = 2 * config.max_source_positions  # the second convolution has a stride of two
        mel = torch.randn((batch, config.num_mel_bins, frames), device=device, dtype=dtype)
        return {"input_features": mel, "decoder_input_ids": _decoder_ids(config, batch, length, device)}
    ids = _token_ids(config, batch, length, device)
    found = {"input_ids": ids}
    if preset.attention_mask:
        found["attention_mask"] = torch.ones_like(ids)
    if preset.inputs == "text pair":
        found["decoder_input_ids"] = _decoder_ids(config, batch, length, device)
    return found


def padded(inputs: dict[str, torch.Tensor], config: Any, padding: str) -> dict[str, torch.Tensor]:
    """The same inputs with part of the attention mask taken away, and padding tokens there.

    "ragged": sequences of lengths that rise evenly from a share of the batch to the full length, padded at their ends.
    "holes": these, and every eighth token inside is masked too. Deterministic. Raises BadInputError for inputs without
    a mask, or another padding.
    """
    if padding == "none":
        return inputs
    if padding not in PADDINGS:
        raise BadInputError(f"unknown padding '{padding}': use {', '.join(PADDINGS)}")
    if "attention_mask" not in inputs or "input_ids" not in inputs:
        raise BadInputError(f"padding '{padding}' needs an attention mask, this model takes {', '.join(inputs)}")
    ids, mask = inputs["input_ids"], inputs["attention_mask"]
    batch, length = mask.shape
    position = torch.arange(length, device=mask.device)
    lengths = -(-length * torch.arange(1, batch + 1, device=mask.device) // batch)  # the last one is full
    if batch == 1:
        lengths = torch.full_like(lengths, -(-3 * length // 4))
    kept = position[None, :] < lengths[:, None]
    if padding == "holes":
        kept = kept & (position % 8 != 5)
    pad = _pad_id(config)
    changed = {"input_ids": ids.masked_fill(~kept, 0 if pad is None else pad), "attention_mask": mask * kept}
    return {**inputs, **changed}


def _pad_id(config: Any) -> int | None:
    pad = getattr(config, "pad_token_id", None)
    return pad if isinstance(pad, int) and 0 <= pad < config.vocab_size else None


def _token_ids(config: Any, batch: int, length: int, device: torch.device) -> torch.Tensor:
    """Any tokens but the padding one, which some models count no position for."""
    pad = _pad_id(config)
    if pad is None or config.vocab_size < 2:
        return torch.randint(0, config.vocab_size, (batch, length), device=device)
    ids = torch.randint(0, config.vocab_size - 1, (batch, length), device=device)
    return ids + (ids >= pad)


def _decoder_ids(config: Any, batch: int, length: int, device: torch.device) -> torch.Tensor:
    ids = _token_ids(config, batch, length, device)
    ids[:, 0] = config.decoder_start_token_id
    return ids
