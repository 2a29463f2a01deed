"""The uncertainty budget of a report: every source of doubt about its joules, with its size where that is known.

Precision is not accuracy: what is not in the intervals is listed here, and what nobody knows is said to be unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clear_native.report.record import Report

__all__ = ["Uncertainty", "budget"]


@dataclass(frozen=True)
class Uncertainty:
    """`relative`: of the model's energy; None: nobody can say. `in_interval`: whether the intervals hold it."""

    source: str
    relative: float | None
    in_interval: bool
    note: str = ""


def budget(report: Report) -> tuple[Uncertainty, ...]:
    """All sources for this report, those in the intervals first."""
    return tuple([*_in_intervals(report), *_sensor(report), *_method(report)])


def _in_intervals(report: Report) -> Iterator[Uncertainty]:
    model = report.preserved or report.full_model
    if model.energy_j and model.energy_half_width_j is not None:
        yield Uncertainty(
            "repeatability", model.energy_half_width_j / model.energy_j, True, "95 % half-width of the model's energy"
        )
    if report.drift_per_hour is not None:
        drift = abs(report.drift_per_hour) * report.elapsed_s / 3600
        yield Uncertainty("drift", drift, True, "over the whole profile; fitted and taken out, what is left scatters")
    if report.carry_over_per_w is not None:
        yield Uncertainty(
            "carry-over", abs(report.carry_over_per_w) * 100, True, "per 100 W of what ran before a window; taken out"
        )
    quantum = _quantisation(report.meter.quantum_j, report.windows)
    if quantum is not None:
        yield Uncertainty("quantisation", quantum, True, "one step of the counter over the energy of a window")


def _quantisation(quantum_j: float, windows: Sequence[Mapping[str, Any]]) -> float | None:
    energies_j = [
        window["energy_per_pass_j"] * window["passes"]
        for window in windows
        if window.get("energy_per_pass_j") and window.get("passes")
    ]
    return quantum_j / min(energies_j) if energies_j and quantum_j else None


def _sensor(report: Report) -> Iterator[Uncertainty]:
    if report.meter.estimated:
        yield Uncertainty("no sensor", None, False, "energies are time multiplied by a stated power")
        return
    if report.sensors is not None:
        note = "energy counter against the driver's power samples, over all windows"
        yield Uncertainty("two sensors", abs(report.sensors.ratio - 1), False, note)
    yield Uncertainty(
        "gain of the sensor",
        None,
        False,
        "unknown per card; NVIDIA states 5 W for power readings of some boards and nothing for this counter",
    )


def _method(report: Report) -> Iterator[Uncertainty]:
    if report.perturbation is not None:
        yield Uncertainty("kept buffers", report.perturbation.ratio, False, "the measured model over the plain one")
    weighing = report.weighing
    if weighing is not None and weighing.homogeneity is not None:
        note = "everything doubled over twice once: by so much the marginals need not sum to the whole"
        yield Uncertainty("homogeneity", weighing.homogeneity.ratio - 1, False, note)
    if weighing is not None and weighing.curvature is not None:
        note = "cancelled in foldover pairs to second order"
        yield Uncertainty("curvature", weighing.curvature.ratio, False, note)
    if report.energy_closure is not None:
        note = "sum of the components over the model, minus one; nothing is normalised"
        yield Uncertainty("closure", report.energy_closure.ratio - 1, False, note)
