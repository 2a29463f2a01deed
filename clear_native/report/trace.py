"""One pass of the model as a trace for Perfetto or chrome://tracing, with the energy of every slice.

Format: "Trace Event Format" of the Chrome project, complete events and counters, microseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from clear_native.report.hierarchy import QUANTITIES, Placed, extent_of, hierarchy, placed

if TYPE_CHECKING:
    from clear_native.report.record import Report

__all__ = ["to_trace"]

_ORDER = "Slices stand in the order of the report's tree, one after another, not in that of execution."


def to_trace(report: Report) -> dict[str, Any]:
    """Slices as long as they take in one pass; each holds its joules, watts and FLOPs. Power is a counter track."""
    seconds = QUANTITIES["seconds"]
    root = hierarchy(report)
    whole_s = extent_of(root, seconds)
    slices = placed(root, seconds)
    return {
        "displayTimeUnit": "ns",
        "otherData": {
            "model": report.model,
            "method": report.method,
            "execution": report.execution,
            "note": _ORDER,
            "estimated": report.meter.estimated,
        },
        "traceEvents": [
            _named("process_name", report.model),
            _named("thread_name", "one pass"),
            *(_complete(found, whole_s) for found in slices),
            *_power(slices, whole_s),
        ],
    }


def _named(what: str, name: str) -> dict[str, Any]:
    return {"ph": "M", "pid": 1, "tid": 1, "name": what, "args": {"name": name}}


def _complete(found: Placed, whole_s: float) -> dict[str, Any]:
    part = found.part
    facts = {
        "energy_j": part.energy_j,
        "energy_half_width_j": part.energy_half_width_j,
        "time_s": part.time_s,
        "power_w": _power_w(found),
        "flops": part.flops,
        "status": ", ".join(part.statuses) or None,
    }
    return {
        "ph": "X",
        "pid": 1,
        "tid": 1,
        "cat": part.component or "model",
        "name": part.name,
        "ts": 1e6 * found.begin * whole_s,
        "dur": 1e6 * found.width * whole_s,
        "args": {name: value for name, value in facts.items() if value is not None},
    }


def _power(slices: list[Placed], whole_s: float) -> Iterator[dict[str, Any]]:
    """Mean power of each component, where it is known; between components, none."""
    for found in slices:
        power_w = _power_w(found)
        if found.depth == 1 and power_w is not None:
            for at, value in ((found.begin, power_w), (found.begin + found.width, 0.0)):
                yield {"ph": "C", "pid": 1, "name": "power_w", "ts": 1e6 * at * whole_s, "args": {"power_w": value}}


def _power_w(found: Placed) -> float | None:
    part = found.part
    return part.energy_j / part.time_s if part.energy_j is not None and part.time_s else None
