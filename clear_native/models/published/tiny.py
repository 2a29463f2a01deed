"""Tiny relatives of published models, to try the whole program in seconds; nobody published them."""

from __future__ import annotations

from typing import Any

from clear_native.models.preset import Preset
from clear_native.models.published.decoders import GPT2, LLAMA_32_1B, QWEN25_05B
from clear_native.models.published.encoders import BERT

__all__ = ["PRESETS"]

_TINY: dict[str, Any] = {
    "vocab_size": 1000, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
    "num_attention_heads": 4, "max_position_embeddings": 512,
}  # fmt: skip
_DECODER = {**_TINY, "num_key_value_heads": 2, "head_dim": 16, "bos_token_id": 1, "eos_token_id": 2}
_GPT2 = {
    **GPT2, "vocab_size": 1000, "n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": 512, "bos_token_id": 1,
    "eos_token_id": 2,
}  # fmt: skip

PRESETS: tuple[Preset, ...] = (
    Preset(
        "bert-tiny", "bert", "encoder", None, "BertForMaskedLM", "BertConfig", {**BERT, **_TINY}, "float16", 169_256
    ),
    Preset(
        "gpt2-tiny", "gpt2", "decoder", None, "GPT2LMHeadModel", "GPT2Config", _GPT2, "float16", 196_864,
        longest_key="n_positions",
    ),
    Preset(
        "llama-tiny", "llama", "decoder", None, "LlamaForCausalLM", "LlamaConfig",
        {**LLAMA_32_1B, **_DECODER, "rope_scaling": None}, "bfloat16", 138_048,
    ),
    Preset(
        "qwen2.5-tiny", "qwen2", "decoder", None, "Qwen2ForCausalLM", "Qwen2Config", {**QWEN25_05B, **_DECODER},
        "bfloat16", 138_304,
    ),
)  # fmt: skip
