"""Tests that need an NVIDIA GPU: skipped where there is none, so that the rest runs everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

transformers = pytest.importorskip("transformers")

LENGTH = 64


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/gpu" in str(item.path):
            item.add_marker(pytest.mark.gpu)
            if not torch.cuda.is_available():
                item.add_marker(pytest.mark.skip(reason="no CUDA device"))


def _bert() -> tuple[nn.Module, torch.dtype]:
    config = transformers.BertConfig(num_hidden_layers=3, vocab_size=1000)
    return transformers.BertForMaskedLM(config), torch.float16


def _gpt2() -> tuple[nn.Module, torch.dtype]:
    return transformers.GPT2LMHeadModel(transformers.GPT2Config(n_layer=3, vocab_size=1000)), torch.float16


def _llama() -> tuple[nn.Module, torch.dtype]:
    config = transformers.LlamaConfig(
        vocab_size=1000, hidden_size=512, intermediate_size=1024, num_hidden_layers=3,
        num_attention_heads=8, num_key_value_heads=2,
    )  # fmt: skip
    return transformers.LlamaForCausalLM(config), torch.bfloat16


def _qwen2() -> tuple[nn.Module, torch.dtype]:
    config = transformers.Qwen2Config(
        vocab_size=1000, hidden_size=512, intermediate_size=1024, num_hidden_layers=3,
        num_attention_heads=8, num_key_value_heads=2,
    )  # fmt: skip
    return transformers.Qwen2ForCausalLM(config), torch.bfloat16


FAMILIES: dict[str, Callable[[], tuple[nn.Module, torch.dtype]]] = {
    "bert": _bert,
    "gpt2": _gpt2,
    "llama": _llama,
    "qwen2": _qwen2,
}


@pytest.fixture(params=sorted(FAMILIES))
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def model_of() -> Callable[[str], nn.Module]:
    def make(name: str) -> nn.Module:
        torch.manual_seed(0)
        model, dtype = FAMILIES[name]()
        return model.to("cuda", dtype).eval()

    return make


@pytest.fixture
def inputs_of() -> Callable[..., dict[str, Any]]:
    def make(mask: bool = False, seed: int = 0) -> dict[str, Any]:
        generator = torch.Generator().manual_seed(seed)
        ids = torch.randint(0, 1000, (2, LENGTH), generator=generator).cuda()
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids)} if mask else {"input_ids": ids}

    return make
