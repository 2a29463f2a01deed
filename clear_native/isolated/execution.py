"""Isolated replay: each component's modules alone, on the inputs they had in the model, as CLEAR (arXiv 2510.02810)
does it, but captured as CUDA graphs, so that no Python stands between two kernels.

An eager forward with hooks fills the activation store; every component is then captured on its stored inputs, with
calls of other components inside it answered from the store. What runs in no component's module (`other`) is no module
call and cannot be replayed: it is named, and missing from the sum. A component that cannot be captured alone is
measured by a loop in Python, which its statuses say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import torch
from torch import nn

from clear_native import _core
from clear_native.activation_store.activations import ActivationStore
from clear_native.cost.cost import Cost, component_costs
from clear_native.errors import CaptureFailedError
from clear_native.execution import Prepared
from clear_native.isolated.calls import RepeatedCalls, arrangement, one_pass
from clear_native.isolated.graphs import IsolatedGraphs, Made
from clear_native.partition.eager_execution import eager_loop, store_warnings
from clear_native.partition.eager_execution import prepare as prepare_eager
from clear_native.partition.graph_execution import check_cuda_part
from clear_native.subject.components import OTHER, ComponentMap
from clear_native.subject.inputs import Inputs

__all__ = ["add_targets", "prepare"]


def prepare(
    model: nn.Module,
    inputs: Inputs,
    components: ComponentMap,
    cache: str = "warm",
    *,
    execution: str = "graph",
    idle: bool = True,
) -> Prepared:
    """Targets: the plain model, every component alone with a cache that is "warm" or "cycling", and idling.

    A pass of a component is all its calls in one pass of the model: its energies need no factor. With
    `execution="eager"` Python makes the calls, as on the CPU.

    Raises BadInputError for another cache, NoDriverError, DeviceOutOfMemoryError.
    """
    arranged = arrangement(cache)
    if execution == "eager":
        return prepare_eager(
            model, inputs, components, idle, lambda store, name: one_pass(arranged(store.replayed_calls(name)))
        )
    check_cuda_part()
    graphs = IsolatedGraphs(torch.device("cuda", inputs.device.index or 0))
    # First, so that it sees the inputs as they came, whatever a forward does to them.
    store = ActivationStore.record(model, inputs.args, inputs.kwargs, components)
    names = [name for name in store.names if name != OTHER]
    prepared = Prepared(
        execution="graph",
        targets=[],
        costs=component_costs(model, inputs.args, inputs.kwargs, components),
        calls={name: store.calls(name) for name in names},
        statuses={name: ["not_repeatable"] for name in store.overwrites},
        warnings=store_warnings(store),
        compare_kernels=graphs.compare_kernels,
        owner=graphs,
    )
    passes = {name: arranged(store.replayed_calls(name)) for name in names}
    del store  # what no replay reads is free from here on

    @torch.no_grad()
    def forward() -> Any:
        return model(*inputs.args, **inputs.kwargs)

    add_targets(prepared, graphs, forward, passes, inputs.device)
    if idle:
        prepared.targets.append(("idle", "idle", _core.IdleWorkload()))
    return prepared


class GraphMaker(Protocol):
    """Makes replays of graphs (`IsolatedGraphs`), or raises CaptureFailedError. None: a component launches nothing."""

    def make_plain(self, forward: Callable[[], object]) -> Made: ...

    def make_component(self, name: str, parts: Sequence[RepeatedCalls]) -> Made | None: ...


def add_targets(
    prepared: Prepared,
    graphs: GraphMaker,
    forward: Callable[[], object],
    passes: Mapping[str, Sequence[RepeatedCalls]],
    device: torch.device,
) -> None:
    """The model and each component as graphs where that works, else as loops in Python, and what to know of them."""

    def add(name: str, role: str, make: Callable[[], Made | None], loop: Callable[[], object]) -> None:
        try:
            made = make()
        except CaptureFailedError as error:
            made = eager_loop(loop, device)
            prepared.statuses.setdefault(name, []).extend(("not_capturable", "eager_loop"))
            what = "the model" if role == "plain" else f"{name} alone"
            prepared.warnings.append(
                f"{what} is measured by a loop in Python, so that waiting for Python is part of it: {error}"
            )
        if made is None:
            prepared.warnings.append(f"{name} launches nothing of its own: there is nothing to measure")
            return
        workload, prepared.replays[name] = made
        prepared.targets.append((name, role, workload))

    add("plain", "plain", partial(graphs.make_plain, forward), forward)
    for name, parts in passes.items():
        add(name, "component", partial(graphs.make_component, name, parts), one_pass(parts))
    prepared.warnings += _set_back(passes)
    _note_not_covered(prepared)


def _set_back(passes: Mapping[str, Sequence[RepeatedCalls]]) -> Iterator[str]:
    for name, parts in passes.items():
        if any(call.arguments.is_set_back for part in parts for call in part.calls):
            yield f"{name} writes in place to what it is given: that is copied back before each call, which counts"


def _note_not_covered(prepared: Prepared) -> None:
    missing = prepared.costs.get(OTHER, Cost())
    if missing.ops:
        prepared.statuses[OTHER] = ["not_covered"]
        prepared.warnings.append(
            f"{OTHER} is not covered: {missing.ops} operators ({missing.bytes / 1e6:.3g} MB a pass) run in no "
            "component's module, cannot be replayed alone, and are missing from the sum"
        )
