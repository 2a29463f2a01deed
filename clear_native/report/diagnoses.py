"""Which failure signatures of the CLEAR paper a result shows, and what only two results can show."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from clear_native.errors import BadInputError
from clear_native.report.diagnosis import NORMS, Diagnosis
from clear_native.report.protocol import ProtocolComponent, ProtocolResult
from clear_native.report.record import ModelResult, Report

__all__ = ["diagnose"]

Result: TypeAlias = ProtocolResult | Report

_HALF, _FULL = {"torch.float16", "torch.bfloat16"}, "torch.float32"


def diagnose(result: Result, other: Result | None = None) -> tuple[Diagnosis, ...]:
    """The failure signatures that a result of `clear_protocol`, or a report of `profile`, shows: its `.diagnoses`.

    Args:
        result: what is looked at.
        other: a result of the same kind, model and device, one of the two in float32 and one in half precision: norms
            that cost more in half precision are then named too.

    Raises:
        BadInputError for anything else; for two results of different kinds, models, devices, sensors or shapes of
            inputs, of which not one is in float32 and one in half precision, or without norms in both.
    """
    for given in (result,) if other is None else (result, other):
        if not isinstance(given, (ProtocolResult, Report)):
            raise BadInputError(
                f"diagnose reads results of clear_protocol and reports of profile, got {type(given).__name__}"
            )
    return (*result.diagnoses, *(_norms(result, other) if other is not None else ()))


def _norms(one: Result, other: Result) -> Iterator[Diagnosis]:
    half, full = _half_and_full(one, other)
    names = [name for name in half.components if "norm" in name.lower() and name in full.components]
    if not names:
        raise BadInputError(
            "no component of norms is in both results, so that they could be compared: measure with the built-in rules "
            '(components=None) or name them, for instance components={"norm": "*LayerNorm", ...}'
        )
    for name in names:
        in_half, in_full = half.components[name], full.components[name]
        doubt_j = math.hypot(_half_width_j(in_half), _half_width_j(in_full))
        if in_half.energy_j is None or in_full.energy_j is None or not in_half.energy_j - in_full.energy_j > doubt_j:
            continue
        more = 100 * (in_half.energy_j / in_full.energy_j - 1)
        yield Diagnosis(
            NORMS,
            name,
            f"{1e3 * in_half.energy_j:.3g} mJ in {_dtype(half)}, {1e3 * in_full.energy_j:.3g} mJ in float32: "
            f"{more:.0f} % more",
            "norms compute in float32 all the same: half precision adds the conversions. Expected, and no fault of the "
            "measurement",
            "nothing, or a fused norm that reads and writes half precision (torch.compile, a kernel of its own)",
        )


def _half_and_full(one: Result, other: Result) -> tuple[Result, Result]:
    _check_comparable(one, other)
    dtypes = {result.workload.get("weights_dtype"): result for result in (one, other)}
    half = next((result for dtype, result in dtypes.items() if dtype in _HALF), None)
    if half is None or _FULL not in dtypes:
        seen = " and ".join(str(result.workload.get("weights_dtype")) for result in (one, other))
        raise BadInputError(
            f"norms are compared between float32 and half precision, got {seen}: give one result of each"
        )
    return half, dtypes[_FULL]


def _check_comparable(one: Result, other: Result) -> None:
    if type(one) is not type(other):
        raise BadInputError(
            f"a {type(one).__name__} and a {type(other).__name__} differ in more than precision: compare two of a kind"
        )
    same: Mapping[str, Callable[[Result], Any]] = {
        "model": lambda result: result.model,
        "device": lambda result: result.meter.device,
        "sensor": lambda result: (result.meter.name, result.meter.stated_power_w),
        "shapes of inputs": lambda result: _shapes(result.workload),
    }
    for what, of in same.items():
        if of(one) != of(other):
            raise BadInputError(
                f"the two results differ in more than precision ({what}: {of(one)!r} and {of(other)!r}): measure one "
                "model on one device with the same inputs"
            )


def _shapes(workload: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(tensor["shape"]) for name, tensor in workload.get("inputs", {}).items()}


def _half_width_j(part: ProtocolComponent | ModelResult) -> float:
    """About 95 %; infinite where nothing tells it, so that nothing is concluded."""
    if not isinstance(part, ProtocolComponent):
        return math.inf if part.energy_half_width_j is None else part.energy_half_width_j
    if part.trials < 2:
        return math.inf
    return 2 * statistics.stdev(part.energies_j) / math.sqrt(part.trials)


def _dtype(result: Result) -> str:
    return str(result.workload.get("weights_dtype")).removeprefix("torch.")
