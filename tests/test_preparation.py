"""Which execution a forward gets, and what is said where it cannot be the one that was wanted."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch
from family_models import FAMILIES
from tiny_models import bert, token_ids
from torch import nn

from clear_native.errors import BadInputError, CaptureFailedError
from clear_native.execution import Prepared
from clear_native.finishing import _doubts
from clear_native.in_situ import graph_dosing
from clear_native.partition import graph_execution
from clear_native.preparation import discovered, prepare
from clear_native.request import Request, checked


def request(model: nn.Module, execution: str = "auto", method: str = "in_situ") -> Request:
    """As of a GPU: "auto" is graph execution there."""
    asked = checked(model, token_ids(), None, method, "auto", "auto", 0.5, 1.0, "auto", 1, None, None, False)
    return dataclasses.replace(asked, execution="graph", may_fall_back=execution == "auto")


def prepared(asked: Request) -> Prepared:
    with torch.no_grad():
        return prepare(asked, discovered(asked.model, asked.inputs, None), idle=False)


@pytest.fixture
def uncapturable(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise CaptureFailedError("the forward cannot be captured: it failed in module 'gate' at aten.item")

    monkeypatch.setattr(graph_dosing, "prepare", refuse)
    monkeypatch.setattr(graph_execution, "prepare", refuse)


@pytest.mark.usefixtures("uncapturable")
@pytest.mark.parametrize("method", ["in_situ", "partition"])
def test_what_cannot_be_captured_is_measured_in_eager_and_labelled(method: str) -> None:
    found = prepared(request(bert(1), method=method))
    assert found.execution == "eager"
    assert found.doubts == ["not_capturable"]
    (warning,) = (text for text in found.warnings if "eager execution" in text)
    assert "module 'gate' at aten.item" in warning and "experts" not in warning
    assert _doubts(found, {"stop_reason": "max_time"}, None) == ["not_capturable"]


@pytest.mark.usefixtures("uncapturable")
@pytest.mark.parametrize(("experts", "hint"), [("eager", True), ("grouped_mm", True), ("batched_mm", False)])
def test_a_mixture_is_told_what_can_be_captured(experts: str, hint: bool) -> None:
    model = FAMILIES["olmoe"].model(num_hidden_layers=1)
    model.set_experts_implementation(experts)
    found = prepared(request(model))
    said = f'Experts run as "{experts}" now: model.set_experts_implementation("batched_mm")'
    assert any(said in text for text in found.warnings) == hint
    assert found.doubts == ["not_capturable"]


@pytest.mark.usefixtures("uncapturable")
def test_graphs_that_were_asked_for_are_not_replaced() -> None:
    with pytest.raises(CaptureFailedError, match="module 'gate'"):
        prepared(request(bert(1), execution="graph"))


def test_other_errors_are_not_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise BadInputError("something else")

    monkeypatch.setattr(graph_dosing, "prepare", refuse)
    with pytest.raises(BadInputError, match="something else"):
        prepared(request(bert(1)))


def test_only_auto_may_fall_back() -> None:
    for execution, may in (("auto", True), ("eager", False)):
        asked = checked(
            bert(1), token_ids(), None, "in_situ", execution, "auto", 0.5, 1.0, "auto", 1, None, None, False
        )
        assert asked.may_fall_back == may
