"""The in-situ method on a real GPU: doses do what they say and nothing else, and marginal costs sum to the model."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

import clear_native as cn
from clear_native import _core
from clear_native.errors import DeviceOutOfMemoryError
from clear_native.execution import Prepared
from clear_native.in_situ import graph_dosing
from clear_native.in_situ.dosed_calls import calls_of
from clear_native.subject.components import discover
from clear_native.subject.inputs import normalize, without_cache


def prepared(model: nn.Module, inputs: Any, components: Any = None, cache: str = "auto") -> Prepared:
    with torch.no_grad():
        return graph_dosing.prepare(
            model, without_cache(model, normalize(model, inputs)), discover(model, components), cache
        )


class Layer(nn.Module):
    """A linear layer applied so many times, each with weights of its own."""

    def __init__(self, width: int, times: int) -> None:
        super().__init__()
        self.inner = nn.ModuleList(nn.Linear(width, width, bias=False) for _ in range(times))

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        for linear in self.inner:
            hidden = linear(hidden)
        return hidden


class Alternating(nn.Module):
    """Eight times: block A, then block B, which does `ratio` times the work of A."""

    def __init__(self, width: int, ratio: int) -> None:
        super().__init__()
        self.a = nn.ModuleList(Layer(width, 1) for _ in range(8))
        self.b = nn.ModuleList(Layer(width, ratio) for _ in range(8))

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        for first, second in zip(self.a, self.b, strict=True):
            hidden = second(first(hidden))
        return hidden


A_AND_B = {"a": "a.?", "b": "b.?"}


@pytest.fixture(scope="module")
def report() -> cn.Report:
    from clear_native.models.presets import load

    model, inputs, info = load("bert-base", device="cuda", dtype="float16", batch=1, length=128, seed=0)
    return cn.profile(model, inputs, max_time=40, seed=5, progress=False, synthetic_weights=info.synthetic_weights)


def test_marginal_costs_sum_to_the_model(report: cn.Report) -> None:
    assert report.method == "in_situ"
    assert report.energy_closure is not None and report.time_closure is not None
    assert 0.96 < report.energy_closure.ratio < 1.04
    assert 0.985 < report.time_closure.ratio < 1.015
    assert report.weighing is not None and report.weighing.homogeneity is not None
    assert 0.97 < report.weighing.homogeneity.ratio < 1.03
    assert report.perturbation is not None
    assert -0.01 < report.perturbation.ratio < 0.02
    assert report.weighing.facts["cache"] == "cold"


def test_no_dose_changed_what_must_stay(report: cn.Report) -> None:
    assert "buffers_changed" not in report.all_statuses
    doses = {window["doses"] for window in report.windows if window["doses"]}
    assert len(doses) > 64  # drawn afresh in every round
    assert report.weighing is not None and report.weighing.facts["unjudged_buffers"] == 0


def test_layers_are_told_and_sum_to_their_component(report: cn.Report) -> None:
    layers = report["attention"].details
    assert [row["layer"] for row in layers] == list(range(12))
    assert sum(row["time_s"] for row in layers) == pytest.approx(report["attention"].time_s, rel=0.05)


def test_the_two_sensors_agree(report: cn.Report) -> None:
    assert report.sensors is not None
    assert abs(report.sensors.ratio - 1) < 0.01
    assert {entry.source for entry in report.uncertainty} >= {"repeatability", "two sensors", "gain of the sensor"}


@pytest.mark.parametrize("dose", [1, -1])
def test_doses_leave_every_kept_buffer_as_it_was(family: str, dose: int, model_of: Any, inputs_of: Any) -> None:
    found = prepared(model_of(family), inputs_of())
    assert found.dosing is not None
    assert found.dosing.unsafe == {}
    dosed = found.dosing.workloads
    assert isinstance(dosed, _core.DosedReplays)
    assert dosed.changed() == 0
    calls = dosed.calls
    for first in range(3):
        dosed.run_once([dose if cell % 3 == first else 0 for cell in range(calls * dosed.passes)])
        assert dosed.changed() == 0
    kept = found.owner.preserved.kept  # type: ignore[attr-defined]
    next(iter(kept.storages())).fill_(3)
    torch.cuda.synchronize()
    assert dosed.changed() >= 1  # the check can fail


def test_dosed_time_is_the_sum_of_its_calls(model_of: Any, inputs_of: Any) -> None:
    found = prepared(model_of("llama"), inputs_of())
    assert found.dosing is not None
    dosed = found.dosing.workloads
    assert isinstance(dosed, _core.DosedReplays)
    cells = dosed.calls * dosed.passes
    once = _core.time_per_pass(dosed.make([0] * cells), 0.1, 5)
    twice = _core.time_per_pass(dosed.make([1] * cells), 0.1, 5)
    half = _core.time_per_pass(dosed.make([-1 if cell // dosed.calls % 2 else 0 for cell in range(cells)]), 0.1, 5)
    assert twice / once == pytest.approx(2, rel=0.06)
    assert half / once == pytest.approx(0.5, rel=0.06)


class InPlace(nn.Module):
    """Adds to the residual in place, as some models do."""

    def __init__(self) -> None:
        super().__init__()
        self.start = nn.Linear(256, 256)
        self.blocks = nn.ModuleList(nn.Linear(256, 256) for _ in range(6))

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        hidden = self.start(hidden)
        for block in self.blocks:
            hidden += block(hidden)
        return hidden


class Counting(nn.Module):
    """Counts its calls in a buffer: whoever runs it once more leaves a trace for good."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(256, 256)
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return self.linear(hidden)


