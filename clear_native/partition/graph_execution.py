"""Graph execution on a CUDA device: one captured forward, partitioned by component, each part a replay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from clear_native import _core
from clear_native.capture.capture import Capture, capture_plain, capture_preserved, warm_up
from clear_native.capture.eager_decisions import EagerDecisions
from clear_native.capture.kernel_lists import compare_launches, launches
from clear_native.capture.streams import capture_stream
from clear_native.cost.cost import CostCounter
from clear_native.errors import NoDriverError
from clear_native.execution import Prepared, Target
from clear_native.report import KernelComparison
from clear_native.subject.components import OTHER, ComponentMap
from clear_native.subject.inputs import Inputs

__all__ = [
    "GraphExecution",
    "call_counts",
    "capture_model",
    "check_cuda_part",
    "component_replay",
    "mutation_warnings",
    "prepare",
]


@dataclass
class GraphExecution:
    """The captures of one model and the device they live on."""

    model: nn.Module
    inputs: Inputs
    components: ComponentMap
    stream: torch.cuda.Stream
    context: _core.PrimaryContext
    decisions: EagerDecisions
    preserved: Capture
    plain: Capture
    costs: CostCounter

    def forward(self) -> Any:
        """The model's own forward, deciding for itself."""
        return self.model(*self.inputs.args, **self.inputs.kwargs)

    def nodes_of_components(self) -> dict[str, list[int]]:
        """Indices of graph nodes per component in the order of their first node; `other` last."""
        nodes: dict[str, list[int]] = {}
        for index, component in enumerate(self.preserved.component_of_node()):
            nodes.setdefault(component, []).append(index)
        rest = nodes.pop(OTHER, [])
        return {**nodes, **({OTHER: rest} if rest else {})}

    def chain_of_calls(self) -> list[tuple[str, _core.Subgraph]]:
        """(component, its nodes) for each stretch of the forward that belongs to one module call, in order."""
        components = self.preserved.component_of_node()
        graph = self.preserved.model_graph
        return [(components[begin], _core.Subgraph(graph, list(range(begin, end)))) for _, begin, end in graph.segments]

    def whole(self, capture: Capture) -> _core.Subgraph:
        return _core.Subgraph(capture.model_graph, list(range(len(capture.model_graph.nodes))))

    def compare_kernels(self) -> KernelComparison | None:
        """Profiles an eager forward, one with the mask decisions given back, and a replay of both captures.

        Hooks and kept buffers change what some modules do (the fast path of `nn.TransformerEncoder`), so the preserved
        capture, of which the components are parts, is held against eager as well as the plain one. None without CUPTI.
        """
        device = self.stream.device
        with torch.cuda.stream(self.stream):
            eager = launches(self.forward, device)
            with self.decisions.given_back():
                given = launches(self.forward, device)
            replays = [launches(c.torch_graph.replay, device) for c in (self.preserved, self.plain)]
        if not eager or not all(replays):
            return None
        preserved, plain = (compare_launches(eager, given, captured) for captured in replays)
        return preserved if preserved.difference() else plain


def check_cuda_part() -> None:
    """Raises NoDriverError for a build without the CUDA part."""
    if not _core.has_cuda:
        raise NoDriverError(
            "this build of clear_native has no CUDA part, because no nvcc was found when it was built: "
            'install a CUDA toolkit and run `pip install .` again, or use execution="eager"'
        )


def capture_model(model: nn.Module, inputs: Inputs, components: ComponentMap) -> GraphExecution:
    """Captures the forward twice, with all buffers kept and plainly, on eager's own decisions.

    Raises CaptureFailedError, DeviceOutOfMemoryError, NoDriverError.
    """
    check_cuda_part()
    device = torch.device("cuda", inputs.device.index or 0)
    with torch.cuda.device(device):
        context = _core.PrimaryContext.of_ordinal(device.index)
        stream = capture_stream(device)
        decisions = EagerDecisions()

        def forward() -> Any:
            return model(*inputs.args, **inputs.kwargs)

        with torch.cuda.stream(stream), decisions.recorded():
            forward()
        stream.synchronize()

        def decided() -> Any:
            with decisions.given_back():
                return forward()

        warm_up(decided, stream)
        costs = CostCounter()
        preserved = capture_preserved(model, decided, components, stream, context, [costs], [costs])
        plain = capture_plain(decided, stream, context)
        plain.replay_once()
    return GraphExecution(model, inputs, components, stream, context, decisions, preserved, plain, costs)


def prepare(model: nn.Module, inputs: Inputs, components: ComponentMap) -> Prepared:
    """Targets of the partition: the plain and the preserved model, every component's own nodes alone, and idling."""
    execution = capture_model(model, inputs, components)
    targets: list[Target] = []
    replays: dict[str, dict[str, object]] = {}

    def add(name: str, role: str, part: _core.Subgraph) -> None:
        workload, replays[name] = component_replay(execution, [part])
        targets.append((name, role, workload))

    add("plain", "plain", execution.whole(execution.plain))
    add("preserved", "preserved", execution.whole(execution.preserved))
    for component, nodes in execution.nodes_of_components().items():
        add(component, "component", _core.Subgraph(execution.preserved.model_graph, nodes))
    targets.append(("idle", "idle", _core.IdleWorkload()))

    kept = execution.preserved.kept
    assert kept is not None
    return Prepared(
        execution="graph",
        targets=targets,
        costs=execution.costs.costs,
        calls=call_counts(execution),
        replays=replays,
        statuses={mutation.writer: ["not_repeatable"] for mutation in kept.mutations},
        warnings=mutation_warnings(execution),
        kept_bytes=kept.kept_bytes,
        compare_kernels=execution.compare_kernels,
        owner=execution,
    )


def component_replay(
    execution: GraphExecution, parts: list[_core.Subgraph]
) -> tuple[_core.Workload, dict[str, object]]:
    """The parts in order as one pass, and what calibration chose for it."""
    factory = _core.GraphReplayFactory(execution.stream.cuda_stream, parts)
    workload, chosen, _ = _core.calibrate(factory)
    return workload, chosen


def call_counts(execution: GraphExecution) -> dict[str, int]:
    """Module calls of each component in one pass."""
    counts: dict[str, int] = {}
    calls = execution.preserved.calls
    for call in calls:
        outer = calls[call.parent].component if call.parent is not None else OTHER
        if call.component not in (outer, OTHER):
            counts[call.component] = counts.get(call.component, 0) + 1
    return counts


def mutation_warnings(execution: GraphExecution) -> list[str]:
    """Which component updates in place what another one made."""
    kept = execution.preserved.kept
    assert kept is not None
    return sorted(
        {
            f"{mutation.writer} updates in place ({mutation.operator}) what "
            f"{mutation.owner or 'was there before the forward'} made: replayed alone, its data drifts"
            for mutation in kept.mutations
        }
    )
