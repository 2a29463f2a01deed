"""The numbers at the top of the page, each with what it is of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from clear_native.report.files import Together
from clear_native.report.rates import Prices, impact, joules_per_request, requests, tokens, tokens_per_joule
from clear_native.report.units import ABSENT, percent, prefixed, with_interval

__all__ = ["Tile", "tiles"]


@dataclass(frozen=True)
class Tile:
    label: str
    value: str
    note: str = ""


def tiles(shown: Together, prices: Prices) -> list[Tile]:
    """Measured, served, and where `prices` ask for it, emitted and paid. What is estimated says so on its tile."""
    found = [*_measured(shown), *_served(shown), *_asked_for(shown, prices)]
    if not shown.report.meter.estimated:
        return found
    return [tile if tile.label in _NO_ENERGY else replace(tile, label=f"{tile.label} (ESTIMATED)") for tile in found]


_NO_ENERGY = ("closure", "time per pass")


def _measured(shown: Together) -> Iterator[Tile]:
    model, report = shown.report.full_model, shown.report
    above = f"{prefixed(model.energy_above_idle_j, 'J')} above idle" if model.energy_above_idle_j is not None else ""
    yield Tile("energy per pass", with_interval(model.energy_j, model.energy_half_width_j, "J"), above)
    closure = report.energy_closure
    note = "components over the model, not normalised"
    yield Tile("closure", percent(closure.ratio, closure.half_width) if closure else ABSENT, note)
    idle = f"idle {prefixed(report.idle_power_w, 'W')}" if report.idle_power_w is not None else ""
    yield Tile("power", with_interval(model.power_w, model.power_half_width_w, "W"), idle)
    yield Tile("time per pass", with_interval(model.time_s, model.time_half_width_s, "s"))
    tax = shown.tax.get("model")
    if tax is not None and tax.energy_j is not None:
        note = "eager minus graph, GPU only"
        if model.energy_j:
            note += f": {100 * tax.energy_j / model.energy_j:+.0f} %"
        yield Tile("dispatch tax", with_interval(tax.energy_j, tax.half_width_j, "J"), note)


def _served(shown: Together) -> Iterator[Tile]:
    rate, count = tokens_per_joule(shown.report), tokens(shown.report)
    value = ABSENT if rate is None else prefixed(rate, "").strip()
    yield Tile("tokens per joule", value, f"{count} tokens a pass" if count else "the inputs are no tokens")
    energy_j, sequences = joules_per_request(shown.report), requests(shown.report)
    if energy_j is not None:
        yield Tile("energy per request", prefixed(energy_j, "J"), f"{sequences} a pass")


def _asked_for(shown: Together, prices: Prices) -> Iterator[Tile]:
    found = impact(shown.report, prices)
    if found is None:
        return
    if found.carbon_g is not None:
        note = f"at {prices.grid_intensity_g_per_kwh:g} g/kWh, {found.source}"
        yield Tile(f"CO2 per {found.of}", prefixed(found.carbon_g, "g"), note)
    if found.cost is not None:
        unit = found.currency or "(currency not given)"
        note = f"at {prices.price_per_kwh:g} per kWh, {found.source}"
        yield Tile(f"cost per {found.of}", f"{found.cost:.3g} {unit}", note)