def test_updates_in_place_that_the_next_pass_undoes_are_no_drift() -> None:
    model = InPlace().cuda()
    inputs = torch.randn(64, 256, device="cuda")
    found = prepared(model, inputs, {"start": "start", "blocks": "blocks.*"})
    assert found.dosing is not None
    assert "blocks" not in found.dosing.unsafe
    cells = [1] * (found.dosing.workloads.calls * found.dosing.passes)  # type: ignore[attr-defined]
    found.dosing.workloads.run_once(cells)  # type: ignore[attr-defined]
    assert found.dosing.workloads.changed() == 0  # type: ignore[attr-defined]
    found.dosing.workloads.set_restores(False)  # type: ignore[attr-defined]
    found.dosing.workloads.run_once(cells)  # type: ignore[attr-defined]
    assert found.dosing.workloads.changed() > 0  # type: ignore[attr-defined]  # so there was something to bring back


def test_what_drifts_is_named_and_measured_by_the_partition() -> None:
    model = nn.Sequential(nn.Linear(256, 256), Counting(), nn.Linear(256, 256)).cuda()
    inputs = torch.randn(64, 256, device="cuda")
    found = cn.profile(
        model, inputs, components={"linear": ["0", "2"], "counting": "1"}, max_time=25, progress=False, seed=1
    )
    assert "measured_by_partition" in found["counting"].statuses
    assert any("counting" in warning and "in place" in warning for warning in found.warnings)
    assert "measured_by_partition" not in found["linear"].statuses
    assert model[1].calls == 0  # what profiling counted is taken back


def test_doses_that_find_no_room_become_a_labelled_partition(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: object) -> None:
        raise DeviceOutOfMemoryError("no room for graphs")

    monkeypatch.setattr(_core, "DosedReplays", no_room)
    model = Alternating(256, 2).cuda()
    found = prepared(model, torch.randn(64, 256, device="cuda"), A_AND_B)
    assert found.dosing is None
    assert {name for name, role, _ in found.targets if role == "component"} == {"a", "b"}
    assert found.statuses == {"a": ["measured_by_partition"], "b": ["measured_by_partition"]}
    assert any("no room for graphs" in warning for warning in found.warnings)


def test_one_layer_and_a_component_that_is_the_whole_model_can_be_dosed() -> None:
    model = nn.Sequential(nn.Linear(512, 512)).cuda()
    found = prepared(model, torch.randn(64, 512, device="cuda"), {"all": "0"})
    assert found.dosing is not None
    assert found.dosing.layout.components == ["all"]
    assert found.dosing.unsafe == {}


def test_a_block_of_three_times_the_work_takes_three_times_the_time() -> None:
    torch.manual_seed(0)
    # Bound by memory: far from the power cap, and long enough that the borders of calls, where kernels cannot overlap,
    # count for little.
    model = Alternating(8192, 3).cuda().half()
    inputs = torch.randn(16, 8192, device="cuda", dtype=torch.float16)
    found = cn.profile(model, inputs, components=A_AND_B, max_time=25, seed=2, progress=False)
    assert found["b"].time_s is not None and found["a"].time_s is not None
    assert found["b"].time_s / found["a"].time_s == pytest.approx(3, rel=0.03)


def test_stretches_follow_the_components(model_of: Any, inputs_of: Any) -> None:
    found = prepared(model_of("qwen2"), inputs_of())
    capture = found.owner.preserved  # type: ignore[attr-defined]
    calls = calls_of(capture.component_of_node(), capture.model_graph.segments, capture.model_graph.nodes)
    assert [call.begin for call in calls[1:]] == [call.end for call in calls[:-1]]
    assert sum(call.component == "attention" for call in calls) == 3
    assert sum(call.component == "mlp" for call in calls) == 3
