"""FLOPs and bytes of every component, counted while the forward runs once.

The counter only watches: every operator runs as it would without it, so it can stand in the same pass as a capture, and
together with other dispatch modes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from clear_native.cost.flops import operator_flops
from clear_native.cost.traffic import launches_nothing, operator_bytes
from clear_native.subject.components import OTHER, ComponentMap

__all__ = ["Cost", "CostCounter", "component_costs", "marked"]


@dataclass(frozen=True)
class Cost:
    """Work of one component in one pass. `bytes` are compulsory: inputs and outputs of every operator, once."""

    flops: int = 0  # without what a causal mask leaves out
    flops_dense: int = 0  # as torch.utils.flop_counter
    bytes: int = 0
    ops: int = 0  # operators that do work; views are none

    def __add__(self, more: Cost) -> Cost:
        return Cost(
            self.flops + more.flops, self.flops_dense + more.flops_dense, self.bytes + more.bytes, self.ops + more.ops
        )


class CostCounter(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Adds each operator to the component entered last and not yet left; to `other` where there is none."""

    supports_higher_order_operators = True

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.costs: dict[str, Cost] = {}
        self._inside: list[str] = []

    def enter(self, component: str) -> None:
        self._inside.append(component)
        self.costs.setdefault(component, Cost())

    def exit(self) -> None:
        self._inside.pop()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if torch.is_inference_mode_enabled() and _is_composite(func):
            with self:  # inference mode does not take composite operators apart before they come here
                return func.decompose(*args, **kwargs)
        out = func(*args, **kwargs)
        if not launches_nothing(func, args, kwargs, out):
            flops, flops_dense = operator_flops(func, args, kwargs, out)
            component = self._inside[-1] if self._inside else OTHER
            cost = Cost(flops, flops_dense, operator_bytes(func, args, kwargs, out), 1)
            self.costs[component] = self.costs.get(component, Cost()) + cost
        return out


@contextmanager
def marked(counter: CostCounter, components: ComponentMap) -> Iterator[None]:
    """While inside, calls of the modules of `components` enter and leave their component in `counter`."""
    hooks = []
    try:
        for entry in components:
            hooks.append(entry.module.register_forward_pre_hook(_enter_hook(counter, entry.component)))
            hooks.append(entry.module.register_forward_hook(lambda *_: counter.exit(), always_call=True))
        yield
    finally:
        for hook in hooks:
            hook.remove()


def component_costs(
    model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], components: ComponentMap
) -> dict[str, Cost]:
    """One forward of `model` without gradients, counted by component."""
    counter = CostCounter()
    with torch.no_grad(), marked(counter, components), counter:
        model(*args, **kwargs)
    return counter.costs


def _enter_hook(counter: CostCounter, component: str) -> Any:
    return lambda *_: counter.enter(component)


def _is_composite(func: Any) -> bool:
    if not isinstance(func, torch._ops.OpOverload):
        return False
    name: str = func.name()  # type: ignore[no-untyped-call]
    return torch._C._dispatch_has_kernel_for_dispatch_key(name, "CompositeImplicitAutograd")
