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


def different_environment(before: Comparable, after: Comparable) -> dict[str, tuple[Any, Any]]:
    """{what: (before, after)} of device, driver, versions, meter and method. What only one of them knows counts too."""
    keys = (
        _SURROUNDINGS if "gpu" in before.environment or "gpu" in after.environment else (*_SURROUNDINGS, *_OF_THE_CPU)
    )
    found = _unlike(before.environment, after.environment, keys)
    return found | _unlike(one := _way(before), other := _way(after), tuple(dict.fromkeys([*one, *other])))


def different_workload(before: Comparable, after: Comparable) -> dict[str, tuple[Any, Any]]:
    """{what: (before, after)} of model, inputs, data types and weights: often the very thing that is compared.

    What a benchmark called is not known.
    """
    if not (isinstance(before, Report) and isinstance(after, Report)):
        return {}
    keys = tuple(dict.fromkeys([*before.workload, *after.workload]))
    found = _unlike(before.workload, after.workload, keys)
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
