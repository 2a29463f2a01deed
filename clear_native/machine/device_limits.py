"""The most that a device can do: operations and bytes per second. Published, or measured; never guessed.

Published values are peaks of the maker's data sheet, dense (without structured sparsity). A file of measured limits
goes before them: JSON with `uuid`, `bytes_per_s` and `flops_per_s` by data type, named by the environment variable
`CLEAR_NATIVE_DEVICE_LIMITS`. A device that is in neither has no limits here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from clear_native.errors import BadInputError

__all__ = ["VARIABLE", "device_limits", "product_dtype"]

VARIABLE = "CLEAR_NATIVE_DEVICE_LIMITS"

_A100 = "https://www.nvidia.com/content/dam/en-zz/Solutions/Data-Center/a100/pdf/nvidia-a100-datasheet-us-nvidia-1758950-r4-web.pdf"  # fmt: skip # noqa: E501
_H100 = "https://www.nvidia.com/en-us/data-center/h100/"
_H200 = "https://www.nvidia.com/en-us/data-center/h200/"
_L40S = "https://www.nvidia.com/en-us/data-center/l40s/"
_L4 = "https://www.nvidia.com/en-us/data-center/l4/"
_T = 1e12

# Name as CUDA gives it: (half precision, TF32, float32 outside the tensor cores), bytes per second, data sheet.
_SHEETS: dict[str, tuple[tuple[float, float, float], float, str]] = {
    "NVIDIA H200": ((989.5 * _T, 494.7 * _T, 67 * _T), 4.8 * _T, _H200),
    "NVIDIA H100 80GB HBM3": ((989.5 * _T, 494.7 * _T, 67 * _T), 3.35 * _T, _H100),
    "NVIDIA H100 PCIe": ((756.5 * _T, 378 * _T, 51 * _T), 2.0 * _T, _H100),
    "NVIDIA A100-SXM4-80GB": ((312 * _T, 156 * _T, 19.5 * _T), 2.039 * _T, _A100),
    "NVIDIA A100 80GB PCIe": ((312 * _T, 156 * _T, 19.5 * _T), 1.935 * _T, _A100),
    "NVIDIA A100-SXM4-40GB": ((312 * _T, 156 * _T, 19.5 * _T), 1.555 * _T, _A100),
    "NVIDIA L40S": ((362 * _T, 183 * _T, 91.6 * _T), 0.864 * _T, _L40S),
    "NVIDIA L4": ((121 * _T, 60 * _T, 30.3 * _T), 0.3 * _T, _L4),
}


def device_limits(environment: Mapping[str, Any], dtype: str | None) -> dict[str, Any] | None:
    """{"flops_per_s", "bytes_per_s", "dtype", "source", "measured"} for products of `dtype`; None if nobody knows.

    `environment`: with `gpu` (its name) and `uuid`. `dtype`: "float16", "bfloat16", "tf32" or "float32", as
    `product_dtype` tells. Raises BadInputError for a file of measured limits that is none.
    """
    if dtype is None or "gpu" not in environment:
        return None
    named = os.environ.get(VARIABLE)
    measured = _measured(Path(named), environment.get("uuid"), dtype) if named else None
    return measured or _published(environment["gpu"], dtype)


def product_dtype(weights: torch.dtype | None, device: torch.device) -> str | None:
    """The data type in which the device multiplies weights of this type."""
    if weights is None:
        return None
    if weights == torch.float32 and device.type == "cuda" and torch.backends.cuda.matmul.allow_tf32:
        return "tf32"
    return str(weights).removeprefix("torch.")


def _published(gpu: str, dtype: str) -> dict[str, Any] | None:
    if gpu not in _SHEETS:
        return None
    (half, tf32, single), bytes_per_s, source = _SHEETS[gpu]
    flops_per_s = {"float16": half, "bfloat16": half, "tf32": tf32, "float32": single}.get(dtype)
    if flops_per_s is None:
        return None
    return _limits(flops_per_s, bytes_per_s, dtype, source, measured=False)


def _measured(path: Path, uuid: str | None, dtype: str) -> dict[str, Any] | None:
    """None for a file of another device, or one that does not have this data type."""
    try:
        data = json.loads(path.read_text("utf-8"))
        of_device, flops_per_s, bytes_per_s = data["uuid"], data["flops_per_s"].get(dtype), float(data["bytes_per_s"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInputError(
            f"{VARIABLE} names {path}, which is no file of measured limits ({error!r}): it is JSON with uuid, "
            "bytes_per_s and flops_per_s by data type; unset the variable to use published values"
        ) from error
    if uuid is None or of_device != uuid or flops_per_s is None:
        return None
    return _limits(float(flops_per_s), bytes_per_s, dtype, str(path), measured=True)


def _limits(flops_per_s: float, bytes_per_s: float, dtype: str, source: str, measured: bool) -> dict[str, Any]:
    return {"flops_per_s": flops_per_s, "bytes_per_s": bytes_per_s, "dtype": dtype, "source": source,
            "measured": measured}  # fmt: skip
