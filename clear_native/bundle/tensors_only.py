"""A model as a function of tensors alone: its other arguments are baked in, and of its results the tensors are kept."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
import torch.utils._pytree as pytree
from torch import nn

from clear_native.activation_store.kept_values import tensors_in
from clear_native.errors import BadInputError
from clear_native.subject.inputs import Inputs

__all__ = ["MODEL_PATH", "TensorsOnly"]

MODEL_PATH = "model"  # what the wrapped model is called in module paths of an exported program


class TensorsOnly(nn.Module):
    """`forward(*inputs)` calls the model with them in the places of the tensors that it was made with.

    `inputs`: these tensors, in order of the arguments. Results are a tuple of the tensors in the model's results, in
    order; a result inside an object that is no tuple, list, dict or registered container is left out.
    """

    def __init__(self, model: nn.Module, inputs: Inputs) -> None:
        super().__init__()
        self.model = model
        leaves, self._shape = pytree.tree_flatten((inputs.args, inputs.kwargs))
        self._check(leaves)
        self._fixed = [None if isinstance(leaf, torch.Tensor) else leaf for leaf in leaves]
        self._places = [place for place, leaf in enumerate(leaves) if isinstance(leaf, torch.Tensor)]
        self.inputs: tuple[torch.Tensor, ...] = tuple(leaves[place] for place in self._places)
        self.around: Callable[[], AbstractContextManager[None]] = nullcontext  # entered for every forward

    def forward(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        leaves = list(self._fixed)
        for place, tensor in zip(self._places, tensors, strict=True):
            leaves[place] = tensor
        args, kwargs = pytree.tree_unflatten(leaves, self._shape)
        with self.around():
            results = pytree.tree_leaves(self.model(*args, **kwargs))
        return tuple(result for result in results if isinstance(result, torch.Tensor))

    @staticmethod
    def _check(leaves: list[Any]) -> None:
        for leaf in leaves:
            if not isinstance(leaf, torch.Tensor) and any(True for _ in tensors_in(leaf)):
                raise BadInputError(
                    f"an input is a {type(leaf).__name__}, which holds tensors in a way that cannot be told apart: a "
                    "plan takes tensors only, so pass tensors, tuples, lists and dicts of them (and no key-value cache)"
                )
