"""`clear-native profile` and `clear-native protocol`: a model is measured, shown and written."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clear_native.cli_completion import one_of
from clear_native.cli_options import (
    Batch,
    Debug,
    Device,
    Dtype,
    Inputs,
    JsonPath,
    Length,
    MeterName,
    Model,
    Quiet,
    Weights,
)
from clear_native.cli_output import check_can_be_written, deliver, deliver_partial
from clear_native.cli_prices import BY_DEFAULT_FROM, Currency, GridIntensity, Price, Source, prices_of
from clear_native.cli_subject import subject
from clear_native.errors import BadInputError, ClearNativeError, Interrupted
from clear_native.models.component_rules import GROUPINGS

__all__ = ["named_globs", "profile", "protocol"]

DONE, NOT_OK = 0, 1


def profile(
    model: Model,
    device: Device = None,
    dtype: Dtype = None,
    batch: Batch = None,
    length: Length = None,
    inputs: Inputs = None,
    weights: Weights = None,
    method: Annotated[
        str,
        typer.Option(
            help="in_situ, partition, isolated or all of them.",
            autocompletion=one_of("in_situ", "partition", "isolated", "all"),
        ),
    ] = "in_situ",
    execution: Annotated[
        str, typer.Option(help="auto, graph or eager.", autocompletion=one_of("auto", "graph", "eager"))
    ] = "auto",
    cache: Annotated[
        str,
        typer.Option(
            help="in_situ: auto, cold, warm, bounds; isolated: warm, cycling.",
            autocompletion=one_of("auto", "cold", "warm", "bounds", "cycling"),
        ),
    ] = "auto",
    precision: Annotated[float, typer.Option(help="95 % half-width to reach, as a share of a component.")] = 0.01,
    max_time: Annotated[float, typer.Option(help="Seconds that measuring may take.")] = 60.0,
    components: Annotated[
        list[str] | None,
        typer.Option("--components", help="NAME=GLOB over module names, repeatable; or clear, or deep."),
    ] = None,
    meter: MeterName = "auto",
    out: JsonPath = None,
    csv: Annotated[Path | None, typer.Option(help="Write components and model here as CSV.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page here that opens offline.")] = None,
    grid_intensity: GridIntensity = None,
    price: Price = None,
    currency: Currency = "",
    source: Source = BY_DEFAULT_FROM,
    seed: Annotated[int | None, typer.Option(help="Of the order of windows, weights and inputs.")] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Measure the energy of a model and of each of its parts; print the table, and write it as JSON, CSV or a page.

    For example: clear-native profile bert-base --length 128 --out bert.json --html bert.html

    A model of your own: clear-native profile script.py:build --out mine.json
    """
    import clear_native

    prices = prices_of(grid_intensity, price, currency, source, html, quiet)
    check_can_be_written(out=out, csv=csv, html=html)
    globs = named_globs(components)
    asked = subject(model, weights, device, dtype, batch, length, seed, inputs, quiet)
    try:
        report = clear_native.profile(
            asked.model,
            asked.inputs,
            components=globs,
            method=method,
            execution=execution,
            cache=cache,
            precision=precision,
            max_time=max_time,
            meter=meter,
            seed=seed,
            progress=not quiet,
            synthetic_weights=asked.synthetic_weights,
            name=asked.name,
        )
    except (ClearNativeError, Interrupted) as error:
        deliver_partial(error, out, quiet, csv, html, prices)
        raise
    written = deliver(report, out, quiet, csv, html, prices)
    return DONE if written and not report.all_statuses else NOT_OK


def protocol(
    model: Model,
    device: Device = None,
    dtype: Dtype = None,
    batch: Batch = None,
    length: Length = None,
    inputs: Inputs = None,
    weights: Weights = None,
    repetitions: Annotated[int, typer.Option(help="Calls of a module in a trial.")] = 10_000,
    full: Annotated[int, typer.Option(help="Calls of the whole model in a trial.")] = 1_000,
    trials: Annotated[int, typer.Option(help="Trials of each module, and of the model.")] = 20,
    synchronize: Annotated[bool, typer.Option(help="Wait for the device before readings.")] = True,
    meter: MeterName = "auto",
    out: JsonPath = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Measure a model by CLEAR's published protocol, to be set beside profile.

    For example: clear-native protocol bert-base --repetitions 2000 --trials 5
    """
    import clear_native

    check_can_be_written(out=out)
    asked = subject(model, weights, device, dtype, batch, length, None, inputs, quiet)
    try:
        result = clear_native.clear_protocol(
            asked.model, asked.inputs, repetitions, full, trials, synchronize, meter=meter, progress=not quiet,
            synthetic_weights=asked.synthetic_weights, name=asked.name,
        )  # fmt: skip
    except (ClearNativeError, Interrupted) as error:
        deliver_partial(error, out, quiet)
        raise
    written = deliver(result, out, quiet)
    return DONE if written and not result.all_statuses and not result.diagnoses else NOT_OK


def named_globs(texts: list[str] | None) -> dict[str, list[str]] | str | None:
    """["mlp=*.mlp", "mlp=*.ffn"] becomes {"mlp": ["*.mlp", "*.ffn"]}; a grouping's name stays what it is."""
    if not texts:
        return None
    if len(texts) == 1 and texts[0] in GROUPINGS:
        return texts[0]
    found: dict[str, list[str]] = {}
    for text in texts:
        name, equals, glob = text.partition("=")
        if not (name and equals and glob):
            raise BadInputError(f"--components '{text}' is not NAME=GLOB, for instance 'mlp=*.mlp'")
        found.setdefault(name, []).append(glob)
    return found
