"""Decoder-only language models."""

from __future__ import annotations

from typing import Any

from clear_native.models.preset import Preset

__all__ = ["GPT2", "LLAMA_32_1B", "PRESETS", "QWEN25_05B"]

# https://huggingface.co/openai-community/gpt2
GPT2: dict[str, Any] = {
    "vocab_size": 50257, "n_positions": 1024, "n_embd": 768, "n_layer": 12, "n_head": 12,
    "activation_function": "gelu_new", "resid_pdrop": 0.1, "embd_pdrop": 0.1, "attn_pdrop": 0.1,
    "layer_norm_epsilon": 1e-5, "initializer_range": 0.02, "bos_token_id": 50256, "eos_token_id": 50256,
}  # fmt: skip


def _llama3_rope(factor: float) -> dict[str, Any]:
    return {
        "rope_type": "llama3", "factor": factor, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
    }  # fmt: skip


# https://huggingface.co/meta-llama/Llama-3.2-1B
LLAMA_32_1B: dict[str, Any] = {
    "vocab_size": 128256, "hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 16,
    "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 64, "hidden_act": "silu",
    "max_position_embeddings": 131072, "initializer_range": 0.02, "rms_norm_eps": 1e-5, "rope_theta": 500000.0,
    "rope_scaling": _llama3_rope(32.0), "tie_word_embeddings": True, "attention_bias": False, "mlp_bias": False,
    "bos_token_id": 128000, "eos_token_id": 128001,
}  # fmt: skip

# https://huggingface.co/meta-llama/Llama-3.2-3B
_LLAMA_32_3B = {
    **LLAMA_32_1B, "hidden_size": 3072, "num_hidden_layers": 28, "num_attention_heads": 24, "head_dim": 128,
}  # fmt: skip

# https://huggingface.co/meta-llama/Llama-3.1-8B
_LLAMA_31_8B = {
    **LLAMA_32_1B, "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "head_dim": 128,
    "rope_scaling": _llama3_rope(8.0), "tie_word_embeddings": False,
}  # fmt: skip

# https://huggingface.co/Qwen/Qwen2.5-0.5B
QWEN25_05B: dict[str, Any] = {
    "vocab_size": 151936, "hidden_size": 896, "intermediate_size": 4864, "num_hidden_layers": 24,
    "num_attention_heads": 14, "num_key_value_heads": 2, "hidden_act": "silu", "max_position_embeddings": 32768,
    "initializer_range": 0.02, "rms_norm_eps": 1e-6, "rope_theta": 1000000.0, "tie_word_embeddings": True,
    "use_sliding_window": False, "sliding_window": 32768, "max_window_layers": 24, "bos_token_id": 151643,
    "eos_token_id": 151643,
}  # fmt: skip

# https://huggingface.co/Qwen/Qwen2.5-1.5B
_QWEN25_15B = {
    **QWEN25_05B, "hidden_size": 1536, "intermediate_size": 8960, "num_hidden_layers": 28, "num_attention_heads": 12,
    "max_position_embeddings": 131072, "sliding_window": 131072, "max_window_layers": 28,
}  # fmt: skip

# https://huggingface.co/Qwen/Qwen2.5-3B
_QWEN25_3B = {
    **QWEN25_05B, "hidden_size": 2048, "intermediate_size": 11008, "num_hidden_layers": 36,
    "num_attention_heads": 16, "max_window_layers": 36,
}  # fmt: skip

# https://huggingface.co/google/gemma-2-2b
_GEMMA_2_2B: dict[str, Any] = {
    "vocab_size": 256000, "hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 26,
    "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "hidden_activation": "gelu_pytorch_tanh",
    "max_position_embeddings": 8192, "initializer_range": 0.02, "rms_norm_eps": 1e-6, "rope_theta": 10000.0,
    "attention_bias": False, "attention_dropout": 0.0, "query_pre_attn_scalar": 256, "sliding_window": 4096,
    "final_logit_softcapping": 30.0, "attn_logit_softcapping": 50.0, "tie_word_embeddings": True,
    "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2,
}  # fmt: skip

# https://huggingface.co/microsoft/Phi-3-mini-4k-instruct
_PHI_3_MINI: dict[str, Any] = {
    "vocab_size": 32064, "hidden_size": 3072, "intermediate_size": 8192, "num_hidden_layers": 32,
    "num_attention_heads": 32, "num_key_value_heads": 32, "hidden_act": "silu", "max_position_embeddings": 4096,
    "original_max_position_embeddings": 4096, "initializer_range": 0.02, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
    "rope_scaling": None, "sliding_window": 2047, "attention_dropout": 0.0, "embd_pdrop": 0.0, "resid_pdrop": 0.0,
    "tie_word_embeddings": False, "bos_token_id": 1, "eos_token_id": 32000, "pad_token_id": 32000,
}  # fmt: skip


def _llama(name: str, page: str, config: dict[str, Any], parameters: int) -> Preset:
    return Preset(name, "llama", "decoder", page, "LlamaForCausalLM", "LlamaConfig", config, "bfloat16", parameters)


def _qwen2(name: str, page: str, config: dict[str, Any], parameters: int) -> Preset:
    return Preset(name, "qwen2", "decoder", page, "Qwen2ForCausalLM", "Qwen2Config", config, "bfloat16", parameters)


PRESETS: tuple[Preset, ...] = (
    Preset(
        "gpt2", "gpt2", "decoder", "https://huggingface.co/openai-community/gpt2",
        "GPT2LMHeadModel", "GPT2Config", GPT2, "float16", 124_439_808, longest_key="n_positions",
    ),
    _llama("llama-3.2-1b", "https://huggingface.co/meta-llama/Llama-3.2-1B", LLAMA_32_1B, 1_235_814_400),
    _llama("llama-3.2-3b", "https://huggingface.co/meta-llama/Llama-3.2-3B", _LLAMA_32_3B, 3_212_749_824),
    _llama("llama-3.1-8b", "https://huggingface.co/meta-llama/Llama-3.1-8B", _LLAMA_31_8B, 8_030_261_248),
    _qwen2("qwen2.5-0.5b", "https://huggingface.co/Qwen/Qwen2.5-0.5B", QWEN25_05B, 494_032_768),
    _qwen2("qwen2.5-1.5b", "https://huggingface.co/Qwen/Qwen2.5-1.5B", _QWEN25_15B, 1_543_714_304),
    _qwen2("qwen2.5-3b", "https://huggingface.co/Qwen/Qwen2.5-3B", _QWEN25_3B, 3_085_938_688),
    Preset(
        "gemma-2-2b", "gemma2", "decoder", "https://huggingface.co/google/gemma-2-2b",
        "Gemma2ForCausalLM", "Gemma2Config", _GEMMA_2_2B, "bfloat16", 2_614_341_888,
    ),
    Preset(
        "phi-3-mini", "phi3", "decoder", "https://huggingface.co/microsoft/Phi-3-mini-4k-instruct",
        "Phi3ForCausalLM", "Phi3Config", _PHI_3_MINI, "bfloat16", 3_821_079_552,
    ),
)  # fmt: skip
