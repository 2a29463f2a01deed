"""Encoder-decoder language models."""

from __future__ import annotations

from typing import Any

from clear_native.models.preset import Preset

__all__ = ["PRESETS"]

# https://huggingface.co/google-t5/t5-base
_T5: dict[str, Any] = {
    "vocab_size": 32128, "d_model": 768, "d_kv": 64, "d_ff": 3072, "num_layers": 12, "num_decoder_layers": 12,
    "num_heads": 12, "relative_attention_num_buckets": 32, "dropout_rate": 0.1, "layer_norm_epsilon": 1e-6,
    "initializer_factor": 1.0, "feed_forward_proj": "relu", "is_encoder_decoder": True, "pad_token_id": 0,
    "eos_token_id": 1, "decoder_start_token_id": 0, "tie_word_embeddings": True,
}  # fmt: skip

# https://huggingface.co/google/flan-t5-large
_FLAN_T5_LARGE = {
    **_T5, "d_model": 1024, "d_ff": 2816, "num_layers": 24, "num_decoder_layers": 24, "num_heads": 16,
    "relative_attention_max_distance": 128, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False,
}  # fmt: skip

# https://huggingface.co/Salesforce/codet5p-220m
_CODET5P = {**_T5, "vocab_size": 32100, "relative_attention_max_distance": 128, "bos_token_id": 1, "eos_token_id": 2}

# https://huggingface.co/facebook/bart-large
_BART_LARGE: dict[str, Any] = {
    "vocab_size": 50265, "d_model": 1024, "encoder_layers": 12, "decoder_layers": 12, "encoder_attention_heads": 16,
    "decoder_attention_heads": 16, "encoder_ffn_dim": 4096, "decoder_ffn_dim": 4096, "activation_function": "gelu",
    "dropout": 0.1, "attention_dropout": 0.1, "activation_dropout": 0.1, "classifier_dropout": 0.0,
    "encoder_layerdrop": 0.0, "decoder_layerdrop": 0.0, "init_std": 0.02, "max_position_embeddings": 1024,
    "scale_embedding": False, "is_encoder_decoder": True, "bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2,
    "decoder_start_token_id": 2, "forced_eos_token_id": 2,
}  # fmt: skip


def _t5(name: str, page: str, config: dict[str, Any], parameters: int) -> Preset:
    # Relative positions have no last one. Trained weights overflow in float16.
    return Preset(
        name, "t5", "encoder-decoder", page, "T5ForConditionalGeneration", "T5Config", config, "bfloat16", parameters,
        inputs="text pair", longest_key=None,
    )  # fmt: skip


PRESETS: tuple[Preset, ...] = (
    _t5("t5-base", "https://huggingface.co/google-t5/t5-base", _T5, 222_903_552),
    _t5("flan-t5-large", "https://huggingface.co/google/flan-t5-large", _FLAN_T5_LARGE, 783_150_080),
    # In float16 its encoder looks at its values (are they finite?), which no CUDA graph can hold.
    Preset(
        "bart-large", "bart", "encoder-decoder", "https://huggingface.co/facebook/bart-large",
        "BartForConditionalGeneration", "BartConfig", _BART_LARGE, "bfloat16", 406_291_456, inputs="text pair",
    ),
    _t5("codet5p-220m", "https://huggingface.co/Salesforce/codet5p-220m", _CODET5P, 222_882_048),
)  # fmt: skip
