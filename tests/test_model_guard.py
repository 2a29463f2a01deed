"""The model leaves the guard as it came, whatever was done inside and however it ended."""

from __future__ import annotations

import random
from contextlib import nullcontext
from typing import Any

import numpy
import pytest
import torch
from tiny_models import llama
from torch import nn

from clear_native.model_guard import unchanged


def model_with_history() -> nn.Sequential:
    """Mixed modes, a frozen parameter, gradients, a hook of its owner, running statistics, a forward of its own."""
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 4))
    model(torch.ones(3, 4)).sum().backward()
    model[1].eval()
    model[3].weight.requires_grad_(False)
    model[0].register_forward_hook(lambda module, args, output: output)
    model[2].forward = lambda x: x
    return model.train(True)


def state(model: nn.Module) -> dict[str, Any]:
    return {
        "training": [module.training for module in model.modules()],
        "forward": [module.__dict__.get("forward") for module in model.modules()],
        "pre": [dict(module._forward_pre_hooks) for module in model.modules()],
        "post": [dict(module._forward_hooks) for module in model.modules()],
        "kwargs": [dict(module._forward_pre_hooks_with_kwargs) for module in model.modules()],
        "requires_grad": [parameter.requires_grad for parameter in model.parameters()],
        "grad": [None if p.grad is None else p.grad.tolist() for p in model.parameters()],
        "buffers": [buffer.tolist() for buffer in model.buffers()],
        "grad_mode": torch.is_grad_enabled(),
        "rng": torch.get_rng_state().tolist(),
        "random": random.getstate(),
        "numpy": numpy.random.get_state(legacy=False)["state"]["key"].tolist(),
    }


def wreck(model: nn.Sequential) -> None:
    model.train()
    model(torch.randn(8, 4)).sum().backward()
    model[1].running_var = torch.full((4,), 7.0)
    for module in model.modules():
        module.register_forward_pre_hook(lambda module, args, kwargs: None, with_kwargs=True)
        module.register_forward_hook(lambda module, args, output: None, always_call=True)
        module.eval()
        module.forward = lambda x: x
    for parameter in model.parameters():
        parameter.requires_grad_(not parameter.requires_grad)
    torch.set_grad_enabled(False)
    random.random()
    numpy.random.rand()


def wreck_inside(model: nn.Sequential, before: dict[str, Any], ending: type[BaseException] | None) -> None:
    with unchanged(model):
        wreck(model)
        assert state(model) != before
        if ending is not None:
            raise ending


@pytest.mark.parametrize("ending", [None, RuntimeError, KeyboardInterrupt])
def test_everything_is_restored(ending: type[BaseException] | None) -> None:
    model = model_with_history()
    before = state(model)
    with nullcontext() if ending is None else pytest.raises(ending):
        wreck_inside(model, before, ending)
    assert state(model) == before


def test_every_wrecked_thing_is_seen_by_the_test() -> None:
    """Guards the test above: each part of the state really changes when nothing restores it."""
    model = model_with_history()
    before = state(model)
    try:
        wreck(model)
        changed = {key for key, value in state(model).items() if value != before[key]}
    finally:
        torch.set_grad_enabled(True)
    assert changed == set(before)


def test_the_mode_is_left_to_the_owner() -> None:
    model = llama().train()
    with unchanged(model):
        assert model.training
        assert torch.is_grad_enabled()


def test_owners_gradients_are_out_of_reach_inside() -> None:
    model = nn.Linear(2, 2)
    model(torch.ones(1, 2)).sum().backward()
    grad = model.weight.grad
    assert grad is not None
    values = grad.clone()
    with unchanged(model):
        assert model.weight.grad is None
        model(torch.ones(1, 2)).sum().backward()
    assert model.weight.grad is grad
    assert torch.equal(grad, values)
