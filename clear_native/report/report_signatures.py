"""The failure signatures of the CLEAR paper, where a report of `profile` shows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from clear_native.report.diagnosis import CAPTURE, LEAST_CAPTURE, MOST_SPREAD, SPREAD, ZERO, Diagnosis, some

if TYPE_CHECKING:
    from clear_native.report.record import ComponentResult, Report

__all__ = ["report_signatures"]

_UNREAD = ("below_resolution", "too_few_ticks")


def report_signatures(report: Report) -> tuple[Diagnosis, ...]:
    """Zero readings first. The spread of a report is that of its intervals, its capture the closure."""
    parts = report.components.values()
    return tuple(
        [
            *(diagnosis for part in parts for diagnosis in _unread(part)),
            *(diagnosis for part in parts for diagnosis in _spread(part)),
            *_low_closure(report),
        ]
    )


def _unread(part: ComponentResult) -> Iterator[Diagnosis]:
    unread = [status for status in part.statuses if status in _UNREAD]
    if part.energy_j is None and unread:
        yield Diagnosis(
            ZERO,
            part.name,
            f"no energy ({', '.join(unread)}): the meter tells it neither from zero nor from noise",
            "it costs too little for the windows there were",
            "a longer max_time, or measure it together with its neighbours (components=...)",
        )


def _spread(part: ComponentResult) -> Iterator[Diagnosis]:
    if part.energy_j is None or part.energy_j <= 0 or part.energy_half_width_j is None:
        return
    relative = part.energy_half_width_j / part.energy_j
    if relative > MOST_SPREAD:
        yield Diagnosis(
            SPREAD,
            part.name,
            f"the half-width of its interval is {100 * relative:.0f} % of its {1e3 * part.energy_j:.3g} mJ",
            "a small component: what a profile aims at is 1 % of it or 0.3 % of the model, whichever is more"
            if part.precision_reached
            else "noise between rounds, and too few of them for the precision asked for",
            "a smaller precision and a longer max_time",
        )


def _low_closure(report: Report) -> Iterator[Diagnosis]:
    closure = report.energy_closure
    if closure is None or closure.ratio + (closure.half_width or 0.0) >= LEAST_CAPTURE:
        return
    uncovered = [name for name, part in report.components.items() if "not_covered" in part.statuses]
    outside = f"{some(uncovered)} not covered; " if uncovered else ""
    in_situ = report.method == "in_situ"
    yield Diagnosis(
        CAPTURE,
        None,
        f"the components sum to {100 * closure.ratio:.1f} % of the model's energy",
        f"{outside}the method's conditions may not have held"
        if in_situ
        else f"{outside}alone, components find other caches and clocks than in the model, or the model idles between",
        "see .weighing.homogeneity and .warnings"
        if in_situ
        else 'method="in_situ"; .warnings has the operating points',
    )
