"""The page without a browser: what is in it, what it says where something is not known, and that nothing escapes."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
from pathlib import Path

import pytest
from realistic_reports import BERT, HOSTILE, LIMITS, bert_base, by_methods, estimate, hostile, huge
from report_fixtures import report as small

from clear_native.errors import BadInputError
from clear_native.report.html import windows
from clear_native.report.html.axes import linear, logarithmic
from clear_native.report.html.bars import bar_groups
from clear_native.report.html.charts import energy_against_flops, roofline
from clear_native.report.html.flame import flames
from clear_native.report.html.heat_map import MOST_CELLS, heat_maps
from clear_native.report.html.hues import hues_of

ASSETS = Path(__file__).parents[1] / "clear_native" / "report" / "html" / "assets"
LARGEST = 6 * 2**20
LONGEST = 300


def test_assets_stay_small() -> None:
    files = list(ASSETS.iterdir())
    assert len(files) >= 6
    assert {file.name: lines for file in files if (lines := len(file.read_text("utf-8").splitlines())) > LONGEST} == {}


def test_size_and_what_is_left_out_of_what_is_huge() -> None:
    page = huge().to_html()
    assert len(page.encode()) < LARGEST
    assert "Thinned evenly; the JSON file has all 5863." in page
    assert "4863 more rows are in the JSON file." in page
    assert len(bert_base().to_html().encode()) < LARGEST / 10


def test_nothing_is_loaded_from_elsewhere() -> None:
    page = by_methods().to_html()
    links = re.findall(r"""(?:src|href)\s*=\s*["']?([^"'\s>]*)""", page)
    assert links
    assert all(link.startswith("#") for link in links)
    told = page.replace(LIMITS["source"], "")  # text, and no link
    assert not re.search(r"https?://|@import|url\(", told)


def test_the_policy_allows_the_one_script_that_is_there() -> None:
    page = bert_base().to_html()
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == 1
    wanted = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{wanted}'" in page
    assert "default-src 'none'" in page


def test_names_are_escaped_everywhere() -> None:
    page = hostile().to_html()
    assert HOSTILE not in page
    assert page.count("<script") == 1
    assert page.count("&lt;script&gt;document.title") > 20
    assert '" onload="x' not in page


def test_tiles() -> None:
    eager = bert_base(scale=1.2, execution="eager")
    eager = dataclasses.replace(eager, full_model=dataclasses.replace(eager.full_model, energy_j=0.25))
    page = bert_base().to_html(eager=eager)
    for label, value in (
        ("energy per pass", "180.50 ± 0.50 mJ"),
        ("closure", "99.8 ± 1.0 %"),
        ("tokens per joule", "709"),
        ("energy per request", "180 mJ"),
        ("dispatch tax", "69.50 ± 0.71 mJ"),
    ):
        assert f'<span class="label">{label}</span><strong>{value}</strong>' in page
    assert '<span class="label">dispatch tax</span>' not in bert_base().to_html()


def test_an_eager_report_of_something_else() -> None:
    other = dataclasses.replace(bert_base(execution="eager"), model="gpt2")
    with pytest.raises(BadInputError, match="needs one model, got 'bert-base' and 'gpt2'"):
        bert_base().to_html(eager=other)


def test_what_is_not_known_is_said_in_words() -> None:
    page = estimate().to_html()
    for words in (
        "ESTIMATED energies: time × 20.0 W",
        "tokens per joule (ESTIMATED)",
        "No roofline: the limits of this device",
        "This is a report of one method.",
        "This report has no energies of single layers",
    ):
        assert words in page
    assert "The report holds no windows." in dataclasses.replace(bert_base(), windows=()).to_html()
    assert "Random weights" in bert_base().to_html()


def test_points_lie_where_their_values_are() -> None:
    report = bert_base()
    chart = energy_against_flops(report, hues_of(report.components))
    assert chart is not None
    points = {point.text: point for point in chart.points}
    assert set(points) == {"attention", "mlp", "lm_head", "model"}
    assert points["mlp"].x == pytest.approx(chart.x.at(14_500_000_000))
    assert points["mlp"].y == pytest.approx(chart.y.at(70.08e-3))
    assert points["mlp"].low is not None
    assert points["mlp"].low < points["mlp"].y < (points["mlp"].high or 0)
    wide = dataclasses.replace(report["mlp"], energy_half_width_j=0.06)
    around = energy_against_flops(dataclasses.replace(report, components={**report.components, "mlp": wide}), {})
    assert around is not None
    (mlp,) = (point for point in around.points if point.text == "mlp")
    assert mlp.low is not None
    assert mlp.low > 0, "the whole interval is on the chart"
    for line in chart.lines:
        assert all(-1e-6 <= end <= 100 + 1e-6 for end in (line.x1, line.y1, line.x2, line.y2))


def test_roof() -> None:
    report = bert_base()
    assert report.limits is not None
    chart = roofline(report, report.limits, {})
    assert chart is not None
    memory, compute = chart.lines
    assert memory.x2 == pytest.approx(chart.x.at(989.5 / 4.8)) == compute.x1
    assert memory.y2 == pytest.approx(chart.y.at(989.5e12)) == compute.y1 == compute.y2
    assert all(point.y < memory.y2 for point in chart.points)


def test_flames_have_a_view_for_what_is_known() -> None:
    report = bert_base()
    assert [(flame.what, len(flame.slices)) for flame in flames(report, {})] == [
        ("joules", 58), ("seconds", 58), ("FLOPs", 4),
    ]  # fmt: skip
    *_, flops = flames(report, {})
    assert flops.absent == ("embedding", "norm")
    narrow = flames(huge(), {})[0]
    assert narrow.too_narrow > 0


def test_heat_maps() -> None:
    relative, absolute = heat_maps(bert_base())
    assert list(relative.rows) == list(absolute.rows) == list(BERT)
    first = relative.rows["attention"]
    mean_j = sum(row["energy_j"] for row in bert_base()["attention"].details) / 12
    expected = bert_base()["attention"].details[1]["energy_j"] / mean_j - 1
    assert first[1] is not None
    assert first[1].text == f"{100 * expected:+.1f}"
    assert first[25] is None, "attention has twelve calls"
    assert first[0] is not None
    assert first[0].text == "0.0", "never -0.0"
    assert heat_maps(small()) == []
    unknown = {name: dataclasses.replace(part, energy_j=None) for name, part in bert_base().components.items()}
    assert heat_maps(dataclasses.replace(bert_base(), components=unknown)) == []
    most = heat_maps(huge())[0]
    assert len(most.columns) * len(most.rows) <= MOST_CELLS
    assert most.left_out > 0


def test_bars() -> None:
    groups = bar_groups(by_methods())
    assert [group.name for group in groups] == list(BERT)
    attention = groups[2].bars
    assert [bar.method for bar in attention] == ["in situ", "partition", "isolated"]
    assert attention[2].width / attention[0].width == pytest.approx(0.93)
    assert attention[2].text == "64.28 ± 0.57 mJ (-7.0 ± 1.1 %)"


def test_windows_over_time() -> None:
    report = bert_base()
    charts = windows.windows_over_time(report, hues_of(report.components))
    assert list(charts) == ["power", "energy", "SM clock", "memory clock", "temperature"]
    assert len(charts["power"].points) == len(report.windows)
    dosed = sum(window["target"].startswith("dosed") for window in report.windows)
    assert len(charts["energy"].points) == len(report.windows) - dosed
    many = windows.windows_over_time(huge(), {})
    assert len(many["power"].points) <= windows.MOST_POINTS
    for chart in charts.values():
        assert all(0 <= point.x <= 100 and 0 <= point.y <= 100 for point in chart.points)


def test_axes() -> None:
    assert [text for _, text in linear("t", "s", [0.0, 30.0]).ticks] == ["0 s", "10 s", "20 s", "30 s"]
    assert [text for _, text in logarithmic("E", "J", [1e-4, 1.0]).ticks] == [
        "100 µJ", "1 mJ", "10 mJ", "100 mJ", "1 J",
    ]  # fmt: skip
    decade = logarithmic("E", "J", [0.02, 0.1])
    assert [text for _, text in decade.ticks] == ["20 mJ", "50 mJ", "100 mJ"]
    assert decade.at(decade.low) == 0
    assert decade.at(decade.high) == pytest.approx(100)
    flat = linear("clock", "MHz", [1980.0, 1980.0], least_span=60.0)
    assert flat.at(1980.0) == pytest.approx(50)
    assert linear("nothing", "", [0.0]).high > 0
