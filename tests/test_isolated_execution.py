"""What isolated replay prepares: that it can be measured, and what it says where it cannot replay."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from tiny_models import FAMILIES, bert, token_ids
from torch import nn

from clear_native import _core
from clear_native.activation_store.activations import ActivationStore
from clear_native.capture.kernel_lists import Launches
from clear_native.cost.cost import Cost
from clear_native.errors import BadInputError, CaptureFailedError, NoDriverError
from clear_native.execution import Prepared
from clear_native.isolated import execution as isolated
from clear_native.isolated.calls import RepeatedCalls, cycling, warm
from clear_native.isolated.execution import add_targets
from clear_native.isolated.graphs import Made, not_in_the_model
from clear_native.subject.components import OTHER, discover
from clear_native.subject.inputs import Inputs, normalize

CPU = torch.device("cpu")


def eager(model: nn.Module, cache: str = "warm", inputs: Any = None, components: Any = None) -> Prepared:
    given: Inputs = normalize(model, token_ids() if inputs is None else inputs)
    parts = discover(model, components)
    return isolated.prepare(model, given, parts, cache, execution="eager", idle=False)


@pytest.mark.parametrize("cache", ["warm", "cycling"])
@pytest.mark.parametrize("family", FAMILIES)
def test_it_can_be_measured(family: str, cache: str) -> None:
    model = FAMILIES[family]()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    prepared = eager(model, cache)
    options = _core.RoundsOptions()
    options.max_time_s, options.duration_s, options.lead_in_min_s, options.lead_in_max_s = 60.0, 0.01, 0.001, 0.002
    options.pilot_rounds = options.min_rounds = options.max_rounds = 2
    result = _core.run_rounds(_core.EstimateMeter(50.0, "cpu", "test"), prepared.targets, options)
    measured = {target["name"]: target for target in result["targets"]}
    assert set(measured) - {"rotary"} == {"plain", "embedding", "norm", "attention", "mlp", "lm_head", OTHER}
    for name, target in measured.items():
        assert target["time_per_pass_s"]["mean"] > 0, name
        assert target["energy_per_pass_j"] is None or target["energy_per_pass_j"]["mean"] > 0, name
    assert result["windows"]
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert not any("forward" in module.__dict__ for module in model.modules())


def test_warm_makes_one_layers_calls_and_cycling_all_layers() -> None:
    model = bert(3)
    seen: list[str] = []
    prepared = {cache: eager(model, cache) for cache in ("warm", "cycling")}
    for name, module in model.named_modules():
        if name.endswith(".attention"):
            module.register_forward_hook(lambda *_, name=name: seen.append(name.split(".")[3]))
    for cache, layers in (("warm", {"1"}), ("cycling", {"0", "1", "2"})):
        seen.clear()
        workload = next(workload for name, _, workload in prepared[cache].targets if name == "attention")
        workload.launch()
        assert set(seen) == layers
        assert len(seen) == 3 * workload.passes_per_launch, "a pass is as many calls as the model makes"


def test_activations_are_freed_with_what_was_prepared() -> None:
    kept: list[weakref.ref[torch.Tensor]] = []

    class Watching(nn.Module):
        def forward(self, hidden: torch.Tensor) -> torch.Tensor:
            kept.append(weakref.ref(hidden))
            return hidden * 2

    prepared = eager(nn.Sequential(nn.Linear(8, 8), Watching()), inputs=torch.ones(2, 8), components={"watch": "1"})
    assert kept[0]() is not None
    del prepared
    gc.collect()
    assert not any(reference() is not None for reference in kept)


def test_unknown_cache_is_refused_before_anything_runs() -> None:
    class Untouched(nn.Module):
        def forward(self, hidden: torch.Tensor) -> torch.Tensor:
            raise AssertionError("it ran")

    with pytest.raises(BadInputError, match="unknown cache 'hot'"):
        eager(Untouched(), "hot", torch.ones(1), {"all": lambda name, _: not name})


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_graphs_need_a_driver() -> None:
    model = bert()
    with pytest.raises(NoDriverError):
        isolated.prepare(model, normalize(model, token_ids()), discover(model), "warm")


class FakeGraphs:
    """Makes loops in Python in place of graphs. `fails`: what cannot be captured; `empty`: what launches nothing."""

    def __init__(self, fails: Sequence[str] = (), empty: Sequence[str] = ()) -> None:
        self._fails = fails
        self._empty = empty
        self.parts: dict[str, list[tuple[int, int]]] = {}

    def make_plain(self, forward: Any) -> Made:
        made = self._made("plain", forward)
        assert made is not None
        return made

    def make_component(self, name: str, parts: Sequence[RepeatedCalls]) -> Made | None:
        self.parts[name] = [(len(part.calls), part.times) for part in parts]
        return self._made(name, lambda: None)

    def _made(self, name: str, run: Any) -> Made | None:
        if name in self._fails:
            raise CaptureFailedError(f"{name} waits for the device")
        if name in self._empty:
            return None
        return _core.EagerWorkload(run), {"shape": "chain", "passes_per_launch": 1, "time_per_pass_s": 1e-3}


def targets_of(graphs: FakeGraphs, costs: dict[str, Cost] | None = None, arranged: Any = warm) -> Prepared:
    model = bert(3)
    store = ActivationStore.record(model, (token_ids(),), {}, discover(model))
    passes = {name: arranged(store.replayed_calls(name)) for name in store.names if name != OTHER}
    prepared = Prepared("graph", [], costs or {}, {}, statuses={"norm": ["not_repeatable"]})
    add_targets(prepared, graphs, lambda: model(token_ids()), passes, CPU)
    return prepared


def test_components_and_the_model_become_targets() -> None:
    graphs = FakeGraphs()
    prepared = targets_of(graphs)
    names = ["embedding", "norm", "attention", "mlp", "lm_head"]
    assert [(name, role) for name, role, _ in prepared.targets] == [
        ("plain", "plain"), *((name, "component") for name in names)
    ]  # fmt: skip
    assert graphs.parts["mlp"] == [(1, 3), (1, 3)]
    assert prepared.statuses == {"norm": ["not_repeatable"]}
    assert prepared.warnings == []
    graphs = FakeGraphs()
    targets_of(graphs, arranged=cycling)
    assert graphs.parts["mlp"] == [(6, 1)]


def test_what_cannot_be_captured_is_measured_by_a_loop_and_says_so() -> None:
    prepared = targets_of(FakeGraphs(fails=["norm", "plain"]))
    assert prepared.statuses["norm"] == ["not_repeatable", "not_capturable", "eager_loop"]
    assert prepared.statuses["plain"] == ["not_capturable", "eager_loop"]
    assert {name: replay["shape"] for name, replay in prepared.replays.items()} == {
        "plain": "eager_loop", "norm": "eager_loop", "embedding": "chain", "attention": "chain", "mlp": "chain",
        "lm_head": "chain",
    }  # fmt: skip
    assert any("norm alone is measured by a loop in Python" in w and "waits for the device" in w
               for w in prepared.warnings)  # fmt: skip
    assert any(warning.startswith("the model is measured by a loop") for warning in prepared.warnings)
    for _, _, workload in prepared.targets:
        workload.launch()
        workload.drain()
        assert workload.odometer()[1] > 0


def test_what_launches_nothing_is_no_target_and_is_named() -> None:
    prepared = targets_of(FakeGraphs(empty=["embedding"]))
    assert "embedding" not in [name for name, _, _ in prepared.targets]
    assert any(warning.startswith("embedding launches nothing") for warning in prepared.warnings)


def test_work_outside_the_modules_is_named_as_missing() -> None:
    prepared = targets_of(FakeGraphs(), {OTHER: Cost(bytes=3_100_000, ops=12), "mlp": Cost(ops=3)})
    assert prepared.statuses[OTHER] == ["not_covered"]
    assert any("12 operators (3.1 MB a pass)" in warning for warning in prepared.warnings)
    assert OTHER not in [name for name, _, _ in prepared.targets]
    nothing_missing = targets_of(FakeGraphs(), {OTHER: Cost(), "mlp": Cost(ops=3)})
    assert OTHER not in nothing_missing.statuses


def test_copies_that_set_inputs_back_are_named() -> None:
    class Writer(nn.Module):
        def forward(self, hidden: torch.Tensor) -> torch.Tensor:
            return hidden.add_(1)

    model = nn.Sequential(nn.Linear(8, 8), Writer())
    store = ActivationStore.record(model, (torch.ones(2, 8),), {}, discover(model, {"linear": "0", "writer": "1"}))
    passes = {name: cycling(store.replayed_calls(name)) for name in ("linear", "writer")}
    prepared = Prepared("graph", [], {}, {})
    add_targets(prepared, FakeGraphs(), lambda: model(torch.ones(2, 8)), passes, CPU)
    assert [w for w in prepared.warnings if "copied back" in w] == [
        "writer writes in place to what it is given: that is copied back before each call, which counts"
    ]


@pytest.mark.parametrize(
    ("eager_kernels", "replayed", "expected"),
    [
        (["gemm", "gemm", "add", "norm"], ["norm", "gemm", "gemm"], {}),  # `add` runs in no component
        (["gemm", "add"], ["gemm", "gemm"], {"gemm": (1, 2)}),
        (["fused"], ["gemm", "softmax"], {"gemm": (0, 1), "softmax": (0, 1)}),  # a fast path that hooks switch off
    ],
)
def test_kernels_that_the_model_has_not(
    eager_kernels: list[str], replayed: list[str], expected: dict[str, tuple[int, int]]
) -> None:
    assert not_in_the_model(Launches.of(eager_kernels), Launches.of(replayed)).difference() == expected
