"""Proofs on a real GPU that the partition is the model: its kernels, its data, its cost, and nothing else."""

from __future__ import annotations

import functools
from typing import Any

import pytest
import torch
from torch import nn

from clear_native import _core
from clear_native.capture.capture import capture_preserved
from clear_native.capture.kept_buffers import KeptBuffers
from clear_native.partition import graph_execution
from clear_native.partition.graph_execution import GraphExecution, capture_model
from clear_native.subject.components import discover
from clear_native.subject.inputs import normalize, without_cache


def captured(model: nn.Module, inputs: Any, components: Any = None) -> GraphExecution:
    with torch.no_grad():
        return capture_model(model, without_cache(model, normalize(model, inputs)), discover(model, components))


def logits(outputs: Any) -> torch.Tensor:
    return outputs if isinstance(outputs, torch.Tensor) else outputs[0]


@pytest.mark.parametrize("mask", [False, True], ids=["no-mask", "mask-of-ones"])
def test_capture_launches_eagers_kernels(family: str, mask: bool, model_of: Any, inputs_of: Any) -> None:
    execution = captured(model_of(family), inputs_of(mask))
    with torch.no_grad():
        comparison = execution.compare_kernels()
    assert comparison is not None
    assert comparison.difference() == {}
    assert len(comparison.captured) >= 30


def test_eager_with_other_kernels_is_told(model_of: Any, inputs_of: Any) -> None:
    execution = captured(model_of("bert"), inputs_of())
    execution.model.train()  # dropout: kernels that the capture does not have
    with torch.no_grad():
        comparison = execution.compare_kernels()
    assert comparison is not None
    assert comparison.difference() != {}


def test_partition_replayed_in_order_is_the_model_after_poisoning(family: str, model_of: Any, inputs_of: Any) -> None:
    model, inputs = model_of(family), inputs_of()
    execution = captured(model, inputs)
    other_ids = inputs_of(seed=1)["input_ids"]
    with torch.no_grad(), torch.cuda.stream(execution.stream):
        expected = logits(model(other_ids, **({} if family == "bert" else {"use_cache": False}))).clone()
    execution.stream.synchronize()
    before = logits(execution.preserved.outputs).clone()

    assert execution.preserved.kept is not None
    for storage in execution.preserved.kept.storages():
        storage.fill_(0xFF)  # NaN in every floating type, -1 in every integer one
    inputs["input_ids"].copy_(other_ids)
    torch.cuda.synchronize()
    parts = [part for _, part in execution.chain_of_calls()]
    replay = _core.Replay(execution.stream.cuda_stream, parts, calibrate=False)
    replay.launch()
    replay.drain()

    after = logits(execution.preserved.outputs)
    assert torch.equal(after, expected)
    assert not torch.equal(after, before)


def test_a_missing_call_is_noticed(model_of: Any, inputs_of: Any) -> None:
    """The poisoned replay above can fail: without one of its calls it does."""
    model, inputs = model_of("bert"), inputs_of()
    execution = captured(model, inputs)
    expected = logits(execution.preserved.outputs).clone()
    assert execution.preserved.kept is not None
    for storage in execution.preserved.kept.storages():
        storage.fill_(0xFF)
    torch.cuda.synchronize()
    chain = execution.chain_of_calls()
    dropped = next(index for index, (component, _) in enumerate(chain) if component == "mlp")
    replay = _core.Replay(
        execution.stream.cuda_stream, [part for index, (_, part) in enumerate(chain) if index != dropped]
    )
    replay.launch()
    replay.drain()
    assert not torch.equal(logits(execution.preserved.outputs), expected)


def test_every_node_belongs_to_one_component(family: str, model_of: Any, inputs_of: Any) -> None:
    execution = captured(model_of(family), inputs_of())
    nodes = execution.nodes_of_components()
    assert sorted(index for part in nodes.values() for index in part) == list(
        range(len(execution.preserved.model_graph.nodes))
    )
    assert {"attention", "mlp", "norm", "lm_head"} <= set(nodes)
    assert len(execution.plain.model_graph.nodes) == len(execution.preserved.model_graph.nodes)


def test_replaying_any_part_leaves_every_kept_tensor_as_it_was(family: str, model_of: Any, inputs_of: Any) -> None:
    execution = captured(model_of(family), inputs_of())
    assert execution.preserved.kept is not None
    storages = list(execution.preserved.kept.storages())
    before = [storage.clone() for storage in storages]
    for component, nodes in execution.nodes_of_components().items():
        part = _core.Subgraph(execution.preserved.model_graph, nodes)
        replay = _core.Replay(execution.stream.cuda_stream, [part], passes_per_launch=3)
        replay.launch()
        replay.drain()
        changed = [i for i, (now, then) in enumerate(zip(storages, before, strict=True)) if not torch.equal(now, then)]
        assert not changed, f"replaying {component} changed kept tensors {changed}"


