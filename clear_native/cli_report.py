"""`clear-native report`: results that lie in files, shown again, and made into pages, tables and flame graphs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from clear_native.cli_output import check_can_be_written, csv_text
from clear_native.errors import BadInputError
from clear_native.report.files import Result, Together, load_any, together
from clear_native.report.html.page import page
from clear_native.report.markdown import to_markdown
from clear_native.report.methods import MethodComparison
from clear_native.report.rates import Prices, impact
from clear_native.report.record import Report
from clear_native.report.table import render
from clear_native.report.units import prefixed
from clear_native.report.writing import write_text

__all__ = ["report"]

Output = Path | None


def report(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Result files: one, or one model's by several methods, or by graph and in eager execution."
        ),
    ],
    html: Annotated[Output, typer.Option(help="Write a page here that opens offline.")] = None,
    csv: Annotated[Output, typer.Option(help="Write components and models here as CSV.")] = None,
    md: Annotated[Output, typer.Option(help="Write a table here as Markdown.")] = None,
    flamegraph: Annotated[Output, typer.Option(help="Write a flame graph here for speedscope.app.")] = None,
    trace: Annotated[Output, typer.Option(help="Write a trace of one pass here, for Perfetto.")] = None,
    grid_intensity: Annotated[
        float | None, typer.Option(help="Grams of CO2 per kWh: adds CO2 to table and page.")
    ] = None,
    price: Annotated[float | None, typer.Option(help="Price of a kWh: adds cost to table and page.")] = None,
    currency: Annotated[str, typer.Option(help="Of the price.")] = "",
    source: Annotated[str, typer.Option(help="Where intensity and price are from.")] = "given on the command line",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No table.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback for errors.")] = False,
) -> int:
    """Show results again, and write them as a page, CSV, Markdown, flame graph or trace.

    For example: clear-native report bert.json --html bert.html
    """
    prices = Prices(grid_intensity, price, currency, source)
    check_can_be_written(html=html, csv=csv, md=md, flamegraph=flamegraph, trace=trace)
    results = [load_any(path) for path in files]
    asked = [path for path in (html, csv, md, flamegraph, trace) if path is not None]
    if prices and html is None and quiet:
        raise BadInputError("--grid-intensity and --price are shown below the table and on the page: give --html too")
    reports = _reports(results, files) if asked or prices else []
    shown = together(reports) if html or flamegraph or trace else None
    if not quiet:
        _print(results)
        for text in _impacts(reports, prices):
            typer.echo(text)
    for path, text in _texts(reports, shown, prices, html, csv, md, flamegraph, trace):
        write_text(text, path)
        if not quiet:
            typer.echo(f"written to {path}")
    return 0


def _reports(results: list[Result], files: list[Path]) -> list[Report | MethodComparison]:
    found: list[Report | MethodComparison] = []
    for result, path in zip(results, files, strict=True):
        if not isinstance(result, (Report, MethodComparison)):
            raise BadInputError(
                f"{path} is a {type(result).__name__}, which has a table only: pages and exports are made of what "
                "`clear-native profile` wrote"
            )
        found.append(result)
    return found


def _print(results: list[Result]) -> None:
    """The one view of several files where they make one, else one after another."""
    try:
        shown = together([result for result in results if isinstance(result, (Report, MethodComparison))])
    except BadInputError:
        shown = None
    if shown is not None and shown.comparison is not None and len(results) > 1:
        typer.echo(str(shown.comparison))
        return
    taxed = shown.report if shown is not None and shown.tax else None
    tables = [render(taxed, tax=shown.tax) if shown and result is taxed else str(result) for result in results]
    typer.echo("\n\n".join(tables))


def _impacts(reports: list[Report | MethodComparison], prices: Prices) -> Iterator[str]:
    """What was asked for by --grid-intensity and --price, a line for each file, with where the numbers are from."""
    for one in reports:
        shown = together([one]).report
        found = impact(shown, prices)
        if found is None:
            continue
        parts = []
        if found.carbon_g is not None:
            parts.append(f"{prefixed(found.carbon_g, 'g')} of CO2 at {prices.grid_intensity_g_per_kwh:g} g/kWh")
        if found.cost is not None:
            cost = f"{found.cost:.3g} {found.currency}".rstrip()
            parts.append(f"cost {cost} at {prices.price_per_kwh:g} per kWh")
        estimated = ", ESTIMATED" if shown.meter.estimated else ""
        yield (
            f"\na {found.of} of {shown.model}: {found.energy_kwh:.3g} kWh{estimated}, {', '.join(parts)} "
            f"({found.source}; only the energy that the meter saw)"
        )


def _texts(
    reports: list[Report | MethodComparison],
    shown: Together | None,
    prices: Prices,
    html: Output,
    csv: Output,
    md: Output,
    flamegraph: Output,
    trace: Output,
) -> list[tuple[Path, str]]:
    """Made before the first is written, so that what cannot be made leaves nothing behind."""
    found = []
    if csv is not None:
        parts = [csv_text(report) for report in reports]
        found.append((csv, parts[0] + "".join(part.split("\n", 1)[1] for part in parts[1:])))
    if md is not None:
        found.append((md, "\n".join(to_markdown(report) for one in reports for report in _each(one))))
    if shown is not None:
        if html is not None:
            found.append((html, page(shown, prices)))
        if flamegraph is not None:
            found.append((flamegraph, shown.report.to_speedscope()))
        if trace is not None:
            found.append((trace, shown.report.to_trace()))
    return found


def _each(one: Report | MethodComparison) -> list[Report]:
    return list(one.reports.values()) if isinstance(one, MethodComparison) else [one]
