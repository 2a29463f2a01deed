"""A ratio with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Closure"]


@dataclass(frozen=True)
class Closure:
    """A ratio with the half-width of its 95 % interval."""

    ratio: float
    half_width: float | None = None

    @classmethod
    def of(cls, value: Mapping[str, Any] | None) -> Closure | None:
        """From a dict with `ratio` and perhaps `half_width`; None stays None."""
        return None if value is None else cls(value["ratio"], value.get("half_width"))
