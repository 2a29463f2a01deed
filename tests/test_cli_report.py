"""`clear-native report`: tables and files from result files, one clear line for what cannot be shown."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from realistic_reports import bert_base, by_methods
from report_fixtures import report

from clear_native import cli
from clear_native.report import Report


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    results = {
        "bert": bert_base(),
        "eager": bert_base(scale=1.2, execution="eager"),
        "isolated": bert_base("isolated", 0.93),
        "other": report(),
        "methods": by_methods(),
    }
    for name, result in results.items():
        result.save(tmp_path / f"{name}.json")
    return {name: str(tmp_path / f"{name}.json") for name in results}


def test_table(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["report", files["bert"]]) == cli.DONE
    assert capsys.readouterr().out == f"{bert_base()}\n"


def test_several_tables(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["report", files["bert"], files["other"]]) == cli.DONE
    assert capsys.readouterr().out.count("closure energy") == 2


def test_every_output(files: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = {name: tmp_path / "new" / f"out.{name}" for name in ("html", "csv", "md", "flamegraph", "trace")}
    options = [text for name, path in out.items() for text in (f"--{name}", str(path))]
    prices = ["--grid-intensity", "380", "--price", "0.25", "--currency", "EUR", "--source", "grid operator"]
    assert cli.run(["report", files["bert"], *options, *prices, "--quiet"]) == cli.DONE
    assert capsys.readouterr() == ("", "")
    loaded = Report.load(files["bert"])
    assert "at 380 g/kWh, grid operator" in out["html"].read_text("utf-8")
    assert out["csv"].read_text("utf-8") == loaded.to_csv()
    assert out["md"].read_text("utf-8") == loaded.to_markdown()
    assert out["flamegraph"].read_text("utf-8") == loaded.to_speedscope()
    assert out["trace"].read_text("utf-8") == loaded.to_trace()


@pytest.mark.parametrize("given", [["methods"], ["bert", "isolated"]])
def test_methods_side_by_side(
    files: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str], given: list[str]
) -> None:
    out = tmp_path / "methods.html"
    assert cli.run(["report", *(files[name] for name in given), "--html", str(out)]) == cli.DONE
    assert "How wrong is isolated?" in capsys.readouterr().out
    assert 'class="bar-group"' in out.read_text("utf-8")


def test_graph_and_eager_give_the_dispatch_tax(
    files: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "tax.html"
    assert cli.run(["report", files["eager"], files["bert"], "--html", str(out)]) == cli.DONE
    eager, graph = capsys.readouterr().out.split("\n\n")
    assert "dispatch tax" not in eager
    assert "dispatch tax: eager minus graph, of the GPU alone" in graph
    assert next(line for line in graph.splitlines() if line.startswith("embedding")).endswith("318 ± 792 µJ")
    assert max(map(len, graph.splitlines()[:-1])) <= 100
    assert "<h3>Dispatch tax</h3>" in out.read_text("utf-8")


def test_csv_of_several_has_one_header(files: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "all.csv"
    assert cli.run(["report", files["bert"], files["methods"], "--csv", str(out), "-q"]) == cli.DONE
    rows = list(csv.DictReader(io.StringIO(out.read_text("utf-8"))))
    assert len(rows) == 4 * 7
    assert {row["method"] for row in rows} == {"in_situ", "partition", "isolated"}


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        (["bert", "bert"], ["--html", "x.html"], "make no single view"),
        (["bert", "methods"], ["--html", "x.html"], "make no single view"),
        (["bert", "other"], ["--trace", "x.html"], "differ in more than their method"),
        (["bert"], ["--price", "0.3", "--quiet"], "give --html too"),
        (["bert"], ["--html", "x.html", "--grid-intensity", "-3"], "not negative"),
        (["bert"], ["--html", "."], "is a folder"),
        (["gone"], [], "the file is not there"),
        (["protocol"], ["--csv", "x.csv"], "has a table only"),
    ],
)
def test_what_cannot_be_shown(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    given: list[str], options: list[str], message: str,
) -> None:  # fmt: skip
    from protocol_fixtures import result

    monkeypatch.chdir(tmp_path)
    result().save("protocol.json")
    assert cli.run(["report", *(files.get(name, f"{name}.json") for name in given), *options]) == cli.BAD_INPUT
    seen = capsys.readouterr()
    assert seen.err.startswith("clear-native: ")
    assert seen.err.count("\n") == 1
    assert message in seen.err
    assert not Path("x.html").exists()
    assert not Path("x.csv").exists()


def test_results_of_other_kinds_have_their_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from protocol_fixtures import result

    result().save(tmp_path / "protocol.json")
    assert cli.run(["report", str(tmp_path / "protocol.json")]) == cli.DONE
    assert capsys.readouterr().out == f"{result()}\n"


def test_profile_writes_page_and_table(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("transformers")
    monkeypatch.setattr("clear_native.profile", lambda *_, **__: bert_base())
    names = [tmp_path / name for name in ("a.json", "a.csv", "a.html")]
    options = ["--out", str(names[0]), "--csv", str(names[1]), "--html", str(names[2])]
    assert cli.run(["profile", "bert-tiny", "--device", "cpu", "--length", "8", *options]) == cli.DONE
    assert [line for line in capsys.readouterr().out.splitlines() if line.startswith("written to ")] == [
        f"written to {name}" for name in names
    ]
    assert json.loads(names[0].read_text("utf-8"))["model"] == "bert-base"
    assert names[1].read_text("utf-8") == bert_base().to_csv()
    assert names[2].read_text("utf-8").startswith("<!DOCTYPE html>")


def test_prices_below_the_table(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    prices = ["--grid-intensity", "380", "--price", "0.25", "--currency", "EUR", "--source", "grid operator"]
    assert cli.run(["report", files["bert"], *prices]) == cli.DONE
    text = capsys.readouterr().out.removeprefix(f"{bert_base()}\n")
    kwh = 1e9 * bert_base().full_model.energy_j / 128 / 3.6e6
    assert f"a billion tokens of bert-base: {kwh:.3g} kWh, {380 * kwh:.3g} g of CO2 at 380 g/kWh" in text
    assert f"cost {0.25 * kwh:.3g} EUR at 0.25 per kWh (grid operator" in text
    assert cli.run(["report", files["methods"], "--price", "0.25"]) == cli.DONE
    assert "(given on the command line" in capsys.readouterr().out


def test_profile_has_the_prices_of_report(
    files: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("transformers")
    monkeypatch.setattr("clear_native.profile", lambda *_, **__: bert_base())
    prices = ["--grid-intensity", "380", "--price", "0.25", "--currency", "EUR", "--source", "grid operator"]
    tiny = ["profile", "bert-tiny", "--device", "cpu", "--length", "8", *prices]
    pages = tmp_path / "profile.html", tmp_path / "report.html"
    assert cli.run([*tiny, "--html", str(pages[0])]) == cli.DONE
    shown = capsys.readouterr().out
    assert cli.run(["report", files["bert"], *prices, "--html", str(pages[1])]) == cli.DONE
    assert capsys.readouterr().out == shown.replace(str(pages[0]), str(pages[1]))
    assert "cost" in shown and "(grid operator; only the energy that the meter saw)" in shown
    assert pages[0].read_text("utf-8") == pages[1].read_text("utf-8")
    assert "at 380 g/kWh, grid operator" in pages[0].read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "message"),
    [(["--price", "-1"], "price_per_kwh is -1.0"), (["--grid-intensity", "380", "--quiet"], "give --html too")],
)
def test_profile_refuses_the_prices_that_report_refuses(
    options: list[str], message: str, files: dict[str, str], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr("clear_native.profile", lambda *_, **__: pytest.fail("nothing is measured"))
    for command in (["profile", "bert-tiny", "--device", "cpu"], ["report", files["bert"]]):
        assert cli.run([*command, *options]) == cli.BAD_INPUT
        assert message in capsys.readouterr().err


def test_page_that_cannot_be_written_stops_before_measuring(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["profile", "bert-tiny", "--device", "cpu", "--html", str(tmp_path)]) == cli.BAD_INPUT
    assert f"--html {tmp_path} is a folder" in capsys.readouterr().err
