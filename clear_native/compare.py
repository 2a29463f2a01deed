"""`compare(before, after)`: did the energy of a model, or of a call, change? By the difference of intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from clear_native import _core
from clear_native.errors import BadInputError
from clear_native.report import Report
from clear_native.report.alike import Comparable, different_environment, different_workload, told
from clear_native.report.bench import BenchResult
from clear_native.report.comparison import Compared, Comparison, Side
from clear_native.report.files import load_any
from clear_native.subject.inputs import flag

__all__ = ["BETWEEN_RUNS", "FALSE_ALARMS", "SAME_WITHIN", "compare"]

# Relative standard deviation of profiles of the same thing in processes of their own, beyond what their intervals say:
# 0.25 to 0.5 % for the components of BERT-base, 0.3 % for all of it, in ten profiles each on two H200s
# (benchmarks/results/repeatability.json).
BETWEEN_RUNS = 0.004
FALSE_ALARMS = 0.01
SAME_WITHIN = 0.02


def compare(
    before: Comparable | str | Path,
    after: Comparable | str | Path,
    *,
    same_within: float = SAME_WITHIN,
    between_runs: float = BETWEEN_RUNS,
    false_alarms: float = FALSE_ALARMS,
    allow_different_environment: bool = False,
) -> Comparison:
    """Whether `after` takes more or less energy than `before`: the whole model, then every component of both.

    Args:
        before, after: reports, results of `bench` (the first variant counts as the whole, the others as its parts), or
            files that `save` of either wrote.
        same_within: what is not told apart is "same" if the 95 % interval of its change lies within this share.
        between_runs: relative standard deviation that profiles of the same thing have beyond what their intervals say:
            another process, another temperature, other addresses. The default is measured.
        false_alarms: how often at most anything is called better or worse of two profiles of the same thing. Half of it
            is for the whole model, half for all components together (Holm 1979).
        allow_different_environment: compare although device, driver, versions, meter or method differ; what differs is
            in the result, and shown.

    Returns:
        A `Comparison`: verdict ("better", "worse", "same", "unclear"), change and p-value of each, and
        `regression(threshold)` for a gate.

    Raises:
        BadInputError for a file that is neither; for a report and a benchmark; for one without an energy of the whole;
            for unlike environments, unless allowed; for a share that is not between 0 and 1.

    Welch's test (1947) of the two means with the degrees of freedom of their rounds, and `between_runs` added to both
    variances. A half-width of few rounds is taken with the degrees of freedom of these, which errs on the safe side.
    """
    for name, share in (("same_within", same_within), ("between_runs", between_runs), ("false_alarms", false_alarms)):
        _check_share(name, share)
    flag("allow_different_environment", allow_different_environment)
    one, other = _result("before", before), _result("after", after)
    if type(one) is not type(other):
        raise BadInputError(f"before is a {type(one).__name__}, after a {type(other).__name__}: compare two of a kind")
    unlike = different_environment(one, other)
    if unlike and not allow_different_environment:
        raise BadInputError(
            f"the two profiles are not of the same environment ({told(unlike)}): their joules differ for that too. "
            "Profile again in the same one, or say allow_different_environment=True (--allow-different-environment)"
        )
    (name, whole), parts_before = _parts(one)
    (_, other_whole), parts_after = _parts(other)
    common = [part for part in parts_before if part in parts_after]
    numbers = between_runs, false_alarms / 2, same_within
    (total,) = _compared({name: (whole, other_whole)}, *numbers)
    parts = _compared({part: (parts_before[part], parts_after[part]) for part in common}, *numbers)
    return Comparison(
        before=_side(one, before),
        after=_side(other, after),
        total=total,
        components={part.name: part for part in parts},
        only_before=tuple(part for part in parts_before if part not in parts_after),
        only_after=tuple(part for part in parts_after if part not in parts_before),
        different_environment=unlike,
        different_workload=different_workload(one, other),
        same_within=float(same_within),
        between_runs=float(between_runs),
        false_alarms=float(false_alarms),
        warnings=tuple(_warnings(one, other)),
    )


class _Measured(Protocol):
    """What a model, a component or a call has."""

    @property
    def energy_j(self) -> float | None: ...
    @property
    def energy_half_width_j(self) -> float | None: ...
    @property
    def time_s(self) -> float | None: ...
    @property
    def rounds(self) -> int: ...
    @property
    def statuses(self) -> tuple[str, ...]: ...


def _parts(result: Comparable) -> tuple[tuple[str, _Measured], Mapping[str, _Measured]]:
    """The whole with its name, and what it is made of."""
    if isinstance(result, Report):
        return ("model", result.full_model), result.components
    first, *others = result.variants
    return (first, result.variants[first]), {name: result.variants[name] for name in others}


def _check_share(name: str, share: object) -> None:
    if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 <= share < 1:
        raise BadInputError(f"{name} must be a share from 0 to 1, such as 0.01 for 1 %, got {share!r}")


def _result(side: str, given: object) -> Comparable:
    result = load_any(given) if isinstance(given, (str, Path)) else given
    if not isinstance(result, (Report, BenchResult)):
        what = f"the file of a {type(result).__name__}" if result is not given else type(given).__name__
        raise BadInputError(f"{side} must be a report, a result of bench, or the file of one, got {what}")
    (name, whole), _ = _parts(result)
    if whole.energy_j is None:
        raise BadInputError(
            f"{side}, {_model(result)}, has no energy of the whole ({name}; {_why_without(result, whole)}): "
            "measure again"
        )
    return result


def _why_without(result: Comparable, whole: _Measured) -> str:
    """Why there is no energy: what ended the measurement early, else what is wrong with what was measured."""
    if result.failure is not None:
        return result.failure.message
    statuses = ", ".join(status for status in whole.statuses if status != "ok")
    return result.stop_reason if result.stop_reason == "interrupted" or not statuses else statuses


def _model(result: Comparable) -> str:
    return result.model if isinstance(result, Report) else f"a benchmark of {', '.join(result.variants)}"


def _side(result: Comparable, given: object) -> Side:
    return Side(
        model=_model(result),
        method=result.method if isinstance(result, Report) else "bench",
        execution=result.execution if isinstance(result, Report) else next(iter(result.variants.values())).execution,
        made_at=result.made_at,
        meter=result.meter.name,
        estimated=result.meter.estimated,
        synthetic_weights=result.synthetic_weights if isinstance(result, Report) else None,
        rounds=result.rounds,
        file=str(given) if isinstance(given, (str, Path)) else None,
    )


def _compared(
    pairs: Mapping[str, tuple[_Measured, _Measured]], between_runs: float, family_error: float, same_within: float
) -> list[Compared]:
    """One family of tests: what has no interval on either side cannot be told apart, and does not cost the others."""
    before = {name: _mean(pair[0]) for name, pair in pairs.items()}
    after = {name: _mean(pair[1]) for name, pair in pairs.items()}
    known = {
        name: (one, two) for name in pairs if (one := before[name]) is not None and (two := after[name]) is not None
    }
    found = _core.differences(
        [one for one, _ in known.values()], [two for _, two in known.values()], between_runs, family_error
    )
    differences = dict(zip(known, found, strict=True))
    return [_one(name, *pair, differences.get(name), same_within) for name, pair in pairs.items()]


def _mean(result: _Measured) -> tuple[float, float, float] | None:
    """Joules, their half-width, degrees of freedom."""
    if result.energy_j is None or result.energy_half_width_j is None or result.rounds < 2:
        return None
    if not (math.isfinite(result.energy_j) and math.isfinite(result.energy_half_width_j)):
        return None
    return result.energy_j, result.energy_half_width_j, float(result.rounds - 1)


def _one(
    name: str, before: _Measured, after: _Measured, found: Mapping[str, Any] | None, same_within: float
) -> Compared:
    return Compared(
        name=name,
        before_j=before.energy_j,
        after_j=after.energy_j,
        verdict=_verdict(found, same_within),
        change=found["relative"] if found else None,
        change_half_width=found["relative_half_width"] if found else None,
        difference_j=found["value"] if found else None,
        difference_half_width_j=found["half_width"] if found else None,
        p_value=found["p_value"] if found else None,
        before_s=before.time_s,
        after_s=after.time_s,
        statuses=tuple(dict.fromkeys(status for status in (*before.statuses, *after.statuses) if status != "ok")),
    )


def _verdict(found: Mapping[str, Any] | None, same_within: float) -> str:
    if found is None:
        return "unclear"
    if found["told_apart"]:
        return "worse" if found["value"] > 0 else "better"
    change, half_width = found["relative"], found["relative_half_width"]
    return "same" if change is not None and abs(change) + half_width <= same_within else "unclear"


def _warnings(one: Comparable, other: Comparable) -> list[str]:
    found = []
    if one.meter.estimated or other.meter.estimated:
        found.append("Energies are ESTIMATED: time multiplied by a stated power. What is compared is time.")
    for side, report in (("before", one), ("after", other)):
        if report.failure is not None or report.stop_reason in ("interrupted", "failed"):
            found.append(f"What was measured {side} ended early ({report.stop_reason}).")
    return found
