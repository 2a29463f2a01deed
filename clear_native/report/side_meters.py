"""What meters beside the one that drove the measurement read in the same windows: apart, and together with it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clear_native.report.typed import record
from clear_native.report.units import prefixed, with_interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from clear_native.report.record import Meter, ModelResult, Report

__all__ = ["SideMeter", "SideResult", "side_lines", "side_meters", "side_meters_from"]


@dataclass(frozen=True)
class SideResult:
    """One pass of the model or of a component, as a side meter sees it; half-widths of 95 %, from between rounds.

    `together_j` adds what the driving meter read. Its half-width takes the two as independent.
    """

    energy_j: float
    energy_half_width_j: float | None = None
    power_w: float | None = None
    power_half_width_w: float | None = None
    rounds: int = 0
    together_j: float | None = None
    together_half_width_j: float | None = None


@dataclass(frozen=True)
class SideMeter:
    """`results`: by "model", "preserved", "idle" (of which a pass is one second), or the component's name.

    Components have one where they ran in windows of their own: not under `method="in_situ"`.
    """

    meter: Meter
    results: Mapping[str, SideResult] = field(default_factory=dict)


def side_meters(
    traits: Sequence[Meter],
    estimates: Sequence[Mapping[str, Any]],
    roles: Mapping[str, str],
    driven: Mapping[str, ModelResult],
) -> tuple[SideMeter, ...]:
    """`estimates`: the engine's SideEstimates as dicts; `driven`: what the driving meter found, by the same names."""
    found = []
    for meter in traits:
        results = {}
        for estimate in estimates:
            role = roles.get(estimate["target"], "component")
            if estimate["scope"] != meter.scope or role == "doubled":
                continue
            name = {"plain": "model", "preserved": "preserved", "idle": "idle"}.get(role, estimate["target"])
            results[name] = _result(estimate, driven.get(name))
        found.append(SideMeter(meter, results))
    return tuple(found)


def _result(estimate: Mapping[str, Any], driven: ModelResult | None) -> SideResult:
    energy, power = estimate["energy_per_pass_j"], estimate["power_w"]
    together_j = together_half_width_j = None
    if driven is not None and driven.energy_j is not None:
        together_j = energy["mean"] + driven.energy_j
        if energy["half_width"] is not None and driven.energy_half_width_j is not None:
            together_half_width_j = math.hypot(energy["half_width"], driven.energy_half_width_j)
    return SideResult(
        energy["mean"], energy["half_width"], power["mean"], power["half_width"], energy["rounds"], together_j,
        together_half_width_j,
    )  # fmt: skip


def side_lines(report: Report) -> Iterator[str]:
    """For the table: the model, then idle and components."""
    for side in report.sides:
        domains = f" ({', '.join(side.meter.domains)})" if side.meter.domains else ""
        name = f"beside it the {side.meter.scope} by {side.meter.name.replace('_', ' ')}{domains}"
        model = side.results.get("model")
        if model is None:
            yield f"{name}: nothing was read"
            continue
        line = f"{name}: model {with_interval(model.energy_j, model.energy_half_width_j, 'J')}"
        line += f" at {prefixed(model.power_w, 'W')}"
        if model.together_j is not None:
            line += (
                f", with the {report.meter.scope} {with_interval(model.together_j, model.together_half_width_j, 'J')}"
            )
        if "idle" in side.results:
            line += f", idle {prefixed(side.results['idle'].power_w, 'W')}"
        yield line
        parts = [
            f"{part} {with_interval(found.energy_j, found.energy_half_width_j, 'J')}"
            for part, found in side.results.items()
            if part in report.components
        ]
        if parts:
            yield f"the {side.meter.scope} while they ran: {', '.join(parts)}"


def side_meters_from(
    data: Sequence[Mapping[str, Any]], meter_from: Callable[[Mapping[str, Any]], Meter]
) -> tuple[SideMeter, ...]:
    """From a report's JSON; `meter_from` makes the Meter."""
    return tuple(
        SideMeter(
            meter_from(side["meter"]),
            {name: record(SideResult, result, f"sides {name}") for name, result in side.get("results", {}).items()},
        )
        for side in data
    )
