"""Options that several verbs of the command line have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clear_native.cli_completion import one_of, ready_models

__all__ = [
    "Batch",
    "Debug",
    "Device",
    "Dtype",
    "Inputs",
    "JsonPath",
    "Length",
    "MeterName",
    "Model",
    "Quiet",
    "Weights",
]

Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A ready model (the verb models lists them), OWNER/NAME on the hub, a folder that save_pretrained wrote, "
        "or script.py:build, a function that returns model and inputs.",
        autocompletion=ready_models,
    ),
]
Device = Annotated[
    str | None,
    typer.Option(
        help="Device, e.g. cuda:0 or cpu; default: a GPU if there is one.",
        autocompletion=one_of("cpu", "cuda", "cuda:0"),
    ),
]
Dtype = Annotated[
    str | None,
    typer.Option(
        help="float16, bfloat16 or float32; default by model and device.",
        autocompletion=one_of("float16", "bfloat16", "float32"),
    ),
]
Batch = Annotated[int | None, typer.Option(help="Sequences; default 1.")]
Length = Annotated[int | None, typer.Option(help="Tokens of each sequence; default 128.")]
Weights = Annotated[
    str | None,
    typer.Option(
        help="random, hub, package, a folder or a hub name; default: random for a ready model, else its own.",
        autocompletion=one_of("random", "hub", "package"),
    ),
]
Inputs = Annotated[
    Path | None,
    typer.Option(
        help="File of inputs in place of random ones: .pt (torch.save), .npz (arrays by name), .json (lists)."
    ),
]
MeterName = Annotated[
    str,
    typer.Option(
        "--meter",
        help="auto, nvml, nvml:counter (samples, instant, usage), rapl, estimate:WATTS, auto+rapl.",
        autocompletion=one_of("auto", "nvml", "nvml:counter", "nvml:samples", "rapl", "estimate", "auto+rapl"),
    ),
]
JsonPath = Annotated[Path | None, typer.Option("--out", "--json", help="Write the result here as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No table, no progress.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show a traceback for errors.")]
