"""Eager execution: every component's calls replayed from the activation store, by the same core. On the CPU, and where
a forward cannot be captured."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from clear_native import _core
from clear_native.activation_store.activations import ActivationStore
from clear_native.capture.kernel_lists import compare, run_operators
from clear_native.cost.cost import component_costs
from clear_native.execution import Prepared, Target
from clear_native.report import KernelComparison
from clear_native.subject.components import ComponentMap
from clear_native.subject.inputs import Inputs

__all__ = ["eager_loop", "prepare", "store_warnings", "synchronize"]

_MIN_LAUNCH_S = 2e-3  # as of a graph replay: the odometer then counts no coarser than this


def prepare(
    model: nn.Module,
    inputs: Inputs,
    components: ComponentMap,
    idle: bool,
    alone: Callable[[ActivationStore, str], Callable[[], None]] = ActivationStore.replay,
) -> Prepared:
    """Targets: the model, every component's calls alone, and, where the meter sees it (`idle`), idling.

    `alone(store, component)` is one pass of a component.
    """
    # First, so that it sees the inputs as they came, whatever a forward does to them.
    store = ActivationStore.record(model, inputs.args, inputs.kwargs, components)
    costs = component_costs(model, inputs.args, inputs.kwargs, components)
    replays: dict[str, dict[str, object]] = {}
    targets: list[Target] = []

    def add(name: str, role: str, run: Callable[[], None]) -> None:
        workload, replays[name] = eager_loop(run, inputs.device)
        targets.append((name, role, workload))

    add("plain", "plain", store.replay_model())
    for component in store.names:
        add(component, "component", alone(store, component))
    if idle:
        targets.append(("idle", "idle", _core.IdleWorkload()))
    return Prepared(
        execution="eager",
        targets=targets,
        costs=costs,
        calls={component: store.calls(component) for component in store.names},
        replays=replays,
        statuses={component: ["not_repeatable"] for component in store.overwrites},
        warnings=store_warnings(store),
        compare_kernels=lambda: _compare_operators(model, inputs, components),
        owner=store,
    )


def eager_loop(run: Callable[[], object], device: torch.device) -> tuple[_core.Workload, dict[str, object]]:
    """`run`, one pass, called again and again from Python; and how, for the report."""
    wait = synchronize(device)
    time_s = _core.time_per_pass(_core.EagerWorkload(run, wait), min_s=0.01, min_launches=2)
    passes = max(1, round(_MIN_LAUNCH_S / time_s))
    workload = _core.EagerWorkload(run, wait, passes)
    return workload, {"shape": "eager_loop", "passes_per_launch": passes, "time_per_pass_s": time_s}


def _compare_operators(model: nn.Module, inputs: Inputs, components: ComponentMap) -> KernelComparison:
    """Operators of the model as it is, and with hooks on every component as when its calls were recorded.

    Hooks switch off fast paths (`nn.TransformerEncoder`): the components would then be those of another model.
    """

    @torch.no_grad()
    def forward() -> object:
        return model(*inputs.args, **inputs.kwargs)

    plain = run_operators(forward)
    hooks = [entry.module.register_forward_hook(lambda *_: None) for entry in components]
    try:
        hooked = run_operators(forward)
    finally:
        for hook in hooks:
            hook.remove()
    return compare(plain, plain, hooked)


def store_warnings(store: ActivationStore) -> list[str]:
    """What a user should know about the calls in the store."""
    found = [
        f"{component} writes in place to what was there before the forward ({', '.join(names)}): replayed, it drifts"
        for component, names in store.overwrites.items()
    ]
    if store.never_called:
        names = ", ".join(store.never_called[:4])
        found.append(f"never called as modules in this forward, so measured as part of what called them: {names}")
    return found


def synchronize(device: torch.device) -> Callable[[], None] | None:
    """What waits until the device has done everything; None where nothing runs behind."""
    if device.type != "cuda":
        return None
    return lambda: torch.cuda.synchronize(device)
