"""Which buffers of a forward stay inside one stretch of one component, and which cross."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from scratch_arena import CPU, START, Parts, learned
from torch import nn

from clear_native.capture.buffer_fates import BufferFates
from clear_native.capture.capture import SpanRecorder
from clear_native.subject.components import discover


def fates(forward: Callable[[Parts], Any]) -> dict[str, bool]:
    """{operator: its outputs are scratch} of one forward."""
    parts = Parts()
    return {step.operator.split(".")[1]: step.scratch for step in learned(lambda: forward(parts), parts)}


def test_what_another_component_reads_crosses_and_what_it_does_not_is_scratch() -> None:
    def forward(parts: Parts) -> torch.Tensor:
        with parts.within("a"):
            inner = START.exp()
            left = inner.sin()
        with parts.within("b"):
            return left.cos()  # `inner` is still a name here, but nothing reads it

    assert fates(forward) == {"exp": True, "sin": False, "cos": False}


def test_calls_of_one_component_that_follow_each_other_are_one_stretch() -> None:
    def forward(parts: Parts) -> torch.Tensor:
        with parts.within("a"):
            first = START.exp()
        with parts.within("a"):
            second = first.sin()
        with parts.within("b"):
            between = second.cos()
        with parts.within("a"):
            return between + second.tan()

    assert fates(forward) == {"exp": True, "sin": False, "cos": False, "tan": True, "add": False}


def test_the_same_component_in_a_later_stretch_is_another_reader() -> None:
    def forward(parts: Parts) -> torch.Tensor:
        with parts.within("a"):
            before = START.exp()
        with parts.within("b"):
            START.sin()
        with parts.within("a"):
            return before.cos()

    assert fates(forward) == {"exp": False, "sin": True, "cos": False}


def test_views_share_the_fate_of_their_storage() -> None:
    def forward(parts: Parts) -> torch.Tensor:
        with parts.within("a"):
            view = START.exp().view(2, 3).t()
            START.sin().view(3, 2)
        with parts.within("b"):
            return torch.cos(input=view)

    assert fates(forward) == {"exp": False, "sin": True, "cos": False}


def test_lists_and_keywords_count_as_read() -> None:
    def forward(parts: Parts) -> torch.Tensor:
        with parts.within("a"):
            pieces = [START.exp(), START.sin()]
            mask = START.gt(2)
        with parts.within("b"):
            return torch.where(condition=mask, input=torch.cat(pieces)[:6], other=START)

    assert fates(forward) == {"exp": False, "sin": False, "gt": False, "cat": True, "where": False}


def test_what_is_stored_somewhere_crosses() -> None:
    cache: list[torch.Tensor] = []

    def forward(parts: Parts) -> dict[str, Any]:
        with parts.within("a"):
            cache[:] = [START.exp()[:2]]
            START.sin()
        return {"deep": [START.cos()]}

    assert fates(forward) == {"exp": False, "sin": True, "cos": False}


def test_an_operator_with_one_crossing_output_keeps_all() -> None:
    def forward(parts: Parts) -> torch.Tensor:
        with parts.within("a"):
            values, _ = START.view(2, 3).max(dim=1)
        with parts.within("b"):
            return values.cos()

    assert fates(forward) == {"max": False, "cos": False}


def test_learning_holds_nothing_and_leaves_the_model_as_it_was() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4))
    recorder = SpanRecorder(discover(model, {"up": "0", "down": "2"}), list)
    learning = BufferFates(CPU, recorder.component_now, lambda: None)
    inputs = torch.ones(1, 4)
    with torch.no_grad(), learning, recorder.attached(model):
        outputs = model(inputs)
    assert [(step.component, step.scratch) for step in learning.plan()] == [
        ("up", False), ("other", False), ("down", False),
    ]  # fmt: skip
    del outputs
    assert [step.scratch for step in learning.plan()] == [False, False, True]  # nobody holds it any more
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
