"""What a meter and the power fields beside it do, from a trace of them."""

from __future__ import annotations

import itertools
import math
import statistics
from dataclasses import dataclass

from clear_native.machine.sensor_trace import Trace, energy_at, median_gap_s
from clear_native.machine.step_response import StepResponse, step_response

__all__ = ["FieldFacts", "ReadingFacts", "field_facts", "reading_facts", "shortest_window_s"]

_CONTINUOUS = 1.5  # changes so few readings apart are at every reading: nothing is known of a period
_UJ = 1e-6
_CONFIDENCE = 1.96  # standard deviations for 95 of 100
_FEWEST_BLOCKS = 8
_GRID_S = 0.01


@dataclass(frozen=True)
class ReadingFacts:
    """Of the meter itself; None is what could not be seen."""

    period_s: float | None
    period_jitter_s: float | None
    quantum_j: float | None
    read_median_s: float
    read_p99_s: float


@dataclass(frozen=True)
class FieldFacts:
    """Of one power field; None is what could not be seen."""

    name: str
    period_s: float | None
    read_median_s: float | None
    lag_s: float | None
    averaging_s: float | None
    counter_ratio: float | None


def reading_facts(trace: Trace, is_counter: bool) -> ReadingFacts:
    """`is_counter`: its steps are those of a register, not of an integral."""
    took_s = sorted(end_s - begin_s for begin_s, end_s, _ in trace.readings)
    period_s, jitter_s = _period(trace)
    return ReadingFacts(
        period_s,
        jitter_s,
        _quantum_j(trace) if is_counter else None,
        statistics.median(took_s),
        took_s[min(len(took_s) - 1, int(0.99 * len(took_s)))],
    )


def _period(trace: Trace) -> tuple[float | None, float | None]:
    """Slope and scatter of the ticks' times on their numbers."""
    times_s = [time_s for time_s, _ in trace.ticks()]
    gap_s = median_gap_s(times_s)
    if gap_s is None or len(times_s) < 3 or gap_s < _CONTINUOUS * (_read_gap_s(trace) or 0.0):
        return None, None
    gaps = [max(1, round((after - before) / gap_s)) for before, after in itertools.pairwise(times_s)]
    numbers = [float(number) for number in itertools.accumulate(gaps, initial=0)]
    line = statistics.linear_regression(numbers, times_s)
    rests_s = [time_s - line.intercept - line.slope * n for n, time_s in zip(numbers, times_s, strict=True)]
    return line.slope, statistics.pstdev(rests_s)


def _read_gap_s(trace: Trace) -> float | None:
    if any(begin_s == end_s for begin_s, end_s, _ in trace.readings):
        return None  # readings that carry their own moment come with their true period
    return median_gap_s([end_s for _, end_s, _ in trace.readings])


def _quantum_j(trace: Trace) -> float | None:
    """What all steps are a whole number of, to a microjoule."""
    steps_uj = [round((now[1] - before[1]) / _UJ) for before, now in itertools.pairwise(trace.ticks())]
    found = math.gcd(*steps_uj)
    return found * _UJ if found else None


def field_facts(trace: Trace, is_counter: bool) -> list[FieldFacts]:
    """Every way to know power that was seen: the counter's own ticks, samples by their own time stamps, fields."""
    counter = trace.ticks() if is_counter else []
    found = []
    if len(counter) > 2:
        powers = _powers(counter)
        period_s, _ = _period(trace)
        found.append(_facts("counter", powers, period_s, trace, None, None))
    if len(trace.samples) > 2:
        period_s = median_gap_s([time_s for time_s, _ in trace.samples])
        ratio = _ratio(counter, trace.energy(-math.inf, math.inf))
        found.append(_facts("samples", trace.samples, period_s, trace, None, ratio))
    for name, seen in trace.fields.items():
        ratio = _ratio(counter, _integral(seen))
        read_s = statistics.median(trace.field_read_s[name])
        found.append(_facts(name, seen, _field_period_s(seen), trace, read_s, ratio))
    return found


def _facts(
    name: str,
    held: list[tuple[float, float]],
    period_s: float | None,
    trace: Trace,
    read_s: float | None,
    ratio: float | None,
) -> FieldFacts:
    response: StepResponse | None = step_response(held, trace.edges, period_s)
    return FieldFacts(
        name,
        period_s,
        read_s,
        response.lag_s if response else None,
        response.averaging_s if response else None,
        ratio,
    )


def _powers(energy: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(now[0], (now[1] - before[1]) / (now[0] - before[0])) for before, now in itertools.pairwise(energy)]


def _integral(seen: list[tuple[float, float]]) -> list[tuple[float, float]]:
    energy_j = 0.0
    found = [(seen[0][0], 0.0)]
    for before, now in itertools.pairwise(seen):
        energy_j += (before[1] + now[1]) / 2 * (now[0] - before[0])
        found.append((now[0], energy_j))
    return found


def _ratio(counter: list[tuple[float, float]], integral: list[tuple[float, float]]) -> float | None:
    """The counter's energy over the integral's, from the first tick to the last that the integral covers."""
    if not integral:
        return None
    covered = [tick for tick in counter if integral[0][0] <= tick[0] <= integral[-1][0]]
    if len(covered) < 2:
        return None
    spent_j = energy_at(integral, covered[-1][0]) - energy_at(integral, covered[0][0])
    return (covered[-1][1] - covered[0][1]) / spent_j if spent_j > 0 else None


def _field_period_s(seen: list[tuple[float, float]]) -> float | None:
    changes_s = [now[0] for before, now in itertools.pairwise(seen) if now[1] != before[1]]
    gap_s, poll_s = median_gap_s(changes_s), median_gap_s([time_s for time_s, _ in seen])
    if gap_s is None or poll_s is None or gap_s < _CONTINUOUS * poll_s:
        return None
    return gap_s


def shortest_window_s(energy: list[tuple[float, float]], tolerance: float = 0.01) -> float | None:
    """The shortest stretch of a steady load, (time, joules), whose mean power lies within `tolerance` of the line
    through all of it in 95 of 100 cases; None where even the longest that fits eight times does not.
    """
    gap_s = median_gap_s([time_s for time_s, _ in energy])
    if gap_s is None:
        return None
    step_s = max(gap_s, _GRID_S)
    times_s = [energy[0][0] + step_s * i for i in range(int((energy[-1][0] - energy[0][0]) / step_s) + 1)]
    powers = [
        (energy_at(energy, after) - energy_at(energy, before)) / step_s for before, after in itertools.pairwise(times_s)
    ]
    if len(powers) < 2 * _FEWEST_BLOCKS:
        return None
    line = statistics.linear_regression(range(len(powers)), powers)  # warming up is no scatter
    rests_w = [power - line.intercept - line.slope * i for i, power in enumerate(powers)]
    longest = len(rests_w) // _FEWEST_BLOCKS
    fits = [_scatter_w(rests_w, n) * _CONFIDENCE <= tolerance * statistics.fmean(powers) for n in range(1, longest + 1)]
    for n in range(1, longest + 1):
        if all(fits[n - 1 :]):  # one that beats with the sensor by luck is not enough
            return n * step_s
    return None


def _scatter_w(rests_w: list[float], length: int) -> float:
    blocks = [statistics.fmean(rests_w[i : i + length]) for i in range(0, len(rests_w) - length + 1, length)]
    return statistics.stdev(blocks)
