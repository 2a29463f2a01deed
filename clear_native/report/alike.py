"""In what the surroundings of two profiles differ, and what they ran."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clear_native.report.record import Report

__all__ = ["different_environment", "different_workload", "told"]

# What a joule may depend on. The host's name, its kernel, the commit and the time do not count.
_SURROUNDINGS = (
    "gpu", "uuid", "driver", "power_limit_w", "persistence_mode", "cuda", "torch", "transformers", "clear_native",
)  # fmt: skip
_OF_THE_CPU = ("cpu", "cores", "torch_threads")


def different_environment(before: Report, after: Report) -> dict[str, tuple[Any, Any]]:
    """{what: (before, after)} of device, driver, versions, meter and method. What only one of them knows counts too."""
    keys = (
        _SURROUNDINGS if "gpu" in before.environment or "gpu" in after.environment else (*_SURROUNDINGS, *_OF_THE_CPU)
    )
    found = _unlike(before.environment, after.environment, keys)
    for what, one, other in (
        ("meter", _meter(before), _meter(after)),
        ("method", before.method, after.method),
        ("execution", before.execution, after.execution),
        ("cache", _cache(before), _cache(after)),
    ):
        if one != other:
            found[what] = (one, other)
    return found


def different_workload(before: Report, after: Report) -> dict[str, tuple[Any, Any]]:
    """{what: (before, after)} of model, inputs, data types and weights: often the very thing that is compared."""
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


def _meter(report: Report) -> str:
    meter = report.meter
    return f"{meter.name} at a stated {meter.stated_power_w} W" if meter.estimated else meter.name


def _cache(report: Report) -> Any:
    return report.weighing.facts.get("cache") if report.weighing is not None else None
