"""What eager execution prepares for measuring."""

from __future__ import annotations

import torch
from torch import nn

from clear_native.partition import eager_execution
from clear_native.subject.components import discover
from clear_native.subject.inputs import normalize


def prepared(model: nn.Module, inputs: torch.Tensor, components: dict[str, str]) -> eager_execution.Prepared:
    with torch.no_grad():
        return eager_execution.prepare(model, normalize(model, inputs), discover(model, components), idle=False)


def test_targets_are_the_model_and_each_component_and_what_is_left() -> None:
    model = nn.Sequential(nn.Linear(8, 8), nn.GELU(), nn.Linear(8, 8))
    found = prepared(model, torch.ones(2, 8), {"up": "0", "down": "2"})
    assert [(name, role) for name, role, _ in found.targets] == [
        ("plain", "plain"), ("up", "component"), ("down", "component"), ("other", "component"),
    ]  # fmt: skip
    assert found.calls == {"up": 1, "down": 1, "other": 1}
    assert found.costs["up"].flops == 2 * 2 * 8 * 8
    assert all(replay["passes_per_launch"] >= 1 for replay in found.replays.values())
    comparison = found.compare_kernels()
    assert comparison is not None
    assert comparison.difference() == {}


def test_a_component_that_writes_to_its_input_is_doubted() -> None:
    class Writer(nn.Module):
        def forward(self, hidden: torch.Tensor) -> torch.Tensor:
            return hidden.add_(1)

    found = prepared(nn.Sequential(Writer(), nn.Linear(8, 8)), torch.ones(2, 8), {"writer": "0", "linear": "1"})
    assert found.statuses == {"writer": ["not_repeatable"]}
    assert any("writer writes in place" in warning for warning in found.warnings)


def test_a_fast_path_that_hooks_switch_off_is_seen() -> None:
    layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
    model = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False).eval()
    found = prepared(model, torch.ones(1, 4, 16), {"attention": "*.self_attn", "norm": "*.norm?"})
    comparison = found.compare_kernels()
    assert comparison is not None
    assert comparison.difference()["aten._transformer_encoder_layer_fwd.default"] == (1, 0)
