"""Lag and averaging of a field come back from steps of a load, also where it changes rarely."""

from __future__ import annotations

import math

import pytest

from clear_native.machine.step_response import step_response

EDGES = [(2.0, True), (4.03, False), (6.11, True), (8.04, False), (10.17, True), (12.09, False)]


def power_w(time_s: float) -> float:
    return 600.0 if sum(edge_s <= time_s for edge_s, _ in EDGES) % 2 else 100.0


def field(averaging_s: float, delay_s: float, period_s: float, poll_s: float = 0.004) -> list[tuple[float, float]]:
    """A trailing mean, seen late, that changes every period."""
    found = []
    for i in range(int(14 / poll_s)):
        updated_s = math.floor(i * poll_s / period_s) * period_s - delay_s
        steps = [updated_s - averaging_s * (k + 0.5) / 200 for k in range(200)] if averaging_s else [updated_s]
        found.append((i * poll_s, sum(map(power_w, steps)) / len(steps)))
    return found


@pytest.mark.parametrize(
    ("averaging_s", "delay_s", "period_s"), [(1.0, 0.0, 0.1), (0.5, 0.05, 0.02), (0.2, 0.3, 0.004), (0.1, 0.0, 0.02)]
)
def test_a_trailing_mean(averaging_s: float, delay_s: float, period_s: float) -> None:
    found = step_response(field(averaging_s, delay_s, period_s), EDGES, period_s)
    assert found is not None
    assert found.lag_s == pytest.approx(delay_s + (averaging_s + period_s) / 2, abs=0.25 * period_s + 0.01)
    assert found.averaging_s == pytest.approx(averaging_s, rel=0.1)


def test_a_field_that_only_changes_rarely_averages_over_nothing_that_can_be_told() -> None:
    found = step_response(field(0.0, 0.0, 0.1), EDGES, 0.1)
    assert found is not None
    assert found.averaging_s is None
    assert found.lag_s == pytest.approx(0.05, abs=0.03)


def test_a_field_that_is_not_there_before_its_phase_ends_has_no_lag() -> None:
    assert step_response(field(4.0, 0.0, 0.02), EDGES, 0.02) is None


def test_no_step_no_lag() -> None:
    flat = [(0.004 * i, 100.0) for i in range(3000)]
    assert step_response(flat, EDGES, None) is None
    assert step_response(flat, [], None) is None
    assert step_response([(0.0, 100.0)], EDGES, None) is None
