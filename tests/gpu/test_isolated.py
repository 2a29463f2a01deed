"""Components alone on a real GPU: on the model's data they compute what the model computes, with its kernels."""

from __future__ import annotations

import gc
import weakref
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import nn

from clear_native import _core
from clear_native.activation_store.kept_values import tensors_in
from clear_native.execution import Prepared
from clear_native.isolated.execution import prepare
from clear_native.isolated.graphs import IsolatedGraphs
from clear_native.subject.components import OTHER, discover
from clear_native.subject.inputs import normalize, without_cache

CACHES = ["warm", "cycling"]


def isolated(model: nn.Module, inputs: Any, cache: str, components: Any = None) -> Prepared:
    with torch.no_grad():
        return prepare(model, without_cache(model, normalize(model, inputs)), discover(model, components), cache)


def graphs_of(prepared: Prepared) -> IsolatedGraphs:
    assert isinstance(prepared.owner, IsolatedGraphs)
    return prepared.owner


def workloads(prepared: Prepared) -> dict[str, _core.Workload]:
    return {name: workload for name, role, workload in prepared.targets if role != "idle"}


Outputs = list[tuple[str, list[torch.Tensor]]]


@contextmanager
def hooked(model: nn.Module, hook: Any) -> Iterator[None]:
    handles = [
        module.register_forward_hook(lambda m, a, o, n=name: hook(n, m, a, o)) for name, module in model.named_modules()
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def outputs_in_the_model(model: nn.Module, inputs: Any) -> dict[str, list[torch.Tensor]]:
    """What each module returns in an eager forward."""
    seen: dict[str, list[torch.Tensor]] = {}

    def keep(name: str, module: nn.Module, args: Any, output: Any) -> None:
        seen[name] = [tensor.clone() for tensor in tensors_in(output)]

    arguments = without_cache(model, normalize(model, inputs))
    with torch.no_grad(), hooked(model, keep):
        model(*arguments.args, **arguments.kwargs)
    torch.cuda.synchronize()
    return seen


def addresses(value: Any) -> set[int]:
    return {tensor.untyped_storage().data_ptr() for tensor in tensors_in(value)}


@contextmanager
def outputs_held(model: nn.Module) -> Iterator[Outputs]:
    """What modules return under capture: held, so that nothing else of their graph is put there.

    Only results of the graph: neither answers from the store, nor inputs that are handed on.
    """
    held: Outputs = []
    answers: set[int] = set()

    def hold(name: str, module: nn.Module, args: Any, output: Any) -> None:
        if not torch.cuda.is_current_stream_capturing():
            return
        if "forward" in module.__dict__:
            answers.update(addresses(output))
        elif tensors_in(output) and not addresses(output) & (addresses(args) | answers):
            held.append((name, tensors_in(output)))

    with hooked(model, hold):
        yield held


def alone_only(held: Outputs) -> Outputs:
    """Without those of the whole model's capture, which came first and ends with the model's own output."""
    last = max(position for position, (name, _) in enumerate(held) if name == "")
    return held[last + 1 :]


def poison(held: Outputs) -> None:
    for _, tensors in held:
        for tensor in tensors:
            tensor.fill_(float("nan"))
    torch.cuda.synchronize()


@pytest.mark.parametrize("cache", CACHES)
def test_replays_compute_what_the_model_computes_and_leave_it_as_it_came(
    family: str, cache: str, model_of: Any, inputs_of: Any
) -> None:
    model, inputs = model_of(family), inputs_of()
    expected = outputs_in_the_model(model, inputs)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    ids = inputs["input_ids"].clone()
    with outputs_held(model) as held:
        prepared = isolated(model, inputs, cache)
    parts = discover(model)
    alone = {parts.component_of(name) for name, _ in alone_only(held)}
    assert {"embedding", "norm", "attention", "mlp", "lm_head"} <= alone == graphs_of(prepared).components.keys()
    poison(held)
    for workload in workloads(prepared).values():
        workload.launch()
        workload.launch()
        workload.drain()
    for name, tensors in held:
        assert len(tensors) == len(expected[name])
        assert all(torch.equal(one, two) for one, two in zip(tensors, expected[name], strict=True)), name
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert torch.equal(inputs["input_ids"], ids)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert not any("forward" in module.__dict__ for module in model.modules())
    assert torch.cuda.current_stream() == torch.cuda.default_stream()


def test_what_is_not_replayed_stays_poisoned(model_of: Any, inputs_of: Any) -> None:
    """The test above can fail: what a component's replay does not compute is not there."""
    model = model_of("bert")
    with outputs_held(model) as held:
        prepared = isolated(model, inputs_of(), "cycling")
    poison(held)
    attention = workloads(prepared)["attention"]
    attention.launch()
    attention.drain()
    parts, alone = discover(model), alone_only(held)
    finite = {name for name, tensors in alone if all(tensor.isfinite().all() for tensor in tensors)}
    assert finite == {name for name, _ in alone if parts.component_of(name) == "attention"}
    assert {f"bert.encoder.layer.{layer}.attention.output.dense" for layer in range(3)} <= finite


@pytest.mark.parametrize(("cache", "mask"), [("cycling", False), ("cycling", True), ("warm", True)])
def test_kernels_are_eagers(family: str, mask: bool, cache: str, model_of: Any, inputs_of: Any) -> None:
    prepared = isolated(model_of(family), inputs_of(mask), cache)
    comparison = prepared.compare_kernels()
    assert comparison is not None
    assert comparison.difference() == {}
    assert len(comparison.captured) >= 20


def test_masks_built_inside_a_component_are_decided_as_in_eager(model_of: Any, inputs_of: Any) -> None:
    prepared = isolated(model_of("bert"), inputs_of(mask=True), "cycling", {"bert": "bert", "lm_head": "cls"})
    assert prepared.statuses.keys() <= {OTHER}
    comparison = prepared.compare_kernels()
    assert comparison is not None
    assert comparison.difference() == {}


def kernels(prepared: Prepared) -> dict[str, Counter[str]]:
    """How often each kernel runs in one pass, by component."""
    found: dict[str, Counter[str]] = {}
    for component, captured in graphs_of(prepared).components.items():
        counts = found.setdefault(component, Counter())
        for one in captured:
            for node in one.capture.model_graph.nodes:
                counts[node["kernel_name"]] += one.times
    return found


def test_a_pass_of_one_layer_launches_what_a_pass_of_all_layers_does(
    family: str, model_of: Any, inputs_of: Any
) -> None:
    model, inputs = model_of(family), inputs_of()
    warm, cycling = (isolated(model, inputs, cache) for cache in CACHES)
    assert kernels(warm) == kernels(cycling)
    assert warm.calls == cycling.calls
    layers = {name: sorted(one.times for one in captured) for name, captured in graphs_of(warm).components.items()}
    assert layers["attention"] == [3]
    assert all(one.times == 1 for captured in graphs_of(cycling).components.values() for one in captured)


@pytest.mark.parametrize("cache", CACHES)
def test_a_pass_is_one_pass_of_the_model(cache: str, model_of: Any, inputs_of: Any) -> None:
    prepared = isolated(model_of("llama"), inputs_of(), cache)
    assert [role for _, role, _ in prepared.targets].count("plain") == 1
    assert prepared.targets[-1][:2] == ("idle", "idle")
    assert prepared.statuses == {OTHER: ["not_covered"]}, "residual sums run in no component's module"
    for name, workload in workloads(prepared).items():
        assert prepared.replays[name]["shape"] in ("chain", "while_loop")
        _, before = workload.odometer()
        for _ in range(4):
            workload.launch()
        workload.drain()
        assert workload.odometer()[1] - before == pytest.approx(4 * workload.passes_per_launch, abs=1e-9), name


class Watching(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[weakref.ref[torch.Tensor]] = []

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        self.seen.append(weakref.ref(hidden))
        return hidden * 2


@pytest.mark.parametrize(("cache", "kept"), [("warm", [False, True, False]), ("cycling", [True, True, True])])
def test_only_what_replays_read_is_kept_and_freed_with_them(cache: str, kept: list[bool]) -> None:
    model = nn.Sequential(nn.Linear(64, 64), Watching(), Watching(), Watching()).cuda()
    prepared = isolated(model, torch.ones(8, 64, device="cuda"), cache, {"watch": ["1", "2", "3"], "linear": "0"})
    gc.collect()
    recorded = [module.seen[0] for module in model if isinstance(module, Watching)]
    assert [reference() is not None for reference in recorded] == kept
    del prepared
    gc.collect()
    assert [reference() is not None for reference in recorded] == [False, False, False]


class Gate(nn.Module):
    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        return hidden * 2 if hidden.sum().item() > 0 else hidden


@pytest.mark.parametrize("cache", CACHES)
def test_what_waits_for_the_device_is_measured_by_a_loop(cache: str) -> None:
    model = nn.Sequential(nn.Linear(64, 64), Gate(), nn.Linear(64, 64)).cuda()
    inputs = torch.randn(8, 64, device="cuda")
    prepared = isolated(model, inputs, cache, {"linear": ["0", "2"], "gate": "1"})
    assert prepared.statuses == {name: ["not_capturable", "eager_loop"] for name in ("plain", "gate")}
    assert {name: replay["shape"] for name, replay in prepared.replays.items() if name != "linear"} == {
        "plain": "eager_loop", "gate": "eager_loop",
    }  # fmt: skip
    assert prepared.replays["linear"]["shape"] in ("chain", "while_loop")
    assert any(warning.startswith("gate alone is measured by a loop") for warning in prepared.warnings)
    for name, workload in workloads(prepared).items():
        workload.launch()
        workload.drain()
        assert workload.odometer()[1] > 0, name
    assert prepared.compare_kernels() is None
    with torch.no_grad():
        assert torch.isfinite(model(inputs)).all()
    assert not torch.cuda.is_current_stream_capturing()


@pytest.mark.parametrize("cache", CACHES)
def test_a_component_that_launches_nothing_is_no_target(cache: str) -> None:
    model = nn.Sequential(nn.Linear(64, 64), nn.Identity(), nn.Dropout(0.1)).cuda().eval()
    prepared = isolated(model, torch.ones(8, 64, device="cuda"), cache, {"linear": "0", "nothing": ["1", "2"]})
    assert [name for name, _, _ in prepared.targets] == ["plain", "linear", "idle"]
    assert any(warning.startswith("nothing launches nothing") for warning in prepared.warnings)


class Writer(nn.Module):
    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        hidden.add_(1)
        return hidden * 1


@pytest.mark.parametrize("cache", CACHES)
def test_writes_in_place_do_not_drift(cache: str) -> None:
    model = nn.Sequential(nn.Linear(64, 64), Writer(), nn.Linear(64, 64)).cuda()
    inputs = torch.randn(8, 64, device="cuda")
    expected = outputs_in_the_model(model, inputs)
    with outputs_held(model) as held:
        prepared = isolated(model, inputs, cache, {"linear": ["0", "2"], "writer": "1"})
    assert any(warning.startswith("writer writes in place") for warning in prepared.warnings)
    poison(held)
    writer = workloads(prepared)["writer"]
    for _ in range(5):
        writer.launch()
    writer.drain()
    (found,) = [tensors for name, tensors in alone_only(held) if name == "1"]
    assert torch.equal(found[0], expected["1"][0])
