"""The command `clear-native`: its verbs, its exit codes, and how its errors come out.

Exit codes: 0 done; 1 done, but a status is not ok, a comparison found a regression, or it failed on the way (a full
disk too); 2 bad input; 3 no sensor; 130 interrupted, with what was finished written.
"""

from __future__ import annotations

import functools
import io
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Any

import typer

from clear_native.cli_compare import compare
from clear_native.cli_export import export
from clear_native.cli_machine import env, sensor
from clear_native.cli_models import models
from clear_native.cli_output import FULL, NotWrittenError, ReaderLeftError, not_written, show
from clear_native.cli_profile import profile, protocol
from clear_native.cli_report import report
from clear_native.errors import (
    BadInputError,
    ClearNativeError,
    MigUnsupportedError,
    NoDriverError,
    SensorPermissionError,
    SensorUnsupportedError,
)

__all__ = ["app", "main", "run"]

DONE, NOT_OK, BAD_INPUT, NO_SENSOR, INTERRUPTED = 0, 1, 2, 3, 130
_NO_SENSOR = (NoDriverError, SensorUnsupportedError, SensorPermissionError, MigUnsupportedError)
_EXIT_CODES = (
    "Exit codes: 0 done; 1 done, but a status is not ok, or a comparison found a regression, or it failed on the way; "
    "2 bad input; 3 no sensor; 130 interrupted, with what was finished written."
)
_HELP = """How many joules each part of a transformer costs, on the GPU at hand.

For example: clear-native profile bert-base --out bert.json --html bert.html
"""
# What the parser raises for a wrong command line; typer has the class under this name in all its versions.
_UsageError: Any = typer.BadParameter.__base__

app = typer.Typer(
    name="clear-native",
    help=_HELP,
    epilog=_EXIT_CODES,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        from clear_native import __version__

        show(f"clear-native {__version__}")
        raise typer.Exit(DONE)


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """What is there before a verb."""


def _with_exit_code(command: Callable[..., int]) -> Callable[..., None]:
    """A command whose result is the exit code, and whose errors are one clear line each."""

    @functools.wraps(command)
    def wrapped(**options: Any) -> None:
        try:
            code = command(**options)
        except KeyboardInterrupt as error:
            code = _fail(error, str(error) or "interrupted", INTERRUPTED, options["debug"])
        except ReaderLeftError:
            code = NOT_OK
        except ClearNativeError as error:
            code = _fail(error, str(error), _exit_code(error), options["debug"])
        except OSError as error:
            if error.errno not in FULL:
                raise
            code = _fail(error, not_written(error.filename or "a file on the way", error), NOT_OK, options["debug"])
        raise typer.Exit(code)

    return wrapped


def _verb(command: Callable[..., int]) -> None:
    app.command(epilog=_EXIT_CODES)(_with_exit_code(command))


_verb(profile)
_verb(protocol)
_verb(env)
_verb(sensor)
_verb(models)
_verb(report)
_verb(compare)
_verb(export)


def run(arguments: list[str]) -> int:
    """The whole command; returns its exit code. Without arguments it shows its help."""
    try:
        code = app(args=arguments or ["--help"], prog_name="clear-native", standalone_mode=False)
    except _UsageError as error:
        verb = error.ctx.command_path if error.ctx is not None else "clear-native"
        return _fail(
            error, f"{error.format_message().rstrip('.')}: see {verb} --help", BAD_INPUT, "--debug" in arguments
        )
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else DONE
    except (KeyboardInterrupt, typer.Abort) as error:  # the parser makes the one the other
        return _fail(error, "interrupted", INTERRUPTED, "--debug" in arguments)
    except ReaderLeftError:
        return NOT_OK
    except NotWrittenError as error:
        return _fail(error, str(error), NOT_OK, "--debug" in arguments)
    except OSError as error:  # a verb tells of its own: this is the help
        if error.errno not in FULL:
            raise
        return _fail(error, not_written("standard output", error), NOT_OK, "--debug" in arguments)
    return code if isinstance(code, int) else DONE


def main() -> None:
    """Entry point of the console script. A terminal that knows no "±" gets another sign, not an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    sys.exit(_ended(run(sys.argv[1:])))


def _ended(code: int) -> int:
    """The exit code once standard output has taken all. What it does not take is dropped: the interpreter would try
    again on its way out, and end with a traceback and a code of its own."""
    output = sys.__stdout__
    if output is None:  # closed by whoever started this
        return code
    try:
        output.flush()
    except OSError as error:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), output.fileno())
        if code == DONE and not isinstance(error, BrokenPipeError):
            return _fail(error, not_written("standard output", error), NOT_OK, debug=False)
        return code or NOT_OK
    return code


def _exit_code(error: ClearNativeError) -> int:
    if isinstance(error, BadInputError):
        return BAD_INPUT
    return NO_SENSOR if isinstance(error, _NO_SENSOR) else NOT_OK


def _fail(error: BaseException, text: str, code: int, debug: bool) -> int:
    with suppress(OSError):  # where standard error is full, the exit code still tells
        if debug:
            typer.echo("".join(traceback.format_exception(error)), err=True)
        typer.echo(f"clear-native: {' '.join(text.split())}", err=True)
    return code
