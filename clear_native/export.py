"""`export(model, inputs, path)`: a model as a bundle, which `clear-bench` runs without Python. docs/bundles.md."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from clear_native import _core
from clear_native.activation_store.kept_values import tensors_in
from clear_native.bundle import manifest
from clear_native.bundle.calls import CallsOfNodes, RecordedCalls
from clear_native.bundle.compiled import COMPILED, compile_program
from clear_native.bundle.folder import check_place, new_folder
from clear_native.bundle.plan import Plan, plan_of
from clear_native.bundle.tensor_files import safetensors
from clear_native.bundle.tracing import Reference, differences, export_program, run_reference, watch_calls
from clear_native.cost.cost import Cost
from clear_native.errors import BadInputError, ExportFailedError, Interrupted
from clear_native.finishing import endings_typed, workload_of
from clear_native.machine import environment as environments
from clear_native.preparation import discovered, forward_errors_named, other_experts
from clear_native.progress import Progress
from clear_native.request import check_labels
from clear_native.subject.components import Components, check_model
from clear_native.subject.inputs import Inputs, flag, normalize, without_cache
from clear_native.subject.model_guard import unchanged

__all__ = ["export"]


def export(
    model: nn.Module,
    inputs: Any,
    path: str | Path,
    components: Components = None,
    compiled: bool = False,
    name: str | None = None,
    synthetic_weights: bool | None = None,
    progress: bool = True,
) -> Path:
    """Writes `model` on `inputs` as a bundle: a folder of data that `clear-bench` runs without Python.

    In it are the operators that the forward runs in eager mode, in order, with the module call that each belongs to;
    weights, inputs and the model's own output, to compare with; components with FLOPs and bytes, as `profile` has them.
    Reading a bundle executes nothing. Shapes are those of `inputs`; the device, and its kernels, are the model's.

    Args:
        model: any module on one device. It leaves as it came: mode, hooks, gradients, buffers, random state.
        inputs: a tensor, a tuple of arguments or a mapping of keyword arguments, on the model's device.
        path: of the folder. It is there whole or not at all; a bundle that was there is replaced, anything else is not.
        components: as for `profile`.
        compiled: write the model compiled by AOTInductor too (`compiled.pt2`). That file is code.
        name: of the model in results; its class by default.
        synthetic_weights: say True for weights that were never trained.
        progress: show progress on a terminal for what takes over two seconds.

    Returns:
        The path of the bundle, absolute.

    Raises:
        BadInputError for arguments that `profile` refuses too; a path where there is something that is no bundle, or
            that cannot be written; an input object that holds tensors but is no container of them; autocast, which a
            plan has not; and where the model's own forward raises on these inputs.
        ExportFailedError for an operator outside of aten::, a forward that depends on the values of tensors, tensors
            that are not dense, or a model that cannot be compiled; it names operator and module, and the way out.
        MissingExtraError without safetensors; DeviceOutOfMemoryError; OSError where the system cannot write.
        Interrupted on Ctrl-C; nothing is written then.

    A RuntimeWarning tells where the plan does not run the model's own operators, or does not give its output bit for
    bit, as where dropout is on.
    """
    with _endings():
        arguments = _checked(model, inputs, compiled, name, synthetic_weights, progress)
        target = check_place(path)
        with (
            unchanged(model, tensors_in((arguments.args, arguments.kwargs))),
            torch.no_grad(),
            Progress(enabled=progress) as shown,
        ):
            shown.stage("finding components")
            parts = discovered(model, arguments, components)
            shown.stage("running the model")
            with forward_errors_named(model, arguments.device):
                reference = run_reference(model, arguments)
                recorded, costs = watch_calls(reference, parts)
            shown.stage("tracing the model")
            with _way_out(model):
                program = export_program(reference)
                plan = _plan(program, reference, recorded)
            _warn_unless_the_same(program, reference)
            facts = _facts(model, arguments, name, synthetic_weights)
            with new_folder(target) as folder:
                shown.stage("writing the bundle")
                _write_parts(folder, plan)
                if compiled:
                    shown.stage("compiling the model")
                    inputs_output = reference.forward.inputs, reference.output
                    facts["tolerance"] = compile_program(program, *inputs_output, folder / COMPILED)
                shown.stage("writing checksums")
                _write_manifest(folder, facts, plan, recorded, costs)
        return target


def _checked(
    model: nn.Module, inputs: Any, compiled: bool, name: str | None, synthetic_weights: bool | None, progress: bool
) -> Inputs:
    check_model(model)
    check_labels(name, synthetic_weights)
    flag("compiled", compiled)
    flag("progress", progress)
    safetensors()
    arguments = without_cache(model, normalize(model, inputs))
    if torch.is_autocast_enabled(arguments.device.type):
        raise BadInputError(
            "autocast is on, which a plan has not: export outside of torch.autocast, with the model in the data type "
            "that it shall run in, for instance model.half()"
        )
    return arguments


def _plan(program: torch.export.ExportedProgram, reference: Reference, recorded: RecordedCalls) -> Plan:
    forward = reference.forward
    components = [call.component for call in recorded.calls]
    return plan_of(program, forward.inputs, reference.output, CallsOfNodes(forward.model, recorded), components)


def _facts(model: nn.Module, inputs: Inputs, name: str | None, synthetic_weights: bool | None) -> dict[str, Any]:
    environment = environments.collect(inputs.device)
    facts = {
        "bundle_version": manifest.BUNDLE_VERSION,
        "made_at": environment["made_at"],
        "model": name or type(model).__name__,
        "clear_native": environment.get("clear_native", str(_core.__version__)),
        "torch": environment.get("torch", torch.__version__).partition("+")[0],
        "device": manifest.device_record(inputs.device, environment),
        "threads": torch.get_num_threads() if inputs.device.type == "cpu" else None,
        "environment": environment,
        "workload": {key: fact for key, fact in workload_of(model, inputs).items() if fact is not None},
        "synthetic_weights": synthetic_weights,
    }
    return {key: fact for key, fact in facts.items() if fact is not None}


def _write_parts(folder: Path, plan: Plan) -> None:
    manifest.write_json(plan.data, folder / "plan.json")
    plan.weights.save(folder / "weights.safetensors")
    plan.inputs.save(folder / "inputs.safetensors")
    plan.reference.save(folder / "reference.safetensors")


def _write_manifest(
    folder: Path, facts: dict[str, Any], plan: Plan, recorded: RecordedCalls, costs: dict[str, Cost]
) -> None:
    whole = {
        **facts,
        "full_model": manifest.whole_model(costs),
        "components": manifest.component_records(recorded, costs),
        "calls": manifest.call_records(recorded, plan.kinds),
        "files": manifest.file_records(folder),
    }
    manifest.write_json(whole, folder / manifest.MANIFEST, indent=1)


def _warn_unless_the_same(program: torch.export.ExportedProgram, reference: Reference) -> None:
    found = differences(program, reference)
    if found:
        more = f" and {len(found) - 4} more" if len(found) > 4 else ""
        warnings.warn(
            f"the plan differs from the model's own forward: {'; '.join(found[:4])}{more}. Random numbers are drawn in "
            "it (model.eval() switches dropout off), its kernels do not repeat exactly, or a module takes another path "
            "under torch.export (as nn.TransformerEncoder does)",
            RuntimeWarning,
            stacklevel=3,
        )


@contextmanager
def _way_out(model: nn.Module) -> Iterator[None]:
    """What to do instead, where there is something."""
    try:
        yield
    except ExportFailedError as error:
        now = other_experts(model)
        if now is not None:
            way = f'experts run as "{now}" now, and model.set_experts_implementation("batched_mm") can be exported'
        else:
            way = "write that part with torch's own operators on fixed shapes, or measure with clear_native.profile"
        raise ExportFailedError(f"{error}: {way}") from error


@contextmanager
def _endings() -> Iterator[None]:
    with endings_typed(lambda: None):
        try:
            yield
        except KeyboardInterrupt as error:
            raise Interrupted("interrupted; no bundle was written") from error
