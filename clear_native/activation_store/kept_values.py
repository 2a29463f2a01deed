"""Arguments and outputs of module calls, kept so that a call can be made again on the same data.

Tensors are kept by reference: the replay reads the very memory that the model read. Only tensors that something writes
to in place need more: a *copied* tensor is cloned when it is kept, because it is overwritten later; a *refreshed* one
is also set back before every replay, because the call itself writes to it. Lists, dicts and objects such as key-value
caches are copied in structure before every replay (their tensors are not), so that a cache cannot grow from replay to
replay.
"""

from __future__ import annotations

import copy
import enum
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

__all__ = ["KeptValue", "PriorWrites", "is_immutable", "tensors_in", "version"]

_ATOMS = (
    *(str, bytes, int, float, complex, bool, type(None), slice, range, type, enum.Enum),
    *(torch.dtype, torch.device, torch.layout, torch.memory_format, torch.Size, torch.Generator, nn.Module),
    *(types.FunctionType, types.MethodType, types.BuiltinFunctionType, types.ModuleType),
)


class KeptValue:
    """A tree of values. `copied` and `refreshed` are positions in the order of `tensors_in`."""

    def __init__(
        self, value: Any, copied: frozenset[int] = frozenset(), refreshed: frozenset[int] = frozenset()
    ) -> None:
        self._pristine: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        kept: dict[int, torch.Tensor] = {}
        for position, tensor in enumerate(tensors_in(value)):
            kept[id(tensor)] = tensor
            if position in copied or position in refreshed:
                kept[id(tensor)] = clone = tensor.detach().clone()
                if position in refreshed:
                    self._pristine[id(clone)] = (clone, clone.clone())
        self._value = _rebuilt(value, lambda tensor: kept[id(tensor)])
        self._as_it_is = not self._pristine and is_immutable(self._value)

    @property
    def is_set_back(self) -> bool:
        """Whether `get` copies contents, because the call writes to what it was given."""
        return bool(self._pristine)

    def get(self) -> Any:
        """The value as it was kept, fit for one replay."""
        if self._as_it_is:
            return self._value
        for working, pristine in self._pristine.values():
            working.copy_(pristine)
        return _rebuilt(self._value, lambda tensor: tensor)


def tensors_in(value: Any) -> list[torch.Tensor]:
    """Every tensor in `value` once, also those in objects, in a fixed order."""
    seen: set[int] = set()
    return list(_walk(value, seen))


def version(tensor: torch.Tensor) -> int | None:
    """Counts writes in place; None for inference tensors, which do not count."""
    return None if tensor.is_inference() else int(tensor._version)


class PriorWrites(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Watches for writes in place to memory that was there before the forward, by component.

    Watched is memory, not tensors: a write through a view or through `.data` counts too.
    """

    supports_higher_order_operators = True

    def __init__(self, prior: Iterable[tuple[str, torch.Tensor]], component_now: Callable[[], str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.found: dict[str, list[str]] = {}
        self._component_now = component_now
        self._names: dict[int, str] = {}
        for name, tensor in prior:
            pointer = _memory(tensor)
            if pointer:
                self._names.setdefault(pointer, name)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        schema = getattr(func, "_schema", None)
        if schema is not None and schema.is_mutable:
            for position, argument in enumerate(schema.arguments):
                if argument.alias_info is not None and argument.alias_info.is_write:
                    self._note(args[position] if position < len(args) else kwargs.get(argument.name))
        return func(*args, **kwargs)

    def _note(self, written: Any) -> None:
        for tensor in tensors_in(written):
            name = self._names.get(_memory(tensor))
            names = self.found.setdefault(self._component_now(), []) if name is not None else []
            if name is not None and name not in names:
                names.append(name)


def _memory(tensor: torch.Tensor) -> int:
    """Address of the tensor's storage; 0 where there is none to speak of (empty, sparse)."""
    try:
        return tensor.untyped_storage().data_ptr()
    except (NotImplementedError, RuntimeError):
        return 0


def _walk(value: Any, seen: set[int]) -> Iterator[torch.Tensor]:
    if isinstance(value, _ATOMS) or id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _walk(item, seen)
    elif isinstance(value, (tuple, list, set, frozenset)):
        for item in value:
            yield from _walk(item, seen)
    if not isinstance(value, torch.Tensor):
        for item in getattr(value, "__dict__", {}).values():
            yield from _walk(item, seen)


def _rebuilt(value: Any, leaf: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    """The same structure in new containers and objects, each tensor replaced by `leaf` of it."""
    if isinstance(value, _ATOMS):
        return value
    if isinstance(value, torch.Tensor):
        return leaf(value)
    if type(value) is list:
        return [_rebuilt(item, leaf) for item in value]
    if type(value) is dict:
        return {key: _rebuilt(item, leaf) for key, item in value.items()}
    if isinstance(value, tuple):
        items = [_rebuilt(item, leaf) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    memo = {id(tensor): leaf(tensor) for tensor in tensors_in(value)}
    try:
        return copy.deepcopy(value, memo)
    except (TypeError, RuntimeError):  # not made to be copied (locks, generators, handles): shared, as the model does
        return value


def is_immutable(value: Any) -> bool:
    """Whether nothing but the contents of tensors in `value` can change."""
    if isinstance(value, tuple):
        return all(is_immutable(item) for item in value)
    return isinstance(value, (torch.Tensor, *_ATOMS))
