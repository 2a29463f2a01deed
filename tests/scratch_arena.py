"""Stand-ins for torch's memory pools and for graphs, whose stretches run in any order; components by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

from clear_native.capture.buffer_fates import BufferFates, Step, Stretches, storages_in
from clear_native.capture.kept_buffers import KeptBuffers
from clear_native.capture.scratch_buffers import ScratchSharing

CPU = torch.device("cpu")


START = torch.arange(6.0)


@dataclass
class Operation:
    """One operator of a recorded forward with the very tensors that it read and wrote."""

    stretch: int
    function: Any
    args: Any
    kwargs: Any
    result: Any

    def run_again(self) -> None:
        for now, then in zip(tree_flatten(self.function(*self.args, **self.kwargs))[0], self.results(), strict=True):
            if isinstance(then, torch.Tensor) and now.data_ptr() != then.data_ptr():
                then.copy_(now)

    def results(self) -> list[Any]:
        return tree_flatten(self.result)[0]


class Arena(TorchDispatchMode):
    """Entered below the mode under test. What is made while `enter` holds is scratch: it is overwritten with 0xFF
    whenever a stretch ends. Storages are held until the forward is over, so that no address comes twice."""

    def __init__(self, component_now: Callable[[], str]) -> None:
        super().__init__()
        self.component_now = component_now
        self.scratch: list[torch.UntypedStorage] = []
        self.operations: list[Operation] = []
        self.inside = False
        self.fails_to_enter = False
        self.users = 1
        self._stretches = Stretches()
        self._stretch = 0
        self._ranges: list[tuple[int, int]] = []
        self._left: list[StorageWeakRef] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        stretch = self._stretches.at(self.component_now())
        if stretch != self._stretch:
            self._stretch = stretch
            self.poison()
        known = {storage.data_ptr() for storage in storages_in((args, kwargs), CPU)}
        result = func(*args, **(kwargs or {}))
        if self.inside:
            self.scratch += [s for s in storages_in(result, CPU) if s.data_ptr() not in known]
        self.operations.append(Operation(stretch, func, args, kwargs or {}, result))
        return result

    def poison(self) -> None:
        for storage in self.scratch:
            storage.fill_(0xFF)

    def enter(self) -> None:
        if self.fails_to_enter:
            raise RuntimeError("no such pool\nand more")
        self.inside = True

    def leave(self) -> None:
        self.inside = False

    def segments(self) -> list[tuple[int, int]]:
        """After the forward: gives up what the arena itself holds of it."""
        self._ranges += [(storage.data_ptr(), storage.nbytes()) for storage in self.scratch]
        self._left += [StorageWeakRef(storage) for storage in self.scratch]
        self.scratch = []
        self.operations = []
        return self._ranges

    def blocks_in_use(self) -> int:
        return sum(not storage.expired() for storage in self._left)

    def stays(self) -> bool:
        return self.users > 0


def learned(forward: Callable[[], Any], component_now: Callable[[], str]) -> list[Step]:
    fates = BufferFates(CPU, component_now, lambda: None)
    with fates:
        outputs = forward()
    steps = fates.plan()
    del outputs
    return steps


def shared(
    forward: Callable[[], Any],
    component_now: Callable[[], str],
    steps: Iterable[Step],
    frontier: Callable[[], object] = lambda: 0,
    arena: Arena | None = None,
) -> tuple[KeptBuffers, ScratchSharing, Any]:
    """The forward as capture would run it, in an arena."""
    arena = arena or Arena(component_now)
    sharing = ScratchSharing(list(steps), arena, frontier)
    kept = KeptBuffers(CPU, None, component_now, sharing)
    with arena, kept:
        outputs = forward()
    return kept, sharing, outputs


class Parts:
    """Components by hand: `with parts("a"): ...`."""

    def __init__(self) -> None:
        self.now = ["other"]

    def __call__(self) -> str:
        return self.now[-1]

    def within(self, name: str) -> Any:
        parts = self

        class Within:
            def __enter__(self) -> None:
                parts.now.append(name)

            def __exit__(self, *_: object) -> None:
                parts.now.pop()

        return Within()
