"""In what the surroundings of two results differ, and what they ran."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clear_native.report.bench import BenchResult
from clear_native.report.record import Report

__all__ = ["Comparable", "different_environment", "different_workload", "told"]

Comparable = Report | BenchResult

# What a joule may depend on. The host's name, its kernel, the commit and the time do not count.
_SURROUNDINGS = (
    "gpu", "uuid", "driver", "power_limit_w", "persistence_mode", "cuda", "torch", "transformers", "clear_native",
)  # fmt: skip
_OF_THE_CPU = ("cpu", "cores", "torch_threads")
# Of a workload, what was run. How it was replayed and what was kept for that is of the measurement: lengths of replays
# and times of passes never come out the same twice.
_RUN = ("inputs", "weights_dtype", "device")


def different_environment(before: Comparable, after: Comparable) -> dict[str, tuple[Any, Any]]:
    """{what: (before, after)} of device, driver, versions, meter and method. What only one of them knows counts too."""
    keys = (
        _SURROUNDINGS if "gpu" in before.environment or "gpu" in after.environment else (*_SURROUNDINGS, *_OF_THE_CPU)
    )
    found = _unlike(before.environment, after.environment, keys)
    return found | _unlike(one := _way(before), other := _way(after), tuple(dict.fromkeys([*one, *other])))


def different_workload(before: Comparable, after: Comparable) -> dict[str, tuple[Any, Any]]:
    """{what: (before, after)} of model, inputs, data types, weights and kind of device: often the very thing that is
    compared.

    What a benchmark called is not known.
    """
    if not (isinstance(before, Report) and isinstance(after, Report)):
        return {}
    found = _unlike(_run_of(before), _run_of(after), _RUN)
    for what, one, other in (
        ("model", before.model, after.model),
        ("synthetic_weights", before.synthetic_weights, after.synthetic_weights),
    ):
        if one != other:
            found[what] = (one, other)
    return found


def told(unlike: Mapping[str, tuple[Any, Any]]) -> str:
    """In words: "driver 570 and 580, torch 2.9.0 and unknown"."""
    return ", ".join(f"{what} {_short(one)} and {_short(other)}" for what, (one, other) in unlike.items())


def _short(value: Any) -> str:
    text = "unknown" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _run_of(report: Report) -> dict[str, Any]:
    """One GPU or another of a machine is told by the environment."""
    run = {key: report.workload[key] for key in _RUN if key in report.workload}
    return run | {"device": str(run["device"]).partition(":")[0]} if "device" in run else run


def _unlike(one: Mapping[str, Any], other: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, tuple[Any, Any]]:
    return {key: (one.get(key), other.get(key)) for key in keys if one.get(key) != other.get(key)}


def _way(result: Comparable) -> dict[str, Any]:
    """How it was measured."""
    meter = result.meter
    found: dict[str, Any] = {
        "meter": f"{meter.name} at a stated {meter.stated_power_w} W" if meter.estimated else meter.name
    }
    if isinstance(result, BenchResult):
        executions = {call.execution for call in result.variants.values()}
        return found | {"execution": ", ".join(sorted(executions)), "cache": result.cache}
    cache = result.weighing.facts.get("cache") if result.weighing is not None else None
    return found | {"method": result.method, "execution": result.execution, "cache": cache}
