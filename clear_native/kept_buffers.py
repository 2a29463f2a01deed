"""Keeps every buffer that a forward makes, so that any part of its graph can be replayed on the real data.

torch's allocator gives a freed block to the next operator that asks. Under capture that would weave later results into
the inputs of earlier nodes. Two things prevent it: every operator's outputs are held, and whatever an operator took and
freed inside itself (workspaces, temporaries) is taken out of the pool right after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter

__all__ = ["KeptBuffers", "Mutation"]


@dataclass(frozen=True)
class Mutation:
    """An in-place update by one component of a tensor that another one made, or that was there before the forward."""

    operator: str
    writer: str
    owner: str | None  # None: made before the forward (a parameter, a buffer, an input, a cache)


@dataclass(eq=False)
class KeptBuffers(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Entered around the captured forward. Everything it holds must outlive the graph.

    `component_now` names the component that runs at the moment of the call.
    """

    device: torch.device
    pool: Any  # id of the graph's memory pool
    component_now: Callable[[], str]
    tensors: list[torch.Tensor] = field(default_factory=list)
    mutations: list[Mutation] = field(default_factory=list)
    operators_with_temporaries: dict[str, int] = field(default_factory=dict)
    operator_now: str = ""
    _plugs: list[torch.Tensor] = field(default_factory=list)
    _owner: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.operator_now = str(func)
        kwargs = kwargs or {}
        before = self._allocations()
        result = func(*args, **kwargs)
        allocated = self._allocations() - before
        self._note_mutations(func, args, kwargs)
        if self._keep(result, may_own=allocated > 0) < allocated:
            self.operators_with_temporaries[self.operator_now] = (
                self.operators_with_temporaries.get(self.operator_now, 0) + 1
            )
            self._plug_freed_blocks()
        return result

    @property
    def kept_bytes(self) -> int:
        """Bytes of all distinct storages held, temporaries' places included."""
        return sum(tensor.untyped_storage().nbytes() for tensor in (*self.storages(), *self._plugs))

    def storages(self) -> Iterator[torch.Tensor]:
        """Every storage that the forward made, once, as a tensor of its bytes."""
        seen: set[int] = set()
        for tensor in self.tensors:
            storage = tensor.untyped_storage()
            if storage.data_ptr() in self._owner and storage.data_ptr() not in seen:
                seen.add(storage.data_ptr())
                yield torch.empty(0, dtype=torch.uint8, device=tensor.device).set_(storage)

    def _allocations(self) -> int:
        if self.device.type != "cuda":
            return 0
        stats: Any = torch.cuda.memory_stats_as_nested_dict(self.device)
        return int(stats["allocation"]["all"]["allocated"])

    def _keep(self, result: Any, may_own: bool) -> int:
        """Holds the tensors of `result`; returns how many new storages there are among them.

        An operator that allocated nothing returns views, also of parameters and inputs, which no component owns.
        """
        new = 0
        for tensor in tree_iter(result):
            if not isinstance(tensor, torch.Tensor) or tensor.device != self.device:
                continue
            pointer = tensor.untyped_storage().data_ptr()
            if may_own and pointer not in self._owner and tensor.untyped_storage().nbytes() > 0:
                self._owner[pointer] = self.component_now()
                new += 1
            self.tensors.append(tensor)
        return new

    def _plug_freed_blocks(self) -> None:
        # Every free block of the graph's pool is taken, the unused tails of its segments too: after this nothing that
        # an operator freed can be handed out again. Costs at most a segment (20 MiB) for each such operator.
        snapshot: Any = torch.cuda.memory_snapshot(self.pool)  # type: ignore[no-untyped-call]
        for segment in snapshot:
            for block in segment["blocks"]:
                if block["state"] == "inactive":
                    self._plugs.append(torch.empty(block["size"], dtype=torch.uint8, device=self.device))

    def _note_mutations(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if not func._schema.is_mutable:
            return
        writer = self.component_now()
        for position, argument in enumerate(func._schema.arguments):
            if argument.alias_info is None or not argument.alias_info.is_write:
                continue
            value = args[position] if position < len(args) else kwargs.get(argument.name)
            for tensor in tree_iter(value):
                if isinstance(tensor, torch.Tensor) and tensor.device == self.device:
                    owner = self._owner.get(tensor.untyped_storage().data_ptr())
                    if owner != writer:
                        self.mutations.append(Mutation(str(func), writer, owner))
