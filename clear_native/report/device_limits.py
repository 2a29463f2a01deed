"""What a device can do at most: the roof of a roofline. Absent for devices that are not known here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clear_native.report.record import Report

__all__ = ["DeviceLimits", "limits_of"]


@dataclass(frozen=True)
class DeviceLimits:
    """Dense FLOP/s of the data type of the weights, and bytes/s of the device's memory."""

    flops_per_s: float
    bytes_per_s: float
    source: str


_DATA_SHEET = "NVIDIA's data sheet, dense"
# By a part of the name that the driver gives: FLOP/s by data type (float32 without TF32, torch's default), bytes/s.
_KNOWN: tuple[tuple[str, Mapping[str, float], float], ...] = (
    ("H200", {"float16": 989.4e12, "bfloat16": 989.4e12, "float32": 66.9e12}, 4.8e12),
    ("H100 80GB HBM3", {"float16": 989.4e12, "bfloat16": 989.4e12, "float32": 66.9e12}, 3.35e12),
    ("A100-SXM4-80GB", {"float16": 312e12, "bfloat16": 312e12, "float32": 19.5e12}, 2.039e12),
    ("A100-SXM4-40GB", {"float16": 312e12, "bfloat16": 312e12, "float32": 19.5e12}, 1.555e12),
)
_OTHER_BOARDS = ("NVL", "PCIe")  # of the same chips, with lower limits


def limits_of(report: Report) -> DeviceLimits | None:
    """None where the GPU or the data type is not in the table: nothing is guessed."""
    gpu = str(report.environment.get("gpu", ""))
    dtype = str(report.workload.get("weights_dtype", "")).removeprefix("torch.")
    if any(board in gpu for board in _OTHER_BOARDS):
        return None
    for name, flops_per_s, bytes_per_s in _KNOWN:
        if name in gpu and dtype in flops_per_s:
            return DeviceLimits(flops_per_s[dtype], bytes_per_s, _DATA_SHEET)
    return None