def kept_over_freed(model: nn.Module, inputs: Any) -> list[int]:
    """Addresses of kept storages in memory that an operator of the same capture had taken and freed before."""
    torch.cuda.memory._record_memory_history(enabled="all", context=None)
    try:
        execution = captured(model, inputs)
        trace = torch.cuda.memory._snapshot()["device_traces"][0]
    finally:
        torch.cuda.memory._record_memory_history(enabled=None)
    assert execution.preserved.kept is not None
    kept = {storage.data_ptr(): storage.nbytes for storage in execution.preserved.kept.storages()}
    made_at = {
        event["addr"]: i for i, event in enumerate(trace) if event["action"] == "alloc" and event["addr"] in kept
    }
    begin = min(made_at.values())
    assert made_at.keys() == kept.keys()
    freed = [
        (i, event["addr"], event["addr"] + event["size"])
        for i, event in enumerate(trace)
        if event["action"] == "free_completed" and i > begin
    ]
    return [
        address
        for address, size in kept.items()
        if any(i < made_at[address] and start < address + size and address < stop for i, start, stop in freed)
    ]


def test_no_block_freed_during_capture_is_handed_out_again(model_of: Any, inputs_of: Any) -> None:
    assert kept_over_freed(model_of("bert"), inputs_of()) == []


def test_without_the_plug_freed_blocks_are_handed_out_again(
    model_of: Any, inputs_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above can fail: cuDNN's attention frees a workspace inside the operator."""
    everything_kept = functools.partial(capture_preserved, reuse_scratch=False)  # else it does so in memory of its own
    monkeypatch.setattr(graph_execution, "capture_preserved", everything_kept)
    monkeypatch.setattr(KeptBuffers, "_plug_freed_blocks", lambda self: None)
    assert kept_over_freed(model_of("bert"), inputs_of()) != []


def test_odometer_equals_passes(model_of: Any, inputs_of: Any) -> None:
    execution = captured(model_of("bert"), inputs_of())
    part = execution.whole(execution.preserved)
    for shape in ("chain", "while_loop"):
        replay = _core.Replay(execution.stream.cuda_stream, [part], shape=shape, passes_per_launch=8)
        _, start = replay.odometer()
        for _ in range(5):
            replay.launch()
        replay.drain()
        time_s, passes = replay.odometer()
        assert passes - start == pytest.approx(40, abs=1e-9), shape
        assert time_s > 0


class Burning(nn.Module):
    """A module with a kernel of known duration beside its own work."""

    def __init__(self, inner: nn.Module, seconds: float) -> None:
        super().__init__()
        self.inner = inner
        self.seconds = seconds
        self.context = _core.PrimaryContext.of_ordinal(0)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        stream = torch.cuda.current_stream().cuda_stream
        _core.launch_spin(self.context, stream, self.seconds)
        return self.inner(hidden)


def test_a_kernel_of_known_cost_shows_up_in_its_component_and_nowhere_else(model_of: Any, inputs_of: Any) -> None:
    def times_s(model: nn.Module) -> dict[str, float]:
        execution = captured(model, inputs_of(), {"attention": "*.self_attn", "mlp": "*.mlp", "norm": "*layernorm"})
        times = {}
        for component, nodes in execution.nodes_of_components().items():
            part = _core.Subgraph(execution.preserved.model_graph, nodes)
            replay = _core.Replay(execution.stream.cuda_stream, [part], passes_per_launch=20)
            times[component] = _core.time_per_pass(replay, 0.2, 5)
        return times

    model = model_of("llama")
    before = times_s(model)
    layers = model.model.layers
    layers[1].mlp = Burning(layers[1].mlp, 300e-6)
    after = times_s(model)
    assert after["mlp"] - before["mlp"] == pytest.approx(300e-6, rel=0.05)
    for component in before.keys() - {"mlp"}:
        assert after[component] == pytest.approx(before[component], rel=0.1, abs=2e-6), component


def test_an_in_place_update_of_another_components_tensor_is_told(inputs_of: Any) -> None:
    class Writer(nn.Module):
        def forward(self, hidden: torch.Tensor) -> torch.Tensor:
            return hidden.mul_(0.5)

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Linear(64, 64)
            self.second = Writer()

        def forward(self, hidden: torch.Tensor) -> torch.Tensor:
            return self.second(self.first(hidden))

    model = Model().cuda()
    execution = captured(model, torch.randn(8, 64, device="cuda"), {"linear": "first", "writer": "second"})
    assert execution.preserved.kept is not None
    assert [(m.writer, m.owner) for m in execution.preserved.kept.mutations] == [("writer", "linear")]
