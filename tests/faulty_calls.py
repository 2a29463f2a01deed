"""A small model whose every module can be made to fail at a given call, what a measurement may not change of it, and
profiles whose windows were measured before, so that a test may walk over all stages in little time."""

from __future__ import annotations

import copy
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import numpy
import pytest
import torch
from torch import nn

import clear_native as cn
from clear_native import _core
from clear_native.machine import environment

COMPONENTS = {"attention": "layers.*.attention", "mlp": "layers.*.mlp", "norm": "norm"}
QUICK: dict[str, Any] = {
    "components": COMPONENTS, "precision": 0.5, "max_time": 2.0, "meter": "estimate:50", "progress": False, "seed": 7,
}  # fmt: skip
METHODS = ("in_situ", "partition", "isolated")
X = torch.linspace(-1, 1, 8).reshape(2, 4)


class Part(nn.Module):
    """A linear map that calls `before` first."""

    def __init__(self) -> None:
        super().__init__()
        self.map = nn.Linear(4, 4)
        self.before: Callable[[], None] = lambda: None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.before()
        return self.map(x)


class Layer(Part):
    def __init__(self) -> None:
        super().__init__()
        self.attention, self.mlp = Part(), Part()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.before()
        return self.mlp(self.attention(x))


class Model(Part):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.ModuleList([Layer(), Layer()])
        self.norm = Part()
        self.register_buffer("seen", torch.zeros(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.before()
        torch.rand(1)  # which a measurement has to undo
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)


PLACES = ("", "layers.1", "layers.0.attention", "layers.1.mlp", "norm")


def with_history() -> Model:
    """A model that has what a measurement could lose: mixed modes, hooks, gradients, a forward of its owner's."""
    model = Model().train()
    model.layers[0].eval()
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    next(model.parameters()).requires_grad_(False)
    model.register_forward_hook(lambda module, args, output: output)
    model.norm.register_forward_pre_hook(lambda module, args: None)
    own = model.norm.forward
    model.norm.forward = lambda x: own(x)
    return model


def state(model: nn.Module) -> dict[str, Any]:
    hooks = ("_forward_pre_hooks", "_forward_hooks", "_forward_hooks_always_called", "_forward_hooks_with_kwargs")
    return {
        "modules": [(name, id(module)) for name, module in model.named_modules()],
        "hooks": [dict(getattr(module, table)) for module in model.modules() for table in hooks],
        "forward": [module.__dict__.get("forward") for module in model.modules()],
        "training": [module.training for module in model.modules()],
        "parameters": [(p.requires_grad, None if p.grad is None else id(p.grad)) for p in model.parameters()],
        "contents": {name: value.tolist() for name, value in model.state_dict().items()},
        "grad_mode": torch.is_grad_enabled(),
        "rng": (torch.get_rng_state().tolist(), random.getstate(), numpy.random.get_state()[1].tolist()),  # type: ignore[index]
    }


class FailsAt:
    """Raises at one call of it, counted from 1; 0: never, it only counts."""

    def __init__(self, at: int, error: BaseException | type[BaseException]) -> None:
        self.at, self.error, self.calls = at, error, 0

    def __call__(self, *_: object) -> None:
        self.calls += 1
        if self.calls == self.at:
            raise self.error


class Measured:
    """What the engine measured in one profile of each method; `replayed` gives it again in no time."""

    def __init__(self) -> None:
        self.results: dict[str, dict[str, Any]] = {}
        run_rounds, run_weighing = _core.run_rounds, _core.run_weighing
        for method in METHODS:

            def keep(run: Callable[..., Any], *args: Any, method: str = method) -> Any:
                self.results[method] = run(*args)
                return self.results[method]

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(_core, "run_rounds", lambda *args, keep=keep: keep(run_rounds, *args))
                patch.setattr(_core, "run_weighing", lambda *args, keep=keep: keep(run_weighing, *args))
                for max_time in (1.0, 10.0, 60.0):  # a busy machine may need more for one round
                    with suppress(cn.BadInputError):
                        cn.profile(Model(), X, method=method, **{**QUICK, "max_time": max_time})
                        break

    @contextmanager
    def replayed(self, method: str) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            for run in ("run_rounds", "run_weighing"):
                patch.setattr(_core, run, lambda *args: copy.deepcopy(self.results[method]))
            patch.setattr("importlib.metadata.version", lambda package: "1")  # each reads a file
            patch.setattr(environment, "_git", lambda *args: None)  # starts a process
            yield


@contextmanager
def at_entry_of(function: str, action: Callable[[], None]) -> Iterator[None]:
    """`action` once, when the first function of clear_native of this name ("module.function") is entered."""
    pending = [action]

    def watch(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and pending and name_of(frame) == function:
            pending.pop()()

    sys.setprofile(watch)
    try:
        yield
    finally:
        sys.setprofile(None)


def functions_entered(run: Callable[[], object]) -> list[str]:
    """Every function of clear_native that `run` enters, in the order of their first calls."""
    found: dict[str, None] = {}

    def watch(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and (name := name_of(frame)) is not None:
            found[name] = None

    sys.setprofile(watch)
    try:
        run()
    finally:
        sys.setprofile(None)
    return list(found)


def name_of(frame: FrameType) -> str | None:
    module = frame.f_globals.get("__name__", "")
    return f"{module}.{frame.f_code.co_name}" if module.startswith("clear_native.") else None
