"""The committed results are whole, their figures follow from their rows, and benchmarks/README.md is of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from benchmark_modules import benchmark

ROOT = Path(__file__).parents[1]
RESULTS = sorted((ROOT / "benchmarks" / "results").glob("*.json"))
COLUMNS = {
    "closure": {"model", "dtype", "batch", "length", "method", "seconds", "status"},
    "known_ratio": {"kind", "true_ratio", "ratio", "half_width", "method", "seconds", "status"},
    "models": {"model", "family", "dtype", "batch", "length", "method", "seconds", "status"},
    "protocol_against_ours": {"component", "protocol_mj", "protocol_cv_percent", "ours_mj", "ours_half_width_percent"},
}
MODEL_COLUMNS = {"energy_closure", "energy_closure_half_width", "time_closure", "other_share"}
CLOSURE_COLUMNS = {"energy_closure", "energy_closure_half_width", "time_closure", "perturbation", "homogeneity"}


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_result_file_has_the_agreed_form(path: Path) -> None:
    content = json.loads(path.read_text())
    assert content["benchmark"] == path.stem
    assert {"made_at", "git", "environment", "command", "rows", "figures"} <= content.keys()
    assert content["rows"]
    # Those that are simulated, or of a CPU on purpose, need no GPU.
    measured = [row for row in content["rows"] if not row.get("simulated") and row.get("device") != "cpu"]
    assert not measured or content["environment"]["gpu"].startswith("NVIDIA")
    assert all(row["gpu_uuid"].startswith("GPU-") for row in measured)
    for row in content["rows"]:
        assert row["made_at"].startswith("20")
        assert COLUMNS.get(path.stem, set()) <= row.keys()
        if path.stem == "closure" and row["status"] != "failed":
            assert row.keys() >= CLOSURE_COLUMNS
        if path.stem == "models" and row["status"] != "failed":
            assert row.keys() >= MODEL_COLUMNS


def figures_of(name: str) -> Callable[[list[dict[str, Any]]], dict[str, Any]] | None:
    times = benchmark("time_to_precision")
    found: dict[str, Callable[[list[dict[str, Any]]], dict[str, Any]]] = {
        "clear_bench": benchmark("clear_bench").figures,
        "closure": benchmark("closure").figures,
        "compare": benchmark("compare").figures,
        "known_ratio": benchmark("known_ratio").figures,
        "loop_overhead": benchmark("loop_overhead").figures,
        "models": benchmark("models").figures,
        "protocol_against_ours": benchmark("protocol_rows").figures,
        "python_vs_native": benchmark("python_vs_native").figures,
        "time_to_precision": times.seconds_figures,
        "repeatability": times.repeatability_figures,
    }
    return found.get(name)


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_figures_follow_from_the_rows(path: Path) -> None:
    content = json.loads(path.read_text())
    again = figures_of(path.stem)
    if again is None:
        pytest.skip(f"{path.stem} measures its figures along with its rows")
    found = again(content["rows"])
    for name, value in content["figures"].items():
        assert found[name] == (pytest.approx(value) if isinstance(value, float) else value), name


def test_rows_of_a_folder_are_taken_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Failed ones too, in order of time; figures are computed again, of all rows."""
    take_rows, committed, brought = benchmark("take_rows"), tmp_path / "committed", tmp_path / "brought"
    monkeypatch.setattr(benchmark("results_file"), "COMMITTED", committed)
    monkeypatch.delenv("CLEAR_RESULTS", raising=False)
    monkeypatch.setattr("sys.argv", ["take_rows", str(brought)])
    there, new, failed = (
        {"model": "gpt2", "made_at": f"2026-{month}", "status": status}
        for month, status in (("02", "ok"), ("01", "ok"), ("03", "failed"))
    )
    monkeypatch.setattr(benchmark("models"), "figures", lambda rows: {"rows": len(rows), "first": rows[0]["made_at"]})
    for folder, rows in ((committed, [there]), (brought, [there, new, failed])):
        folder.mkdir()
        content = {"benchmark": "models", "command": folder.name, "rows": rows, "figures": {"rows": -1}}
        (folder / "models.json").write_text(json.dumps(content))

    take_rows.main()
    taken = (committed / "models.json").read_text()
    assert json.loads(taken) == {
        "benchmark": "models", "command": "brought", "rows": [new, there, failed],
        "figures": {"rows": 3, "first": "2026-01"},
    }  # fmt: skip
    assert "2 new rows\n  gpt2 ok\n  gpt2 failed\n" in capsys.readouterr().out
    take_rows.main()
    assert (committed / "models.json").read_text() == taken
    assert "0 new rows" in capsys.readouterr().out


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_figures_of_taken_rows_are_those_of_the_program(path: Path) -> None:
    assert benchmark("take_rows").figures_of(path.stem) is figures_of(path.stem)


def test_readme_is_of_these_results() -> None:
    page = benchmark("make_readme").page
    assert (ROOT / "benchmarks" / "README.md").read_text() == page(), "run python -m benchmarks.make_readme"


def pair(**changed: Any) -> dict[str, Any]:
    row = {"gpu_uuid": "GPU-a", "case": "bert-base", "method": "in_situ", "code": "c", "different": False}
    return {**row, **changed}


def test_pairs_that_share_profiles_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every two of three profiles of one card, and the only two of another: what is counted is no independent trial."""
    make_readme, compare = benchmark("make_readme"), benchmark("compare")
    kept = [
        pair(from_reports=True, earlier_made_at=earlier, made_at=later)
        for earlier, later in (("1", "2"), ("1", "3"), ("2", "3"))
    ]
    kept.append(pair(from_reports=True, earlier_made_at="1", made_at="2", gpu_uuid="GPU-b"))
    followed = [pair(made_at="4", gpu_uuid="GPU-c"), pair(made_at="5", gpu_uuid="GPU-c")]
    assert compare.pairs_note(followed) == ""
    assert compare.pairs_note([*kept, *followed]).startswith(
        "4 of them every two of 3 and 2 kept profiles of one card each"
    )
    for rows, shown in ((kept, "4 (every two of 3 and 2 kept"), (followed, "2 | at least 30 | **no** |")):
        contents = {"compare": {"rows": rows, "figures": compare.figures(rows)}}
        monkeypatch.setattr(make_readme, "result", contents.get)
        assert f"| compare | `gpu_pairs` | {shown}" in "\n".join(make_readme.goals())
