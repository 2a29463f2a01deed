"""One module call as the activation store keeps it: what went in, what came out, and what was called inside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from clear_native.activation_store.kept_values import KeptValue, tensors_in, version
from clear_native.activation_store.replayed_call import Answers, Surroundings

__all__ = ["StoredCall", "Watched"]


@dataclass(eq=False)
class StoredCall:
    """A call of a module at which a component begins. Numbered in the order in which the calls began."""

    number: int
    name: str
    component: str
    module: nn.Module
    surroundings: Surroundings
    arguments: KeptValue
    output: KeptValue | None = None
    invoked: list[tuple[nn.Module, StoredCall | None]] = field(default_factory=list)
    """What this call invoked of the modules at which components begin, in order; None: part of this very call. What
    another call inside it invoked is listed there."""
    writes_to_arguments: bool = False
    output_written_later: bool = False
    watched: list[Watched] = field(default_factory=list)

    @property
    def children(self) -> list[StoredCall]:
        """Calls of other components directly inside this one, in order."""
        return [call for _, call in self.invoked if call is not None]

    def dissolve(self, child: StoredCall) -> None:
        """Makes `child`, which raised, part of this call."""
        at = next(position for position, (_, call) in enumerate(self.invoked) if call is child)
        self.invoked[at : at + 1] = [(child.module, None), *child.invoked]

    def replayed_with(
        self, answered: list[StoredCall]
    ) -> tuple[nn.Module, str, KeptValue, Surroundings, list[Answers]]:
        outputs: dict[nn.Module, list[KeptValue]] = {}
        names: dict[nn.Module, str] = {}
        for child in answered:
            assert child.output is not None
            outputs.setdefault(child.module, []).append(child.output)
            names[child.module] = child.name
        answers = [Answers(module, names[module], values) for module, values in outputs.items()]
        return self.module, self.name, self.arguments, self.surroundings, answers


@dataclass
class Watched:
    """A kept tensor, watched for writes in place: by the call that uses it on replay, and by whatever comes later."""

    slot: str  # "in" or "out"
    position: int
    tensor: torch.Tensor
    kept_at: int | None
    as_kept: torch.Tensor | None  # contents, of tensors that do not count writes
    written_by_call: bool = False

    @classmethod
    def all_in(cls, slot: str, value: Any) -> list[Watched]:
        return [
            cls(slot, position, tensor, version(tensor), tensor.clone() if version(tensor) is None else None)
            for position, tensor in enumerate(tensors_in(value))
        ]

    def written(self) -> bool:
        if self.as_kept is not None:
            return not torch.equal(self.tensor, self.as_kept)
        return version(self.tensor) != self.kept_at
