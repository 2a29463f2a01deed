"""What a pass serves, and what it costs: tokens per joule, joules per request, and when asked, CO2 and money."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clear_native.errors import BadInputError

if TYPE_CHECKING:
    from clear_native.report.record import Report

__all__ = [
    "JOULES_PER_KWH",
    "Impact",
    "Prices",
    "impact",
    "joules_per_request",
    "requests",
    "tokens",
    "tokens_per_joule",
]

JOULES_PER_KWH = 3.6e6
_NO_TOKENS = ("mask", "position", "token_type", "label", "pixel")


def tokens(report: Report) -> int | None:
    """Tokens that one pass takes in, padding included; None where the inputs are no tokens.

    They are the elements of inputs named `input_ids` (encoder's and decoder's), or of the first integer matrix, or the
    first two axes of `inputs_embeds`.
    """
    inputs: Mapping[str, Any] = report.workload.get("inputs", {})
    named = [math.prod(map(int, tensor["shape"])) for name, tensor in inputs.items() if name.endswith("input_ids")]
    if named:
        return sum(named)
    for name, tensor in inputs.items():
        shape = tensor["shape"]
        if name.endswith("inputs_embeds") and len(shape) == 3:
            return int(shape[0] * shape[1])
        whole_numbers = str(tensor.get("dtype", "")).removeprefix("torch.").startswith(("int", "long"))
        if whole_numbers and len(shape) == 2 and not any(word in name for word in _NO_TOKENS):
            return math.prod(int(size) for size in shape)
    return None


def requests(report: Report) -> int | None:
    """Sequences, images, ... of one pass: the first axis of the first input."""
    shapes = [tensor["shape"] for tensor in report.workload.get("inputs", {}).values()]
    return int(shapes[0][0]) if shapes and shapes[0] and shapes[0][0] > 0 else None


def tokens_per_joule(report: Report) -> float | None:
    count, energy_j = tokens(report), report.full_model.energy_j
    return count / energy_j if count and energy_j and energy_j > 0 else None


def joules_per_request(report: Report) -> float | None:
    count, energy_j = requests(report), report.full_model.energy_j
    return energy_j / count if count and energy_j is not None else None


@dataclass(frozen=True)
class Prices:
    """What a kilowatt-hour emits and costs, and who says so. None: not asked for.

    Raises BadInputError for what is negative or not finite.
    """

    grid_intensity_g_per_kwh: float | None = None
    price_per_kwh: float | None = None
    currency: str = ""
    source: str = "given by the caller"

    def __post_init__(self) -> None:
        for name in ("grid_intensity_g_per_kwh", "price_per_kwh"):
            value = getattr(self, name)
            known = isinstance(value, (int, float)) and not isinstance(value, bool)
            if value is not None and not (known and math.isfinite(value) and value >= 0):
                raise BadInputError(f"{name} is {value!r}, expected a number that is not negative, for instance 380.0")

    def __bool__(self) -> bool:
        return self.grid_intensity_g_per_kwh is not None or self.price_per_kwh is not None


@dataclass(frozen=True)
class Impact:
    """Of a million (where that is less than 0.1 kWh, a billion) tokens; where a pass has none, requests or passes.

    Only of the energy that the meter saw: no host, no cooling, no losses before the machine. `source`: of both numbers.
    """

    of: str
    energy_kwh: float
    carbon_g: float | None
    cost: float | None
    currency: str
    source: str


def impact(report: Report, prices: Prices) -> Impact | None:
    """None where nothing was asked for, or the model has no energy."""
    energy_j = report.full_model.energy_j
    if not prices or energy_j is None:
        return None
    served = {"tokens": tokens(report), "requests": requests(report), "passes": 1}
    what, count = next((what, count) for what, count in served.items() if count)
    energy_kwh, amount = 1e6 * energy_j / count / JOULES_PER_KWH, "million"
    if energy_kwh < 0.1:
        energy_kwh, amount = 1000 * energy_kwh, "billion"
    grid, price = prices.grid_intensity_g_per_kwh, prices.price_per_kwh
    return Impact(
        of=f"{amount} {what}",
        energy_kwh=energy_kwh,
        carbon_g=None if grid is None else grid * energy_kwh,
        cost=None if price is None else price * energy_kwh,
        currency=prices.currency,
        source=prices.source,
    )
