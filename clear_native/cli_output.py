"""Where the commands write their results: checked before measuring, printed and written after it."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import Any

import typer

from clear_native.errors import BadInputError
from clear_native.report.methods import MethodComparison
from clear_native.report.rows import csv_of
from clear_native.report.writing import folder_of, write_text, written_on

__all__ = ["check_can_be_written", "csv_text", "deliver"]


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


def deliver(result: Any, out: Path | None, quiet: bool, csv: Path | None = None, html: Path | None = None) -> bool:
    """Prints and writes a result, also a partial one; the files first, since they are what must not be lost.

    False if one could not be written; the table is all the more printed then.
    """
    if result is None:
        return True
    writers = {out: result.save, csv: lambda path: write_text(csv_text(result), path), html: _write_page(result)}
    problems: dict[Path, Exception] = {}
    written = [path for path in writers if path is not None]
    for path in written:
        try:
            writers[path](path)
        except (OSError, TypeError, ValueError) as error:
            problems[path] = error
    if not quiet or problems:
        typer.echo(str(result))
    for path, problem in problems.items():
        typer.echo(f"clear-native: the result could not be written to {path}: {problem}", err=True)
    if not quiet:
        for path in written:
            if path not in problems:
                typer.echo(f"written to {path}")
    return not problems


def _write_page(result: Any) -> Any:
    return lambda path: result.to_html(path)
