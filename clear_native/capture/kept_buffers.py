"""Keeps the buffers that a forward makes, so that any part of its graph can be replayed on the real data.

torch's allocator gives a freed block to the next operator that asks. Under capture that would weave later results into
the inputs of earlier nodes. Two things prevent it: operators' outputs are held, and whatever an operator took and freed
inside itself (workspaces, temporaries) is taken out of the pool right after it. Outputs that never leave their stretch
of the forward need no holding if they lie in memory of their own (`clear_native.capture.scratch_buffers`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter

from clear_native.capture.buffer_fates import is_composite, storages_in
from clear_native.capture.scratch_buffers import ScratchSharing

__all__ = ["KeptBuffers", "Mutation", "allocations", "plug_sizes"]

_SMALL_BYTES = 2**20  # the largest request that torch's allocator serves from a small segment


@dataclass(frozen=True)
class Mutation:
    """An in-place update by one component of a tensor that another one made, or that was there before the forward."""

    operator: str
    writer: str
    owner: str | None  # None: made before the forward (a parameter, a buffer, an input, a cache)


def allocations(device: torch.device) -> int | None:
    """How many blocks torch has handed out on this device so far; None on one that does not count."""
    if device.type != "cuda":
        return None
    stats: Any = torch.cuda.memory_stats_as_nested_dict(device)
    return int(stats["allocation"]["all"]["allocated"])


@dataclass(eq=False)
class KeptBuffers(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Entered around the captured forward. Everything it holds must outlive the graph.

    `component_now` names the component that runs at the moment of the call. Without `sharing` everything is kept, and
    `all_kept_because` may say why.
    """

    device: torch.device
    pool: Any  # id of the graph's memory pool
    component_now: Callable[[], str]
    sharing: ScratchSharing | None = None
    all_kept_because: str = ""
    tensors: list[torch.Tensor] = field(default_factory=list)
    mutations: list[Mutation] = field(default_factory=list)
    operators_with_temporaries: dict[str, int] = field(default_factory=dict)
    operator_now: str = ""
    _plugs: list[torch.Tensor] = field(default_factory=list)
    _owner: dict[int, str] = field(default_factory=dict)  # of each kept storage, by address

    def __post_init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        super().__exit__(kind, error, trace)  # type: ignore[no-untyped-call]
        if self.sharing is not None and error is None:
            self.sharing.close(self._owner)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if is_composite(func):
            with self:
                return func.decompose(*args, **kwargs)
        self.operator_now = str(func)
        component = self.component_now()
        used = storages_in((args, kwargs), self.device)
        shared = self.sharing is not None and self.sharing.begin(self.operator_now, component, used)
        new: list[torch.UntypedStorage] = []
        scratch = False
        try:
            before = allocations(self.device)
            result = func(*args, **kwargs)
            after = allocations(self.device)
            self._note_mutations(func, args, kwargs)
            new = self._new_storages(result, used) if before is None or after != before else []
        except BaseException:
            if self.sharing is not None:
                self.sharing.abandon(self.operator_now, component, shared)
            raise
        if self.sharing is not None:
            scratch = self.sharing.end(self.operator_now, component, new, shared)
        if not scratch:
            self._hold(result, new, component)
        if not shared and before is not None and after is not None and len(new) < after - before:
            self.operators_with_temporaries[self.operator_now] = (
                self.operators_with_temporaries.get(self.operator_now, 0) + 1
            )
            self._plug_freed_blocks()
        return result

    @property
    def kept_bytes(self) -> int:
        """Bytes of all distinct storages held, temporaries' places and the shared memory included."""
        held = sum(tensor.untyped_storage().nbytes() for tensor in (*self.storages(), *self._plugs))
        return held + (self.sharing.shared_bytes if self.sharing is not None else 0)

    @property
    def written_bytes(self) -> int:
        """Distinct bytes that one pass writes operators' outputs to: what caches and memory see of keeping buffers."""
        ranges = [(tensor.data_ptr(), tensor.data_ptr() + tensor.nbytes) for tensor in self.storages()]
        return _covered([*ranges, *(self.sharing.ranges() if self.sharing is not None else ())])

    def storages(self) -> Iterator[torch.Tensor]:
        """Every kept storage that the forward made, once, as a tensor of its bytes; shared memory is none."""
        seen: set[int] = set()
        for tensor in self.tensors:
            storage = tensor.untyped_storage()
            if storage.data_ptr() in self._owner and storage.data_ptr() not in seen:
                seen.add(storage.data_ptr())
                yield torch.empty(0, dtype=torch.uint8, device=tensor.device).set_(storage)

    def _new_storages(self, result: Any, used: list[torch.UntypedStorage]) -> list[torch.UntypedStorage]:
        # What is neither an argument's nor known is new: an operator may also hand out a buffer that it keeps.
        known = {storage.data_ptr() for storage in used}
        return [
            storage
            for storage in storages_in(result, self.device)
            if storage.data_ptr() not in known
            and storage.data_ptr() not in self._owner
            and not (self.sharing is not None and self.sharing.holds(storage))
        ]

    def _hold(self, result: Any, new: list[torch.UntypedStorage], component: str) -> None:
        """Holds the tensors of `result`, views of kept storages and of parameters too, but not of scratch."""
        self._owner.update((storage.data_ptr(), component) for storage in new)
        self.tensors += [
            tensor
            for tensor in tree_iter(result)
            if isinstance(tensor, torch.Tensor)
            and tensor.device == self.device
            and not (self.sharing is not None and self.sharing.holds(tensor.untyped_storage()))
        ]

    def _plug_freed_blocks(self) -> None:
        # Every free block of the graph's pool is taken, the unused tails of its segments too: after this nothing that
        # an operator freed can be handed out again. Costs at most a segment (20 MiB) for each such operator.
        snapshot: Any = torch.cuda.memory_snapshot(self.pool)  # type: ignore[no-untyped-call]
        self._plugs += [torch.empty(size, dtype=torch.uint8, device=self.device) for size in plug_sizes(snapshot)]

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
                    owner = self._owner_of(tensor.untyped_storage().data_ptr())
                    if owner != writer:
                        self.mutations.append(Mutation(str(func), writer, owner))

    def _owner_of(self, address: int) -> str | None:
        owner = self._owner.get(address)
        return self.sharing.owner(address) if owner is None and self.sharing is not None else owner


def plug_sizes(segments: Iterable[Any]) -> list[int]:
    """Sizes in bytes of the allocations, in order, that take all free blocks of a snapshot's segments.

    torch serves requests of up to 1 MiB from small segments (of 2 MiB) only and larger ones from large segments only.
    So a larger block of a small segment is taken in pieces, and a smaller one of a large segment cannot be handed out.
    Whole pieces come first: they have just the room that they need, and leave each rest as it was counted.
    """
    whole: list[int] = []
    rests: list[int] = []
    for segment in segments:
        small = segment["segment_type"] == "small"
        for block in segment["blocks"]:
            if block["state"] != "inactive":
                continue
            pieces, rest = divmod(block["size"], _SMALL_BYTES) if small else (0, block["size"])
            whole += [_SMALL_BYTES] * pieces
            rests += [rest] if rest > (0 if small else _SMALL_BYTES) else []
    return [*whole, *rests]


def _covered(ranges: list[tuple[int, int]]) -> int:
    """Bytes in the union of [begin, end) ranges."""
    total, reached = 0, 0
    for begin, end in sorted(ranges):
        total += max(0, end - max(begin, reached))
        reached = max(reached, end)
    return total
