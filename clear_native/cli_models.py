"""The verb `models` of the command line."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from clear_native.cli_output import show

__all__ = ["models"]


def models(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback for errors.")] = False,
) -> int:
    """List the ready models: kind, parameters, and the inputs that they get unless told otherwise.

    For example: clear-native models --json
    """
    from clear_native.models.listing import facts

    found = facts()
    if as_json:
        show(json.dumps(found, indent=1))
        return 0
    for model in found:
        size = f"{model['parameters'] / 1e6:,.1f} M"
        shape = f"{model['inputs']} 1x{model['length']}"
        longest = f"up to {model['longest']}" if "longest" in model else "any length"
        show(
            f"{model['name']:18} {model['family']:11} {model['kind']:19} {size:>11}  {model['gpu_dtype']:9} "
            f"{shape:16} {longest}"
        )
    return 0
