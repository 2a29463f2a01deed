"""Stages discover, capture, cost and compose: the workloads of a model, by method and execution."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from clear_native.errors import BadInputError, CaptureFailedError, ClearNativeError, DeviceOutOfMemoryError
from clear_native.execution import Prepared
from clear_native.in_situ import eager_dosing, graph_dosing
from clear_native.isolated import execution as isolated
from clear_native.partition import eager_execution, graph_execution
from clear_native.request import Request
from clear_native.subject.components import ComponentMap, Components, discover
from clear_native.subject.inputs import Inputs
from clear_native.subject.model_guard import contents_kept, is_out_of_memory, raised_in
from clear_native.subject.observation import Observation, observe

__all__ = ["discovered", "forward_errors_named", "other_experts", "prepare"]


def discovered(model: nn.Module, inputs: Inputs, components: Components) -> ComponentMap:
    """Stage discover: which modules are which component, after one watched forward where names do not say it."""

    def seen() -> Observation:
        with forward_errors_named(model, inputs.device), contents_kept(tensor for _, tensor in inputs.tensors()):
            return observe(model, inputs.args, inputs.kwargs)

    return discover(model, components, seen)


def prepare(request: Request, parts: ComponentMap, idle: bool) -> Prepared:
    """An exception of the model's own code comes out typed, with the module named.

    A forward that cannot be captured is measured in eager execution where the choice was left to us, and labelled.
    """
    with forward_errors_named(request.model, request.inputs.device):
        try:
            return _by_method(request, parts, idle)
        except CaptureFailedError as error:
            if not request.may_fall_back:
                raise
            reason = str(error)  # not the error: its traceback would hold the broken capture
        prepared = _by_method(dataclasses.replace(request, execution="eager"), parts, idle)
    prepared.doubts.append("not_capturable")
    prepared.warnings.append(f"Measured in eager execution, since {reason}{_experts_hint(request.model)}")
    return prepared


def other_experts(model: nn.Module) -> str | None:
    """How a mixture of transformers runs its experts, where it has another way ("batched_mm") that does not depend
    on the routing; None where there is nothing to change."""
    now = getattr(getattr(model, "config", None), "_experts_implementation", None)
    has_experts = any("experts" in dict(part.named_children()) for part in model.modules())
    if not has_experts or not hasattr(model, "set_experts_implementation") or now in (None, "batched_mm"):
        return None
    return str(now)


def _experts_hint(model: nn.Module) -> str:
    now = other_experts(model)
    if now is None:
        return ""
    return f'. Experts run as "{now}" now: model.set_experts_implementation("batched_mm") can be captured'


@contextmanager
def forward_errors_named(model: nn.Module, device: torch.device) -> Iterator[None]:
    """What a first forward raises comes out typed, with the module named."""
    try:
        yield
    except ClearNativeError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise DeviceOutOfMemoryError(
                f"{device} has too little memory for a forward ({type(error).__name__}: {error}): "
                "use a smaller batch or shorter inputs, or free what else holds memory there"
            ) from error
        module = raised_in(model, error)
        if module is None:
            raise
        raise BadInputError(
            f"the model's own forward raised {type(error).__name__} in {module}: {error}: "
            "see that model(...) runs on these inputs as it is"
        ) from error


def _by_method(request: Request, parts: ComponentMap, idle: bool) -> Prepared:
    model, inputs, graph = request.model, request.inputs, request.execution == "graph"
    if request.method == "in_situ":
        if graph:
            return graph_dosing.prepare(model, inputs, parts, request.cache)
        return eager_dosing.prepare(model, inputs, parts, idle, request.cache)
    if request.method == "partition":
        if graph:
            return graph_execution.prepare(model, inputs, parts)
        return eager_execution.prepare(model, inputs, parts, idle)
    cache = "warm" if request.cache == "auto" else request.cache
    return isolated.prepare(model, inputs, parts, cache, execution=request.execution, idle=idle)
