"""Units and digits for people."""

from __future__ import annotations

import pytest

from clear_native.report.units import ABSENT, percent, prefixed, with_interval


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0831, "J", "83.1 mJ"), (8.45e-4, "s", "845 µs"), (124.0, "W", "124 W"), (1.5e-7, "J", "150 nJ"),
        (0.0, "J", "0.00 J"), (-0.002, "J", "-2.00 mJ"), (2.2e10, "", "22.0 G"), (0.9999, "J", "1.00 J"),
        (999.96e-6, "s", "1.00 ms"), (1e-15, "J", "0.00100 pJ"), (5e15, "", "5000 T"),
        (None, "J", ABSENT), (float("nan"), "J", ABSENT), (float("inf"), "J", ABSENT),
    ],
)  # fmt: skip
def test_prefixed(value: float | None, unit: str, text: str) -> None:
    assert prefixed(value, unit) == text


@pytest.mark.parametrize(
    ("value", "half_width", "text"),
    [
        (0.0831, 0.0011, "83.1 ± 1.1 mJ"), (0.0831, 0.00011, "83.10 ± 0.11 mJ"), (0.0831, 0.011, "83 ± 11 mJ"),
        (0.001, 0.5, "1 ± 500 mJ"), (0.0831, None, "83.1 mJ ± ?"), (0.0831, 0.0, "83.1 ± 0.0 mJ"),
        (None, 0.1, ABSENT), (-0.003, 0.0012, "-3.0 ± 1.2 mJ"),
    ],
)  # fmt: skip
def test_with_interval(value: float | None, half_width: float | None, text: str) -> None:
    assert with_interval(value, half_width, "J") == text


@pytest.mark.parametrize(
    ("ratio", "half_width", "text"),
    [(0.9995, 0.008, "99.95 ± 0.80 %"), (0.5, None, "50.0 %"), (None, None, ABSENT), (1.02, 0.12, "102 ± 12 %")],
)
def test_percent(ratio: float | None, half_width: float | None, text: str) -> None:
    assert percent(ratio, half_width) == text
