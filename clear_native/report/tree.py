"""Components as a tree, by the dots in their names: `decoder.attention.q_proj` is part of `decoder.attention`.

The flat table holds the leaves: each piece of work is in exactly one of them. A group is their sum, nothing is measured
twice. Errors of components are not independent, so the half-width of a sum is what it is at most: the sum of theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clear_native.report.record import ComponentResult

__all__ = ["Group", "groups", "tree"]

_SUMS = ("energy_j", "energy_half_width_j", "time_s", "time_half_width_s", "share", "flops", "flops_dense", "bytes")


@dataclass(frozen=True)
class Group:
    """A node of the tree. A sum that lacks a part is absent. `half_width`s of several parts are upper bounds."""

    name: str
    components: tuple[str, ...]  # the leaves that it sums
    children: tuple[Group, ...] = ()
    energy_j: float | None = None
    energy_half_width_j: float | None = None
    time_s: float | None = None
    time_half_width_s: float | None = None
    share: float | None = None
    flops: int | None = None
    flops_dense: int | None = None
    bytes: int | None = None

    @property
    def pj_per_flop(self) -> float | None:
        return 1e12 * self.energy_j / self.flops if self.energy_j is not None and self.flops else None

    @property
    def label(self) -> str:
        """The last part of the name."""
        return self.name.rpartition(".")[2]


def tree(components: Mapping[str, ComponentResult]) -> tuple[Group, ...]:
    """The roots, in the order of their first component; a component without a dot is a root without children."""
    return tuple(_below("", tuple(components), components))


def groups(components: Mapping[str, ComponentResult]) -> tuple[Group, ...]:
    """Every node that sums several components, parents first."""

    def walk(nodes: tuple[Group, ...]) -> Iterator[Group]:
        for node in nodes:
            if len(node.components) > 1:
                yield node
            yield from walk(node.children)

    return tuple(walk(tree(components)))


def _below(prefix: str, names: tuple[str, ...], components: Mapping[str, ComponentResult]) -> Iterator[Group]:
    heads: dict[str, list[str]] = {}
    for name in names:
        heads.setdefault(prefix + name[len(prefix) :].partition(".")[0], []).append(name)
    for head, members in heads.items():
        inside = tuple(name for name in members if name != head)
        children = tuple(_below(f"{head}.", inside, components))
        yield Group(head, tuple(members), children, **_sums([components[name] for name in members]))


def _sums(parts: list[ComponentResult]) -> dict[str, Any]:
    values = {field: [getattr(part, field) for part in parts] for field in _SUMS}
    return {field: sum(given) if None not in given else None for field, given in values.items()}
