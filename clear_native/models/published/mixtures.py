"""Language models whose MLPs are mixtures of experts."""

from __future__ import annotations

from typing import Any

from clear_native.models.preset import Preset

__all__ = ["PRESETS"]

# https://huggingface.co/allenai/OLMoE-1B-7B-0924
_OLMOE: dict[str, Any] = {
    "vocab_size": 50304, "hidden_size": 2048, "intermediate_size": 1024, "num_hidden_layers": 16,
    "num_attention_heads": 16, "num_key_value_heads": 16, "hidden_act": "silu", "max_position_embeddings": 4096,
    "initializer_range": 0.02, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "rope_scaling": None,
    "attention_bias": False, "attention_dropout": 0.0, "clip_qkv": None, "num_experts": 64, "num_experts_per_tok": 8,
    "norm_topk_prob": False, "router_aux_loss_coef": 0.01, "output_router_logits": False,
    "tie_word_embeddings": False, "pad_token_id": 1, "eos_token_id": 50279,
}  # fmt: skip

# https://huggingface.co/Qwen/Qwen1.5-MoE-A2.7B
_QWEN15_MOE: dict[str, Any] = {
    "vocab_size": 151936, "hidden_size": 2048, "intermediate_size": 5632, "num_hidden_layers": 24,
    "num_attention_heads": 16, "num_key_value_heads": 16, "hidden_act": "silu", "max_position_embeddings": 8192,
    "initializer_range": 0.02, "rms_norm_eps": 1e-6, "rope_theta": 1000000.0, "attention_dropout": 0.0,
    "use_sliding_window": False, "sliding_window": 32768, "max_window_layers": 21, "decoder_sparse_step": 1,
    "moe_intermediate_size": 1408, "shared_expert_intermediate_size": 5632, "num_experts": 60,
    "num_experts_per_tok": 4, "norm_topk_prob": False, "router_aux_loss_coef": 0.001, "output_router_logits": False,
    "tie_word_embeddings": False, "bos_token_id": 151643, "eos_token_id": 151643,
}  # fmt: skip

# https://huggingface.co/openai/gpt-oss-20b, whose experts are published in MXFP4; here they are plain weights.
_GPT_OSS_20B: dict[str, Any] = {
    "vocab_size": 201088, "hidden_size": 2880, "intermediate_size": 2880, "num_hidden_layers": 24,
    "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 64, "hidden_act": "silu",
    "max_position_embeddings": 131072, "initializer_range": 0.02, "rms_norm_eps": 1e-5, "rope_theta": 150000.0,
    "rope_scaling": {
        "rope_type": "yarn", "factor": 32.0, "beta_fast": 32.0, "beta_slow": 1.0, "truncate": False,
        "original_max_position_embeddings": 4096,
    },
    "attention_bias": True, "attention_dropout": 0.0, "sliding_window": 128, "num_local_experts": 32,
    "layer_types": ["sliding_attention", "full_attention"] * 12,
    "num_experts_per_tok": 4, "router_aux_loss_coef": 0.9, "output_router_logits": False,
    "tie_word_embeddings": False, "pad_token_id": 199999, "eos_token_id": 200002,
}  # fmt: skip


def _mixture(
    name: str, family: str, page: str, classes: tuple[str, str], config: dict[str, Any], parameters: int
) -> Preset:
    return Preset(name, family, "mixture of experts", page, *classes, config, "bfloat16", parameters)


PRESETS: tuple[Preset, ...] = (
    _mixture(
        "olmoe-1b-7b", "olmoe", "https://huggingface.co/allenai/OLMoE-1B-7B-0924",
        ("OlmoeForCausalLM", "OlmoeConfig"), _OLMOE, 6_919_161_856,
    ),
    _mixture(
        "qwen1.5-moe-a2.7b", "qwen2_moe", "https://huggingface.co/Qwen/Qwen1.5-MoE-A2.7B",
        ("Qwen2MoeForCausalLM", "Qwen2MoeConfig"), _QWEN15_MOE, 14_315_784_192,
    ),
    _mixture(
        "gpt-oss-20b", "gpt_oss", "https://huggingface.co/openai/gpt-oss-20b",
        ("GptOssForCausalLM", "GptOssConfig"), _GPT_OSS_20B, 20_914_757_184,
    ),
)  # fmt: skip
