"""The page: everything that it shows is gathered here, and put into the templates of `assets/`."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Iterator
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from clear_native.report.diagnosis import grouped
from clear_native.report.files import Together
from clear_native.report.html import tables
from clear_native.report.html.bars import bar_groups
from clear_native.report.html.charts import energy_against_flops, roofline
from clear_native.report.html.flame import LEAST_WIDTH, flames
from clear_native.report.html.heat_map import heat_maps
from clear_native.report.html.hues import hues_of
from clear_native.report.html.tiles import tiles
from clear_native.report.html.windows import MOST_POINTS, windows_over_time
from clear_native.report.methods_table import explained
from clear_native.report.rates import Prices
from clear_native.report.record import Report
from clear_native.report.terminal import device_of, inputs_of, meaning_of
from clear_native.report.units import prefixed, with_interval

__all__ = ["environment", "page"]


def page(shown: Together, prices: Prices | None = None) -> str:
    """One page without a link to anything outside of it; every name is escaped by the templates."""
    return environment().get_template("page.html.j2").render(_content(shown, prices or Prices()))


@functools.cache
def environment() -> Environment:
    found = Environment(
        loader=PackageLoader("clear_native.report.html", "assets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["pc"] = lambda value: f"{value:.3f}"
    return found


def _content(shown: Together, prices: Prices) -> dict[str, Any]:
    report = shown.report
    hues = hues_of(report.components)
    limits = report.limits
    script = _asset("page.js")
    return {
        "report": report,
        "script": Markup(script),
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        "styles": Markup(_asset("page.css") + _asset("charts.css")),
        "subtitle": list(_subtitle(report)),
        "marks": list(_marks(report)),
        "statuses": [(status, meaning_of(status)) for status in report.all_statuses],
        "diagnoses": grouped(report.diagnoses),
        "tiles": tiles(shown, prices),
        "prices": prices,
        "tax": {name: tax for name, tax in shown.tax.items() if tax.energy_j is not None},
        "components": tables.components(report),
        "flames": flames(report, hues),
        "least_width_percent": 100 * LEAST_WIDTH,
        "hues": [(name, hue) for name, hue in hues.items() if name in report.components],
        "against_flops": energy_against_flops(report, hues),
        "without_flops": [name for name, part in report.components.items() if not part.flops],
        "limits": limits,
        "roofline": roofline(report, limits, hues) if limits is not None else None,
        "comparison": shown.comparison,
        "bars": bar_groups(shown.comparison) if shown.comparison is not None else [],
        "explained": list(explained(shown.comparison)) if shown.comparison is not None else [],
        "heat_maps": heat_maps(report),
        "windows": windows_over_time(report, hues),
        "window_kinds": list(_window_kinds(report, hues)),
        "thinned": len(report.windows) > MOST_POINTS,
        "budget": tables.budget(report),
        "raw": [
            table
            for table in (tables.raw_components(report), tables.calls(report), tables.windows(report))
            if table is not None
        ],
        "facts": tables.facts(report),
        "with_interval": with_interval,
        "prefixed": prefixed,
    }


def _asset(name: str) -> str:
    return (resources.files("clear_native.report.html") / "assets" / name).read_text("utf-8")


def _subtitle(report: Report) -> Iterator[str]:
    yield device_of(report)
    yield report.meter.name.replace("_", " ")
    yield from inputs_of(report)
    if report.workload.get("weights_dtype"):
        yield str(report.workload["weights_dtype"]).removeprefix("torch.")
    yield f"{report.method.replace('_', ' ')}, {report.execution}"
    if report.made_at:
        yield report.made_at


def _marks(report: Report) -> Iterator[str]:
    """What nobody may overlook."""
    if report.meter.estimated:
        power = prefixed(report.meter.stated_power_w, "W")
        yield f"ESTIMATED energies: time × {power}. No energy sensor was read."
    if report.synthetic_weights:
        yield "Random weights: not a trained model."
    if report.failure is not None:
        yield f"Ended early: {report.failure.message}"


def _window_kinds(report: Report, hues: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The colours of the windows over time."""
    targets = {window["target"] for window in report.windows}
    yield "model", "ink"
    if any(target.startswith("dosed ") for target in targets):
        yield "dosed", "hue-0"
    if "doubled" in targets:
        yield "doubled", "hue-2"
    yield from ((name, hues[name]) for name in report.components if name in targets)
    if "idle" in targets:
        yield "idle", "grey"
