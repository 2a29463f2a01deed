"""Dispatch tax: what running a component from Python costs over replaying the same work as a graph."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from clear_native.errors import BadInputError
from clear_native.report.record import ModelResult

__all__ = ["DispatchTax", "dispatch_tax"]


@dataclass(frozen=True)
class DispatchTax:
    """Joules per pass, with the half-width of the 95 % interval; None where one of the two energies is not known."""

    energy_j: float | None = None
    half_width_j: float | None = None


def dispatch_tax(graph: Mapping[str, ModelResult], eager: Mapping[str, ModelResult]) -> dict[str, DispatchTax]:
    """Eager minus graph, for each component of two profiles of one model on the same inputs and device.

    `graph` and `eager` are the `components` of the two reports. The energy is that of the GPU alone: what it spends
    waiting for Python is in the tax, what the processor spends on Python is not. The profiles are independent, so the
    half-widths add in squares.

    Raises:
        BadInputError if one is no mapping of components, or the two do not hold the same ones.
    """
    for which, given in (("graph", graph), ("eager", eager)):
        if not isinstance(given, Mapping) or not all(isinstance(part, ModelResult) for part in given.values()):
            raise BadInputError(
                f"{which} should be the `components` of a report, got {type(given).__name__}: {given!r:.60}"
            )
    if set(graph) != set(eager):
        raise BadInputError(
            f"the dispatch tax needs two profiles of one model with the same components; only with graphs: "
            f"{_names(set(graph) - set(eager))}; only eager: {_names(set(eager) - set(graph))}"
        )
    return {name: _difference(graph[name], eager[name]) for name in graph}


def _difference(graph: ModelResult, eager: ModelResult) -> DispatchTax:
    if graph.energy_j is None or eager.energy_j is None:
        return DispatchTax()
    half_width_j = None
    if graph.energy_half_width_j is not None and eager.energy_half_width_j is not None:
        half_width_j = math.hypot(graph.energy_half_width_j, eager.energy_half_width_j)
    return DispatchTax(eager.energy_j - graph.energy_j, half_width_j)


def _names(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"
