"""Random module trees for property-based tests: every module does one operation of its own and calls its children."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from hypothesis import strategies as st
from torch import nn


class Node(nn.Module):
    """Adds one, then calls its children in the order of `calls`, some of them often. Notes when it begins."""

    def __init__(self, log: list[Node], children: dict[str, Node], calls: list[str]) -> None:
        super().__init__()
        self.log, self.calls_in_order = log, calls
        for name, child in children.items():
            self.add_module(name, child)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.log.append(self)
        x = x + 1
        for name in self.calls_in_order:
            x = self._modules[name](x)  # type: ignore[misc]
        return x


class Attention(Node):
    """Named as a rule knows it."""


class LayerNorm(Node):
    """Named as a rule knows it, and inside of others too."""


_TAKEN = frozenset(dir(Node([], {}, []))) | {"log", "calls_in_order"}
OWN_NAMES = st.one_of(
    st.sampled_from(["norm", "mlp", "attn", "layers", "0", "1", "a", "b", "[a]", "a*", "lm_head", "router", "experts"]),
    st.text(min_size=1, max_size=3),
).filter(lambda name: "." not in name and name not in _TAKEN)


@st.composite
def trees(draw: Any, log: list[Node], depth: int = 3) -> Node:
    names = draw(st.lists(OWN_NAMES, max_size=3, unique=True)) if depth else []
    children = {name: draw(trees(log, depth - 1)) for name in names}
    calls = draw(st.lists(st.sampled_from(names), max_size=4)) if names else []
    kind: Callable[..., Node] = draw(st.sampled_from([Node, Node, Attention, LayerNorm]))
    return kind(log, children, calls)


@st.composite
def models(draw: Any) -> tuple[Node, list[Node]]:
    """(model, what its modules note down)."""
    log: list[Node] = []
    return draw(trees(log)), log
