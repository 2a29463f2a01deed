"""One module call made again: on its kept arguments, with calls of other components inside it answered."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from clear_native.activation_store.kept_values import KeptValue, is_immutable
from clear_native.errors import BadInputError

__all__ = ["Answers", "ReplayedCall", "Surroundings"]

_AUTOCAST_DEVICES = ("cpu", "cuda")


@dataclass(frozen=True)
class Surroundings:
    """Modes around a call that decide which kernels run."""

    autocast: tuple[tuple[str, torch.dtype], ...]
    inference: bool

    @classmethod
    def now(cls) -> Surroundings:
        on = tuple(
            (device, torch.get_autocast_dtype(device))
            for device in _AUTOCAST_DEVICES
            if torch.is_autocast_enabled(device)
        )
        return cls(on, torch.is_inference_mode_enabled())

    @property
    def plain(self) -> bool:
        return not self.autocast and not self.inference

    def enter_in(self, stack: ExitStack) -> None:
        for device, dtype in self.autocast:
            stack.enter_context(torch.autocast(device, dtype, cache_enabled=False))
        if self.inference:
            stack.enter_context(torch.inference_mode())

    def enter_exactly_in(self, stack: ExitStack) -> None:
        """Also switches off what is on outside."""
        dtypes = dict(self.autocast)
        for device in _AUTOCAST_DEVICES:
            enabled = device in dtypes
            stack.enter_context(torch.autocast(device, dtypes.get(device), enabled=enabled, cache_enabled=False))
        if self.inference != torch.is_inference_mode_enabled():
            stack.enter_context(torch.inference_mode(self.inference))
            stack.enter_context(torch.no_grad())  # leaving inference mode switches gradients on


class Answers:
    """Stands in for the forward of `module`: gives its kept outputs, in order."""

    def __init__(self, module: nn.Module, name: str, outputs: list[KeptValue]) -> None:
        self._module = module
        self._name = name
        self._outputs = outputs
        self._given = 0
        self._own_forward = module.__dict__.get("forward")

    def begin(self) -> None:
        self._given = 0
        self._module.__dict__["forward"] = self  # past nn.Module.__setattr__, which looks through all its tables first

    def end(self) -> None:
        if self._own_forward is None:
            self._module.__dict__.pop("forward", None)
        else:
            self._module.__dict__["forward"] = self._own_forward

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._given == len(self._outputs):
            raise BadInputError(
                f"a replay called module '{self._name}' more than the {self._given} times it was called in the model: "
                "the forward depends on something other than its inputs, make it deterministic"
            )
        self._given += 1
        return self._outputs[self._given - 1].get()


class ReplayedCall:
    """Made from (module, its name, its kept arguments, its surroundings, answers for calls inside it)."""

    def __init__(self, call: tuple[nn.Module, str, KeptValue, Surroundings, list[Answers]]) -> None:
        self.module, self.name, self.arguments, self._surroundings, self._answers = call

    def run(self) -> Any:
        try:
            for answers in self._answers:
                answers.begin()
            if self._surroundings.plain:
                return self._call()
            with ExitStack() as stack:
                self._surroundings.enter_in(stack)
                return self._call()
        finally:
            for answers in self._answers:
                answers.end()

    def direct(self) -> Callable[[], Any] | None:
        """The module's own call on the kept arguments, with nothing around it.

        None where a replay has to do more: set contents back, copy containers, answer calls inside, enter modes.
        """
        if self._answers or not self._surroundings.plain or self.arguments.is_set_back:
            return None
        args, kwargs = self.arguments.get()
        if not is_immutable((*args, *kwargs.values())):
            return None
        module = self.module
        return lambda: module(*args, **kwargs)

    def _call(self) -> Any:
        args, kwargs = self.arguments.get()
        return self.module(*args, **kwargs)
