"""What becomes of each buffer of a forward: does it stay inside one stretch of one component, or does it cross?

A stretch is a run of operators of one component: it ends when an operator of another component is dispatched. What is
made and used inside one stretch only is scratch: nothing reads it after the stretch, so all stretches may write over
each other's, in any order, twice or not at all. Everything else crosses: another stretch reads it, or it is still there
after the forward (an output, a cache, a tensor put on a module), and its memory must belong to it alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter

__all__ = ["BufferFates", "Step", "Stretches", "is_composite", "sizes_of", "storages_in"]


@dataclass(frozen=True)
class Step:
    """An operator that made new storages, in the order of the forward."""

    operator: str
    component: str
    sizes_bytes: tuple[int, ...]
    scratch: bool  # all of its new storages are


def storages_in(value: Any, device: torch.device) -> list[torch.UntypedStorage]:
    """Storages of the tensors in a tree of values, each once; none of empty tensors and of layouts without one."""
    found: dict[int, torch.UntypedStorage] = {}
    for tensor in tree_iter(value):
        if isinstance(tensor, torch.Tensor) and tensor.device == device:
            try:
                storage = tensor.untyped_storage()
            except (NotImplementedError, RuntimeError):  # sparse layouts
                continue
            if storage.nbytes() > 0:
                found.setdefault(storage.data_ptr(), storage)
    return list(found.values())


def is_composite(func: Any) -> bool:
    """Whether torch would have taken this operator apart outside of inference mode.

    With or without a counter above, a mode must see the same operators, so each takes composites apart itself.
    """
    return (
        torch.is_inference_mode_enabled()
        and isinstance(func, torch._ops.OpOverload)
        and bool(torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), "CompositeImplicitAutograd"))  # type: ignore[no-untyped-call]
    )


def sizes_of(storages: list[torch.UntypedStorage]) -> tuple[int, ...]:
    return tuple(storage.nbytes() for storage in storages)


class Stretches:
    """Numbers the stretches."""

    def __init__(self) -> None:
        self._component = ""
        self._number = 0

    def at(self, component: str) -> int:
        if component != self._component:
            self._component = component
            self._number += 1
        return self._number


@dataclass
class _Made:
    """What one operator made, while the forward that teaches goes on."""

    operator: str
    component: str
    stretch: int
    storages: list[StorageWeakRef]  # weak: the forward frees as always; and no other storage gets the same identity
    sizes_bytes: tuple[int, ...]
    used_later: bool = False


@dataclass(eq=False)
class BufferFates(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Entered around an eager forward: learns which operators' outputs are scratch.

    `allocations` counts what the device has ever allocated (constant where that is unknown: every storage that is no
    argument's then counts as new).
    """

    supports_higher_order_operators = True

    device: torch.device
    component_now: Callable[[], str]
    allocations: Callable[[], int | None]
    _made: list[_Made] = field(default_factory=list)
    _maker: dict[int, _Made] = field(default_factory=dict)
    _stretches: Stretches = field(default_factory=Stretches)

    def __post_init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if is_composite(func):
            with self:
                return func.decompose(*args, **kwargs)
        component = self.component_now()
        stretch = self._stretches.at(component)
        used = storages_in((args, kwargs), self.device)
        for storage in used:
            made = self._maker.get(storage._cdata)
            if made is not None and made.stretch != stretch:
                made.used_later = True
        before = self.allocations()
        result = func(*args, **kwargs)
        allocated = before is None or self.allocations() != before
        known = {storage.data_ptr() for storage in used}
        returned = [storage for storage in storages_in(result, self.device) if storage.data_ptr() not in known]
        for storage in returned:  # handed out by an operator that did not get it: somebody holds it
            if (maker := self._maker.get(storage._cdata)) is not None:
                maker.used_later = True
        new = [storage for storage in returned if storage._cdata not in self._maker]
        if allocated and new:
            weak = [StorageWeakRef(storage) for storage in new]  # type: ignore[no-untyped-call]
            made = _Made(str(func), component, stretch, weak, sizes_of(new))
            self._made.append(made)
            self._maker.update((storage._cdata, made) for storage in new)
        return result

    def plan(self) -> list[Step]:
        """To be called after the forward, while the caller still holds what it returned."""
        return [
            Step(
                made.operator,
                made.component,
                made.sizes_bytes,
                not made.used_later and all(storage.expired() for storage in made.storages),  # type: ignore[no-untyped-call]
            )
            for made in self._made
        ]
