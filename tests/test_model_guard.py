"""The model leaves the guard as it came, whatever was done inside and however it ended."""

from __future__ import annotations

import random
import warnings
from contextlib import nullcontext
from typing import Any

import numpy
import pytest
import torch
from tiny_models import llama
from torch import nn

from clear_native.subject.model_guard import raised_in, unchanged


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


@pytest.mark.parametrize("inference", [False, True])
def test_inputs_are_put_back(inference: bool) -> None:
    with torch.inference_mode(inference):
        x = torch.ones(3)
    with unchanged(nn.ReLU(), [x, torch.ones(1).expand(4)]), torch.inference_mode():
        x.add_(1)
    assert torch.equal(x, torch.ones(3))


def break_restorers(model: nn.Module, ending: type[BaseException] | None) -> str:
    with unchanged(model):
        model.get_parameter("0.weight").grad = torch.ones(4, 4)
        model.get_buffer("1.running_mean").resize_(7)  # a copy of four does not fit in it any more
        model.register_forward_hook(lambda *_: None)
        if ending is not None:
            raise ending("the reason")
        return "the result"


@pytest.mark.parametrize("warnings_are_errors", [False, True])
def test_restorer_that_fails_hides_nothing(warnings_are_errors: bool) -> None:
    for ending in (None, RuntimeError, KeyboardInterrupt):
        model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
        with warnings.catch_warnings(record=not warnings_are_errors) as seen:
            warnings.simplefilter("error" if warnings_are_errors else "always")
            if ending is None:
                assert break_restorers(model, None) == "the result"
            else:
                with pytest.raises(ending, match="the reason"):
                    break_restorers(model, ending)
        assert warnings_are_errors or ["1.running_mean" in str(warning.message) for warning in seen or []] == [True]
        assert model.get_parameter("0.weight").grad is None, "the others are restored"
        assert not model._forward_hooks


def test_module_that_an_error_came_out_of() -> None:
    model = nn.Sequential(nn.ReLU(), nn.Sequential(nn.Linear(4, 4)))
    with pytest.raises(RuntimeError) as caught:
        model(torch.ones(1, 3))
    assert raised_in(model, caught.value) == "module '1.0' (Linear)"
    assert raised_in(nn.ReLU(), caught.value) is None
