"""On which side of the roofline a component is: what its FLOPs, or its bytes, take at the least on this device.

The roofline model: S. Williams, A. Waterman, D. Patterson, Communications of the ACM 52 (2009), 65. Bytes are
compulsory ones, from memory; where a cache serves them, a component can be faster than its bytes allow, and `reached`
is then above one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clear_native.report.record import ModelResult, Report

__all__ = ["DeviceLimits", "Roofline", "roofline", "rooflines"]


@dataclass(frozen=True)
class DeviceLimits:
    """The most that a device can do: `flops_per_s` for products of `dtype`, `bytes_per_s` from its memory.

    `source`: where they are from, a data sheet, or the file of measured ones (`measured`).
    """

    flops_per_s: float
    bytes_per_s: float
    dtype: str
    source: str
    measured: bool = False


@dataclass(frozen=True)
class Roofline:
    """`bound`: "compute" or "memory", whichever takes longer at the device's limits."""

    bound: str
    flops_per_byte: float
    ridge_flops_per_byte: float  # where both take equally long
    least_time_s: float
    reached: float | None = None  # least time over measured time


def roofline(part: ModelResult, limits: DeviceLimits | None) -> Roofline | None:
    """None where limits, FLOPs or bytes are not known, or nothing is moved."""
    if limits is None or part.flops is None or not part.bytes or min(limits.flops_per_s, limits.bytes_per_s) < 1:
        return None
    compute_s, memory_s = part.flops / limits.flops_per_s, part.bytes / limits.bytes_per_s
    least_s = max(compute_s, memory_s)
    return Roofline(
        bound="compute" if compute_s > memory_s else "memory",
        flops_per_byte=part.flops / part.bytes,
        ridge_flops_per_byte=limits.flops_per_s / limits.bytes_per_s,
        least_time_s=least_s,
        reached=least_s / part.time_s if part.time_s else None,
    )


def rooflines(report: Report) -> dict[str, Roofline]:
    """By component, those that are known."""
    found = {name: roofline(part, report.limits) for name, part in report.components.items()}
    return {name: side for name, side in found.items() if side is not None}
