"""A failure signature of a measurement, named: the record, the names and the thresholds.

The signatures and thresholds are those of the CLEAR paper (arXiv 2510.02810): 9.5 % for the spread of a component,
90 % for what the components capture, about 5 mJ for the least component that its sensor resolves, and norms that cost
more in half precision than in float32.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["CAPTURE", "NORMS", "SPREAD", "ZERO", "Diagnosis", "grouped", "some"]

ZERO = "zero_readings"
SPREAD = "spread_above_9.5_percent"
CAPTURE = "capture_below_90_percent"
NORMS = "norms_dearer_in_half_precision"

MOST_SPREAD = 0.095
LEAST_CAPTURE = 0.90
LEAST_ENERGY_J = 5e-3


@dataclass(frozen=True)
class Diagnosis:
    """`component` is None for the model or the whole result. `means` and `remedy` are sentences for people."""

    name: str
    component: str | None
    seen: str
    means: str
    remedy: str


def grouped(diagnoses: Iterable[Diagnosis]) -> list[tuple[str, list[str], str, str]]:
    """(name, what was seen of each component, what it means, what helps); alike ones together."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for diagnosis in diagnoses:
        key = (diagnosis.name, diagnosis.means, diagnosis.remedy)
        found.setdefault(key, []).append(f"{diagnosis.component or 'the model'}: {diagnosis.seen}")
    return [(name, seen, means, remedy) for (name, means, remedy), seen in found.items()]


def some(names: Iterable[str]) -> str:
    """The first names, and how many more there are."""
    listed = list(names)
    return ", ".join(listed[:4]) + (f" and {len(listed) - 4} more" if len(listed) > 4 else "")
