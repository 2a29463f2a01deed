"""Makes the result of `bench` from what the native engine measured, with the flush taken off."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from clear_native.report.bench import BenchResult, Call, Change, verdict_of
from clear_native.report.record import Failure, Meter

__all__ = ["Subject", "bench_from_rounds"]


@dataclass(frozen=True)
class Subject:
    """A variant as it was measured. `flush`: the target that its own target repeats before every call, or None."""

    execution: str
    flush: str | None = None
    replay: Mapping[str, Any] = field(default_factory=dict)
    statuses: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Mean:
    mean: float
    half_width: float | None

    def minus(self, other: _Mean) -> _Mean:
        known = self.half_width is not None and other.half_width is not None
        return _Mean(self.mean - other.mean, math.hypot(self.half_width or 0, other.half_width or 0) if known else None)

    def over(self, other: _Mean) -> _Mean:
        """The ratio of two that err independently."""
        ratio = self.mean / other.mean
        if self.half_width is None or other.half_width is None:
            return _Mean(ratio, None)
        return _Mean(ratio, abs(ratio) * math.hypot(self.half_width / self.mean, other.half_width / other.mean))

    @property
    def resolved(self) -> bool:
        return self.mean > (self.half_width or 0.0)


def bench_from_rounds(
    result: Mapping[str, Any],
    subjects: Mapping[str, Subject],
    *,
    precision: float,
    same_within: float,
    meter: Mapping[str, Any],
    warnings: Sequence[str] = (),
    **facts: Any,
) -> BenchResult:
    """`result` is the engine's RoundsResult as a dict; `subjects` are by target, the reference first. `facts`: further
    fields of the result."""
    targets = {target["name"]: target for target in result["targets"]}
    calls = {name: _call(name, subject, targets, precision) for name, subject in subjects.items()}
    flushes = {subject.execution: subject.flush for subject in subjects.values() if subject.flush is not None}
    traits = Meter(**meter)
    failed = result.get("failure_kind")
    return BenchResult(
        variants=calls,
        cache="cold" if flushes else "warm",
        meter=traits,
        changes=_changes(list(calls.values()), same_within),
        same_within=same_within,
        flushes={execution: _together(targets[name]) for execution, name in flushes.items()},
        seed=result["seed"],
        rounds=result["rounds"],
        planned_rounds=result.get("planned_rounds") or None,
        elapsed_s=result["elapsed_s"],
        stop_reason=result["stop_reason"],
        other_processes_peak=result["other_processes_peak"],
        failure=None if failed is None else Failure(failed, result["failure_message"]),
        statuses=_statuses(result),
        warnings=(*warnings, *_warnings(result, traits, calls)),
        windows=tuple(result["windows"]),
        **facts,
    )


def _call(name: str, subject: Subject, targets: Mapping[str, Any], precision: float) -> Call:
    whole, flush = targets[name], targets.get(subject.flush or "")
    energy, time = _of(whole, "energy_per_pass_j"), _of(whole, "time_per_pass_s")
    power = _of(whole, "power_w")
    if flush is not None:
        energy, time = _less(energy, _of(flush, "energy_per_pass_j")), _less(time, _of(flush, "time_per_pass_s"))
        power = energy.over(time) if energy is not None and time is not None and time.resolved else None
    statuses = [status for status in (*whole["statuses"], *subject.statuses) if status != "ok"]
    if flush is not None:
        statuses += [status for status in flush["statuses"] if status != "ok"]
    if energy is not None and not energy.resolved:
        statuses.insert(0, "below_resolution")
        energy = power = None
    if time is not None and not time.resolved:
        time = power = None
    reached = energy is not None and energy.half_width is not None and energy.half_width <= precision * energy.mean
    return Call(
        name=name,
        execution=subject.execution,
        **_fields("energy", "j", energy),
        **_fields("time", "s", time),
        **_fields("power", "w", power),
        rounds=max((found["rounds"] for key in _INTERVALS if (found := whole.get(key)) is not None), default=0),
        precision_reached=reached,
        counter_over_samples=whole.get("counter_over_samples"),
        replay=dict(subject.replay),
        with_flush=_together(whole) if flush is not None else {},
        statuses=tuple(dict.fromkeys([*statuses, *([] if reached or energy is None else ["precision_not_reached"])])),
    )


_INTERVALS = ("energy_per_pass_j", "time_per_pass_s", "power_w")


def _of(target: Mapping[str, Any], key: str) -> _Mean | None:
    interval = target.get(key)
    return None if interval is None else _Mean(interval["mean"], interval.get("half_width"))


def _less(whole: _Mean | None, flush: _Mean | None) -> _Mean | None:
    return whole.minus(flush) if whole is not None and flush is not None else None


def _fields(what: str, unit: str, found: _Mean | None) -> dict[str, Any]:
    if found is None:
        return {}
    return {f"{what}_{unit}": found.mean, f"{what}_half_width_{unit}": found.half_width}


def _together(target: Mapping[str, Any]) -> dict[str, float]:
    """What was measured of a target, before anything is taken off."""
    energy, time = _of(target, "energy_per_pass_j"), _of(target, "time_per_pass_s")
    found = {**_fields("energy", "j", energy), **_fields("time", "s", time)}
    return {key: value for key, value in found.items() if value is not None}


def _changes(calls: Sequence[Call], same_within: float) -> tuple[Change, ...]:
    reference = calls[0]
    return tuple(_change(call, reference, same_within) for call in calls[1:])


def _change(call: Call, reference: Call, same_within: float) -> Change:
    energy = _ratio(call.energy_j, call.energy_half_width_j, reference.energy_j, reference.energy_half_width_j)
    time = _ratio(call.time_s, call.time_half_width_s, reference.time_s, reference.time_half_width_s)
    return Change(
        call.name,
        reference.name,
        *(_minus_one(energy), _half_width(energy), verdict_of(_minus_one(energy), _half_width(energy), same_within)),
        *(_minus_one(time), _half_width(time), verdict_of(_minus_one(time), _half_width(time), same_within)),
    )


def _ratio(
    one: float | None, one_half_width: float | None, other: float | None, other_half_width: float | None
) -> _Mean | None:
    if one is None or other is None:
        return None
    return _Mean(one, one_half_width).over(_Mean(other, other_half_width))


def _minus_one(ratio: _Mean | None) -> float | None:
    return None if ratio is None else ratio.mean - 1


def _half_width(ratio: _Mean | None) -> float | None:
    return None if ratio is None else ratio.half_width


def _statuses(result: Mapping[str, Any]) -> tuple[str, ...]:
    found = [result["stop_reason"]] if result["stop_reason"] in ("interrupted", "failed") else []
    return (*found, *(["contended"] if result["other_processes_peak"] else []), *result["statuses"])


def _warnings(result: Mapping[str, Any], meter: Meter, calls: Mapping[str, Call]) -> list[str]:
    found = []
    if meter.estimated:
        power = f"a stated {meter.stated_power_w:g} W" if meter.stated_power_w is not None else "a stated power"
        found.append(f"Energies are ESTIMATED: time multiplied by {power}. No energy sensor was read.")
    missed = [name for name, call in calls.items() if not call.precision_reached]
    if missed and result["stop_reason"] not in ("interrupted", "failed"):
        found.append(f"The precision asked for was not reached: {', '.join(missed)}. Give it more max_time.")
    if result["stop_reason"] == "interrupted":
        found.append(f"Interrupted after {result['rounds']} complete rounds; what was finished is kept.")
    if result.get("failure_kind") is not None:
        found.append(f"Ended early: {result['failure_message']}")
    return found
