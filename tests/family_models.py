"""Tiny relatives of every architecture that is supported, with random weights, and inputs for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from tiny_models import HEADS, HIDDEN, INNER, LAYERS, VOCABULARY, token_ids, transformers
from torch import nn

EXPERTS, CHOSEN, EXPERT_INNER = 4, 2, 48
CLASSES, PATCHES = 10, 16
MEL_BINS, FRAMES = 8, 32

_POSITIONS = {"max_position_embeddings": 64}
_SPECIAL = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0}
_ENCODER: dict[str, Any] = {
    "vocab_size": VOCABULARY, "hidden_size": HIDDEN, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
    "intermediate_size": INNER, **_POSITIONS,
}  # fmt: skip
_DECODER: dict[str, Any] = {**_ENCODER, "num_key_value_heads": 2, "bos_token_id": 0, "eos_token_id": 0}
_MIXTURE: dict[str, Any] = {**_DECODER, "num_experts": EXPERTS, "num_experts_per_tok": CHOSEN}


@dataclass(frozen=True)
class Family:
    """`model_class` and `config_class` of transformers, values of the configuration, and the first input's kind."""

    model_class: str
    config_class: str
    config: dict[str, Any]
    inputs: Callable[[], dict[str, torch.Tensor]] = lambda: {"input_ids": token_ids(2, 8)}

    def model(self, **more: Any) -> nn.Module:
        config = getattr(transformers, self.config_class)(**{**self.config, **more})
        torch.manual_seed(0)
        model: nn.Module = getattr(transformers, self.model_class)(config)
        _randomize_what_starts_as_zero(model)
        return model.eval()


def _randomize_what_starts_as_zero(model: nn.Module) -> None:
    """Routers that are all zeros would send every token to the same experts."""
    for parameter in model.parameters():
        if parameter.dim() == 2 and not parameter.any():
            nn.init.normal_(parameter, std=0.5)


def _pair() -> dict[str, torch.Tensor]:
    return {"input_ids": token_ids(2, 8), "decoder_input_ids": token_ids(2, 5, seed=1)}


def _image() -> dict[str, torch.Tensor]:
    return {"pixel_values": torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))}


def _sound() -> dict[str, torch.Tensor]:
    features = torch.randn(2, MEL_BINS, 2 * FRAMES, generator=torch.Generator().manual_seed(0))
    return {"input_features": features, "decoder_input_ids": token_ids(2, 5, seed=1)}


_T5: dict[str, Any] = {
    "vocab_size": VOCABULARY, "d_model": HIDDEN, "num_layers": LAYERS, "num_decoder_layers": LAYERS,
    "num_heads": HEADS, "d_kv": HIDDEN // HEADS, "d_ff": INNER, "decoder_start_token_id": 0, **_SPECIAL,
}  # fmt: skip
_BART: dict[str, Any] = {
    "vocab_size": VOCABULARY, "d_model": HIDDEN, "encoder_layers": LAYERS, "decoder_layers": LAYERS,
    "encoder_attention_heads": HEADS, "decoder_attention_heads": HEADS, "encoder_ffn_dim": INNER,
    "decoder_ffn_dim": INNER, "decoder_start_token_id": 0, **_SPECIAL,
}  # fmt: skip

