"""Every family captured on a real GPU, its components in the graph dosed; mixtures, or the labelled way out."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from family_models import FAMILIES
from torch import nn

import clear_native as cn
from clear_native.cost.cost import component_costs
from clear_native.in_situ import graph_dosing
from clear_native.subject.components import OTHER, discover
from clear_native.subject.inputs import normalize, without_cache

MUST_BE_DOSED = {"attention", "cross_attention", "mlp", "experts", "mixer"}


def on_gpu(family: str, **more: Any) -> tuple[nn.Module, dict[str, torch.Tensor]]:
    model = FAMILIES[family].model(**more).to("cuda", torch.bfloat16)
    inputs = {
        name: tensor.to("cuda", torch.bfloat16) if tensor.is_floating_point() else tensor.cuda()
        for name, tensor in FAMILIES[family].inputs().items()
    }
    return model, inputs


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_is_captured_and_its_components_are_dosed(family: str) -> None:
    model, inputs = on_gpu(family)
    asked, found = without_cache(model, normalize(model, inputs)), discover(model)
    with torch.no_grad():
        working = {name for name, cost in component_costs(model, (), asked.kwargs, found).items() if cost.ops}
        prepared = graph_dosing.prepare(model, asked, found)
    assert prepared.dosing is not None, prepared.warnings
    dosed = set(prepared.dosing.layout.components)
    assert dosed | set(prepared.dosing.unsafe) == working
    assert {name for name in working if name.rpartition(".")[2] in MUST_BE_DOSED} <= dosed, prepared.dosing.unsafe
    assert sum(cost.flops for cost in prepared.costs.values()) > 0
    assert prepared.costs.get(OTHER) is None or prepared.costs[OTHER].flops == 0
    assert prepared.compare_kernels() is not None


@pytest.mark.parametrize("family", ["olmoe", "gpt_oss"])
def test_experts_with_fixed_shapes_are_captured(family: str) -> None:
    model, inputs = on_gpu(family)
    model.set_experts_implementation("batched_mm")
    report = cn.profile(model, inputs, max_time=30, precision=0.5, progress=False)
    assert report.execution == "graph" and "not_capturable" not in report.all_statuses
    assert "experts" in report and "router" in report


def test_a_loop_over_experts_is_measured_in_eager_and_labelled() -> None:
    model, inputs = on_gpu("olmoe", num_hidden_layers=1)
    model.set_experts_implementation("eager")
    report = cn.profile(model, inputs, max_time=15, precision=0.5, progress=False)
    assert report.execution == "eager" and "not_capturable" in report.statuses
    assert any("set_experts_implementation" in warning for warning in report.warnings)
    with pytest.raises(cn.CaptureFailedError, match="experts"):
        cn.profile(model, inputs, execution="graph", max_time=8, progress=False)
    assert report.roofline or report.limits is None
