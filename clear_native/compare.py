"""`compare(before, after)`: did the energy of a model change? By the difference of intervals, the whole model first."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clear_native import _core
from clear_native.errors import BadInputError
from clear_native.report import Report
from clear_native.report.alike import different_environment, different_workload, told
from clear_native.report.comparison import Compared, Comparison, Side
from clear_native.report.record import ModelResult

__all__ = ["BETWEEN_RUNS", "FALSE_ALARMS", "SAME_WITHIN", "compare"]

# Relative standard deviation of profiles of the same thing in processes of their own, beyond what their intervals say:
# 0.25 to 0.5 % for the components of BERT-base, 0.3 % for all of it, in ten profiles each on two H200s
# (benchmarks/results/repeatability.json).
BETWEEN_RUNS = 0.004
FALSE_ALARMS = 0.01
SAME_WITHIN = 0.02


def compare(
    before: Report | str | Path,
    after: Report | str | Path,
    *,
    same_within: float = SAME_WITHIN,
    between_runs: float = BETWEEN_RUNS,
    false_alarms: float = FALSE_ALARMS,
    allow_different_environment: bool = False,
) -> Comparison:
    """Whether `after` takes more or less energy than `before`: the whole model, then every component of both.

    Args:
        before, after: reports, or files that `Report.save` wrote.
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
        BadInputError: a file that is no report; a report without an energy of the whole model; unlike environments,
            unless allowed; a share that is not between 0 and 1.

    Welch's test (1947) of the two means with the degrees of freedom of their rounds, and `between_runs` added to both
    variances. A half-width of few rounds is taken with the degrees of freedom of these, which errs on the safe side.
    """
    for name, share in (("same_within", same_within), ("between_runs", between_runs), ("false_alarms", false_alarms)):
        _check_share(name, share)
    if isinstance(allow_different_environment, bool) is False:
        raise BadInputError(f"allow_different_environment is True or False, got {allow_different_environment!r}")
    one, other = _report("before", before), _report("after", after)
    unlike = different_environment(one, other)
    if unlike and not allow_different_environment:
        raise BadInputError(
            f"the two profiles are not of the same environment ({told(unlike)}): their joules differ for that too. "
            "Profile again in the same one, or say allow_different_environment=True (--allow-different-environment)"
        )
    common = [name for name in one.components if name in other.components]
    numbers = between_runs, false_alarms / 2, same_within
    (total,) = _compared({"model": (one.full_model, other.full_model)}, *numbers)
    parts = _compared({name: (one[name], other[name]) for name in common}, *numbers)
    return Comparison(
        before=_side(one, before),
        after=_side(other, after),
        total=total,
        components={part.name: part for part in parts},
        only_before=tuple(name for name in one.components if name not in other.components),
        only_after=tuple(name for name in other.components if name not in one.components),
        different_environment=unlike,
        different_workload=different_workload(one, other),
        same_within=float(same_within),
        between_runs=float(between_runs),
        false_alarms=float(false_alarms),
        warnings=tuple(_warnings(one, other)),
    )


def _check_share(name: str, share: object) -> None:
    if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 <= share < 1:
        raise BadInputError(f"{name} must be a share from 0 to 1, such as 0.01 for 1 %, got {share!r}")


def _report(side: str, given: Report | str | Path) -> Report:
    if isinstance(given, (str, Path)):
        given = Report.load(given)
    if not isinstance(given, Report):
        raise BadInputError(f"{side} must be a report or the file of one, got {type(given).__name__}")
    if given.full_model.energy_j is None:
        raise BadInputError(
            f"{side}, a profile of {given.model}, has no energy of the whole model "
            f"({given.failure.message if given.failure else given.stop_reason}): profile again"
        )
    return given


def _side(report: Report, given: Report | str | Path) -> Side:
    return Side(
        model=report.model,
        method=report.method,
        execution=report.execution,
        made_at=report.made_at,
        meter=report.meter.name,
        estimated=report.meter.estimated,
        synthetic_weights=report.synthetic_weights,
        rounds=report.rounds,
        file=None if isinstance(given, Report) else str(given),
    )


def _compared(
    pairs: Mapping[str, tuple[ModelResult, ModelResult]], between_runs: float, family_error: float, same_within: float
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


def _mean(result: ModelResult) -> tuple[float, float, float] | None:
    """Joules, their half-width, degrees of freedom."""
    if result.energy_j is None or result.energy_half_width_j is None or result.rounds < 2:
        return None
    if not (math.isfinite(result.energy_j) and math.isfinite(result.energy_half_width_j)):
        return None
    return result.energy_j, result.energy_half_width_j, float(result.rounds - 1)


def _one(
    name: str, before: ModelResult, after: ModelResult, found: Mapping[str, Any] | None, same_within: float
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


def _warnings(one: Report, other: Report) -> list[str]:
    found = []
    if one.meter.estimated or other.meter.estimated:
        found.append("Energies are ESTIMATED: time multiplied by a stated power. What is compared is time.")
    for side, report in (("before", one), ("after", other)):
        if report.failure is not None or report.stop_reason in ("interrupted", "failed"):
            found.append(f"The profile {side} ended early ({report.stop_reason}).")
    return found
