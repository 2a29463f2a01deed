"""`clear-native export`: a model as a bundle, for `clear-bench`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from clear_native.cli_options import Batch, Debug, Device, Dtype, Inputs, Length, Model, Weights
from clear_native.cli_output import show, writing
from clear_native.cli_profile import named_globs
from clear_native.cli_subject import subject
from clear_native.errors import BadInputError

__all__ = ["export"]


def export(
    model: Model,
    out: Annotated[Path, typer.Option("--out", help="The folder to write, e.g. bert.clear.")],
    device: Device = None,
    dtype: Dtype = None,
    batch: Batch = None,
    length: Length = None,
    inputs: Inputs = None,
    weights: Weights = None,
    components: Annotated[
        list[str] | None, typer.Option("--components", help="NAME=GLOB, repeatable; clear; deep; as for profile.")
    ] = None,
    experts: Annotated[
        str | None, typer.Option(help="How a mixture runs its experts; batched_mm can be exported everywhere.")
    ] = None,
    compiled: Annotated[bool, typer.Option("--compiled", help="Add the model compiled by AOTInductor.")] = False,
    seed: Annotated[int, typer.Option(help="Of weights and inputs.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary, no progress.")] = False,
    debug: Debug = False,
) -> int:
    """Write a model as a bundle, which clear-bench runs without Python.

    For example: clear-native export bert-base --out bert.clear
    """
    import clear_native
    from clear_native.bundle.folder import check_place

    chosen = named_globs(components)
    check_place(out)  # before anything large is loaded
    asked = subject(model, weights, device, dtype, batch, length, seed, inputs, quiet)
    if experts is not None:
        _set_experts(asked.model, asked.name, experts)
    with writing(out):
        path = clear_native.export(
            asked.model,
            asked.inputs,
            out,
            components=chosen,
            compiled=compiled,
            name=asked.name,
            synthetic_weights=asked.synthetic_weights,
            progress=not quiet,
        )
    if not quiet:
        show(_summary(path))
    return 0


def _set_experts(model: Any, name: str, implementation: str) -> None:
    if not hasattr(model, "set_experts_implementation"):
        raise BadInputError(
            f"--experts {implementation}: this transformers has one way only to run experts, leave it out"
        )
    try:
        model.set_experts_implementation(implementation)
    except (ValueError, KeyError) as error:
        raise BadInputError(f"--experts {implementation} is nothing that {name} knows ({error})") from error


def _summary(path: Path) -> str:
    from clear_native.bundle.reading import summary

    facts = summary(path)
    return (
        f"{facts['model']} written to {path}: {facts['components']} components, {facts['calls']} module calls, "
        f"{facts['bytes'] / 1e6:,.1f} MB, for {facts['device']} and torch {facts['torch']}"
    )
