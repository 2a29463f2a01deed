"""What a bundle is made of: the reference output, the module calls and their costs, and the exported program."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass

import torch
from torch import nn

from clear_native.bundle.calls import RecordedCalls
from clear_native.bundle.tensors_only import TensorsOnly
from clear_native.capture.eager_decisions import EagerDecisions
from clear_native.capture.kernel_lists import run_operators
from clear_native.cost.cost import Cost, CostCounter, marked
from clear_native.errors import ClearNativeError, ExportFailedError
from clear_native.report import KernelComparison
from clear_native.subject.components import ComponentMap
from clear_native.subject.inputs import Inputs
from clear_native.subject.model_guard import contents_kept, is_out_of_memory, raised_in

__all__ = ["Reference", "differences", "export_program", "run_reference", "watch_calls"]

_TALKS_OF_FAILURES = "torch.fx.experimental.symbolic_shapes"  # prints whole graphs, which the error here replaces
_CHECK = "aten._assert"  # of what torch.export knows; a plan has none


@dataclass
class Reference:
    """The untouched model's own output, in eager execution, and what its mask builders decided on the way."""

    forward: TensorsOnly
    output: tuple[torch.Tensor, ...]
    decisions: EagerDecisions


def run_reference(model: nn.Module, inputs: Inputs) -> Reference:
    """One forward without gradients, with no hook on the model. What it raises comes out as it is."""
    forward, decisions = TensorsOnly(model, inputs), EagerDecisions()
    with torch.no_grad(), _contents_kept(forward), decisions.recorded():
        output = forward(*forward.inputs)
        return Reference(forward, tuple(tensor.detach().clone() for tensor in output), decisions)


def watch_calls(reference: Reference, components: ComponentMap) -> tuple[RecordedCalls, dict[str, Cost]]:
    """Module calls, and FLOPs and bytes by component, of one forward.

    As `profile` counts: on a GPU the forward that is captured, where the mask builders' own work is left out.
    """
    forward = reference.forward
    captured = any(tensor.is_cuda for tensor in (*forward.inputs, *reference.output))
    recorded, counter = RecordedCalls(components), CostCounter()
    watched = recorded.recorded(forward.model), marked(counter, components), counter
    with torch.no_grad(), _contents_kept(forward), _decided(reference, captured), ExitStack() as stack:
        for watch in watched:
            stack.enter_context(watch)
        forward(*forward.inputs)
    return recorded, counter.costs


def export_program(reference: Reference) -> torch.export.ExportedProgram:
    """The whole forward as a graph of operators, with the decisions of the eager forward.

    Raises ExportFailedError with the module for a forward whose operators depend on data, or that torch.export cannot
    follow.
    """
    forward = reference.forward
    try:
        with torch.no_grad(), _contents_kept(forward), _decided(reference), _quiet():
            return torch.export.export(forward, forward.inputs, strict=False)
    except ClearNativeError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise
        where = raised_in(forward.model, error) or "the model"
        raise ExportFailedError(
            f"{where} cannot be put in a plan ({type(error).__name__}: {_first_lines(error)}): a plan runs the same "
            "operators on the same shapes each time, so what is done there must not depend on the values of tensors"
        ) from error


def differences(program: torch.export.ExportedProgram, reference: Reference) -> list[str]:
    """How a run of the exported operators differs from the model's own forward, in words; empty if it does not.

    Operators that only the model runs are no difference: torch.export drops results that nobody uses, and models skip
    checks of their inputs while they are traced.
    """
    forward, module = reference.forward, program.module()
    output: list[tuple[torch.Tensor, ...]] = []
    with torch.no_grad(), _contents_kept(forward), _decided(reference):
        eager = run_operators(lambda: forward(*forward.inputs))
    with torch.no_grad(), _contents_kept(forward):
        traced = run_operators(lambda: output.append(module(*forward.inputs)))
        same = all(_same_bits(one, other) for one, other in zip(output[0], reference.output, strict=True))
    found = KernelComparison(tuple(eager), tuple(name for name in traced if not name.startswith(_CHECK))).difference()
    counts = [f"{name} runs {plan} times instead of {own}" for name, (own, plan) in found.items() if plan > own]
    return counts if same else ["its output is not the model's bit for bit", *counts]


def _same_bits(one: torch.Tensor, other: torch.Tensor) -> bool:
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    left, right = (tensor.contiguous().reshape(-1).view(torch.uint8) for tensor in (one, other))
    return torch.equal(left, right)


@contextmanager
def _contents_kept(forward: TensorsOnly) -> Iterator[None]:
    """Every forward sees inputs and buffers as they came, and so does the file that they are written to."""
    with contents_kept([*forward.model.buffers(), *forward.inputs]):
        yield


@contextmanager
def _decided(reference: Reference, given_back: bool = True) -> Iterator[None]:
    """Each forward inside gets the decisions of the eager one."""
    if given_back:
        reference.forward.around = reference.decisions.given_back
    try:
        yield
    finally:
        reference.forward.around = nullcontext


@contextmanager
def _quiet() -> Iterator[None]:
    """torch.export's own remarks: on failures, and on attributes that a forward sets, which it takes away again."""
    logger = logging.getLogger(_TALKS_OF_FAILURES)
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="The tensor attribute")
            yield
    finally:
        logger.setLevel(before)


def _first_lines(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:300] if lines else "no message"