FAMILIES: dict[str, Family] = {
    "bert": Family("BertForMaskedLM", "BertConfig", _ENCODER),
    "distilbert": Family(
        "DistilBertForMaskedLM", "DistilBertConfig",
        {"vocab_size": VOCABULARY, "dim": HIDDEN, "n_layers": LAYERS, "n_heads": HEADS, "hidden_dim": INNER,
         **_POSITIONS},
    ),
    "roberta": Family("RobertaForMaskedLM", "RobertaConfig", {**_ENCODER, "pad_token_id": 1}),
    "albert": Family("AlbertForMaskedLM", "AlbertConfig", {**_ENCODER, "embedding_size": HIDDEN // 2}),
    "modernbert": Family(
        "ModernBertForMaskedLM", "ModernBertConfig",
        {**_ENCODER, **_SPECIAL, "num_hidden_layers": 3, "global_attn_every_n_layers": 3, "local_attention": 4,
         "cls_token_id": 0, "sep_token_id": 0},
    ),
    "gpt2": Family(
        "GPT2LMHeadModel", "GPT2Config",
        {"vocab_size": VOCABULARY, "n_embd": HIDDEN, "n_layer": LAYERS, "n_head": HEADS, "n_positions": 64, **_SPECIAL},
    ),
    "llama": Family("LlamaForCausalLM", "LlamaConfig", _DECODER),
    "qwen2": Family("Qwen2ForCausalLM", "Qwen2Config", {**_DECODER, "tie_word_embeddings": True}),
    "gemma2": Family(
        "Gemma2ForCausalLM", "Gemma2Config", {**_DECODER, "head_dim": HIDDEN // HEADS, "sliding_window": 4},
    ),
    "phi3": Family("Phi3ForCausalLM", "Phi3Config", {**_DECODER, **_SPECIAL}),
    "t5": Family("T5ForConditionalGeneration", "T5Config", _T5, _pair),
    "codet5p": Family("T5ForConditionalGeneration", "T5Config", {**_T5, "feed_forward_proj": "relu"}, _pair),
    "flan_t5": Family(
        "T5ForConditionalGeneration", "T5Config",
        {**_T5, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}, _pair,
    ),
    "bart": Family("BartForConditionalGeneration", "BartConfig", {**_BART, **_POSITIONS}, _pair),
    "olmoe": Family("OlmoeForCausalLM", "OlmoeConfig", {**_MIXTURE, "intermediate_size": EXPERT_INNER}),
    "qwen2_moe": Family(
        "Qwen2MoeForCausalLM", "Qwen2MoeConfig",
        {**_MIXTURE, "moe_intermediate_size": EXPERT_INNER, "shared_expert_intermediate_size": INNER},
    ),
    "gpt_oss": Family(
        "GptOssForCausalLM", "GptOssConfig",
        {**_DECODER, **_SPECIAL, "head_dim": HIDDEN // HEADS, "num_local_experts": EXPERTS,
         "num_experts_per_tok": CHOSEN, "sliding_window": 4, "intermediate_size": EXPERT_INNER},
    ),
    "deepseek_v3": Family(
        "DeepseekV3ForCausalLM", "DeepseekV3Config",
        {**_DECODER, "num_key_value_heads": HEADS, "moe_intermediate_size": EXPERT_INNER, "q_lora_rank": 12,
         "kv_lora_rank": 16, "qk_rope_head_dim": 4, "qk_nope_head_dim": 8, "v_head_dim": 6, "n_routed_experts": 4,
         "n_shared_experts": 1, "n_group": 2, "topk_group": 1, "num_experts_per_tok": CHOSEN,
         "first_k_dense_replace": 1},
    ),
    "vit": Family(
        "ViTForImageClassification", "ViTConfig",
        {"hidden_size": HIDDEN, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "intermediate_size": INNER,
         "image_size": 16, "patch_size": 4, "num_labels": CLASSES},
        _image,
    ),
    "whisper": Family(
        "WhisperForConditionalGeneration", "WhisperConfig",
        {**_BART, "num_mel_bins": MEL_BINS, "max_source_positions": FRAMES, "max_target_positions": 64,
         "suppress_tokens": None, "begin_suppress_tokens": None},
        _sound,
    ),
    "mamba": Family(
        "MambaForCausalLM", "MambaConfig",
        {"vocab_size": VOCABULARY, "hidden_size": HIDDEN, "num_hidden_layers": LAYERS, "state_size": 4,
         "use_cache": False, **_SPECIAL},
    ),
}  # fmt: skip


@cache
def made(family: str) -> tuple[nn.Module, dict[str, torch.Tensor]]:
    """A model of the family and inputs for it, for tests that change neither."""
    return FAMILIES[family].model(), FAMILIES[family].inputs()
