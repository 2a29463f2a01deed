"""Where the commands write their results: checked before measuring, printed and written after it."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import typer

from clear_native.cli_prices import impact_lines
from clear_native.errors import BadInputError, ClearNativeError, Interrupted
from clear_native.report.methods import MethodComparison
from clear_native.report.rates import Prices
from clear_native.report.rows import csv_of
from clear_native.report.writing import folder_of, write_text, written_on

__all__ = [
    "FULL",
    "NotWrittenError",
    "ReaderLeftError",
    "check_can_be_written",
    "csv_text",
    "deliver",
    "deliver_partial",
    "not_written",
    "show",
    "writing",
]

_FREE_SPACE = "free space there, or name another place"
FULL = {
    errno.ENOSPC: _FREE_SPACE,
    errno.EDQUOT: _FREE_SPACE,
    errno.EFBIG: "raise the limit on the size of files (ulimit -f), or name another place",
}
_NO_PRICES = Prices()
_IN_REPORT = "what was finished is in .report"  # so do messages end that the library has for Python


class NotWrittenError(ClearNativeError):
    """The system could not write a file, or standard output."""


class ReaderLeftError(NotWrittenError):
    """Who read standard output has left, as `head` does. Nobody needs to be told."""


def not_written(what: object, error: OSError) -> str:
    """One line that says what could not be written, why, and what to do."""
    advice = FULL.get(error.errno or 0, "name a place that can be written")
    return f"{what} cannot be written ({error.strerror or error}): {advice}"


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """What the system cannot write comes out as NotWrittenError."""
    try:
        yield
    except OSError as error:
        raise NotWrittenError(not_written(path, error)) from error


def show(text: str) -> None:
    """Prints on standard output.

    Raises NotWrittenError where it takes nothing more, ReaderLeftError where nobody reads it any more.
    """
    try:
        typer.echo(text)
    except BrokenPipeError as error:
        raise ReaderLeftError("nobody reads standard output any more") from error
    except OSError as error:
        raise NotWrittenError(not_written("standard output", error)) from error


def check_can_be_written(**paths: Path | None) -> None:
    """Makes the folders of results, so that a measurement is not made in vain. `paths`: by the option's name."""
    for option, path in paths.items():
        if path is not None:
            _check(f"--{option} {path}", path)


def _check(named: str, path: Path) -> None:
    if path.is_dir():
        raise BadInputError(f"{named} is a folder: give the name of a file, for instance {path / 'report.json'}")
    try:
        if written_on(path):
            if not os.access(path, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            return
        folder = folder_of(path)
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise BadInputError(f"{named} cannot be written ({error}): give a file in a folder you may write to") from error


def csv_text(result: Any) -> str:
    """Of a report, or of all reports of a comparison below each other."""
    return csv_of(result.reports.values() if isinstance(result, MethodComparison) else [result])


def deliver(
    result: Any,
    out: Path | None,
    quiet: bool,
    csv: Path | None = None,
    html: Path | None = None,
    prices: Prices = _NO_PRICES,
) -> bool:
    """Prints and writes a result; the files first, since they are what must not be lost.

    False if one could not be written; the table is all the more printed then. Raises NotWrittenError where standard
    output takes nothing.
    """
    problems = _write(result, out, csv, html, prices)
    written = [path for path in (out, csv, html) if path is not None and path not in problems]
    try:
        if not quiet or problems:
            show(str(result))
        if not quiet:
            for line in (*impact_lines(result, prices), *(f"written to {path}" for path in written)):
                show(line)
    finally:
        for problem in problems.values():
            typer.echo(f"clear-native: {problem}", err=True)
    return not problems


def deliver_partial(
    error: ClearNativeError | Interrupted,
    out: Path | None,
    quiet: bool,
    csv: Path | None = None,
    html: Path | None = None,
    prices: Prices = _NO_PRICES,
) -> None:
    """Prints and writes what was finished before `error`, whose message then says where that is."""
    finished: list[tuple[Any, tuple[Path | None, ...]]] = [
        (before, (out and out.with_stem(f"{out.stem}.{which}"), None, None)) for which, before in error.finished.items()
    ]
    if error.report is not None:
        finished.append((error.report, (out, csv, html)))
    whole = True
    for result, (json_at, csv_at, html_at) in finished:
        with suppress(NotWrittenError):  # the error itself is told all the same, and the files are written by then
            whole &= deliver(result, json_at, quiet, csv_at, html_at, prices)
    places = [path for _, paths in finished for path in paths if path is not None]
    text = str(error)
    if _IN_REPORT in text:
        error.args = (text.replace(_IN_REPORT, _where(bool(finished), places, whole, quiet)),)


def _where(any_finished: bool, places: list[Path], whole: bool, quiet: bool) -> str:
    if not any_finished:
        return "nothing was finished"
    if places and whole:
        return f"what was finished is in {', '.join(map(str, places))}"
    if places:
        return "what was finished could not be written to every file, as said above"
    table = "nothing was kept" if quiet else "what was finished is in the table above only"
    return f"{table}: give --out FILE to keep it"


def _write(result: Any, out: Path | None, csv: Path | None, html: Path | None, prices: Prices) -> dict[Path, str]:
    """Returns what could not be written, with the line that says so."""
    writers = {
        out: result.save if out is not None else None,
        csv: lambda path: write_text(csv_text(result), path),
        html: lambda path: _write_page(result, path, prices),
    }
    problems: dict[Path, str] = {}
    for path, writer in writers.items():
        if path is None or writer is None:
            continue
        try:
            writer(path)
        except OSError as error:
            problems[path] = not_written(path, error)
        except (TypeError, ValueError) as error:
            problems[path] = f"the result could not be written to {path}: {error}"
    return problems


def _write_page(result: Any, path: Path, prices: Prices) -> None:
    result.to_html(
        path,
        grid_intensity_g_per_kwh=prices.grid_intensity_g_per_kwh,
        price_per_kwh=prices.price_per_kwh,
        currency=prices.currency,
        source=prices.source,
    )
