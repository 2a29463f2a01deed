"""The published protocol on a real GPU, small: plausible joules, synchronized or not, nothing left behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import clear_native as cn


@pytest.fixture
def bert(model_of: Callable[[str], nn.Module]) -> nn.Module:
    return model_of("bert")


def protocol(model: nn.Module, inputs: Any, **changed: Any) -> cn.ProtocolResult:
    options: dict[str, Any] = {"repetitions": 4000, "full_model_repetitions": 400, "trials": 2, "pause_s": 0.1}
    return cn.clear_protocol(model, inputs, **{**options, **changed}, progress=False)


def test_energies_are_plausible(bert: nn.Module, inputs_of: Callable[..., Any], tmp_path: Path) -> None:
    result = protocol(bert, inputs_of(mask=True))
    assert list(result) == ["embeddings", "attention", "intermediate", "output", "lm_head"]
    assert {name: part.calls for name, part in result.components.items()} == {
        "embeddings": 1, "attention": 3, "intermediate": 3, "output": 3, "lm_head": 1,
    }  # fmt: skip
    assert not result.meter.estimated
    limit_w = result.environment["power_limit_w"]
    for part in (*result.components.values(), result.full_model):
        if part.loops[0].trial_s > 5 * result.meter.period_s:  # what is shorter is the counter's steps above all
            assert part.power_w is not None
            assert 20 < part.power_w < 1.5 * limit_w, part.name
    assert result.full_model.energy_j is not None
    assert result["attention"].time_s < result.full_model.time_s
    assert all(loop.replay == "module" for part in result.components.values() for loop in part.loops)
    result.save(tmp_path / "result.json")
    assert cn.ProtocolResult.load(tmp_path / "result.json") == result


def test_too_few_repetitions_are_diagnosed(bert: nn.Module, inputs_of: Callable[..., Any]) -> None:
    """One call of an LM head takes microseconds, the counter changes many times slower."""
    result = protocol(bert, inputs_of(), repetitions=1, full_model_repetitions=1, trials=4)
    assert "zero_readings" in {found.name for found in result.diagnoses}
    part = result["lm_head"]
    assert part.energy_j is None or part.loops[0].zero_readings < 4


def test_without_synchronizing_the_loop_ends_before_the_device(inputs_of: Callable[..., Any]) -> None:
    """Long kernels: a few hundred launches are queued long before they are done."""
    model = nn.Sequential(nn.Linear(8192, 8192)).to("cuda", torch.float16)
    x = torch.randn(8192, 8192, device="cuda", dtype=torch.float16)
    numbers = {"components": {"mlp": "0"}, "repetitions": 200, "full_model_repetitions": 200, "trials": 1}
    waited, launched = protocol(model, x, **numbers), protocol(model, x, **numbers, synchronize=False)
    torch.cuda.synchronize()
    assert launched["mlp"].time_s < 0.5 * waited["mlp"].time_s


def test_the_model_is_left_as_it_came(bert: nn.Module, inputs_of: Callable[..., Any]) -> None:
    inputs = inputs_of(mask=True)
    with torch.no_grad():
        before = bert(**inputs).logits.clone()
    random_state = torch.cuda.get_rng_state()
    protocol(bert, inputs, repetitions=20, full_model_repetitions=5, trials=1)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in bert.modules())
    assert torch.equal(torch.cuda.get_rng_state(), random_state)
    with torch.no_grad():
        assert torch.equal(bert(**inputs).logits, before)


def test_norms_of_two_precisions_can_be_compared(inputs_of: Callable[..., Any]) -> None:
    """Which way it comes out is the GPU's business; that it can be told is ours."""
    norm = nn.Sequential(nn.LayerNorm(4096)).cuda()
    results = []
    for dtype in (torch.float32, torch.float16):
        x = torch.randn(512, 4096, device="cuda", dtype=dtype)
        results.append(
            protocol(norm.to(dtype), x, components={"norm": "0"}, repetitions=20_000, full_model_repetitions=100)
        )
    names = {found.name for found in cn.diagnose(*results)}
    dearer = results[1]["norm"].energy_j > results[0]["norm"].energy_j
    assert dearer or "norms_dearer_in_half_precision" not in names


@pytest.mark.parametrize("family", ["gpt2", "llama", "qwen2"])
def test_other_families(family: str, model_of: Callable[[str], nn.Module], inputs_of: Callable[..., Any]) -> None:
    result = protocol(model_of(family), inputs_of(), repetitions=50, full_model_repetitions=10, trials=1)
    assert {"embeddings", "attention", "mlp", "norm", "lm_head"} == set(result)
    assert all(loop.replay == "module" for part in result.components.values() for loop in part.loops)


def test_a_profile_in_the_same_grouping(bert: nn.Module, inputs_of: Callable[..., Any]) -> None:
    report = cn.profile(bert, inputs_of(), components="clear", max_time=20, progress=False)
    assert {"embeddings", "attention", "intermediate", "output", "lm_head"} <= set(report)
    assert "norm" not in report
