"""Small models of the four families, with random weights, for tests on any machine."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

transformers = pytest.importorskip("transformers")

VOCABULARY, HIDDEN, LAYERS, HEADS, INNER = 96, 32, 2, 4, 64


def bert(layers: int = LAYERS) -> nn.Module:
    config = transformers.BertConfig(
        vocab_size=VOCABULARY, hidden_size=HIDDEN, num_hidden_layers=layers, num_attention_heads=HEADS,
        intermediate_size=INNER, max_position_embeddings=64,
    )  # fmt: skip
    return _made(transformers.BertForMaskedLM, config)


def gpt2(layers: int = LAYERS) -> nn.Module:
    config = transformers.GPT2Config(
        vocab_size=VOCABULARY,
        n_embd=HIDDEN,
        n_layer=layers,
        n_head=HEADS,
        n_positions=64,
        bos_token_id=0,
        eos_token_id=0,
    )
    return _made(transformers.GPT2LMHeadModel, config)


def llama(layers: int = LAYERS) -> nn.Module:
    return _made(transformers.LlamaForCausalLM, transformers.LlamaConfig(**_decoder(layers)))


def qwen2(layers: int = LAYERS) -> nn.Module:
    return _made(transformers.Qwen2ForCausalLM, transformers.Qwen2Config(**_decoder(layers), tie_word_embeddings=True))


FAMILIES = {"bert": bert, "gpt2": gpt2, "llama": llama, "qwen2": qwen2}


def token_ids(batch: int = 1, length: int = 8, seed: int = 0) -> torch.Tensor:
    return torch.randint(0, VOCABULARY, (batch, length), generator=torch.Generator().manual_seed(seed))


def _decoder(layers: int) -> dict[str, Any]:
    return {
        "vocab_size": VOCABULARY, "hidden_size": HIDDEN, "num_hidden_layers": layers, "num_attention_heads": HEADS,
        "num_key_value_heads": 2, "intermediate_size": INNER, "max_position_embeddings": 64,
        "bos_token_id": 0, "eos_token_id": 0,
    }  # fmt: skip


def _made(cls: type, config: Any) -> nn.Module:
    torch.manual_seed(0)
    model: nn.Module = cls(config)
    return model.eval()
