"""Reports as CSV, Markdown, JSON, flame graphs, traces and figures: numbers that are right, names that are escaped."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from realistic_reports import BERT, HOSTILE, bert_base, by_methods, estimate, hostile
from report_fixtures import report as small

from clear_native.errors import BadInputError, MissingExtraError
from clear_native.report import Report
from clear_native.report.hierarchy import QUANTITIES, Slice, extent_of, hierarchy, placed
from clear_native.report.json_file import from_json


def test_csv_has_every_number() -> None:
    rows = {row["component"]: row for row in csv.DictReader(io.StringIO(bert_base().to_csv()))}
    assert list(rows) == [*BERT, "model, buffers kept", "model"]
    assert float(rows["attention"]["energy_j"]) == pytest.approx(69.12e-3)
    assert float(rows["attention"]["pj_per_flop"]) == pytest.approx(69.12e9 / 7.85e9)
    assert rows["norm"]["pj_per_flop"] == "", "absent is empty"
    assert rows["model"]["share"] == ""
    assert {row["estimated"] for row in rows.values()} == {"False"}


def test_views_write_what_they_return(tmp_path: Path) -> None:
    report = bert_base()
    for name in ("to_csv", "to_markdown", "to_json", "to_html", "to_speedscope", "to_trace"):
        path = tmp_path / "folder" / name
        text = getattr(report, name)(path)
        assert path.read_text("utf-8") == text == getattr(report, name)()


def test_json_is_the_whole_report() -> None:
    report = bert_base()
    found = from_json(json.loads(report.to_json()))
    assert found.to_json() == report.to_json()


def test_markdown() -> None:
    lines = bert_base().to_markdown().splitlines()
    assert "| attention | 69.12 ± 0.57 mJ | 38.1 % | 321 µs | 215 W | 7.85 G | 8.81 | 66.0 MB | ok |" in lines
    assert any("Closure of energy 99.8 ± 1.0 %" in line for line in lines)
    assert "ESTIMATED" in estimate().to_markdown()
    assert "Random weights" in bert_base().to_markdown()


def test_markdown_escapes_names() -> None:
    text = hostile().to_markdown()
    assert HOSTILE not in text
    assert r"\<script\>" in text
    tampered = dataclasses.replace(bert_base(), model="a | b\n# c `d`")
    assert tampered.to_markdown().startswith("### Energy of a \\| b \\# c \\`d\\`\n")


def test_hierarchy_holds_components_and_their_calls() -> None:
    root = hierarchy(bert_base())
    assert [part.name for part in root.children] == list(BERT)
    attention = root.children[2]
    assert [call.name for call in attention.children] == [f"attention {number}" for number in range(12)]
    assert root.energy_j == pytest.approx(181.36e-3), "the model that the components are parts of"


def test_extents_are_never_normalised() -> None:
    parts = (
        Slice("a", "a", energy_j=3.0),
        Slice("b", "b", energy_j=-1.0),
        Slice("c", "c"),
        Slice("d", "d", energy_j=2.0),
    )
    energy = QUANTITIES["joules"]
    wide = Slice("model", energy_j=10.0, children=parts)
    assert [(at.part.name, at.begin, at.width) for at in placed(wide, energy)] == [
        ("model", 0.0, 1.0), ("a", 0.0, 0.3), ("d", 0.3, 0.2),
    ]  # fmt: skip
    narrow = Slice("model", energy_j=4.0, children=parts)
    assert extent_of(narrow, energy) == 5.0
    assert [at.width for at in placed(narrow, energy)] == [1.0, 0.6, 0.4]
    assert placed(Slice("model"), energy) == []


def weights_of(profile: dict[str, Any], frames: list[dict[str, str]], last: str) -> float:
    pairs = zip(profile["samples"], profile["weights"], strict=True)
    return sum(weight for stack, weight in pairs if frames[stack[-1]]["name"].startswith(last))


def test_speedscope_adds_up() -> None:
    file = json.loads(bert_base().to_speedscope())
    assert file["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    energy, time, flops = file["profiles"]
    frames = file["shared"]["frames"]
    assert (energy["type"], energy["unit"], time["unit"], flops["unit"]) == ("sampled", "none", "seconds", "none")
    for profile in file["profiles"]:
        assert len(profile["samples"]) == len(profile["weights"])
        assert sum(profile["weights"]) == pytest.approx(profile["endValue"] - profile["startValue"])
        assert all(0 <= frame < len(frames) for stack in profile["samples"] for frame in stack)
    assert energy["endValue"] == pytest.approx(181.36e3)
    assert weights_of(energy, frames, "mlp") == pytest.approx(70.08e3, rel=0.01)
    unaccounted = 181.36e3 - 1e3 * sum(values[0] for values in BERT.values())
    assert weights_of(energy, frames, "bert-base") == pytest.approx(unaccounted, rel=0.3)
    assert flops["endValue"] == 28_500_000_000


def test_speedscope_marks_an_estimate() -> None:
    assert "ESTIMATED" in json.loads(estimate().to_speedscope())["profiles"][0]["name"]


def test_trace_nests_and_holds_energies() -> None:
    trace = json.loads(bert_base().to_trace())
    slices = {event["name"]: event for event in trace["traceEvents"] if event["ph"] == "X"}
    assert slices["bert-base"]["dur"] == pytest.approx(689.0)
    assert slices["attention"]["args"]["energy_j"] == pytest.approx(69.12e-3)
    assert slices["attention"]["args"]["power_w"] == pytest.approx(69.12e-3 / 321e-6)
    first, last = slices["attention 0"], slices["attention 11"]
    assert first["ts"] == pytest.approx(slices["attention"]["ts"])
    assert last["ts"] + last["dur"] <= slices["attention"]["ts"] + slices["attention"]["dur"] + 1e-6
    counters = [event for event in trace["traceEvents"] if event["ph"] == "C"]
    assert len(counters) == 2 * len(BERT)
    assert "status" not in slices["attention"]["args"], "what is absent is left out"


def test_notebook_table_is_compact_and_escaped() -> None:
    shown = bert_base()._repr_html_()
    assert "69.12 ± 0.57 mJ" in shown
    assert len(shown) < 6000
    assert HOSTILE not in hostile()._repr_html_()
    assert "ESTIMATED" in estimate()._repr_html_()
    compared = by_methods()._repr_html_()
    assert "isolated" in compared
    assert "64.28 ± 0.57 mJ" in compared


def test_plot() -> None:
    pytest.importorskip("matplotlib")
    figure = bert_base().plot()
    (axes,) = figure.axes
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([values[0] for values in BERT.values()])
    assert axes.get_title() == "bert-base · random weights"
    layers = bert_base().plot("layers").axes[0]
    assert [text.get_text() for text in layers.get_legend().get_texts()] == list(BERT)
    buffer = io.BytesIO()
    dataclasses.replace(bert_base(), model="a_{$").plot().savefig(buffer)
    assert buffer.getvalue()


def test_plot_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInputError, match="no plot 'pie'"):
        bert_base().plot("pie")
    with pytest.raises(BadInputError, match="in_situ"):
        small().plot("layers")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'clear_native\[plot\]'"):
        bert_base().plot()
    assert issubclass(MissingExtraError, ImportError)


def test_an_empty_report_has_every_view() -> None:
    empty = Report("nothing", "partition", "graph", bert_base().meter, {}, small().full_model)
    bare = dataclasses.replace(empty, full_model=type(empty.full_model)())
    for report in (empty, bare):
        for name in ("to_csv", "to_markdown", "to_json", "to_html", "to_speedscope", "to_trace", "_repr_html_"):
            assert getattr(report, name)()


def test_a_real_profile_has_every_view() -> None:
    """On the CPU, by the estimate, of a model small enough for seconds."""
    tiny_models = pytest.importorskip("tiny_models")
    import clear_native

    inputs = {"input_ids": tiny_models.token_ids()}
    report = clear_native.profile(
        tiny_models.bert(), inputs, method="partition", precision=0.5, max_time=5, meter="estimate:50", name="bert-tiny"
    )
    page = report.to_html()
    for name in report.components:
        drawn = report[name].energy_j is not None and (report[name].share or 0) > 0.002  # less is too thin to be drawn
        assert f">{name}</button>" in page or not drawn
    assert "tokens per joule (ESTIMATED)" in page
    assert len(json.loads(report.to_trace())["traceEvents"]) > len(report.components)
    energy_j = report.full_model.energy_j  # None where other work on the machine drowned it
    assert report.tokens_per_joule == (None if energy_j is None else pytest.approx(8 / energy_j))
    assert list(report.to_dataframe().index) == list(report.components)
