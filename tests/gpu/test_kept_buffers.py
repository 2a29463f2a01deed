"""On a real GPU: stretches share memory for their scratch, and nothing that crosses from one to another is in it."""

from __future__ import annotations

import gc
import random
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import nn

from clear_native import _core
from clear_native.capture.capture import Capture, capture_preserved
from clear_native.capture.kept_buffers import KeptBuffers
from clear_native.capture.scratch_buffers import ScratchSharing
from clear_native.in_situ.dosed_calls import calls_of
from clear_native.models.presets import load
from clear_native.partition.graph_execution import GraphExecution, capture_model
from clear_native.subject.components import discover
from clear_native.subject.inputs import normalize, without_cache


@pytest.fixture(autouse=True)
def alone(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each test begins on a device that works, with nothing of the one before it left in torch's memory.

    A kernel that fails takes the device from the whole process: then nothing more is run, and nothing is freed, which
    would end the process before pytest has told what failed.
    """
    yield
    try:
        torch.cuda.synchronize()
    except RuntimeError as error:
        gc.disable()
        request.session.shouldfail = f"the device is lost: {str(error).splitlines()[0]}"
        return
    gc.collect()
    torch.cuda.empty_cache()


def captured(model: nn.Module, inputs: Any, components: Any = None) -> GraphExecution:
    with torch.no_grad():
        return capture_model(model, without_cache(model, normalize(model, inputs)), discover(model, components))


def captured_again(execution: GraphExecution, reuse_scratch: bool) -> Capture:
    def decided() -> Any:
        with execution.decisions.given_back():
            return execution.forward()

    with torch.no_grad():
        return capture_preserved(
            execution.model, decided, execution.components, execution.stream, execution.context, [], [], reuse_scratch
        )


def kept_of(capture: Capture) -> KeptBuffers:
    assert capture.kept is not None
    return capture.kept


def sharing_of(capture: Capture) -> ScratchSharing:
    kept = kept_of(capture)
    assert kept.all_kept_because == ""
    assert kept.sharing is not None
    return kept.sharing


def stretches(capture: Capture) -> list[_core.Subgraph]:
    graph = capture.model_graph
    calls = calls_of(capture.component_of_node(), graph.segments, graph.nodes)
    return [_core.Subgraph(graph, list(range(call.begin, call.end))) for call in calls]


def run(execution: GraphExecution, parts: list[_core.Subgraph]) -> None:
    replay = _core.Replay(execution.stream.cuda_stream, parts, calibrate=False)
    replay.launch()
    replay.drain()


def poison(memory: torch.Tensor, index_safe: bool) -> None:
    """Index-safe: 1 in 64-bit integers, close to 0 in floating types, so that what reads it is wrong but harmless.
    Else NaN in every floating type and -1 in every integer one. `memory`: bytes."""
    whole = memory.nbytes // 8 * 8
    if index_safe:
        memory[:whole].view(torch.int64).fill_(1)
        memory[whole:].fill_(0)
    else:
        memory.fill_(0xFF)


def poison_scratch(capture: Capture, index_safe: bool) -> None:
    """All over the shared memory."""
    device = capture.stream.device
    for address, size in sharing_of(capture).memory.segments():
        storage = torch._C._construct_storage_from_data_pointer(address, device, size)
        poison(torch.empty(0, dtype=torch.uint8, device=device).set_(storage), index_safe)
    torch.cuda.synchronize(device)


def poison_kept(capture: Capture, index_safe: bool) -> None:
    """All that the forward makes anew, its output too."""
    for storage in kept_of(capture).storages():
        poison(storage, index_safe)
    torch.cuda.synchronize(capture.stream.device)


def logits(outputs: Any) -> torch.Tensor:
    return outputs if isinstance(outputs, torch.Tensor) else outputs[0]


def test_stretches_share_memory_and_no_crossing_buffer_is_in_it(family: str, model_of: Any, inputs_of: Any) -> None:
    execution = captured(model_of(family), inputs_of())
    capture = execution.preserved
    sharing = sharing_of(capture)
    segments = sharing.memory.segments()
    written = sum(size for step in sharing.steps if step.scratch for size in step.sizes_bytes)
    assert sharing.shared_bytes > 0
    assert sum(end - begin for begin, end in set(sharing.ranges())) < written  # addresses come again
    assert all(any(at <= begin and end <= at + size for at, size in segments) for begin, end in sharing.ranges())
    for storage in kept_of(capture).storages():
        begin, end = storage.data_ptr(), storage.data_ptr() + storage.nbytes
        assert not any(begin < at + size and at < end for at, size in segments)


def test_doubled_stretches_over_poison_compute_what_eager_does(family: str, model_of: Any, inputs_of: Any) -> None:
    model, inputs = model_of(family), inputs_of()
    execution = captured(model, inputs)
    other_ids = inputs_of(seed=1)["input_ids"]
    with torch.no_grad(), torch.cuda.stream(execution.stream):
        expected = logits(model(other_ids, **({} if family == "bert" else {"use_cache": False}))).clone()
    execution.stream.synchronize()
    inputs["input_ids"].copy_(other_ids)
    parts = stretches(execution.preserved)
    for index_safe in (True, False):  # in this order: whatever reads poison has failed before it is an index
        poison_kept(execution.preserved, index_safe)
        for part in parts:
            poison_scratch(execution.preserved, index_safe)
            run(execution, [part, part])
        assert torch.equal(logits(execution.preserved.outputs), expected)


@pytest.mark.parametrize("seed", [0, 1])
def test_stretches_in_any_order_leave_crossing_buffers_as_they_were(
    family: str, seed: int, model_of: Any, inputs_of: Any
) -> None:
    execution = captured(model_of(family), inputs_of())
    storages = list(kept_of(execution.preserved).storages())
    before = [storage.clone() for storage in storages]
    parts = stretches(execution.preserved)
    generator = random.Random(seed)
    order = [part for part in parts for _ in range(generator.choice([0, 1, 1, 2]))]  # skipped, once, twice
    foreign = [part for each in order for part in (each, generator.choice(parts))]
    shuffled = generator.sample(order, len(order))
    for chain in (order, foreign, shuffled):
        poison_scratch(execution.preserved, index_safe=True)
        run(execution, chain)
        changed = [i for i, (now, then) in enumerate(zip(storages, before, strict=True)) if not torch.equal(now, then)]
        assert changed == []


def test_memory_of_a_pass_falls_threefold() -> None:
    model, inputs, _ = load("bert-base", device="cuda", dtype="float16", batch=1, length=128)
    execution = captured(model, inputs)
    everything = captured_again(execution, reuse_scratch=False)
    shared = captured_again(execution, reuse_scratch=True)
    assert kept_of(everything).all_kept_because == ""
    assert kept_of(everything).sharing is None
    sharing_of(shared)
    output = logits(shared.outputs).nbytes  # the plain capture writes it too
    assert (kept_of(everything).written_bytes - output) / (kept_of(shared).written_bytes - output) > 3
    assert kept_of(shared).kept_bytes < kept_of(everything).kept_bytes
    assert torch.equal(logits(shared.outputs), logits(everything.outputs))


@pytest.mark.parametrize("name", ["bert", "gpt2"])
def test_stretches_of_a_capture_that_keeps_everything_leave_it_as_it_was(
    name: str, model_of: Any, inputs_of: Any
) -> None:
    execution = captured(model_of(name), inputs_of())
    everything = captured_again(execution, reuse_scratch=False)
    storages = list(kept_of(everything).storages())
    before = [storage.clone() for storage in storages]
    torch.cuda.synchronize()
    for number, part in enumerate(stretches(everything)):
        run(execution, [part])
        changed = [i for i, (now, then) in enumerate(zip(storages, before, strict=True)) if not torch.equal(now, then)]
        assert changed == [], f"by stretch {number}"


def test_shared_memory_stays_when_torch_gives_back_what_it_has_cached(model_of: Any, inputs_of: Any) -> None:
    execution = captured(model_of("bert"), inputs_of())
    capture = execution.preserved
    segments = sorted(sharing_of(capture).memory.segments())
    expected = logits(capture.outputs).clone()
    torch.cuda.synchronize()
    gc.collect()
    torch.cuda.empty_cache()
    assert segments != []
    assert sorted(sharing_of(capture).memory.segments()) == segments
    assert sharing_of(capture).memory.stays()
    fillers = [torch.zeros(2**bits, dtype=torch.uint8, device="cuda") for bits in range(9, 27) for _ in range(4)]
    for filler in fillers:  # one of them would land in it, were it free
        begin, end = filler.data_ptr(), filler.data_ptr() + filler.nbytes
        assert not any(begin < at + size and at < end for at, size in segments)
    torch.cuda.synchronize()
    capture.replay_once()
    assert torch.equal(logits(capture.outputs), expected)
    assert not any(bool(filler.any()) for filler in fillers)


def test_a_capture_holds_the_model_and_the_inputs_that_its_graph_reads(model_of: Any, inputs_of: Any) -> None:
    execution = captured(model_of("bert"), inputs_of())
    model = weakref.ref(execution.model)
    inputs = [weakref.ref(tensor) for _, tensor in execution.inputs.tensors()]
    captures = [execution.preserved, execution.plain]
    expected = [logits(capture.outputs).clone() for capture in captures]
    torch.cuda.synchronize()
    del execution
    for capture, output in zip(captures, expected, strict=True):
        gc.collect()
        torch.cuda.empty_cache()
        assert model() is not None
        assert inputs != []
        assert all(tensor() is not None for tensor in inputs)
        capture.replay_once()
        assert torch.equal(logits(capture.outputs), output)


class Spinning(nn.Module):
    """Launches a kernel past torch."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner
        self.context = _core.PrimaryContext.of_ordinal(0)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        hidden = self.inner(hidden)
        _core.launch_spin(self.context, torch.cuda.current_stream().cuda_stream, 1e-6)
        return hidden


def test_work_past_torch_makes_everything_kept_and_is_told(model_of: Any, inputs_of: Any) -> None:
    model = model_of("llama")
    components = {"attention": "*.self_attn", "mlp": "*.mlp", "norm": "*layernorm"}
    costs = captured(model, inputs_of(), components).costs.costs
    gc.collect()
    model.model.layers[1].mlp = Spinning(model.model.layers[1].mlp)
    execution = captured(model, inputs_of(), components)
    kept = kept_of(execution.preserved)
    assert "did not dispatch" in kept.all_kept_because
    assert kept.sharing is None
    assert execution.costs.costs == costs  # one forward, though it was captured twice
    outputs = logits(execution.preserved.outputs).clone()
    parts = [part for _, part in execution.chain_of_calls()]
    for index_safe in (True, False):
        poison_kept(execution.preserved, index_safe)
        run(execution, parts)
        assert torch.equal(logits(execution.preserved.outputs), outputs)


def test_captures_come_and_go_without_a_trace_in_the_allocator(model_of: Any, inputs_of: Any) -> None:
    execution = captured(model_of("bert"), inputs_of())
    captured_again(execution, reuse_scratch=True)  # its memory is given back when the next one begins
    gc.collect()
    torch.cuda.empty_cache()
    reserved = torch.cuda.memory_reserved()
    for _ in range(3):
        captured_again(execution, reuse_scratch=True)
    gc.collect()
    torch.cuda.empty_cache()
    assert torch.cuda.memory_reserved() <= reserved
