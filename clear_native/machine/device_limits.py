"""The most that a device can do: operations and bytes per second. Published, or measured; never guessed.

Published values are peaks of the maker's data sheet, dense (without structured sparsity), in `device_sheets.json`. A
file of measured limits goes before them: JSON with `uuid`, `bytes_per_s` and `flops_per_s` by data type, as
`clear-bench calibrate --out` writes it, named by the environment variable `CLEAR_NATIVE_DEVICE_LIMITS`. A device that
is in neither has no limits here.
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
DEVICE_SCHEMA_VERSION = 1  # of what `clear-bench calibrate` writes: report/schema/device-1.schema.json

# Of GPUs by the name that CUDA gives them; clear-bench is built with the same file.
_SHEETS: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("device_sheets.json").read_text("utf-8"))


def device_limits(environment: Mapping[str, Any], dtype: str | None) -> dict[str, Any] | None:
    """{"flops_per_s", "bytes_per_s", "dtype", "source", "measured"} for products of `dtype`; None if nobody knows.

    `environment`: with `gpu` (its name) and `uuid`. `dtype`: "float16", "bfloat16", "float8_e4m3fn", "tf32" or
    "float32", as `product_dtype` tells. Raises BadInputError for a file of measured limits that is none.
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
    sheet = _SHEETS.get(gpu)
    if sheet is None or dtype not in sheet["flops_per_s"]:
        return None
    return _limits(sheet["flops_per_s"][dtype], sheet["bytes_per_s"], dtype, sheet["source"], measured=False)


def _measured(path: Path, uuid: str | None, dtype: str) -> dict[str, Any] | None:
    """None for a file of another device, or one that does not have this data type."""
    try:
        data = json.loads(path.read_text("utf-8"))
        is_calibration = data.get("kind") == "device"
        if is_calibration and data.get("schema_version") != DEVICE_SCHEMA_VERSION:
            raise ValueError(f"schema version {data.get('schema_version')}, expected {DEVICE_SCHEMA_VERSION}")
        if is_calibration and "bytes_per_s" not in data:
            return None  # calibrated without reading from memory
        of_device, flops_per_s, bytes_per_s = data["uuid"], data["flops_per_s"].get(dtype), float(data["bytes_per_s"])
        if uuid is None or of_device != uuid or flops_per_s is None:
            return None
        return _limits(float(flops_per_s), bytes_per_s, dtype, str(path), measured=True)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInputError(
            f"{VARIABLE} names {path}, which is no file of measured limits ({error!r}): it is JSON with uuid, "
            "bytes_per_s and flops_per_s by data type; unset the variable to use published values"
        ) from error


def _limits(flops_per_s: float, bytes_per_s: float, dtype: str, source: str, measured: bool) -> dict[str, Any]:
    return {"flops_per_s": flops_per_s, "bytes_per_s": bytes_per_s, "dtype": dtype, "source": source,
            "measured": measured}  # fmt: skip
