"""All ready models by name: published shapes first, tiny relatives for tries last."""

from __future__ import annotations

from clear_native.models.preset import Preset
from clear_native.models.published import beyond_text, decoders, encoder_decoders, encoders, mixtures, tiny

__all__ = ["PRESETS", "Preset"]

PRESETS: dict[str, Preset] = {
    preset.name: preset
    for group in (encoders, decoders, encoder_decoders, mixtures, beyond_text, tiny)
    for preset in group.PRESETS
}
