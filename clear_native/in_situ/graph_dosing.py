"""In situ on a CUDA device: the captured forward as a chain of component calls, some of which run twice or not at all.

The design of the doses, the windows and the regression are the core's (csrc/core/weighing_*); here is decided what can
be dosed at all, and by which second runs.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from clear_native import _core
from clear_native.errors import BadInputError, DeviceOutOfMemoryError
from clear_native.execution import Dosing, Prepared
from clear_native.in_situ.dosed_calls import (
    DosedCall,
    Reuse,
    calls_of,
    check_cache,
    kinds_of,
    modules_of,
    passes_for,
    second_runs,
    weight_bytes,
)
from clear_native.partition.graph_execution import (
    GraphExecution,
    call_counts,
    capture_model,
    component_replay,
)
from clear_native.subject.components import OTHER, ComponentMap
from clear_native.subject.inputs import Inputs

__all__ = ["prepare"]

FRACTION = _core.RoundsOptions().fraction  # docs/method.md tells how it was chosen


def prepare(model: nn.Module, inputs: Inputs, components: ComponentMap, cache: str = "auto") -> Prepared:
    """References (plain, the chain of calls, everything doubled, idling) and the dosed chains.

    A component whose calls cannot be dosed safely is measured by the partition, as are all of them where the graphs of
    the doses find no room; statuses and warnings say so. Raises what `capture_model` raises.
    """
    check_cache(cache)
    execution = capture_model(model, inputs, components)
    found = calls_of(
        execution.preserved.component_of_node(),
        execution.preserved.model_graph.segments,
        execution.preserved.model_graph.nodes,
        [call.module for call in execution.preserved.calls],
    )
    kept = execution.preserved.kept
    assert kept is not None
    prepared = Prepared(
        execution="graph",
        targets=[],
        costs=execution.costs.costs,
        calls=call_counts(execution),
        kept_bytes=kept.kept_bytes,
        compare_kernels=execution.compare_kernels,
        owner=execution,
    )
    if kept.all_kept_because:
        prepared.warnings.append(f"All buffers are kept, which adds to the perturbation: {kept.all_kept_because}.")
    plain = execution.whole(execution.plain)
    reuse = Reuse(weight_bytes(model) + kept.written_bytes, execution.context.properties["l2_bytes"])
    cold = reuse.cold if cache == "auto" else cache == "cold"
    try:
        _add_dosing(prepared, execution, found, cold)
    except (DeviceOutOfMemoryError, BadInputError) as error:
        _without_doses(prepared, execution, found, str(error))
        _add_replay(prepared, execution, "plain", "plain", [plain])
    else:
        assert prepared.dosing is not None
        _add_plain_chain(prepared, execution, plain)
        prepared.dosing.facts.update(
            cache="cold" if cold else "warm",
            cache_judged=cache == "auto",
            reuse_distance_bytes=reuse.distance_bytes,
            l2_bytes=reuse.l2_bytes,
        )
    prepared.targets.append(("idle", "idle", _core.IdleWorkload()))
    return prepared


def _add_replay(
    prepared: Prepared, execution: GraphExecution, name: str, role: str, parts: list[_core.Subgraph]
) -> _core.Workload:
    workload, chosen = component_replay(execution, parts)
    prepared.targets.append((name, role, workload))
    prepared.replays[name] = chosen
    return workload


def _add_plain_chain(prepared: Prepared, execution: GraphExecution, plain: _core.Subgraph) -> None:
    """As many passes in a launch as the chain of calls has, and the same shape of replay: what the two differ by is
    then what keeping buffers and the borders of the calls cost, and nothing else."""
    passes = prepared.replays["preserved"]["passes_per_launch"]
    assert isinstance(passes, int)
    replay = _core.Replay(execution.stream.cuda_stream, [plain], "chain", passes)
    prepared.targets.append(("plain", "plain", replay))
    prepared.replays["plain"] = {"shape": "chain", "passes_per_launch": passes}


def _add_dosing(prepared: Prepared, execution: GraphExecution, calls: list[DosedCall], cold: bool) -> None:
    graph = execution.preserved.model_graph
    parts = [_core.Subgraph(graph, list(range(call.begin, call.end))) for call in calls]
    runs = second_runs(calls, cold)
    whole = _core.Replay(execution.stream.cuda_stream, [execution.whole(execution.preserved)])
    passes = passes_for(_core.time_per_pass(whole))
    dosed = _core.DosedReplays(execution.stream.cuda_stream, parts, runs, passes)
    watched = _watched(execution)
    unjudged = [watched[index] for index in dosed.watch(watched)]
    unsafe = _writers_of_state(execution, unjudged)
    restores = _try_all(dosed, calls, passes, execution, unsafe)
    dosed.set_restores(restores)
    dosed.time_calls(kinds_of(calls), [call.component in unsafe for call in calls])
    dosed.run_once([0] * (len(calls) * passes))  # brings back what repeated calls changed in place
    names = [name for name in _names(calls) if name not in unsafe]
    if not names:
        raise BadInputError("no component can be dosed safely: " + "; ".join(unsafe.values()))
    numbers = {name: number for number, name in enumerate(names)}
    component_of_call = [numbers.get(call.component) for call in calls]
    layout = _core.WeighingLayout(
        names,
        component_of_call,
        passes,
        twin_of_call=[call for call, _ in runs],
        kind_of_call=kinds_of(calls),
    )
    cells = len(calls) * passes
    chain = dosed.make([0] * cells)
    prepared.targets.append(("preserved", "preserved", chain))
    prepared.targets.append(
        ("doubled", "doubled", dosed.make([int(number is not None) for number in component_of_call] * passes))
    )
    prepared.replays["preserved"] = {
        "shape": "chain",
        "passes_per_launch": int(chain.passes_per_launch),
        "time_per_pass_s": dosed.time_per_pass_s,
    }
    for name, why in unsafe.items():
        _measure_alone(prepared, execution, calls, name, f"{name} is measured by the partition: {why}")
    facts: dict[str, object] = {"unjudged_buffers": len(unjudged)}
    prepared.dosing = Dosing(layout, dosed, FRACTION, passes, unsafe, facts, modules_of(calls))


def _names(calls: Iterable[DosedCall]) -> list[str]:
    """Components in the order of their first call, `other` last."""
    names = list(dict.fromkeys(call.component for call in calls))
    return [name for name in names if name != OTHER] + [name for name in names if name == OTHER]


def _prior(execution: GraphExecution) -> list[torch.Tensor]:
    """What was there before the forward."""
    inputs = (tensor for _, tensor in execution.inputs.tensors())
    return [*execution.model.parameters(), *execution.model.buffers(), *inputs]


def _watched(execution: GraphExecution) -> list[tuple[int, int]]:
    """(address, bytes) of what no dose may change: kept buffers, parameters, buffers of modules, inputs."""
    kept = execution.preserved.kept
    assert kept is not None
    tensors = [*kept.storages(), *_prior(execution)]
    storages = [tensor.untyped_storage() for tensor in tensors if tensor.device == execution.stream.device]
    return sorted({storage.data_ptr(): storage.nbytes() for storage in storages if storage.nbytes()}.items())


def _writers_of_state(execution: GraphExecution, unjudged: list[tuple[int, int]]) -> dict[str, str]:
    """Components that write to what was there before the forward, where every pass leaves that different: counters,
    caches that grow. With more or fewer calls they would be at another state."""
    kept = execution.preserved.kept
    assert kept is not None
    addresses = {tensor.untyped_storage().data_ptr() for tensor in _prior(execution)}
    if not any(address in addresses for address, _ in unjudged):
        return {}
    return {
        mutation.writer: f"it updates in place ({mutation.operator}) what was there before the forward"
        for mutation in kept.mutations
        if mutation.owner is None
    }


def _try_all(
    dosed: _core.DosedReplays,
    calls: list[DosedCall],
    passes: int,
    execution: GraphExecution,
    unsafe: dict[str, str],
) -> bool:
    """Doubles and skips every component once, and adds to `unsafe` why some cannot be dosed. Returns whether a pass
    must restore what others change.

    A change that the next pass undoes, as of a residual that is added to in place, is no drift and is allowed as long
    as no value overflows.
    """
    restores = False
    nothing = [0] * (len(calls) * passes)
    for name in (name for name in _names(calls) if name not in unsafe):
        for dose, doing in ((1, "doubling"), (-1, "skipping")):
            # Every other pass and the last one, so that nothing brings back what it changed, and a component which is
            # the whole model leaves something to run.
            cells = [
                dose if call.component == name and (passes - number) % 2 == 1 else 0
                for number in range(passes)
                for call in calls
            ]
            dosed.run_once(cells)
            changed = dosed.changed()
            if not changed:
                continue
            finite = _all_finite(execution)
            dosed.run_once(nothing)
            if dosed.changed():
                unsafe[name] = f"{doing} its calls changes {changed} buffers for good (it updates something in place)"
            elif not finite:
                unsafe[name] = f"{doing} its calls makes {changed} buffers overflow"
            else:
                restores = True
            if name in unsafe:
                execution.preserved.replay_once()
                break
    return restores


def _all_finite(execution: GraphExecution) -> bool:
    kept = execution.preserved.kept
    assert kept is not None
    with torch.cuda.stream(execution.stream):
        floats = [tensor for tensor in kept.tensors if tensor.is_floating_point()]
        return all(bool(torch.isfinite(tensor).all()) for tensor in floats)


def _measure_alone(
    prepared: Prepared, execution: GraphExecution, calls: list[DosedCall], name: str, warning: str
) -> None:
    nodes = [node for call in calls if call.component == name for node in range(call.begin, call.end)]
    _add_replay(prepared, execution, name, "component", [_core.Subgraph(execution.preserved.model_graph, nodes)])
    prepared.statuses.setdefault(name, []).append("measured_by_partition")
    prepared.warnings.append(warning)


def _without_doses(prepared: Prepared, execution: GraphExecution, calls: list[DosedCall], why: str) -> None:
    """Everything by the partition, labelled."""
    prepared.dosing = None
    prepared.targets.clear()
    _add_replay(prepared, execution, "preserved", "preserved", [execution.whole(execution.preserved)])
    for name in _names(calls):
        _measure_alone(prepared, execution, calls, name, f"{name} is measured by the partition")
    prepared.warnings.append(f"No doses could be given, so all components are measured by the partition: {why}")
