"""Memory that the stretches of a captured forward share for what none of them leaves to another.

`ScratchSharing` walks through what `BufferFates` learned, sends each operator to one of two memory pools, and proves
again what it relies on: the same operators, no use of scratch after its stretch, no work that torch did not dispatch,
nothing left alive, no crossing storage in the shared pool. Where one of these fails it says why, and the capture is
made anew with everything kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch.multiprocessing.reductions import StorageWeakRef

from clear_native.capture.buffer_fates import Step, Stretches, sizes_of

__all__ = ["ScratchMemory", "ScratchPool", "ScratchSharing"]

_UNSEEN = "work that torch did not dispatch, or that went to another stream or thread, was captured"


class ScratchMemory(Protocol):
    """A place of its own for scratch."""

    def enter(self) -> None:
        """What is allocated from now on lies in it. Raises RuntimeError, and changes nothing, if that cannot be."""

    def leave(self) -> None:
        """What is allocated from now on lies where it did before."""

    def segments(self) -> list[tuple[int, int]]:
        """(address, bytes) of the memory."""

    def blocks_in_use(self) -> int: ...

    def stays(self) -> bool:
        """Whether the memory belongs to this object alone for as long as it lives, though all of it is free."""


class ScratchPool:
    """A memory pool of torch's allocator beside the pool of a graph under capture.

    The allocator serves the first pool in its list that wants an allocation, and the graph's is always first. So the
    graph's pool is taken off the list while operators allocate here, and put back after each. From then on it is that
    of the thread, where it was that of every stream under capture.
    """

    def __init__(self, device: torch.device, graph_pool: Any) -> None:
        self._device: int = device.index
        self._graph_pool = graph_pool
        with torch.cuda.device(device):
            self._pool = torch.cuda.MemPool()

    def enter(self) -> None:
        torch._C._cuda_endAllocateToPool(self._device, self._graph_pool)
        try:
            torch._C._cuda_beginAllocateCurrentThreadToPool(self._device, self._pool.id)
        except RuntimeError:
            self._back_to_graph()
            raise

    def leave(self) -> None:
        torch._C._cuda_endAllocateToPool(self._device, self._pool.id)
        torch._C._cuda_releasePool(self._device, self._pool.id)  # begin counted one user more
        self._back_to_graph()

    def segments(self) -> list[tuple[int, int]]:
        return [(int(segment["address"]), int(segment["total_size"])) for segment in self._snapshot()]

    def blocks_in_use(self) -> int:
        return sum(block["state"] != "inactive" for segment in self._snapshot() for block in segment["blocks"])

    def stays(self) -> bool:
        # `torch.cuda.empty_cache()`, and torch when memory runs out, take only from pools that nobody uses; and only
        # what is sent to a pool by its name is allocated there.
        return self._pool.use_count() > 0

    def _snapshot(self) -> Any:
        return torch.cuda.memory_snapshot(self._pool.id)  # type: ignore[no-untyped-call]

    def _back_to_graph(self) -> None:
        torch._C._cuda_beginAllocateCurrentThreadToPool(self._device, self._graph_pool)
        torch._C._cuda_releasePool(self._device, self._graph_pool)


@dataclass
class _Scratch:
    """The storage made last at an address of the shared memory."""

    component: str
    stretch: int
    storage: StorageWeakRef


@dataclass
class ScratchSharing:
    """Decides for each operator of a captured forward whether it allocates in the shared memory.

    `frontier` tells what the next graph node would depend on, and from which stream and thread it would come: it moves
    only when work is captured.
    """

    steps: list[Step]
    memory: ScratchMemory
    frontier: Callable[[], object]
    refused: str = ""  # why this capture must not be used; nothing is sent to the shared memory from then on
    _position: int = 0
    _frontier: object = None
    _stretches: Stretches = field(default_factory=Stretches)
    _scratch: dict[int, _Scratch] = field(default_factory=dict)
    _written_bytes: dict[int, int] = field(default_factory=dict)  # by address: the largest storage that began there
    _used: list[tuple[torch.UntypedStorage, int]] = field(default_factory=list)

    def begin(self, operator: str, component: str, used: Iterable[torch.UntypedStorage]) -> bool:
        """Before an operator. True: it allocates in the shared memory until `end`."""
        if self.refused:
            return False
        if self._frontier is not None and self._frontier != self.frontier():
            self._refuse(f"{_UNSEEN} before {operator} in '{component}'")
        stretch = self._stretches.at(component)
        self._used = [(storage, storage.data_ptr()) for storage in used]
        for _, address in self._used:
            made = self._scratch.get(address)
            if made is not None and made.stretch != stretch:
                self._refuse(f"{operator} in '{component}' uses what '{made.component}' made for itself")
        step = self._next()
        if self.refused or step is None or not step.scratch or (step.operator, step.component) != (operator, component):
            return False
        try:
            self.memory.enter()
        except RuntimeError as error:
            self._refuse(f"torch's allocator does not switch pools: {str(error).splitlines()[0]}")
            return False
        return True

    def end(self, operator: str, component: str, new: list[torch.UntypedStorage], shared: bool) -> bool:
        """After an operator that made `new`. True: these are scratch and must not be held."""
        if shared:
            self.memory.leave()
        used, self._used = self._used, []
        self._frontier = self.frontier()
        if self.refused:
            return False
        if any(storage.data_ptr() != address for storage, address in used if address in self._scratch):
            self._refuse(f"{operator} in '{component}' moved a tensor to other memory")
        if not new:
            return False
        step = self._next()
        if step is None or (operator, component, sizes_of(new)) != (step.operator, step.component, step.sizes_bytes):
            self._refuse(f"{operator} in '{component}' was not at this place in the eager forward")
            return False
        self._position += 1
        if step.scratch:
            stretch = self._stretches.at(component)
            for storage in new:
                address, weak = storage.data_ptr(), StorageWeakRef(storage)  # type: ignore[no-untyped-call]
                self._scratch[address] = _Scratch(component, stretch, weak)
                self._written_bytes[address] = max(storage.nbytes(), self._written_bytes.get(address, 0))
        return step.scratch

    def abandon(self, operator: str, component: str, shared: bool) -> None:
        """After an operator that raised. The capture may be invalid then, so that nothing can be asked of it."""
        if shared:
            self.memory.leave()
        self._used = []
        self._refuse(f"{operator} in '{component}' raised")

    def holds(self, storage: torch.UntypedStorage) -> bool:
        """Whether this is scratch that was made before and is still there."""
        made = self._scratch.get(storage.data_ptr())
        return made is not None and bool(made.storage.cdata == storage._cdata)

    def close(self, crossing: Iterable[int]) -> None:
        """After the forward, while what it returned is held. `crossing`: addresses of the storages that are kept."""
        if not self.refused and self._frontier is not None and self._frontier != self.frontier():
            self._refuse(f"{_UNSEEN} at the end of the forward")
        if not self.refused and self._next() is not None:
            self._refuse("the eager forward had more operators")
        segments = self.memory.segments()
        if not all(_inside(segments, address) for address in self._scratch):
            self._refuse("torch's allocator does not switch pools: scratch lies outside of its pool")
        if any(_inside(segments, address) for address in crossing):
            self._refuse("a buffer that crosses components lies in shared memory")
        if self.memory.blocks_in_use() or not all(
            made.storage.expired()  # type: ignore[no-untyped-call]
            for made in self._scratch.values()
        ):
            self._refuse("a buffer of one stretch was still in use after the forward")
        if not self.memory.stays():
            self._refuse("torch's allocator would give the shared memory away")

    def owner(self, address: int) -> str | None:
        """The component that made the scratch storage at this address."""
        made = self._scratch.get(address)
        return made.component if made is not None else None

    @property
    def shared_bytes(self) -> int:
        """Memory that the shared pool takes from the device."""
        return sum(size for _, size in self.memory.segments())

    def ranges(self) -> Iterator[tuple[int, int]]:
        """(begin, end) addresses of scratch storages; they overlap where memory was shared."""
        return ((address, address + size) for address, size in self._written_bytes.items())

    def _next(self) -> Step | None:
        return self.steps[self._position] if self._position < len(self.steps) else None

    def _refuse(self, reason: str) -> None:
        self.refused = self.refused or reason


def _inside(segments: list[tuple[int, int]], address: int) -> bool:
    return any(start <= address < start + size for start, size in segments)
