"""Spans of module calls and what is kept; the rest of capturing needs a GPU and is tested in tests/gpu."""

from __future__ import annotations

import contextlib
import itertools

import pytest
import torch
from scratch_arena import CPU, START, Parts, learned, shared
from torch import nn

from clear_native.capture.capture import SpanRecorder
from clear_native.capture.kept_buffers import KeptBuffers, Mutation
from clear_native.subject.components import discover


class Bad(nn.Module):
    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        raise ValueError("no")


class Careful(nn.Module):
    def __init__(self, catches: bool) -> None:
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.bad = Bad()
        self.last = nn.Linear(4, 4)
        self.catches = catches

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        hidden = self.first(hidden)
        if self.catches:
            with contextlib.suppress(ValueError):
                self.bad(hidden)
        else:
            hidden = self.bad(hidden)
        return self.last(hidden)


class Entered:
    def __init__(self) -> None:
        self.log: list[str] = []

    def enter(self, component: str) -> None:
        self.log.append(component)

    def exit(self) -> None:
        self.log.append("")


def recorded(model: nn.Module) -> tuple[SpanRecorder, Entered]:
    counter = itertools.count()
    observer = Entered()
    parts = discover(model, {"a": "first", "b": "bad", "c": "last"})
    return SpanRecorder(parts, lambda: [next(counter)], [observer]), observer


def test_spans_nest_and_carry_their_component() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Sequential(nn.ReLU(), nn.Linear(4, 4)))
    counter = itertools.count()
    recorder = SpanRecorder(discover(model, {"up": "0", "down": "1"}), lambda: [next(counter)])
    with recorder.attached(model):
        model(torch.ones(1, 4))
    assert [(call.module, call.component, call.parent) for call in recorder.calls] == [
        ("", "other", None),
        ("0", "up", 0),
        ("1", "down", 0),
        ("1.0", "down", 2),
        ("1.1", "down", 2),
    ]
    assert [(call.entry, call.exit) for call in recorder.calls] == [
        ((0,), (9,)), ((1,), (2,)), ((3,), (8,)), ((4,), (5,)), ((6,), (7,)),
    ]  # fmt: skip
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_a_module_whose_error_is_caught_has_an_empty_span_and_moves_nobody_elses() -> None:
    model = Careful(catches=True)
    recorder, observer = recorded(model)
    with recorder.attached(model):
        model(torch.ones(1, 4))
    calls = {call.module: call for call in recorder.calls}
    assert calls["bad"].entry == calls["bad"].exit
    assert calls["last"].parent == calls["first"].parent == 0
    assert calls[""].exit > calls["last"].exit > calls["last"].entry
    assert recorder.failed_in == ""
    assert recorder.component_now() == "other"
    assert observer.log == ["other", "a", "", "b", "", "c", "", ""]


def test_an_error_that_gets_out_names_the_innermost_module() -> None:
    model = Careful(catches=False)
    recorder, _ = recorded(model)
    with pytest.raises(ValueError, match="no"), recorder.attached(model):
        model(torch.ones(1, 4))
    assert recorder.failed_in == "bad"
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_an_update_in_place_is_noted_with_its_owner() -> None:
    parts = Parts()
    buffer = torch.zeros(6)

    def forward() -> torch.Tensor:
        with parts.within("a"):
            own = START.exp().mul_(2)
            crossing = own.sin()
        with parts.within("b"):
            buffer.add_(1)
            return crossing.mul_(2).cos()

    kept, sharing, _ = shared(forward, parts, learned(forward, parts))
    assert sharing.refused == ""
    assert kept.mutations == [
        Mutation("aten.add_.Tensor", "b", None),
        Mutation("aten.mul_.Tensor", "b", "a"),
    ]


def test_without_a_plan_everything_is_kept() -> None:
    parts = Parts()
    kept = KeptBuffers(CPU, None, parts)
    with kept:
        outputs = START.exp().view(2, 3).sin().cos().tan()
    assert [tensor.nbytes for tensor in kept.storages()] == [24] * 4
    assert kept.kept_bytes == kept.written_bytes == 96
    assert list(kept.storages())[-1].data_ptr() == outputs.data_ptr()
