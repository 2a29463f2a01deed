"""What a report of method "in_situ" tells besides joules: how the model was dosed, and whether the method's conditions
held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from clear_native.report.closure import Closure

__all__ = ["Weighing", "layer_rows", "weighing_from"]


@dataclass(frozen=True)
class Weighing:
    """Doses and what they showed of the model's energy as a function of how often each component runs.

    `homogeneity`: everything doubled over twice once; 1 where running everything twice costs twice as much, the
    condition under which marginal energies sum to the whole. `curvature`: mean of both signs of a dose over no dose,
    minus one. `interactions_rms`: two-way interactions, root mean square over the model, noise taken out.
    `looks_period_s`: how far apart the sensor's looks were found to be; doses were drawn so that they beat little
    with them. `off_speed_share`, `off_speed_step`: windows in which the device ran faster or slower than at its main
    speed though its clocks did not say so; numbers are of the main speed (docs/method.md, both). The operating points
    are means over the dosed windows and over those of the chain.
    """

    fraction: float  # of a component's calls that a window doubled or skipped, after the pilot
    passes: int  # unrolled, over which they spread
    pairs: int  # foldover pairs of a design
    wild_pairs: int | None = None  # of all rounds: far off what the doses explain, and drawn in; None: too few to tell
    homogeneity: Closure | None = None
    time_homogeneity: Closure | None = None
    curvature: Closure | None = None
    interactions_rms: float | None = None
    looks_period_s: float | None = None  # None: not found, or the sensor does not look part of the time
    off_speed_share: float | None = None  # of windows at another than the main speed; None: all had one speed
    off_speed_step: float | None = None  # their times over those at the main speed, minus one
    operating_points: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)  # cache, reuse_distance_bytes, l2_bytes, ...


def weighing_from(found: Mapping[str, Any] | None, facts: Mapping[str, Any]) -> Weighing | None:
    """`found`: the engine's dict of that name."""
    if found is None:
        return None
    return Weighing(
        fraction=found["fraction"],
        passes=found["passes"],
        pairs=found["pairs"],
        wild_pairs=found.get("wild_pairs"),
        homogeneity=Closure.of(found.get("homogeneity")),
        time_homogeneity=Closure.of(found.get("time_homogeneity")),
        curvature=Closure.of(found.get("curvature")),
        interactions_rms=found.get("interactions_rms"),
        looks_period_s=found.get("looks_period_s"),
        off_speed_share=found.get("off_speed_share"),
        off_speed_step=found.get("off_speed_step"),
        operating_points={
            name: {key: value for key, value in point.items() if value is not None}
            for name, point in found.get("operating_points", {}).items()
            if point is not None
        },
        facts={key: value for key, value in facts.items() if value is not None},
    )


def layer_rows(
    found: Mapping[str, Any] | None, modules: Mapping[str, Sequence[str]] | None = None
) -> dict[str, list[dict[str, Any]]]:
    """{component: [{"layer", "module", "energy_j", "energy_half_width_j", "time_s", "time_half_width_s"}]}, unknowns
    left out. `modules`: by component, that of each call."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for layer in (found or {}).get("layers", []):
        row: dict[str, Any] = {"layer": layer["layer"]}
        names = (modules or {}).get(layer["component"], ())
        if layer["layer"] < len(names):
            row["module"] = names[layer["layer"]]
        for key, half_width in (("energy_j", "energy_half_width_j"), ("time_s", "time_half_width_s")):
            interval = layer.get(key)
            if interval is not None:
                row[key] = interval["mean"]
                row[half_width] = interval.get("half_width")
        rows.setdefault(layer["component"], []).append({k: v for k, v in row.items() if v is not None})
    return rows
