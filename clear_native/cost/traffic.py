"""Compulsory bytes of one operator: each input read once, each output written once.

Views move nothing. An operator in place reads and writes its target. What an expanded tensor repeats is read once. A
lookup (embedding, index) reads the rows it takes, not its whole table, and a scatter writes the rows it is given. A
grouped product reads the matrices of at most as many groups as it has rows: of a mixture, experts that can be chosen.
Memory that is only reserved (`empty`) is not touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import torch

__all__ = ["launches_nothing", "operator_bytes", "tensor_bytes"]

_RESERVES = frozenset({"empty", "empty_like", "empty_strided", "empty_permuted", "new_empty", "new_empty_strided",
                       "resize_", "resize_as_", "set_", "lift_fresh", "lift", "device", "detach_"})  # fmt: skip
_WRITES_ONLY = frozenset({"copy_", "fill_", "zero_", "normal_", "uniform_", "bernoulli_", "random_", "exponential_"})
_LOOKUPS = frozenset({"embedding", "index", "index_select", "gather", "take", "_unsafe_index", "_embedding_bag"})
_GROUPED = frozenset({"_grouped_mm", "_scaled_grouped_mm", "grouped_mm_fallback"})
_SCATTERS = frozenset({"index_put_", "_index_put_impl_", "index_copy_", "scatter_"})


def operator_bytes(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> int:
    """Bytes that one call of `func` has to read and write."""
    if launches_nothing(func, args, kwargs, out):
        return 0
    name = _name(func)
    targets, read_only = _targets_and_inputs(func, args, kwargs)
    known = {_identity(tensor) for tensor in targets}
    fresh = [tensor for tensor in _tensors(out) if _identity(tensor) not in known]
    written = _sum(targets) + _sum(fresh)
    if name in _LOOKUPS:
        table, rest = read_only[0], read_only[1:]
        return min(tensor_bytes(table), written) + _sum(rest) + written
    if name in _GROUPED:
        return _sum(read_only) - _matrices_of_empty_groups(args) + written
    if name in _SCATTERS:
        return _sum(read_only) + min(_sum(targets), tensor_bytes(read_only[-1]))
    read_targets = [] if name in _WRITES_ONLY or _is_out_variant(func) else targets
    return _sum(_distinct([*read_only, *read_targets])) + written


def launches_nothing(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> bool:
    """Whether the operator only makes a view, reserves memory or asks for a property."""
    outputs = list(_tensors(out))
    if _name(func) in _RESERVES:
        return True
    schema = getattr(func, "_schema", None)
    if schema is None or schema.is_mutable:
        return False
    if not outputs:
        return not any(True for _ in _tensors((args, kwargs))) or _name(func).startswith(("sym_", "is_", "_has_"))
    storages = {_storage(tensor) for tensor in _tensors((args, kwargs))}
    return all(_storage(tensor) in storages for tensor in outputs)


def tensor_bytes(tensor: torch.Tensor) -> int:
    """Bytes of memory behind the elements of `tensor`, counting what strides of zero repeat once."""
    if tensor.layout != torch.strided:
        return tensor.numel() * tensor.element_size()
    elements = 1
    for size, stride in zip(tensor.shape, tensor.stride(), strict=True):
        elements *= size if stride != 0 else min(size, 1)
    return min(elements * tensor.element_size(), tensor.untyped_storage().nbytes())


def _targets_and_inputs(
    func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    schema = getattr(func, "_schema", None)
    if schema is None:
        return [], _distinct(_tensors((args, kwargs)))
    values = {argument.name: value for argument, value in zip(schema.arguments, args, strict=False)} | kwargs
    targets: list[torch.Tensor] = []
    inputs: list[torch.Tensor] = []
    for argument in schema.arguments:
        written = argument.alias_info is not None and argument.alias_info.is_write
        (targets if written else inputs).extend(_tensors(values.get(argument.name)))
    return _distinct(targets), _distinct(inputs)


def _matrices_of_empty_groups(args: tuple[Any, ...]) -> int:
    """Bytes of matrices that no row can reach. Which groups have rows is on the device: this is what shapes tell."""
    rows, matrices = args[:2]
    if rows.dim() != 2 or matrices.dim() != 3:
        return 0
    groups, reached = int(matrices.shape[0]), int(rows.shape[0])
    return tensor_bytes(matrices) * max(0, groups - reached) // groups


def _is_out_variant(func: Any) -> bool:
    return any(argument.is_out for argument in func._schema.arguments) if hasattr(func, "_schema") else False


def _name(func: Any) -> str:
    packet = getattr(func, "_overloadpacket", func)
    return getattr(packet, "__name__", str(packet))


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _tensors(item)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _tensors(item)


def _distinct(tensors: Iterable[torch.Tensor]) -> list[torch.Tensor]:
    return list({_identity(tensor): tensor for tensor in tensors}.values())


def _identity(tensor: torch.Tensor) -> tuple[Any, ...]:
    if tensor.layout != torch.strided:
        return (id(tensor),)
    return (_storage(tensor), tensor.storage_offset(), tuple(tensor.shape), tensor.stride())


def _storage(tensor: torch.Tensor) -> int:
    return id(tensor) if tensor.layout != torch.strided else int(tensor.untyped_storage()._cdata)


def _sum(tensors: Iterable[torch.Tensor]) -> int:
    return sum(tensor_bytes(tensor) for tensor in tensors)
