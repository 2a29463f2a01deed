"""Rows and figures of the published protocol beside ours, from made-up results, and the program itself on a CPU."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from benchmark_modules import ROOT, benchmark
from protocol_fixtures import good, interrupted, part, result
from report_fixtures import report

protocol_rows = benchmark("protocol_rows")
results_file = benchmark("results_file")
times = benchmark("time_to_precision")
make_readme = benchmark("make_readme")

BERT = protocol_rows.BERT


def run_of(found: Any, made_at: str = "2026-11-21T10:00", case: str = BERT, **model: Any) -> list[dict[str, Any]]:
    rows = [{"case": case, "made_at": made_at, **row} for row in protocol_rows.rows_of(found, None)]
    rows[-1] |= {**(protocol_rows.of_protocol(found) if found else {}), "ours_s": 30.0, "status": "ok", **model}
    return rows


def as_published(**changed: Any) -> Any:
    options = {**good().options, "repetitions": 10_000, "full_model_repetitions": 1000, "trials": 20, "pause_s": 0.5}
    return good(options={**options, **changed})


def test_rows_stand_side_by_side() -> None:
    ours = report()
    rows = {row["component"]: row for row in protocol_rows.rows_of(good(), ours)}
    assert list(rows) == ["attention", "lm_head", "norm", "model"]
    assert rows["attention"]["protocol_mj"] == pytest.approx(121.2)
    assert rows["attention"]["protocol_cv_percent"] == pytest.approx(100 * 0.1 / 10.1)
    assert rows["attention"]["ours_mj"] == pytest.approx(1e3 * ours["attention"].energy_j)
    assert rows["attention"]["ours_half_width_percent"] == pytest.approx(1.0)
    assert rows["lm_head"]["ours_mj"] is None and rows["norm"]["protocol_mj"] is None
    assert rows["model"]["protocol_mj"] == pytest.approx(201)
    assert rows["model"]["ours_mj"] == pytest.approx(1e3 * ours.full_model.energy_j)
    json.dumps(list(rows.values()))


def test_what_failed_has_rows_of_what_there_was() -> None:
    assert [row["component"] for row in protocol_rows.rows_of(None, None)] == ["model"]
    rows = protocol_rows.rows_of(interrupted(), None)
    assert [row["protocol_mj"] for row in rows] == [pytest.approx(121.2), None, None]
    assert protocol_rows.of_protocol(interrupted())["protocol_as_published_s"] is None


def test_time_as_published_is_calls_and_pauses() -> None:
    few = result(
        part("attention", 10.0, 10.0, calls=12, repetitions=100, time_ms=0.2),
        full=part("model", 200.0, 200.0, time_ms=5.0, repetitions=10),
    )
    assert protocol_rows.as_published_s(few) == pytest.approx(20 * (0.5 + 10_000 * 0.2e-3) + 20 * (0.5 + 1000 * 5e-3))


def test_figures_are_of_the_last_whole_run() -> None:
    rows = [
        *run_of(as_published(), "1"),
        *run_of(good(elapsed_s=99.0), "2"),
        *run_of(good(elapsed_s=1.0), "3", status="failed"),
        *run_of(good(elapsed_s=2.0), "4", case="gpt2:float16:1x128"),
    ]
    found = protocol_rows.figures(rows)
    assert (found["protocol_s"], found["ours_s"], found["failed_runs"]) == (99.0, 30.0, 1)
    assert found["protocol_capture"] == good().capture
    assert found["protocol_worst_cv_percent"] == pytest.approx(100 * 0.1 / 10.1)
    assert protocol_rows.figures([]) == {"failed_runs": 0}


def test_worst_spread_is_of_components_of_some_weight() -> None:
    small = part("norm", 1.0, 5.0)  # 1.5 % of the model
    found = result(small, part("attention", 9.0, 11.0, calls=19))
    assert protocol_rows.protocol_worst_cv(run_of(found)) == {"protocol_worst_cv_percent": pytest.approx(10.0)}
    assert protocol_rows.protocol_worst_cv(run_of(interrupted())) == {}


def test_seconds_as_published_or_projected() -> None:
    assert protocol_rows.protocol_seconds(run_of(as_published())) == {
        "protocol_s": 61.5, "protocol_s_projected": False,
    }  # fmt: skip
    fewer = protocol_rows.protocol_seconds(run_of(as_published(trials=5)))
    assert fewer["protocol_s_projected"] is True
    assert fewer["protocol_s"] == pytest.approx(20 * (0.5 + 2.0) * 2 + 20 * (0.5 + 1.0))
    assert protocol_rows.protocol_seconds([]) == {}


def test_figures_of_others_take_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLEAR_RESULTS", str(tmp_path))
    monkeypatch.setattr(results_file, "COMMITTED", tmp_path / "none")
    rows = run_of(as_published())
    (tmp_path / "protocol_against_ours.json").write_text(json.dumps({"rows": rows}))
    old = {"benchmark": "time_to_precision", "made_at": "then", "rows": [], "figures": {"precision": 1}}
    (tmp_path / "time_to_precision.json").write_text(json.dumps(old))
    results_file.renew("time_to_precision", times.seconds_figures)
    renewed = json.loads((tmp_path / "time_to_precision.json").read_text())
    assert renewed["figures"] == {"precision": 0.01, "protocol_s": 61.5, "protocol_s_projected": False}
    assert {**renewed, "figures": {"precision": 1}} == old
    results_file.renew("repeatability", times.repeatability_figures)  # nothing there: nothing is made
    assert not (tmp_path / "repeatability.json").exists()
    profiles = [{"method": "in_situ", "made_at": "1", "gpu_uuid": "GPU-1", "components": {}}]
    assert times.repeatability_figures(profiles)["protocol_worst_cv_percent"] == pytest.approx(100 * 0.1 / 10.1)


def test_readme_has_the_peer_as_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "time_to_precision": {"figures": {"protocol_s": 412.3, "in_situ_s": 40.0}},
        "repeatability": {"figures": {"protocol_worst_cv_percent": 12.34}},
    }
    monkeypatch.setattr(make_readme, "result", files.get)
    lines = make_readme.goals()
    assert any("`in_situ_s`" in line and "412 (CLEAR's protocol, 20 trials)" in line for line in lines)
    assert any("`pooled_cv_upper_percent`" in line and "12.3 here, up to 9.5" in line for line in lines)
    assert make_readme.missing() == []
    table = make_readme.protocol_table(run_of(good()))
    assert any("| attention | 121.2 |" in line and line.endswith("yes |") for line in table)


@pytest.mark.slow
def test_the_program(tmp_path: Path) -> None:
    arguments = [
        "--device", "cpu", "--meter", "estimate:50", "--max-time", "2", "--precision", "0.5", "--method", "partition",
        "--repetitions", "2", "--full", "2", "--trials", "1", "--keep-reports", "bert-tiny:float32:1x16",
    ]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.protocol_against_ours", *arguments], cwd=ROOT, capture_output=True,
        text=True, env={**os.environ, "CLEAR_RESULTS": str(tmp_path), "OMP_NUM_THREADS": "1"}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "protocol_against_ours.json").read_text())["rows"]
    rows = [row for row in rows if row["case"] == "bert-tiny:float32:1x16"]
    assert {"embeddings", "attention", "intermediate", "output", "lm_head"} < {row["component"] for row in rows}
    assert (rows[-1]["component"], rows[-1]["status"], rows[-1]["repetitions"]) == ("model", "ok", 2)
    assert all(row["protocol_mj"] > 0 for row in rows if row["component"] not in ("other",))
    assert len(list((tmp_path / "reports").glob("*.json"))) == 2
    assert "CLEAR's published protocol" in done.stdout


def test_wrong_arguments_are_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.protocol_against_ours", "--device", "cpu", "nobody:float16:1x128"], cwd=ROOT,
        capture_output=True, text=True, env={**os.environ, "CLEAR_RESULTS": str(tmp_path)}, check=False,
    )  # fmt: skip
    assert done.returncode == 2 and "nobody" in done.stderr
    assert list(tmp_path.iterdir()) == []
