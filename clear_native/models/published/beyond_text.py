"""Models of images and speech, and one without attention."""

from __future__ import annotations

from typing import Any

from clear_native.models.preset import Preset

__all__ = ["PRESETS"]

# https://huggingface.co/google/vit-base-patch16-224
_VIT: dict[str, Any] = {
    "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072,
    "hidden_act": "gelu", "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "initializer_range": 0.02,
    "layer_norm_eps": 1e-12, "image_size": 224, "patch_size": 16, "num_channels": 3, "qkv_bias": True,
    "num_labels": 1000,
}  # fmt: skip

# https://huggingface.co/openai/whisper-small
_WHISPER: dict[str, Any] = {
    "vocab_size": 51865, "num_mel_bins": 80, "d_model": 768, "encoder_layers": 12, "decoder_layers": 12,
    "encoder_attention_heads": 12, "decoder_attention_heads": 12, "encoder_ffn_dim": 3072, "decoder_ffn_dim": 3072,
    "activation_function": "gelu", "dropout": 0.0, "attention_dropout": 0.0, "activation_dropout": 0.0,
    "encoder_layerdrop": 0.0, "decoder_layerdrop": 0.0, "init_std": 0.02, "scale_embedding": False,
    "max_source_positions": 1500, "max_target_positions": 448, "is_encoder_decoder": True, "bos_token_id": 50257,
    "eos_token_id": 50257, "pad_token_id": 50257, "decoder_start_token_id": 50258,
}  # fmt: skip

# https://huggingface.co/state-spaces/mamba-130m-hf
_MAMBA: dict[str, Any] = {
    "vocab_size": 50280, "hidden_size": 768, "intermediate_size": 1536, "state_size": 16, "num_hidden_layers": 24,
    "expand": 2, "conv_kernel": 4, "use_bias": False, "use_conv_bias": True, "hidden_act": "silu",
    "initializer_range": 0.1, "residual_in_fp32": True, "layer_norm_epsilon": 1e-5, "time_step_rank": 48,
    "time_step_scale": 1.0, "time_step_min": 0.001, "time_step_max": 0.1, "time_step_floor": 1e-4,
    "time_step_init_scheme": "random", "rescale_prenorm_residual": False, "pad_token_id": 0, "bos_token_id": 0,
    "eos_token_id": 0,
}  # fmt: skip

PRESETS: tuple[Preset, ...] = (
    Preset(
        "vit-base", "vit", "image", "https://huggingface.co/google/vit-base-patch16-224",
        "ViTForImageClassification", "ViTConfig", _VIT, "float16", 86_567_656, inputs="image", attention_mask=False,
        fixed_length=197,  # 14x14 patches and the class token
    ),
    Preset(
        "whisper-small", "whisper", "speech", "https://huggingface.co/openai/whisper-small",
        "WhisperForConditionalGeneration", "WhisperConfig", _WHISPER, "float16", 241_734_912, inputs="speech",
        attention_mask=False, longest_key="max_target_positions",
    ),
    Preset(
        "mamba-130m", "mamba", "state space", "https://huggingface.co/state-spaces/mamba-130m-hf",
        "MambaForCausalLM", "MambaConfig", _MAMBA, "bfloat16", 129_135_360, longest_key=None,
    ),
)  # fmt: skip
