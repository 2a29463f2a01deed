"""What stays inside a stretch of one component may be overwritten by others; what crosses is never. No GPU needed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from scratch_arena import CPU, START, Arena, Operation, Parts, learned, shared
from tiny_models import FAMILIES, token_ids

from clear_native.capture.capture import SpanRecorder
from clear_native.capture.kept_buffers import KeptBuffers
from clear_native.capture.scratch_buffers import ScratchSharing
from clear_native.cost.cost import CostCounter
from clear_native.subject.components import discover


class Whole:
    """A tiny model with its recorder; one forward is `run()`."""

    def __init__(self, family: str) -> None:
        self.model = FAMILIES[family]()
        self.recorder = SpanRecorder(discover(self.model, None), list)
        self.ids = token_ids()

    def component_now(self) -> str:
        return self.recorder.component_now()

    def run(self) -> torch.Tensor:
        extra = {"use_cache": False} if hasattr(self.model.config, "use_cache") else {}
        with torch.no_grad(), self.recorder.attached(self.model):
            return self.model(self.ids, **extra).logits


@pytest.fixture(params=sorted(FAMILIES))
def whole(request: pytest.FixtureRequest) -> Whole:
    return Whole(request.param)


def test_scratch_overwritten_at_every_boundary_changes_nothing(whole: Whole) -> None:
    expected = whole.run()
    steps = learned(whole.run, whole.component_now)
    kept, sharing, outputs = shared(whole.run, whole.component_now, steps)
    assert sharing.refused == ""
    assert torch.equal(outputs, expected)
    scratch, crossing = (sum(sum(step.sizes_bytes) for step in steps if step.scratch is kind) for kind in (True, False))
    assert scratch > crossing
    assert sum(tensor.nbytes for tensor in kept.storages()) == crossing
    assert kept.written_bytes == scratch + crossing  # the arena gives no address twice


def test_a_crossing_buffer_taken_for_scratch_is_noticed(whole: Whole) -> None:
    """The test above can fail: overwritten at a boundary, what crosses changes the outputs."""
    expected = whole.run()
    steps = learned(whole.run, whole.component_now)
    crossing = [i for i, step in enumerate(steps) if not step.scratch and step.component in ("attention", "mlp")]
    wrong = [replace(step, scratch=True) if i == crossing[0] else step for i, step in enumerate(steps)]
    _, sharing, outputs = shared(whole.run, whole.component_now, wrong)
    assert "made for itself" in sharing.refused
    assert not torch.equal(outputs, expected)


def recorded(whole: Whole) -> tuple[KeptBuffers, Arena, list[list[Operation]], torch.Tensor]:
    steps = learned(whole.run, whole.component_now)
    arena = Arena(whole.component_now)
    outputs: list[torch.Tensor] = []
    stretches: list[list[Operation]] = []

    class Taking(ScratchSharing):
        def close(self, crossing: Any) -> None:
            for operation in arena.operations:
                if len(stretches) < operation.stretch:
                    stretches.append([])
                stretches[-1].append(operation)

    kept = KeptBuffers(CPU, None, whole.component_now, Taking(steps, arena, lambda: 0))
    with arena, kept:
        outputs.append(whole.run())
    assert kept.sharing is not None and kept.sharing.refused == ""
    return kept, arena, stretches, outputs[0]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_stretches_in_any_order_leave_crossing_buffers_as_they_were(whole: Whole, seed: int) -> None:
    kept, arena, stretches, _ = recorded(whole)
    storages = list(kept.storages())
    before = [storage.clone() for storage in storages]
    order = [i for i in range(len(stretches)) for _ in range(2)]
    random.Random(seed).shuffle(order)
    with torch.no_grad():
        for index in order[: len(stretches)]:
            arena.poison()
            for operation in stretches[index]:
                operation.run_again()
    assert all(torch.equal(now, then) for now, then in zip(storages, before, strict=True))


def test_a_recorded_forward_computes_anew(whole: Whole) -> None:
    """The test above can fail: the recorded operations really write."""
    kept, _, stretches, outputs = recorded(whole)
    expected = outputs.clone()
    for storage in kept.storages():
        storage.fill_(0xFF)
    with torch.no_grad():
        for stretch in stretches:
            for operation in stretch:
                operation.run_again()
    assert torch.equal(outputs, expected)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_a_counter_above_sees_and_changes_nothing(whole: Whole, mode: Callable[[], Any]) -> None:
    def alone() -> Any:
        with mode():
            return whole.run()

    def counted() -> Any:
        counter = CostCounter()
        with counter:
            return alone()

    steps = learned(alone, whole.component_now)
    _, sharing, _ = shared(counted, whole.component_now, steps)
    assert sharing.refused == ""
    assert [s.operator for s in steps] == [s.operator for s in learned(counted, whole.component_now)]


def simple(parts: Parts) -> torch.Tensor:
    with parts.within("a"):
        inner = START.exp().sin()
    with parts.within("b"):
        return inner.cos().tan()


def test_another_operator_than_in_the_eager_forward_is_refused() -> None:
    parts = Parts()
    steps = learned(lambda: simple(parts), parts)

    def other() -> torch.Tensor:
        with parts.within("a"):
            return START.sqrt()

    kept, sharing, outputs = shared(other, parts, steps)
    assert "aten.sqrt.default in 'a' was not at this place" in sharing.refused
    assert [tensor.data_ptr() for tensor in kept.storages()] == [outputs.data_ptr()]


def test_another_size_and_a_shorter_forward_are_refused() -> None:
    parts = Parts()
    steps = learned(lambda: simple(parts), parts)
    _, sharing, _ = shared(lambda: simple(parts), parts, [replace(steps[0], sizes_bytes=(4,)), *steps[1:]])
    assert "not at this place" in sharing.refused
    _, sharing, _ = shared(lambda: simple(parts), parts, [*steps, steps[-1]])
    assert "had more operators" in sharing.refused


def test_views_that_come_and_go_do_not_matter() -> None:
    parts = Parts()
    viewed = []

    def forward() -> torch.Tensor:
        with parts.within("a"):
            inner = START.exp()
            if viewed:
                inner = inner.view(2, 3).view(6)
            inner = inner.sin()
        with parts.within("b"):
            return inner.cos()

    steps = learned(forward, parts)
    viewed.append(True)
    _, sharing, _ = shared(forward, parts, steps)
    assert sharing.refused == ""


def test_work_that_torch_did_not_dispatch_is_refused() -> None:
    parts = Parts()
    nodes = [0]

    def forward() -> torch.Tensor:
        with parts.within("a"):
            inner = START.exp().sin()
        nodes[0] += 1  # a kernel of somebody else
        with parts.within("b"):
            return inner.cos()

    _, sharing, _ = shared(forward, parts, learned(forward, parts), lambda: nodes[0])
    assert "did not dispatch" in sharing.refused and "aten.cos.default" in sharing.refused

    def last() -> torch.Tensor:
        result = simple(parts)
        nodes[0] += 1
        return result

    _, sharing, _ = shared(last, parts, learned(last, parts), lambda: nodes[0])
    assert "end of the forward" in sharing.refused


def test_scratch_that_outlives_the_captured_forward_is_refused() -> None:
    parts = Parts()
    held: list[torch.Tensor] = []

    def forward() -> torch.Tensor:
        with parts.within("a"):
            inner = START.exp()
            if holding:
                held.append(inner)
            return inner.sin()

    holding = False
    steps = learned(forward, parts)
    holding = True
    _, sharing, _ = shared(forward, parts, steps)
    assert "still in use" in sharing.refused


def test_shared_memory_that_an_operator_keeps_for_itself_is_refused() -> None:
    class WithWorkspace(Arena):
        def blocks_in_use(self) -> int:
            return super().blocks_in_use() + 1

    parts = Parts()
    steps = learned(lambda: simple(parts), parts)
    _, sharing, _ = shared(lambda: simple(parts), parts, steps, arena=WithWorkspace(parts))
    assert "still in use" in sharing.refused


def test_scratch_moved_to_other_memory_is_refused() -> None:
    parts = Parts()

    def forward() -> torch.Tensor:
        with parts.within("a"):
            inner = START.exp()
            inner.resize_(1000)
            return inner[:6].sin()

    _, sharing, _ = shared(forward, parts, learned(forward, parts))
    assert "moved a tensor" in sharing.refused


def test_an_allocator_that_does_not_switch_is_refused() -> None:
    parts = Parts()
    steps = learned(lambda: simple(parts), parts)
    arena = Arena(parts)
    arena.fails_to_enter = True
    kept, sharing, outputs = shared(lambda: simple(parts), parts, steps, arena=arena)
    assert sharing.refused == "torch's allocator does not switch pools: no such pool"
    assert not arena.inside
    assert len(list(kept.storages())) == 4

    class Elsewhere(Arena):
        def segments(self) -> list[tuple[int, int]]:
            super().segments()
            return []

    _, sharing, _ = shared(lambda: simple(parts), parts, steps, arena=Elsewhere(parts))
    assert "outside of its pool" in sharing.refused

    class Everywhere(Arena):
        def segments(self) -> list[tuple[int, int]]:
            super().segments()
            return [(0, 2**63)]

    _, sharing, outputs = shared(lambda: simple(parts), parts, steps, arena=Everywhere(parts))
    assert "lies in shared memory" in sharing.refused
    assert outputs.numel() == 6


def test_an_operator_that_fails_leaves_the_allocator_as_it_was() -> None:
    parts = Parts()

    def forward() -> Any:
        return torch.ones(2).add(1).matmul(operand), START.sin()

    operand = torch.ones(2)
    steps = learned(forward, parts)
    operand = torch.ones(3)
    arena = Arena(parts)
    with pytest.raises(RuntimeError):
        shared(forward, parts, steps, arena=arena)
    assert not arena.inside


def test_memory_that_the_allocator_would_give_away_is_refused() -> None:
    parts = Parts()
    arena = Arena(parts)
    arena.users = 0
    _, sharing, _ = shared(lambda: simple(parts), parts, learned(lambda: simple(parts), parts), arena=arena)
    assert sharing.refused == "torch's allocator would give the shared memory away"
