"""`clear-native compare`: two result files set against each other, with an exit code for a gate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clear_native.cli_output import check_can_be_written, show, writing
from clear_native.compare import BETWEEN_RUNS, SAME_WITHIN
from clear_native.errors import BadInputError

__all__ = ["compare", "share"]

DONE, REGRESSION = 0, 1


def compare(
    before: Annotated[Path, typer.Argument(help="A result file of profile.")],
    after: Annotated[Path, typer.Argument(help="The one to set against it.")],
    fail_on_regression: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE", help="Exit code 1 only if the model is worse by more than this: 2%, 0.02; else if worse."
        ),
    ] = None,
    same_within: Annotated[str, typer.Option(metavar="SHARE", help="What counts as the same.")] = f"{SAME_WITHIN:.0%}",
    between_runs: Annotated[
        str, typer.Option(metavar="SHARE", help="How far runs of the same thing scatter beyond their intervals.")
    ] = f"{BETWEEN_RUNS:.1%}",
    allow_different_environment: Annotated[
        bool, typer.Option("--allow-different-environment", help="Compare although device, versions or method differ.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", "--json", help="Write the comparison here as JSON.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No table.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback for errors.")] = False,
) -> int:
    """Say of a model and its components whether they take more or less energy: better, worse, same or unclear.

    The exit code is 1 where the model is worse, as with diff.

    For example: clear-native compare before.json after.json --fail-on-regression 2%
    """
    import clear_native

    threshold = 0.0 if fail_on_regression is None else share("--fail-on-regression", fail_on_regression)
    check_can_be_written(out=out)
    found = clear_native.compare(
        before,
        after,
        same_within=share("--same-within", same_within),
        between_runs=share("--between-runs", between_runs),
        allow_different_environment=allow_different_environment,
    )
    if out is not None:
        with writing(out):
            found.save(out)
    if not quiet:
        show(str(found))
    if found.regression(threshold):
        beyond = f", by more than {threshold:.3g} of it" if threshold else ""
        typer.echo(f"clear-native: the model takes more energy{beyond}", err=True)
        return REGRESSION
    return DONE


def share(option: str, text: str) -> float:
    """ "2%" and "0.02" are 0.02. Raises BadInputError for what is no share from 0 to 1."""
    number, percent = text.strip().removesuffix("%"), text.strip().endswith("%")
    try:
        found = float(number) / 100 if percent else float(number)
    except ValueError:
        found = float("nan")
    if not 0 <= found < 1:
        raise BadInputError(f"{option} is a share such as 2% or 0.02, got '{text}'")
    return found
