"""Energies with warm and with cold second runs, beside those of the cache that the model was judged to have."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from clear_native.report.record import Report

__all__ = ["with_bounds"]


def with_bounds(reports: Mapping[str, Report]) -> Report:
    """`reports`: by cache ("cold", "warm"), the judged one first: it comes back, with the bounds of both in it.

    A component without a number by one of them lacks that bound.
    """
    judged = next(iter(reports.values()))
    bounds: dict[str, dict[str, dict[str, float]]] = {name: {} for name in judged.components}
    for cache, report in reports.items():
        for name, part in report.components.items():
            if part.energy_j is None:
                continue
            bound = {"energy_j": part.energy_j}
            if part.energy_half_width_j is not None:
                bound["half_width_j"] = part.energy_half_width_j
            bounds.setdefault(name, {})[cache] = bound
    return dataclasses.replace(judged, bounds=bounds)
