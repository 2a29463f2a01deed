"""Every family dosed, replayed and weighed on the CPU: nothing breaks, doses do what they say, values stay."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch
from dosing_models import count_forwards, counts_of
from family_models import FAMILIES, made
from torch import nn
from virtual_energy import VirtualDevice, VirtualMeter

import clear_native as cn
from clear_native.execution import Prepared
from clear_native.in_situ import eager_dosing
from clear_native.isolated import execution as isolated
from clear_native.partition import eager_execution
from clear_native.protocol import trials
from clear_native.subject.components import OTHER, ComponentMap, discover
from clear_native.subject.inputs import Inputs, normalize, without_cache

ENERGY_J = {"attention": 0.03, "cross_attention": 0.05, "mlp": 0.07, "norm": 0.002, "experts": 0.11, "mixer": 0.13}


def given(family: str) -> Inputs:
    """As `profile` has them: without a cache that grows."""
    model, inputs = made(family)
    return without_cache(model, normalize(model, inputs))


def whole(prepared: Prepared, role: str) -> Any:
    return next(workload for _, found, workload in prepared.targets if found == role)


def by_component(counted: Counter[str], found: ComponentMap) -> Counter[str]:
    """How often modules ran at which a component begins; a module below one of the same component is part of it."""
    counts: Counter[str] = Counter()
    for entry in found:
        counts[entry.component] += counted[entry.name]
    return counts


GROUPED = [*((family, None) for family in FAMILIES), ("llama", "deep"), ("t5", "deep"), ("qwen2_moe", "clear")]


@pytest.mark.parametrize(("family", "grouping"), GROUPED)
def test_every_component_can_be_dosed(family: str, grouping: str | None) -> None:
    model, asked = FAMILIES[family].model(), given(family)
    found, inputs = discover(model, grouping), asked.kwargs
    with torch.no_grad():
        expected = model(**inputs)[0]
        counted = count_forwards(model)
        once = by_component(counts_of(counted, lambda: model(**inputs)), found)
        prepared = eager_dosing.prepare(model, asked, found, idle=False)
        assert prepared.dosing is not None
        assert (prepared.dosing.unsafe, prepared.statuses) == ({}, {})
        assert set(prepared.dosing.layout.components) == {*once, OTHER} - {name for name in once if not once[name]}
        passes = prepared.replays["preserved"]["passes_per_launch"]
        assert isinstance(passes, int)
        for role, times in (("preserved", 1), ("doubled", 2)):
            ran = by_component(counts_of(counted, whole(prepared, role).launch), found)
            assert +ran == {name: times * passes * count for name, count in once.items() if count}
        assert torch.equal(model(**inputs)[0], expected)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_component_can_be_replayed_alone(family: str) -> None:
    model, asked = made(family)[0], given(family)
    found, inputs = discover(model), asked.kwargs
    with torch.no_grad():
        expected = model(**inputs)[0]
        for prepared in (
            eager_execution.prepare(model, asked, found, False),
            isolated.prepare(model, asked, found, "warm", execution="eager", idle=False),
        ):
            for _, _, workload in prepared.targets:
                workload.launch()
            assert {name for name, role, _ in prepared.targets if role == "component"} <= {*found.names, OTHER}
        assert torch.equal(model(**inputs)[0], expected)
    assert not [module for module in model.modules() if "forward" in module.__dict__ or module._forward_hooks]


def spend_in(model: nn.Module, device: VirtualDevice) -> Counter[str]:
    """Every call of a component costs joules of a virtual device. Gives what was spent inside each so far."""
    inside_j: Counter[str] = Counter()

    def spending(own: Any, component: str) -> Any:
        def forward(*args: Any, **kwargs: Any) -> Any:
            before_j = device.spent_j
            device.spend(component, ENERGY_J.get(component.rpartition(".")[2], 0.01), 1e-3)
            out = own(*args, **kwargs)
            inside_j[component] += device.spent_j - before_j  # type: ignore[assignment]
            return out

        return forward

    for entry in discover(model, "clear"):
        entry.module.__dict__["forward"] = spending(entry.module.forward, entry.component)
    return inside_j


@pytest.mark.parametrize("family", FAMILIES)
def test_the_protocol_finds_what_each_component_spends(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a virtual device of known truth, with what spends inside a component's modules."""
    model, inputs = FAMILIES[family].model(), given(family).kwargs
    device = VirtualDevice()
    monkeypatch.setattr(trials, "sleep", device.sleep)
    inside_j = spend_in(model, device)
    with torch.no_grad():
        model(**inputs)
    truth_j, model_j = dict(inside_j), device.spent_j
    result = cn.clear_protocol(
        model, inputs, repetitions=2, full_model_repetitions=2, trials=1, pause_s=0.0, meter=VirtualMeter(device),
        progress=False,
    )  # fmt: skip
    assert result.full_model.energy_j == pytest.approx(model_j)
    assert {name: part.energy_j for name, part in result.components.items()} == pytest.approx(truth_j)


@pytest.mark.parametrize("family", ["gpt_oss"])
def test_a_whole_profile_in_situ(family: str) -> None:
    model, inputs = made(family)
    report = cn.profile(model, inputs, meter="estimate:50", precision=0.5, max_time=15, progress=False, seed=1)
    assert set(report) == {name for name in discover(model).names} | {OTHER}
    assert "measured_alone" not in report.all_statuses and "not_repeatable" not in report.all_statuses
    assert report.kernels is not None and report.kernels.difference() == {}
    assert sum(part.flops or 0 for part in report.components.values()) == report.full_model.flops
