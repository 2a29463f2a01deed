"""Any ready model made tiny: two layers, small widths, the same architecture and kind of inputs."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from clear_native.models.configurations import PRESETS, Preset

VOCABULARY = 1000

_SMALL: dict[str, Any] = {
    "vocab_size": VOCABULARY, "embedding_size": 32, "num_labels": 10, "image_size": 32, "max_source_positions": 20,
    "state_size": 8, "time_step_rank": 4, "query_pre_attn_scalar": 16, "num_experts": 8, "num_local_experts": 8,
    "num_experts_per_tok": 2, "moe_intermediate_size": 32, "shared_expert_intermediate_size": 64,
    **dict.fromkeys(("hidden_size", "dim", "d_model", "n_embd"), 64),
    **dict.fromkeys(("intermediate_size", "hidden_dim", "d_ff", "encoder_ffn_dim", "decoder_ffn_dim"), 128),
    **dict.fromkeys(("num_hidden_layers", "n_layers", "n_layer", "num_layers", "num_decoder_layers", "encoder_layers",
                     "decoder_layers", "max_window_layers"), 2),
    **dict.fromkeys(("num_attention_heads", "n_heads", "n_head", "num_heads", "encoder_attention_heads",
                     "decoder_attention_heads"), 4),
    **dict.fromkeys(("head_dim", "d_kv"), 16),
}  # fmt: skip


def tiny(preset: Preset) -> Preset:
    """`preset` with a tiny configuration; grouped queries stay grouped, token ids stay in the vocabulary."""
    config = {key: _SMALL.get(key, value) for key, value in preset.config.items()}
    if "num_key_value_heads" in config:
        grouped = preset.config["num_key_value_heads"] < preset.config["num_attention_heads"]
        config["num_key_value_heads"] = 2 if grouped else 4
    if "layer_types" in config:
        config["layer_types"] = config["layer_types"][:2]
    ids = [key for key in config if key.endswith("_token_id")]
    config |= {key: config[key] % VOCABULARY for key in ids}
    patches = (32 // config["patch_size"]) ** 2 + 1 if "patch_size" in config else None
    return dataclasses.replace(preset, config=config, parameters=None, fixed_length=patches)


def use_tiny(monkeypatch: pytest.MonkeyPatch, name: str) -> Preset:
    """Puts the tiny one in the place of the preset `name`, for the rest of the test."""
    made = tiny(PRESETS[name])
    monkeypatch.setitem(PRESETS, name, made)
    return made


PUBLISHED = [name for name, preset in PRESETS.items() if preset.page is not None]
