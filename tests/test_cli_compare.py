"""`clear-native compare`: the table, the file, and an exit code for a gate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_compare import MODEL_J, profile

from clear_native import BadInputError, cli
from clear_native.cli_compare import share


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    profile().save(tmp_path / "before.json")
    profile(MODEL_J * 1.04).save(tmp_path / "after.json")
    return str(tmp_path / "before.json"), str(tmp_path / "after.json")


def test_without_a_gate_the_verdict_is_the_exit_code(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """As with diff: 1 where the model is worse, however little."""
    before, after = files
    assert cli.run(["compare", before, after]) == 1
    seen = capsys.readouterr()
    assert seen.out.startswith("WORSE · the whole model +4.0 ± ")
    assert seen.err == "clear-native: the model takes more energy\n"
    assert cli.run(["compare", before, before]) == 0
    assert cli.run(["compare", after, before]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("gate", "code"), [("2%", 1), ("0.02", 1), ("0", 1), ("5%", 0), ("0.05", 0)])
def test_the_gate(files: tuple[str, str], gate: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["compare", *files, "--fail-on-regression", gate]) == code
    assert ("takes more energy" in capsys.readouterr().err) == (code == 1)


def test_the_gate_lets_better_and_same_pass(files: tuple[str, str]) -> None:
    before, after = files
    assert cli.run(["compare", after, before, "--fail-on-regression", "2%", "--quiet"]) == 0
    assert cli.run(["compare", before, before, "--fail-on-regression", "0", "--quiet"]) == 0


def test_it_is_written(files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "deep" / "found.json"
    assert cli.run(["compare", *files, "--out", str(out), "-q"]) == 1
    assert capsys.readouterr().out == ""
    assert json.loads(out.read_text())["verdict"] == "worse"


def test_what_was_written_is_shown_by_report(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, md = tmp_path / "found.json", tmp_path / "found.md"
    cli.run(["compare", *files, "--out", str(out)])
    table = capsys.readouterr().out
    assert cli.run(["report", str(out), "--md", str(md)]) == 0
    assert capsys.readouterr().out == f"{table}written to {md}\n"
    text = md.read_text("utf-8")
    assert text.startswith("### WORSE: energy of the whole model +4.0 ± ")
    assert "| **model** | 195 mJ | 203 mJ | +4.0 ± " in text and "| attention |" in text
    assert cli.run(["report", files[0], str(out), "--md", str(md)]) == 0
    assert capsys.readouterr().out.endswith(f"\n\n{table}written to {md}\n")
    assert md.read_text("utf-8").endswith(f"\n{text}")
    for option in (["--csv", "x.csv"], ["--html", "x.html"], ["--price", "0.3"]):
        assert cli.run(["report", str(out), *option]) == 2
        assert "is a Comparison, which has a table only (and Markdown, --md)" in capsys.readouterr().err
    assert cli.run(["compare", files[0], str(out)]) == 2
    assert "got the file of a Comparison" in capsys.readouterr().err


def test_options_reach_the_comparison(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["compare", *files, "--between-runs", "3%", "--same-within", "30%"]) == 0
    assert capsys.readouterr().out.startswith("SAME")


def test_unlike_environments_need_a_word(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.json"
    profile(environment={"gpu": "NVIDIA A100", "torch": "2.13.0"}).save(other)
    assert cli.run(["compare", files[0], str(other)]) == 2
    assert "--allow-different-environment" in capsys.readouterr().err
    assert cli.run(["compare", files[0], str(other), "--allow-different-environment"]) == 0
    assert "The environments differ: gpu NVIDIA H200 and NVIDIA A100" in capsys.readouterr().out


def test_bad_files_are_one_clear_line(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["compare", files[0], str(tmp_path / "none.json")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("text", ["", "2 percent", "-1%", "100%", "1", "nan", "inf", "%"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(BadInputError, match=r"--fail-on-regression is a share such as 2% or 0\.02"):
        share("--fail-on-regression", text)


def test_shares() -> None:
    assert [share("x", text) for text in ("2%", " 0.5 % ", "0.02", "0")] == [0.02, 0.005, 0.02, 0.0]
