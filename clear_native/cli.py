"""The command `clear-native`. Exit codes: 0 done; 1 done, but a status is not ok, a comparison found a regression, or
it failed on the way; 2 bad input; 3 no sensor; 130 interrupted, with what was finished written."""

from __future__ import annotations

import functools
import io
import json
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from clear_native.cli_compare import compare
from clear_native.cli_export import export
from clear_native.cli_models import models
from clear_native.cli_output import check_can_be_written, deliver
from clear_native.cli_report import report
from clear_native.errors import (
    BadInputError,
    ClearNativeError,
    Interrupted,
    MigUnsupportedError,
    NoDriverError,
    SensorPermissionError,
    SensorUnsupportedError,
)
from clear_native.models.component_rules import GROUPINGS

__all__ = ["app", "main", "run"]

DONE, NOT_OK, BAD_INPUT, NO_SENSOR, INTERRUPTED = 0, 1, 2, 3, 130
_NO_SENSOR = (NoDriverError, SensorUnsupportedError, SensorPermissionError, MigUnsupportedError)

app = typer.Typer(
    name="clear-native",
    help="How many joules each part of a transformer costs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Device = Annotated[str | None, typer.Option(help="Device, e.g. cuda:0 or cpu; default: a GPU if there is one.")]
MeterName = Annotated[
    str,
    typer.Option(
        "--meter", help="auto, nvml, nvml:counter (samples, instant, usage), rapl, estimate:WATTS, auto+rapl."
    ),
]
JsonPath = Annotated[Path | None, typer.Option("--out", "--json", help="Write the result here as JSON.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show a traceback for errors.")]


def _with_exit_code(command: Callable[..., int]) -> Callable[..., None]:
    """A command whose result is the exit code, and whose errors are one clear line each."""

    @functools.wraps(command)
    def wrapped(**options: Any) -> None:
        try:
            code = command(**options)
        except KeyboardInterrupt as error:
            code = _fail(error, str(error) or "interrupted", INTERRUPTED, options["debug"])
        except ClearNativeError as error:
            code = _fail(error, str(error), _exit_code(error), options["debug"])
        raise typer.Exit(code)

    return wrapped


@app.command()
@_with_exit_code
def profile(
    model: Annotated[str, typer.Argument(help="A ready model, e.g. bert-base; the verb models lists them.")],
    device: Device = None,
    dtype: Annotated[
        str | None, typer.Option(help="float16, bfloat16 or float32; default by model and device.")
    ] = None,
    batch: Annotated[int, typer.Option(help="Sequences.")] = 1,
    length: Annotated[int | None, typer.Option(help="Tokens of each sequence; default 128.")] = None,
    weights: Annotated[str, typer.Option(help="random, hub, package, a folder or a hub name.")] = "random",
    method: Annotated[str, typer.Option(help="in_situ, partition, isolated or all of them.")] = "in_situ",
    execution: Annotated[str, typer.Option(help="auto, graph or eager.")] = "auto",
    cache: Annotated[str, typer.Option(help="in_situ: auto, cold, warm, bounds; isolated: warm, cycling.")] = "auto",
    precision: Annotated[float, typer.Option(help="95 % half-width to reach, as a share of a component.")] = 0.01,
    max_time: Annotated[float, typer.Option(help="Seconds that measuring may take.")] = 60.0,
    components: Annotated[
        list[str] | None,
        typer.Option("--components", help="NAME=GLOB over module names, repeatable; or clear, the CLEAR paper's."),
    ] = None,
    meter: MeterName = "auto",
    out: JsonPath = None,
    csv: Annotated[Path | None, typer.Option(help="Write components and model here as CSV.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page here that opens offline.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the order of windows, weights and inputs.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No table, no progress.")] = False,
    debug: Debug = False,
) -> int:
    """Measure a ready model, print its table, and write it as JSON."""
    import clear_native
    from clear_native.models import presets

    check_can_be_written(out=out, csv=csv, html=html)
    loaded, inputs, info = presets.load(model, weights, device, dtype, batch, length, seed or 0)
    try:
        report = clear_native.profile(
            loaded,
            inputs,
            components=named_globs(components),
            method=method,
            execution=execution,
            cache=cache,
            precision=precision,
            max_time=max_time,
            meter=meter,
            seed=seed,
            progress=not quiet,
            synthetic_weights=info.synthetic_weights,
            name=info.name,
        )
    except (ClearNativeError, Interrupted) as error:
        for which, before in error.finished.items():
            deliver(before, out and out.with_stem(f"{out.stem}.{which}"), quiet)
        deliver(error.report, out, quiet, csv, html)
        raise
    written = deliver(report, out, quiet, csv, html)
    return DONE if written and not report.all_statuses else NOT_OK


@app.command()
@_with_exit_code
def protocol(
    model: Annotated[str, typer.Argument(help="A ready model, as for profile.")],
    device: Device = None,
    dtype: Annotated[str | None, typer.Option(help="float16, bfloat16 or float32.")] = None,
    batch: Annotated[int, typer.Option(help="Sequences.")] = 1,
    length: Annotated[int | None, typer.Option(help="Tokens of each sequence; default 128.")] = None,
    weights: Annotated[str, typer.Option(help="random, hub, package, a folder or a hub name.")] = "random",
    repetitions: Annotated[int, typer.Option(help="Calls of a module in a trial.")] = 10_000,
    full: Annotated[int, typer.Option(help="Calls of the whole model in a trial.")] = 1_000,
    trials: Annotated[int, typer.Option(help="Trials of each module, and of the model.")] = 20,
    synchronize: Annotated[bool, typer.Option(help="Wait for the device before readings.")] = True,
    meter: MeterName = "auto",
    out: JsonPath = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No table, no progress.")] = False,
    debug: Debug = False,
) -> int:
    """Measure a ready model by CLEAR's published protocol, to be set beside profile."""
    import clear_native
    from clear_native.models import presets

    check_can_be_written(out=out)
    loaded, inputs, info = presets.load(model, weights, device, dtype, batch, length)
    try:
        result = clear_native.clear_protocol(
            loaded, inputs, repetitions, full, trials, synchronize, meter=meter, progress=not quiet,
            synthetic_weights=info.synthetic_weights, name=info.name,
        )  # fmt: skip
    except (ClearNativeError, Interrupted) as error:
        deliver(error.report, out, quiet)
        raise
    written = deliver(result, out, quiet)
    return DONE if written and not result.all_statuses and not result.diagnoses else NOT_OK


@app.command()
@_with_exit_code
def env(
    device: Device = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    debug: Debug = False,
) -> int:
    """Show what a result would record about this machine."""
    from clear_native.machine.environment import collect

    _show(collect(device), as_json)
    return DONE


@app.command()
@_with_exit_code
def sensor(
    device: Device = None,
    meter: Annotated[str, typer.Option("--meter", help="auto, nvml, nvml:counter (samples, ...) or rapl.")] = "auto",
    max_time: Annotated[float, typer.Option(help="Seconds that measuring may take.")] = 30.0,
    out: JsonPath = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No table, no progress.")] = False,
    debug: Debug = False,
) -> int:
    """Watch the energy sensor while a load goes on and off: period, latency, lag, idle power, shortest window."""
    import clear_native

    check_can_be_written(out=out)
    found = clear_native.sensor(device, meter, max_time, progress=not quiet)
    return DONE if deliver(found, out, quiet) else NOT_OK


app.command()(_with_exit_code(models))


app.command()(_with_exit_code(report))


app.command()(_with_exit_code(compare))


app.command()(_with_exit_code(export))


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


def run(arguments: list[str]) -> int:
    """The whole command; returns its exit code."""
    try:
        app(args=arguments, prog_name="clear-native")
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else DONE
    except KeyboardInterrupt:
        return INTERRUPTED
    return DONE


def main() -> None:
    """Entry point of the console script. A terminal that knows no "±" gets another sign, not an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    sys.exit(run(sys.argv[1:]))


def _exit_code(error: ClearNativeError) -> int:
    if isinstance(error, BadInputError):
        return BAD_INPUT
    return NO_SENSOR if isinstance(error, _NO_SENSOR) else NOT_OK


def _fail(error: BaseException, text: str, code: int, debug: bool) -> int:
    if debug:
        typer.echo("".join(traceback.format_exception(error)), err=True)
    typer.echo(f"clear-native: {' '.join(text.split())}", err=True)
    return code


def _show(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(facts, indent=1, ensure_ascii=False))
        return
    for name, fact in facts.items():
        if isinstance(fact, dict):
            typer.echo(f"{name}:")
            for inner, value in fact.items():
                typer.echo(f"  {inner:24} {_readable(value)}")
        else:
            typer.echo(f"{name:24} {_readable(fact)}")


def _readable(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
