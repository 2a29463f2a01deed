"""Which colour a part of the model has, as a class of the style sheet: the same one in every chart."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["GREY", "INK", "hues_of"]

INK, GREY = "ink", "grey"  # the whole model; what is none of the components
_HUES = 8


def hues_of(components: Iterable[str]) -> dict[str, str]:
    """{component: class}, in their order; beyond eight they repeat."""
    names = [name for name in components if name != "other"]
    return {**{name: f"hue-{number % _HUES}" for number, name in enumerate(names)}, "other": GREY}
