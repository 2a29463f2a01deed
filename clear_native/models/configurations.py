"""Shapes of published models, from their configuration files, and tiny relatives of each for tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["PRESETS", "Preset"]


@dataclass(frozen=True)
class Preset:
    """A model class of transformers and the values of its configuration."""

    name: str
    family: str
    published_as: str | None  # name on the Hugging Face hub; None for those that nobody published
    model_class: str
    config_class: str
    config: dict[str, Any]
    gpu_dtype: str  # on a CPU all run in float32
    attention_mask: bool = True  # tokenizers give one


_LLAMA3_ROPE = {
    "rope_type": "llama3",
    "factor": 32.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}

_BERT = {
    "vocab_size": 30522, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
    "intermediate_size": 3072, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
    "max_position_embeddings": 512, "type_vocab_size": 2, "initializer_range": 0.02, "layer_norm_eps": 1e-12,
    "pad_token_id": 0,
}  # fmt: skip

_GPT2 = {
    "vocab_size": 50257, "n_positions": 1024, "n_embd": 768, "n_layer": 12, "n_head": 12,
    "activation_function": "gelu_new", "resid_pdrop": 0.1, "embd_pdrop": 0.1, "attn_pdrop": 0.1,
    "layer_norm_epsilon": 1e-5, "initializer_range": 0.02, "bos_token_id": 50256, "eos_token_id": 50256,
}  # fmt: skip

_LLAMA_32_1B = {
    "vocab_size": 128256, "hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 16,
    "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 64, "hidden_act": "silu",
    "max_position_embeddings": 131072, "initializer_range": 0.02, "rms_norm_eps": 1e-5, "rope_theta": 500000.0,
    "rope_scaling": _LLAMA3_ROPE, "tie_word_embeddings": True, "attention_bias": False, "mlp_bias": False,
    "bos_token_id": 128000, "eos_token_id": 128001,
}  # fmt: skip

_QWEN25_05B = {
    "vocab_size": 151936, "hidden_size": 896, "intermediate_size": 4864, "num_hidden_layers": 24,
    "num_attention_heads": 14, "num_key_value_heads": 2, "hidden_act": "silu", "max_position_embeddings": 32768,
    "initializer_range": 0.02, "rms_norm_eps": 1e-6, "rope_theta": 1000000.0, "tie_word_embeddings": True,
    "use_sliding_window": False, "sliding_window": 32768, "max_window_layers": 24, "bos_token_id": 151643,
    "eos_token_id": 151643,
}  # fmt: skip

_QWEN25_3B = {
    **_QWEN25_05B, "hidden_size": 2048, "intermediate_size": 11008, "num_hidden_layers": 36,
    "num_attention_heads": 16, "max_window_layers": 36,
}  # fmt: skip

_TINY = {
    "vocab_size": 1000, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
    "num_attention_heads": 4, "max_position_embeddings": 512,
}  # fmt: skip
_TINY_DECODER = {**_TINY, "num_key_value_heads": 2, "head_dim": 16, "bos_token_id": 1, "eos_token_id": 2}


def _bert(name: str, published_as: str | None, config: dict[str, Any]) -> Preset:
    return Preset(name, "bert", published_as, "BertForMaskedLM", "BertConfig", config, "float16")


def _gpt2(name: str, published_as: str | None, config: dict[str, Any]) -> Preset:
    return Preset(name, "gpt2", published_as, "GPT2LMHeadModel", "GPT2Config", config, "float16")


def _llama(name: str, published_as: str | None, config: dict[str, Any]) -> Preset:
    return Preset(name, "llama", published_as, "LlamaForCausalLM", "LlamaConfig", config, "bfloat16")


def _qwen2(name: str, published_as: str | None, config: dict[str, Any]) -> Preset:
    return Preset(name, "qwen2", published_as, "Qwen2ForCausalLM", "Qwen2Config", config, "bfloat16")


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        _bert("bert-base", "google-bert/bert-base-uncased", _BERT),
        _gpt2("gpt2", "openai-community/gpt2", _GPT2),
        _llama("llama-3.2-1b", "meta-llama/Llama-3.2-1B", _LLAMA_32_1B),
        _qwen2("qwen2.5-0.5b", "Qwen/Qwen2.5-0.5B", _QWEN25_05B),
        _qwen2("qwen2.5-3b", "Qwen/Qwen2.5-3B", _QWEN25_3B),
        _bert("bert-tiny", None, {**_BERT, **_TINY}),
        _gpt2(
            "gpt2-tiny", None,
            {**_GPT2, "vocab_size": 1000, "n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": 512,
             "bos_token_id": 1, "eos_token_id": 2},
        ),
        _llama("llama-tiny", None, {**_LLAMA_32_1B, **_TINY_DECODER, "rope_scaling": None}),
        _qwen2("qwen2.5-tiny", None, {**_QWEN25_05B, **_TINY_DECODER}),
    )
}  # fmt: skip
