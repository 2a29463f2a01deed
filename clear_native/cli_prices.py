"""CO2 and cost on the command line: what `--grid-intensity` and `--price` ask for, below a table and on a page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from clear_native.errors import BadInputError
from clear_native.report.files import together
from clear_native.report.rates import Prices, impact
from clear_native.report.units import prefixed

__all__ = ["BY_DEFAULT_FROM", "Currency", "GridIntensity", "Price", "Source", "impact_lines", "prices_of"]

BY_DEFAULT_FROM = "given on the command line"

GridIntensity = Annotated[float | None, typer.Option(help="Grams of CO2 per kWh: adds CO2 to table and page.")]
Price = Annotated[float | None, typer.Option(help="Price of a kWh: adds cost to table and page.")]
Currency = Annotated[str, typer.Option(help="Of the price.")]
Source = Annotated[str, typer.Option(help="Where intensity and price are from.")]


def prices_of(
    grid_intensity: float | None, price: float | None, currency: str, source: str, html: Path | None, quiet: bool
) -> Prices:
    """Raises BadInputError for numbers that are negative or not finite, and where nothing would show them."""
    prices = Prices(grid_intensity, price, currency, source)
    if prices and html is None and quiet:
        raise BadInputError("--grid-intensity and --price are shown below the table and on the page: give --html too")
    return prices


def impact_lines(one: Any, prices: Prices) -> Iterator[str]:
    """A line below the table of a report or a comparison of methods, with where the numbers are from."""
    if not prices:
        return
    shown = together([one]).report
    found = impact(shown, prices)
    if found is None:
        return
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
