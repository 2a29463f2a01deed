"""What the protocol repeats: of each kind of module call that a component makes, one; and the whole model.

Hooks of one forward fill the activation store. The published code then takes one layer, calls its modules on their
stored inputs, and counts the result for every layer. Which layer hardly matters where layers are alike: here it is the
middle one, layer 5 of BERT-base's 0 to 11, as published.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from torch import nn

from clear_native.activation_store.activations import ActivationStore
from clear_native.activation_store.replayed_call import ReplayedCall
from clear_native.isolated.calls import kinds
from clear_native.partition.eager_execution import store_warnings
from clear_native.subject.components import OTHER, ComponentMap
from clear_native.subject.inputs import Inputs

__all__ = ["Plan", "PlannedComponent", "PlannedLoop", "planned"]

_WITHOUT_WORK = (nn.Dropout, nn.Identity)


@dataclass(frozen=True)
class PlannedLoop:
    """`run` is one call. `calls`: how often the model makes calls of this kind in one pass."""

    module: str
    calls: int
    run: Callable[[], object]
    replay: str  # "module" or "store", as in `ProtocolLoop`


@dataclass(frozen=True)
class PlannedComponent:
    name: str
    loops: tuple[PlannedLoop, ...]
    statuses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """Loops in the order of the components' first calls. They read what `store` keeps."""

    components: tuple[PlannedComponent, ...]
    full_model: PlannedComponent
    store: ActivationStore
    uncovered: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)


def planned(model: nn.Module, inputs: Inputs, components: ComponentMap) -> Plan:
    """Runs the model once (or twice, if something is written in place) with hooks, which are gone afterwards."""
    store = ActivationStore.record(model, inputs.args, inputs.kwargs, components)
    found = tuple(_component(store, name) for name in store.names if name != OTHER)
    whole = ReplayedCall(store.in_order[0].replayed_with([]))
    plan = Plan(found, PlannedComponent("model", (_loop("", whole, 1),)), store, tuple(_uncovered(model, components)))
    plan.warnings.extend(store_warnings(store))
    plan.warnings.extend(
        f"{component.name}: {loop.module} cannot be called as it is; its inputs are set back, or calls inside it "
        "answered, before every call, which counts"
        for component in (*found, plan.full_model)
        for loop in component.loops
        if loop.replay == "store"
    )
    return plan


def _component(store: ActivationStore, name: str) -> PlannedComponent:
    loops = []
    for alike in kinds(store.replayed_calls(name)):
        chosen = alike[(len(alike) - 1) // 2]
        loops.append(_loop(chosen.name, chosen, len(alike)))
    return PlannedComponent(name, tuple(loops), ("not_repeatable",) if name in store.overwrites else ())


def _loop(module: str, call: ReplayedCall, calls: int) -> PlannedLoop:
    direct = call.direct()
    if direct is not None:
        return PlannedLoop(module, calls, direct, "module")
    return PlannedLoop(module, calls, call.run, "store")


def _uncovered(model: nn.Module, components: ComponentMap) -> list[str]:
    """Modules without children, and with work of their own, that are in no component."""
    return [
        name
        for name, module in model.named_modules()
        if name
        and next(module.children(), None) is None
        and not isinstance(module, _WITHOUT_WORK)
        and components.component_of(name) == OTHER
    ]
