"""The failure signatures that a result of the published protocol shows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from clear_native.report.diagnosis import (
    CAPTURE,
    LEAST_CAPTURE,
    LEAST_ENERGY_J,
    MOST_SPREAD,
    SPREAD,
    ZERO,
    Diagnosis,
    some,
)

if TYPE_CHECKING:
    from clear_native.report.protocol import ProtocolComponent, ProtocolLoop, ProtocolResult

__all__ = ["protocol_signatures"]

_PERIODS = 50  # of the counter in a trial: then its steps alone scatter by 0.8 %
_STEP_SCATTER = math.sqrt(1 / 6)  # in periods, of a difference of two readings that are both late by up to one


def protocol_signatures(result: ProtocolResult) -> tuple[Diagnosis, ...]:
    """Zero readings first: they explain the rest."""
    parts = [*result.components.items(), (None, result.full_model)]
    found = [diagnosis for name, part in parts for diagnosis in _zero(result, name, part)]
    found += [diagnosis for name, part in parts for diagnosis in _spread(result, name, part)]
    if result.capture is not None and result.capture < LEAST_CAPTURE:
        found.append(_low_capture(result, result.capture))
    return tuple(found)


def _zero(result: ProtocolResult, name: str | None, component: ProtocolComponent) -> Iterator[Diagnosis]:
    for loop in component.loops:
        if not loop.zero_readings:
            continue
        lasted = f" of {_milliseconds(loop.trial_s)}" if loop.trial_s is not None else ""
        changes = f"; it changes every {_milliseconds(result.meter.period_s)}" if result.meter.period_s else ""
        yield Diagnosis(
            ZERO,
            name,
            f"the counter did not move in {loop.zero_readings} of {loop.trials} trials{lasted} "
            f"({loop.repetitions} calls{_of_module(loop)}){changes}",
            "too few repetitions: a trial ended before the counter's next change. That is no energy of zero, and a "
            "trial in which the counter did move holds a whole step of it",
            f"{_repetitions(result, name, loop)}; or profile()",
        )


def _spread(result: ProtocolResult, name: str | None, component: ProtocolComponent) -> Iterator[Diagnosis]:
    if component.cv is None or component.cv <= MOST_SPREAD:
        return
    dearest = max(component.loops, key=lambda loop: loop.energy_per_call_j or 0.0)
    per_call_j = dearest.energy_per_call_j or 0.0
    steps = ""
    if result.meter.period_s and dearest.trial_s:
        periods = dearest.trial_s / result.meter.period_s
        scatter = f", whose steps alone scatter by about {100 * _STEP_SCATTER / periods:.2g} %"
        steps = f"; a trial lasted {periods:.1f} periods of the counter{scatter}"
    yield Diagnosis(
        SPREAD,
        name,
        f"{100 * component.cv:.1f} % between {component.trials} trials, at {1e3 * per_call_j:.3g} mJ a call{steps}",
        _why_spread(result, per_call_j),
        f"{_repetitions(result, name, dearest)}; or profile()",
    )


def _why_spread(result: ProtocolResult, per_call_j: float) -> str:
    if result.meter.estimated:
        return "an estimate follows time alone, and Python's pace changed between trials"
    if per_call_j < LEAST_ENERGY_J:
        return "a call below about 5 mJ: the counter's steps, or its noise, are large against a trial"
    return (
        "trials short against the counter's period, or power that wandered between them (temperature, clocks, other "
        "processes, Python's own pace)"
    )


def _low_capture(result: ProtocolResult, capture: float) -> Diagnosis:
    of_time = f", and to {100 * result.time_capture:.1f} % of its time" if result.time_capture is not None else ""
    outside = f" ({some(result.uncovered)})" if result.uncovered else ""
    in_time = result.time_capture is not None and result.time_capture >= LEAST_CAPTURE
    return Diagnosis(
        CAPTURE,
        None,
        f"the components sum to {100 * capture:.1f} % of the model's energy{of_time}",
        "alone they take the model's time but draw less power: the same weights again and again stay in the cache, or "
        "clocks differ"
        if in_time
        else f"missing components: work between modules or in modules of no component{outside}; or idle: the GPU waits "
        "for Python between the modules of a forward, which belongs to none of them",
        "name what is missing (components=...), or use profile(): in situ every joule is a component's or other's",
    )


def _repetitions(result: ProtocolResult, name: str | None, loop: ProtocolLoop) -> str:
    """How many calls make a trial long enough for the counter's steps not to matter."""
    option = "full_model_repetitions" if name is None else "repetitions"
    period_s, per_call_s = result.meter.period_s, loop.time_per_call_s
    if not period_s or not per_call_s:
        return f"more {option}"
    enough = math.ceil(_PERIODS * period_s / per_call_s * (1 - 1e-9))  # not one more for a rounding error
    if enough <= loop.repetitions:
        return f"more trials, in quiet conditions ({loop.repetitions} {option} are enough for the counter's steps)"
    return f"{option}={enough} makes a trial last {_PERIODS} periods of the counter"


def _of_module(loop: ProtocolLoop) -> str:
    return f" of {loop.module}" if loop.module else ""


def _milliseconds(time_s: float | None) -> str:
    return "?" if time_s is None else f"{1e3 * time_s:.3g} ms"
