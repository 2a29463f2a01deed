"""`clear-native report`: results that lie in files, shown again, and made into pages, tables and flame graphs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clear_native.cli_output import check_can_be_written, csv_text, show, writing
from clear_native.cli_prices import BY_DEFAULT_FROM, Currency, GridIntensity, Price, Source, impact_lines, prices_of
from clear_native.errors import BadInputError
from clear_native.report.comparison import Comparison
from clear_native.report.files import Result, Together, load_any, together
from clear_native.report.html.page import page
from clear_native.report.markdown import to_markdown
from clear_native.report.methods import MethodComparison
from clear_native.report.rates import Prices
from clear_native.report.record import Report
from clear_native.report.table import render
from clear_native.report.writing import write_text

__all__ = ["report"]

Output = Path | None
_EXPORTED = (Report, MethodComparison)


def report(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Result files: one, or one model's by several methods, or by graph and in eager execution; also a "
            "comparison, which has a table and Markdown."
        ),
    ],
    html: Annotated[Output, typer.Option(help="Write a page here that opens offline.")] = None,
    csv: Annotated[Output, typer.Option(help="Write components and models here as CSV.")] = None,
    md: Annotated[Output, typer.Option(help="Write a table here as Markdown.")] = None,
    flamegraph: Annotated[Output, typer.Option(help="Write a flame graph here for speedscope.app.")] = None,
    trace: Annotated[Output, typer.Option(help="Write a trace of one pass here, for Perfetto.")] = None,
    grid_intensity: GridIntensity = None,
    price: Price = None,
    currency: Currency = "",
    source: Source = BY_DEFAULT_FROM,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No table.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback for errors.")] = False,
) -> int:
    """Show results again, and write them as a page, CSV, Markdown, flame graph or trace.

    For example: clear-native report bert.json --html bert.html
    """
    prices = prices_of(grid_intensity, price, currency, source, html, quiet)
    check_can_be_written(html=html, csv=csv, md=md, flamegraph=flamegraph, trace=trace)
    results = [load_any(path) for path in files]
    exported = any(path is not None for path in (html, csv, flamegraph, trace))
    if exported or prices or md is not None:
        _check_kinds(results, files, _EXPORTED if exported or prices else (*_EXPORTED, Comparison))
    reports = [result for result in results if isinstance(result, _EXPORTED)]
    shown = together(reports) if html or flamegraph or trace else None
    texts = _texts(reports, shown, prices, html, csv, flamegraph, trace)
    if md is not None:
        texts.append((md, "\n".join(_markdown(result) for result in results)))
    for path, text in texts:
        with writing(path):
            write_text(text, path)
    if not quiet:
        _print(results)
        for one in reports:
            for line in impact_lines(one, prices):
                show(line)
        for path, _ in texts:
            show(f"written to {path}")
    return 0


def _check_kinds(results: list[Result], files: list[Path], kinds: tuple[type, ...]) -> None:
    for result, path in zip(results, files, strict=True):
        if not isinstance(result, kinds):
            also = " (and Markdown, --md)" if isinstance(result, Comparison) else ""
            raise BadInputError(
                f"{path} is a {type(result).__name__}, which has a table only{also}: pages and exports are made of "
                "what `clear-native profile` wrote"
            )


def _print(results: list[Result]) -> None:
    """The one view of several files where they make one, else one after another."""
    try:
        shown = together([result for result in results if isinstance(result, _EXPORTED)])
    except BadInputError:
        shown = None
    alike = all(isinstance(result, _EXPORTED) for result in results)
    if alike and shown is not None and shown.comparison is not None and len(results) > 1:
        show(str(shown.comparison))
        return
    taxed = shown.report if shown is not None and shown.tax else None
    tables = [render(taxed, tax=shown.tax) if shown and result is taxed else str(result) for result in results]
    show("\n\n".join(tables))


def _texts(
    reports: list[Report | MethodComparison],
    shown: Together | None,
    prices: Prices,
    html: Output,
    csv: Output,
    flamegraph: Output,
    trace: Output,
) -> list[tuple[Path, str]]:
    """Made before the first is written, so that what cannot be made leaves nothing behind."""
    found = []
    if csv is not None:
        parts = [csv_text(report) for report in reports]
        found.append((csv, parts[0] + "".join(part.split("\n", 1)[1] for part in parts[1:])))
    if shown is not None:
        if html is not None:
            found.append((html, page(shown, prices)))
        if flamegraph is not None:
            found.append((flamegraph, shown.report.to_speedscope()))
        if trace is not None:
            found.append((trace, shown.report.to_trace()))
    return found


def _markdown(one: Result) -> str:
    if isinstance(one, Comparison):
        return one.to_markdown()
    each = one.reports.values() if isinstance(one, MethodComparison) else [one]
    return "\n".join(to_markdown(report) for report in each if isinstance(report, Report))
