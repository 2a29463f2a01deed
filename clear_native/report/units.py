"""Numbers for people: a prefix that fits, and no more digits than the interval warrants."""

from __future__ import annotations

import math

__all__ = ["percent", "prefixed", "with_interval"]

_FACTORS = (1e12, 1e9, 1e6, 1e3, 1.0, 1e-3, 1e-6, 1e-9, 1e-12)
_PREFIXES = tuple(zip(_FACTORS, ("T", "G", "M", "k", "", "m", "µ", "n", "p"), strict=True))
ABSENT = "–"


def prefixed(value: float | None, unit: str, digits: int = 3) -> str:
    """`prefixed(0.0831, "J")` is "83.1 mJ". What is absent is a dash."""
    if value is None or not math.isfinite(value):
        return ABSENT
    factor, prefix = _prefix(value)
    scaled = value / factor
    decimals = max(0, digits - 1 - _magnitude(scaled))
    if round(abs(scaled), decimals) >= 1000 and factor < 1e12:  # 999.9 m rounds to 1000 m: say 1.00
        return prefixed(math.copysign(1000 * factor, value), unit, digits)
    return f"{scaled:.{decimals}f} {prefix}{unit}"


def with_interval(value: float | None, half_width: float | None, unit: str) -> str:
    """`with_interval(0.0831, 0.0011, "J")` is "83.1 ± 1.1 mJ": two digits of the half-width, both in one prefix."""
    if value is None or not math.isfinite(value):
        return ABSENT
    if half_width is None or not math.isfinite(half_width) or half_width < 0:
        return f"{prefixed(value, unit)} ± ?"
    factor, prefix = _prefix(max(abs(value), half_width))
    decimals = _decimals(half_width / factor)
    return f"{value / factor:.{decimals}f} ± {half_width / factor:.{decimals}f} {prefix}{unit}"


def percent(ratio: float | None, half_width: float | None = None) -> str:
    """`percent(0.9995, 0.008)` is "99.95 ± 0.80 %"."""
    if ratio is None or not math.isfinite(ratio):
        return ABSENT
    if half_width is None or not math.isfinite(half_width):
        return f"{100 * ratio:.1f} %"
    decimals = _decimals(100 * half_width)
    return f"{100 * ratio:.{decimals}f} ± {100 * half_width:.{decimals}f} %"


def _prefix(value: float) -> tuple[float, str]:
    size = abs(value)
    if size == 0:
        return 1.0, ""
    return next(((factor, prefix) for factor, prefix in _PREFIXES if size >= factor), _PREFIXES[-1])


def _magnitude(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else 0


def _decimals(half_width: float) -> int:
    """Decimals that show two digits of the half-width, at most four."""
    return min(4, max(0, 1 - _magnitude(half_width))) if half_width else 1
