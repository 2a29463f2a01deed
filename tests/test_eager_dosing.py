"""What in situ with eager execution prepares, and that the core weighs it right."""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

import time
from typing import Any

import numpy
import pytest
import torch
from dosing_models import SIZE, Layered, count_forwards, counts_of, found_in
from test_activations import cost_of
from tiny_models import bert, llama, token_ids
from torch import nn

from clear_native import _core
from clear_native.cost.cost import component_costs
from clear_native.errors import BadInputError
from clear_native.execution import Prepared
from clear_native.in_situ import eager_dosing
from clear_native.subject.components import discover
from clear_native.subject.inputs import normalize

X = torch.randn(2, SIZE, generator=torch.Generator().manual_seed(1))


def prepared(model: nn.Module, inputs: Any, components: Any = None, **options: Any) -> Prepared:
    with torch.no_grad():
        found = found_in(model, components)
        return eager_dosing.prepare(model, normalize(model, inputs), found, options.pop("idle", False), **options)


def test_references_and_layout() -> None:
    found = prepared(Layered(4), X, idle=True)
    assert [(name, role) for name, role, _ in found.targets] == [
        ("plain", "plain"), ("preserved", "preserved"), ("doubled", "doubled"), ("idle", "idle"),
    ]  # fmt: skip
    assert found.calls == {"norm": 8, "attention": 4, "mlp": 4, "lm_head": 1, "other": 1}
    assert found.dosing is not None
    layout = found.dosing.layout
    assert layout.components == list(found.calls)
    assert len(layout.component_of_call) == 1 + 4 * 4 + 1
    assert layout.component_of_call[0] == layout.components.index("other")
    assert layout.passes == found.dosing.passes >= 2
    assert found.dosing.unsafe == {}
    assert found.statuses == {}
    assert found.dosing.facts == {"cache": "cold", "cache_judged": False}
    assert {workload.passes_per_launch for _, role, workload in found.targets if role != "idle"} == {
        found.replays["preserved"]["passes_per_launch"]
    }
    comparison = found.compare_kernels()
    assert comparison is not None
    assert comparison.difference() == {}


def test_workloads_do_what_their_roles_say() -> None:
    model = Layered(2)
    counted = count_forwards(model)
    plain = counts_of(counted, lambda: model(X))
    found = prepared(model, X)
    passes = found.replays["preserved"]["passes_per_launch"]
    assert isinstance(passes, int)
    launched = {role: counts_of(counted, workload.launch) for _, role, workload in found.targets}
    assert launched["plain"] == launched["preserved"] == {name: passes * count for name, count in plain.items()}
    assert launched["doubled"] == {name: 2 * passes * count for name, count in plain.items()}
    assert all("forward" in module.__dict__ for module in model.modules()), "the counting ones, put back"


def test_what_cannot_be_dosed_is_measured_alone() -> None:
    class Adding(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.add_(1)

    model = nn.Sequential(nn.Linear(SIZE, SIZE), nn.Sequential(nn.ReLU(), Adding()), nn.Linear(SIZE, SIZE))
    counted = count_forwards(model)
    plain = counts_of(counted, lambda: model(X))
    found = prepared(model, X, {"up": "0", "add": "1.1", "down": "2"})
    assert found.dosing is not None
    assert set(found.dosing.unsafe) == {"add", "other"}
    assert found.dosing.layout.components == ["up", "down"]
    assert found.dosing.layout.component_of_call == [None, 0, None, 1]
    assert [(name, role) for name, role, _ in found.targets if role == "component"] == [
        ("add", "component"),
        ("other", "component"),
    ]
    assert found.statuses == {"add": ["measured_alone"], "other": ["measured_alone"]}
    assert any("add is measured alone, it cannot be dosed: '1.1' writes in place" in text for text in found.warnings)
    doubled = {role: workload for _, role, workload in found.targets}["doubled"]
    ran = counts_of(counted, doubled.launch)
    times = {"0": 2, "2": 2}  # what cannot be dosed runs once also there
    passes = doubled.passes_per_launch
    assert ran == {name: times.get(name, 1) * passes * count for name, count in plain.items()}


def test_nothing_can_be_dosed() -> None:
    layer = nn.TransformerEncoderLayer(SIZE, 2, 32, batch_first=True)
    model = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False).eval()
    found = prepared(model, torch.ones(1, 4, SIZE), {"attention": "*.self_attn", "norm": "*.norm?"})
    assert found.dosing is None
    assert {name for name, role, _ in found.targets if role == "component"} == {"attention", "norm", "other"}
    assert all(statuses[-1] == "measured_alone" for statuses in found.statuses.values())


def test_warm_second_runs_on_request() -> None:
    found = prepared(Layered(2), X, cache="warm")
    assert found.dosing is not None
    assert found.dosing.facts == {"cache": "warm", "cache_judged": False}
    assert found.dosing.layout.twin_of_call == list(range(len(found.dosing.layout.component_of_call)))
    with pytest.raises(BadInputError, match="unknown cache 'hot'"):
        prepared(Layered(2), X, cache="hot")


