"""The benchmarks as programs, on a CPU: each process ends well and leaves a row in its result file.

What starts the processes runs here, and each profile in a process of its own: most of its time goes into imports.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from realistic_reports import bert_base

from benchmarks import results_file

ROOT = Path(__file__).parents[1]
QUICK = [
    "--device",
    "cpu",
    "--meter",
    "estimate:50",
    "--method",
    "partition",
    "--max-time",
    "1.5",
    "--precision",
    "0.5",
]


Run = Callable[..., tuple[dict[str, Any], str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs `main()` of a benchmark; gives its result file and what it and its processes printed."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("CLEAR_RESULTS", str(tmp_path))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")

    def run(program: str, *arguments: str) -> tuple[dict[str, Any], str]:
        monkeypatch.setattr(sys, "argv", [program, *arguments])
        importlib.import_module(f"benchmarks.{program}").main()
        return json.loads((tmp_path / f"{program}.json").read_text()), capfd.readouterr().out

    return run


@pytest.mark.slow
def test_closure(run: Run, tmp_path: Path) -> None:
    case = "bert-tiny:float32:1x16"
    content, shown = run("closure", *QUICK, "--keep-reports", case, "bert-tiny:float32:1x9999")
    good, bad = (row for row in content["rows"] if row["model"] == "bert-tiny")
    # A busy machine may leave too little time for a closure; the columns are there all the same.
    assert good["status"] != "failed" and good["measured_s"] > 0
    assert "energy_closure" in good and {"attention", "mlp", "other"} <= good["components"].keys()
    assert (bad["status"], bad["method"]) == ("failed", "partition") and "at most 512 tokens" in bad["error"]
    assert "bert-tiny" in shown
    assert len(list((tmp_path / "reports").glob("*.json"))) == 1


def test_compare(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of profiles that are made: what a process of its own leaves is what those of `closure` leave."""
    children: list[dict[str, Any]] = []
    scales = (1.0, None, 1.0, 1.3)  # of its components; None: it failed

    def child(program: str, subject: str, given: argparse.Namespace) -> dict[str, Any]:
        scale, seed = scales[len(children)], len(children) + 7
        row: dict[str, Any] = {"status": "failed", "seed": seed}
        if scale is not None and given.keep_reports:
            (tmp_path / "reports").mkdir(exist_ok=True)
            bert_base(scale=scale).save(tmp_path / "reports" / f"{program}_{seed}.json")
            row["status"] = "ok"
        children.append({"program": program, "subject": subject, "seed": seed})
        return row

    monkeypatch.setattr("benchmarks.compare.in_own_process", child)
    content, shown = run("compare", "--device", "cpu", "--pairs", "2", "bert-tiny:float32:8x64")
    rows = [row for row in content["rows"] if row["gpu_uuid"] is None and not row.get("simulated")]
    assert children == [{"program": "compare", "subject": "bert-tiny:float32:8x64", "seed": n} for n in (7, 8, 9, 10)]
    assert [row.get("different") for row in rows] == [None, None, False, True]
    assert rows[2]["verdict"] == "same" and set(rows[2]["components"].values()) <= {"same", "unclear"}
    assert rows[3]["change"] == 0 and rows[3]["components"]["mlp"] == "worse"
    committed = json.loads((results_file.COMMITTED / "compare.json").read_text())["figures"]
    assert content["figures"]["gpu_pairs"] == committed["gpu_pairs"] + 2
    assert content["figures"]["gpu_false_alarms"] == committed["gpu_false_alarms"] + 1
    assert "different" in shown and list((tmp_path / "reports").iterdir()) == []


def test_compare_of_kept_reports(run: Run, tmp_path: Path) -> None:
    """Every two of one model and GPU; the later one says where and when."""
    kept = tmp_path / "kept"
    kept.mkdir()
    for name, scale in (("a", 1.0), ("b", 1.0), ("c", 1.3)):
        bert_base(scale=scale).save(kept / f"{name}.json")
    other = json.loads((kept / "a.json").read_text())
    other["environment"]["uuid"] = "GPU-other"
    (kept / "d.json").write_text(json.dumps(other))
    content, shown = run("compare", "--reports", str(kept))
    rows = [row for row in content["rows"] if row.get("from_reports")]
    rows = [row for row in rows if row["case"] == other["model"] and row["gpu_uuid"] != "GPU-other"][-3:]
    assert sorted(row["different"] for row in rows) == [False, True, True]
    assert all(row["gpu"] == other["environment"]["gpu"] and row["made_at"] == other["made_at"] for row in rows)
    assert content["environment"]["gpu"] == other["environment"]["gpu"] and "different" in shown


@pytest.mark.slow
def test_models(run: Run) -> None:
    content, shown = run("models", *QUICK, "llama-tiny:float32:2x16:ragged", "bert-tiny:float32:1x9999")
    good, bad = (row for row in content["rows"] if row["gpu_uuid"] is None)
    assert (good["family"], good["kind"], good["padding"]) == ("llama", "decoder", "ragged")
    assert good["status"] != "failed" and good["other_share"] == good["components"]["other"]["share"]
    assert bad["status"] == "failed" and "other_share" not in bad
    assert "llama-tiny" in shown


@pytest.mark.slow
def test_known_ratio(run: Run) -> None:
    content, _ = run("known_ratio", *QUICK, "memory:3")
    row = next(row for row in content["rows"] if row["gpu_uuid"] is None)
    assert (row["status"] != "failed", row["true_ratio"]) == (True, 3.0)
    assert {"a", "b"} <= row["components"].keys()
    assert row["ratio"] is None or row["ratio"] == pytest.approx(row["energy_j"][0] / row["energy_j"][1])


@pytest.mark.slow
def test_time_to_precision(run: Run) -> None:
    content, _ = run("time_to_precision", *QUICK, "--profiles", "2", "bert-tiny:float32:1x16")
    rows = [row for row in content["rows"] if row.get("case") == "bert-tiny:float32:1x16"]
    assert [row["profile"] for row in rows] == [0, 1]
    assert all(row["seconds"] > 0 for row in rows)
    assert "partition_s" in content["figures"]  # of the committed rows


def test_monitor_overhead(run: Run) -> None:
    content, _ = run("monitor_overhead", "--device", "cpu", "--meter", "estimate:50", "--windows", "5")
    rows = [row for row in content["rows"] if row["gpu_uuid"] is None]
    assert [row["between_s"] for row in rows] == [0.0, 1e-3, 0.6]
    assert all(0 < row["median_us"] <= row["p99_us"] for row in rows)
    assert content["figures"]["window_us"] == rows[1]["median_us"]


@pytest.mark.parametrize(
    ("program", "argument"),
    [("closure", "nobody:float16:1x128"), ("known_ratio", "gemm:4"), ("models", "no-such-model")],
)
def test_wrong_arguments_are_refused(
    run: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str], program: str, argument: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(program, *QUICK, argument)
    assert ended.value.code == 2 and argument in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []
