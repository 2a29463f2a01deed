"""Tensors in files of the safetensors format: shapes and bytes, nothing that runs when it is read."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from clear_native.errors import ExportFailedError, MissingExtraError

__all__ = ["LARGEST_SPREAD", "StoredTensor", "TensorFile", "safetensors", "span"]

LARGEST_SPREAD = 64  # a strided tensor may reach over so many times the memory of its elements


@dataclass(frozen=True)
class StoredTensor:
    name: str
    strides: list[int] | None  # None: contiguous, as it is in the file


class TensorFile:
    """Collects tensors as "c0", "c1", ...; what is the same memory seen in the same way is stored once."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._tensors: dict[str, torch.Tensor] = {}
        self._names: dict[Any, str] = {}

    def add(self, tensor: torch.Tensor, what: str) -> StoredTensor:
        """`what` it is, for messages. Raises ExportFailedError for a tensor that the format does not have."""
        _check(tensor, what)
        name = f"{self._prefix}{len(self._tensors)}"
        if tensor.numel() > 0:
            shape, strides = tuple(tensor.shape), tuple(tensor.stride())
            name = self._names.setdefault((tensor.data_ptr(), tensor.dtype, shape, strides), name)
        self._tensors.setdefault(name, tensor.detach())
        return StoredTensor(name, None if tensor.is_contiguous() else list(tensor.stride()))

    def save(self, path: Path) -> None:
        """Raises ExportFailedError for a data type that the format does not have; OSError for a full disk."""
        contents = {name: tensor.resolve_conj().resolve_neg().cpu() for name, tensor in self._tensors.items()}
        try:
            safetensors().save_file({name: tensor.contiguous() for name, tensor in contents.items()}, path)
        except (KeyError, ValueError) as error:
            kinds = ", ".join(sorted({str(tensor.dtype) for tensor in contents.values()}))
            raise ExportFailedError(
                f"{path.name} cannot be written: safetensors does not know one of {kinds} ({type(error).__name__}: "
                f"{error}); convert the model to another data type, or install a newer safetensors"
            ) from error
        except Exception as error:  # the library has a class of its own for what the system refuses
            number = re.search(r"\(os error (\d+)\)", str(error))
            if number is None:
                raise
            raise OSError(int(number[1]), os.strerror(int(number[1])), str(path)) from error


def safetensors() -> Any:
    """The library's part for torch. Raises MissingExtraError without it."""
    try:
        import safetensors.torch
    except ImportError as error:
        raise MissingExtraError("bundles need safetensors: pip install 'clear_native[export]'") from error
    return safetensors.torch


def span(shape: list[int], strides: list[int]) -> int:
    """Elements from the first to the last one, the memory between them included."""
    if 0 in shape:
        return 0
    return 1 + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))


def _check(tensor: torch.Tensor, what: str) -> None:
    if tensor.layout is not torch.strided or tensor.is_quantized or tensor.is_nested or tensor.device.type == "meta":
        raise ExportFailedError(
            f"{what} is not a plain tensor with its data in memory (layout {tensor.layout}, {tensor.device}): a bundle "
            "holds dense tensors only"
        )
    shape, strides = list(tensor.shape), list(tensor.stride())
    if span(shape, strides) > LARGEST_SPREAD * tensor.numel() or _overlaps(shape, strides):
        raise ExportFailedError(
            f"{what} has the shape {shape} and the strides {strides}: elements that overlap in part, or lie far apart, "
            "are not stored; make it contiguous with .contiguous()"
        )


def _overlaps(shape: list[int], strides: list[int]) -> bool:
    """Whether different places, other than those along an expanded dimension (stride 0), may be one element."""
    reach = 0
    for stride, size in sorted((stride, size) for stride, size in zip(strides, shape, strict=True) if size > 1):
        if stride == 0:
            continue
        if stride <= reach:
            return True
        reach += (size - 1) * stride
    return False
