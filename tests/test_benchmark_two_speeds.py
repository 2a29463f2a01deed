"""What `benchmarks.two_speeds` makes of its blocks: nothing measured."""

from __future__ import annotations

import pytest
from benchmark_modules import benchmark

two_speeds = benchmark("two_speeds")
CLOCKS = (1980, 1980, 3201, 1545)


def test_one_speed() -> None:
    row = two_speeds.row_of([(1e-3 * (1 + 0.001 * (i % 3)), 1.98e9, CLOCKS) for i in range(30)])
    assert row["slow_pass_s"] is None and row["slow_share"] == 0 and row["changes"] == 0
    assert row["fast_sm_mhz"] == pytest.approx(1980) and "slow_sm_mhz" not in row
    assert two_speeds.figures([row]) == {"runs": 1, "runs_at_two_speeds": 0}


def test_two_speeds() -> None:
    """Ten blocks slow, twenty fast, ten slow."""
    slow = [(1.1e-3, 1.8e9, CLOCKS)] * 10
    row = two_speeds.row_of([*slow, *[(1.0e-3, 1.98e9, CLOCKS)] * 20, *slow])
    assert (row["fast_pass_s"], row["slow_pass_s"]) == (1.0e-3, 1.1e-3)
    assert row["slow_share"] == 0.5 and row["changes"] == 2 and row["clocks_mhz"] == [CLOCKS]
    found = two_speeds.figures([row])
    assert found["slow_over_fast"] == pytest.approx(1.1) and found["fast_over_slow_clock"] == pytest.approx(1.1)