def test_preparing_leaves_no_trace() -> None:
    model = Layered(2)
    state = torch.get_rng_state()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    prepared(model, X)
    assert all("forward" not in module.__dict__ and not module._forward_hooks for module in model.modules())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("make", [bert, llama])
def test_the_design_finds_every_components_work(make: Any) -> None:
    """FLOPs and operators counted under the core's own doses, and weighed: no clock, so the answer is exact."""
    model, ids = make(3), token_ids()
    kwargs = {"input_ids": ids} if make is bert else {"input_ids": ids, "use_cache": False}
    found = prepared(model, kwargs)
    assert found.dosing is not None
    assert found.dosing.unsafe == {}
    layout = found.dosing.layout
    calls = len(layout.component_of_call)
    _, forward = found.owner  # type: ignore[misc]
    rows = [row for number in range(2) for row in _core.draw_rows(layout, found.dosing.fraction, 7, number)]
    design, flops, ops = [], [], []
    for _, _, doses, _ in rows:
        run = forward.passes(doses)
        costs = [cost_of(run) for _ in range(layout.passes)]
        flops.append(sum(cost.flops for cost in costs) / layout.passes)
        ops.append(sum(cost.ops for cost in costs) / layout.passes)
        runs = numpy.array(doses).reshape(layout.passes, calls).mean(axis=0)
        design.append([1.0, *(mean_of(runs, layout.component_of_call, at) for at in range(len(layout.components)))])
    expected = component_costs(model, (), kwargs, discover(model))
    whole = forward.plain
    for what, counted in (("flops", flops), ("ops", ops)):
        weighed = numpy.linalg.lstsq(numpy.array(design), numpy.array(counted), rcond=None)[0]
        assert weighed[0] == pytest.approx(getattr(cost_of(whole), what)), "the chain"
        for name, found_here in zip(layout.components, weighed[1:], strict=True):
            cost = expected.get(name)
            assert found_here == pytest.approx(getattr(cost, what) if cost else 0, abs=1e-6 * weighed[0]), name
        assert weighed[1:].sum() == pytest.approx(weighed[0]), "closure"


def mean_of(runs: Any, component_of_call: list[int | None], component: int) -> float:
    return float(numpy.mean([run for run, of in zip(runs, component_of_call, strict=True) if of == component]))


class Sleeping(nn.Module):
    def __init__(self, time_s: float) -> None:
        super().__init__()
        self.time_s = time_s

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        time.sleep(self.time_s)
        return x + 1


@pytest.mark.alone
def test_the_core_weighs_blocks_of_known_ratio() -> None:
    """Block b takes three times as long as block a; a processor's clock and other programs decide nothing here."""
    model = nn.Sequential(*(Sleeping(time_s) for _ in range(3) for time_s in (0.7e-3, 2.1e-3)))
    found = prepared(model, X, {"a": ["0", "2", "4"], "b": ["1", "3", "5"]})
    assert found.dosing is not None
    options = _core.RoundsOptions()
    options.max_time_s = 12
    options.precision = 0.05
    options.seed = 3
    meter = _core.EstimateMeter(10.0, "cpu", "test")
    result = _core.run_weighing(meter, found.targets, found.dosing.layout, found.dosing.workloads, options)
    assert result["stop_reason"] in ("precision_planned", "max_time")
    time_s = {target["name"]: target["time_per_pass_s"]["mean"] for target in result["targets"]}
    assert 2.2 < time_s["b"] / time_s["a"] < 3.8
    assert time_s["other"] < 0.5 * time_s["a"]
    assert 0.8 < result["time_closure"]["ratio"] < 1.2
    assert 0.8 < result["weighing"]["time_homogeneity"]["ratio"] < 1.2
    assert {layer["component"] for layer in result["weighing"]["layers"]} == {"a", "b", "other"}
    assert all("forward" not in module.__dict__ for module in model.modules())


def test_a_model_that_fails_while_it_is_weighed() -> None:
    """Not by chance: from a certain call on. What was finished before is kept, and the model is as it was."""
    model = nn.Sequential(Sleeping(1e-3), Sleeping(1e-3))
    found = prepared(model, X, {"a": "0", "b": "1"})
    assert found.dosing is not None
    calls = 0

    def fail(*_: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 500:  # fewer than the fewest rounds make, more than their first windows do
            raise RuntimeError("the model had enough")

    model[1].register_forward_hook(fail)
    options = _core.RoundsOptions()
    options.max_time_s = 20
    meter = _core.EstimateMeter(10.0, "cpu", "test")
    result = _core.run_weighing(meter, found.targets, found.dosing.layout, found.dosing.workloads, options)
    assert result["stop_reason"] == "failed"
    assert result["failure_kind"] == "WorkloadFailedError"
    assert "the model had enough" in result["failure_message"]
    assert result["windows"]
    assert all("forward" not in module.__dict__ for module in model.modules())
