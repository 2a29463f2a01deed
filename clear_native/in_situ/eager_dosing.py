"""In situ with execution="eager": the model's forward as it is, calls of its components made twice or left out in it.

Works wherever a forward runs: on the CPU, and on a GPU where it cannot be captured. What cannot be dosed without side
effects is measured alone, from the activation store, and says so (`measured_alone`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import nn

from clear_native import _core
from clear_native.activation_store.activations import ActivationStore
from clear_native.capture.kernel_lists import compare, run_operators
from clear_native.cost.cost import component_costs
from clear_native.execution import Dosing, Prepared, Target
from clear_native.in_situ.dosed_calls import Reuse, check_cache, passes_for, weight_bytes
from clear_native.in_situ.dosed_forward import DosedForward
from clear_native.in_situ.dosing_safety import cannot_be_dosed
from clear_native.in_situ.graph_dosing import FRACTION
from clear_native.partition import eager_execution
from clear_native.report import KernelComparison
from clear_native.subject.components import ComponentMap
from clear_native.subject.inputs import Inputs

__all__ = ["prepare"]

_MIN_LAUNCH_S = 2e-3  # as of a graph replay


def prepare(model: nn.Module, inputs: Inputs, components: ComponentMap, idle: bool, cache: str = "auto") -> Prepared:
    """References (the model plain, followed, with everything doubled; what cannot be dosed; idle) and the dosing.

    Where nothing can be dosed, `dosing` is None and the targets are those of `eager_execution.prepare`.
    `cache`: whether second runs find their weights in the cache: "cold", "warm", or "auto", as they do in the model.
    """
    check_cache(cache)
    # First, so that it sees the inputs as they came, whatever a forward does to them.
    store = ActivationStore.record(model, inputs.args, inputs.kwargs, components)
    facts = _cache_facts(model, inputs.device, cache)
    forward = DosedForward(store, cold=facts["cache"] == "cold")
    unsafe = cannot_be_dosed(store, forward)
    dosed = [name for name in store.names if name not in unsafe]
    if not dosed:
        return _measured_alone(eager_execution.prepare(model, inputs, components, idle), unsafe)
    once = forward.passes([0] * len(forward.calls))
    wait = eager_execution.synchronize(inputs.device)
    time_s = _core.time_per_pass(_core.EagerWorkload(once, wait), min_s=0.01, min_launches=2)
    passes = passes_for(time_s)
    of_a_launch = passes * max(1, round(_MIN_LAUNCH_S / (passes * time_s)))
    prepared = Prepared(
        execution="eager",
        targets=_references(forward, dosed, lambda run: _core.EagerWorkload(run, wait, of_a_launch)),
        costs=component_costs(model, inputs.args, inputs.kwargs, components),
        calls={name: store.calls(name) for name in store.names},
        replays={
            "preserved": {"shape": "eager_loop", "passes_per_launch": of_a_launch, "time_per_pass_s": time_s},
        },
        statuses={name: ["not_repeatable"] for name in store.overwrites},
        warnings=eager_execution.store_warnings(store),
        compare_kernels=lambda: _compare_operators(forward.plain, once),
        owner=(store, forward),
        dosing=Dosing(
            layout=_core.WeighingLayout(
                dosed,
                _component_of_call(forward, dosed),
                passes,
                twin_of_call=forward.twin_of_call,
                kind_of_call=forward.kind_of_call,
            ),
            workloads=_core.EagerDosedWorkloads(forward.passes, wait, of_a_launch),
            fraction=FRACTION,
            passes=passes,
            unsafe=unsafe,
            facts=facts,
            modules={name: [call.name for call in forward.calls if call.component == name] for name in store.names},
        ),
    )
    for name in unsafe:
        workload, prepared.replays[name] = eager_execution.eager_loop(store.replay(name), inputs.device)
        prepared.targets.append((name, "component", workload))
    if idle:
        prepared.targets.append(("idle", "idle", _core.IdleWorkload()))
    return _measured_alone(prepared, unsafe)


def _references(
    forward: DosedForward,
    dosed: Sequence[str],
    looped: Callable[[Callable[[], object]], _core.Workload],
) -> list[Target]:
    """All with as many passes in a launch as the dosed windows have: the device runs dry at the end of each launch."""
    # What cannot be dosed runs once also there: the core adds what it takes alone to what twice the model must be.
    twice = forward.passes([int(call.component in dosed) for call in forward.calls])
    return [
        ("plain", "plain", looped(forward.plain)),
        ("preserved", "preserved", looped(forward.passes([0] * len(forward.calls)))),
        ("doubled", "doubled", looped(twice)),
    ]


def _cache_facts(model: nn.Module, device: torch.device, cache: str) -> dict[str, object]:
    """Which second runs are to be made, and why. Where the size of the cache is not known, cold ones."""
    if device.type != "cuda":
        return {"cache": "cold" if cache == "auto" else cache, "cache_judged": False}
    reuse = Reuse(weight_bytes(model), torch.cuda.get_device_properties(device).L2_cache_size)
    judged = "cold" if reuse.cold else "warm"
    return {
        "cache": judged if cache == "auto" else cache,
        "cache_judged": cache == "auto",
        "reuse_distance_bytes": reuse.distance_bytes,
        "l2_bytes": reuse.l2_bytes,
    }


def _component_of_call(forward: DosedForward, dosed: Sequence[str]) -> list[int | None]:
    numbers = {name: number for number, name in enumerate(dosed)}
    return [numbers.get(call.component) for call in forward.calls]


def _measured_alone(prepared: Prepared, unsafe: dict[str, str]) -> Prepared:
    for name, reason in unsafe.items():
        prepared.statuses[name] = [*prepared.statuses.get(name, []), "measured_alone"]
        prepared.warnings.append(f"{name} is measured alone, it cannot be dosed: {reason}")
    return prepared


def _compare_operators(plain: Callable[[], object], followed: Callable[[], object]) -> KernelComparison:
    """Operators of the model as it is, and of the one whose calls are followed: components are parts of that one."""
    as_it_is = run_operators(plain)
    return compare(as_it_is, as_it_is, run_operators(followed))
