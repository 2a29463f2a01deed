"""The benchmarks as programs, on a CPU: each process ends well and leaves a row in its result file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

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


def run(tmp_path: Path, program: str, *arguments: str) -> tuple[dict[str, Any], str]:
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{program}", *QUICK, *arguments], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "CLEAR_RESULTS": str(tmp_path), "OMP_NUM_THREADS": "1"}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads((tmp_path / f"{program}.json").read_text()), done.stdout


@pytest.mark.slow
def test_closure(tmp_path: Path) -> None:
    case = "bert-tiny:float32:1x16"
    content, shown = run(tmp_path, "closure", "--keep-reports", case, "bert-tiny:float32:1x9999")
    good, bad = (row for row in content["rows"] if row["model"] == "bert-tiny")
    # A busy machine may leave too little time for a closure; the columns are there all the same.
    assert good["status"] != "failed" and good["measured_s"] > 0
    assert "energy_closure" in good and {"attention", "mlp", "other"} <= good["components"].keys()
    assert (bad["status"], bad["method"]) == ("failed", "partition") and "at most 512 tokens" in bad["error"]
    assert "bert-tiny" in shown
    assert len(list((tmp_path / "reports").glob("*.json"))) == 1


@pytest.mark.slow
def test_compare(tmp_path: Path) -> None:
    content, shown = run(tmp_path, "compare", "--pairs", "1", "--max-time", "14", "bert-tiny:float32:8x64")
    first, *more = (row for row in content["rows"] if row["gpu_uuid"] is None)
    (second,) = (row for row in more if "different" in row)  # not after one that had too little time
    assert "different" not in first and second["verdict"] in ("better", "worse", "same", "unclear")
    judged = [second["verdict"], *second["components"].values()]
    assert second["different"] == any(verdict in ("better", "worse") for verdict in judged)
    assert content["figures"]["gpu_pairs"] == 1 and "bert-tiny" in shown
    assert list((tmp_path / "reports").iterdir()) == []


@pytest.mark.slow
def test_models(tmp_path: Path) -> None:
    content, shown = run(tmp_path, "models", "llama-tiny:float32:2x16:ragged", "bert-tiny:float32:1x9999")
    good, bad = (row for row in content["rows"] if row["gpu_uuid"] is None)
    assert (good["family"], good["kind"], good["padding"]) == ("llama", "decoder", "ragged")
    assert good["status"] != "failed" and good["other_share"] == good["components"]["other"]["share"]
    assert bad["status"] == "failed" and "other_share" not in bad
    assert "llama-tiny" in shown


@pytest.mark.slow
def test_known_ratio(tmp_path: Path) -> None:
    content, _ = run(tmp_path, "known_ratio", "memory:3")
    row = next(row for row in content["rows"] if row["gpu_uuid"] is None)
    assert (row["status"] != "failed", row["true_ratio"]) == (True, 3.0)
    assert {"a", "b"} <= row["components"].keys()
    assert row["ratio"] is None or row["ratio"] == pytest.approx(row["energy_j"][0] / row["energy_j"][1])


@pytest.mark.slow
def test_time_to_precision(tmp_path: Path) -> None:
    content, _ = run(tmp_path, "time_to_precision", "--profiles", "2", "bert-tiny:float32:1x16")
    rows = [row for row in content["rows"] if row.get("case") == "bert-tiny:float32:1x16"]
    assert [row["profile"] for row in rows] == [0, 1]
    assert all(row["seconds"] > 0 for row in rows)
    assert "partition_s" in content["figures"]  # of the committed rows


def test_monitor_overhead(tmp_path: Path) -> None:
    arguments = ["--device", "cpu", "--meter", "estimate:50", "--windows", "20"]
    environment = {**os.environ, "CLEAR_RESULTS": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.monitor_overhead", *arguments], cwd=ROOT, capture_output=True, text=True,
        env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    content = json.loads((tmp_path / "monitor_overhead.json").read_text())
    rows = [row for row in content["rows"] if row["gpu_uuid"] is None]
    assert [row["between_s"] for row in rows] == [0.0, 1e-3, 0.6]
    assert all(0 < row["median_us"] <= row["p99_us"] for row in rows)
    assert content["figures"]["window_us"] == rows[1]["median_us"]


def test_wrong_arguments_are_refused(tmp_path: Path) -> None:
    for program, argument in (
        ("closure", "nobody:float16:1x128"), ("known_ratio", "gemm:4"), ("models", "no-such-model"),
    ):  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{program}", *QUICK, argument], cwd=ROOT, capture_output=True, text=True,
            env={**os.environ, "CLEAR_RESULTS": str(tmp_path)}, check=False,
        )  # fmt: skip
        assert done.returncode == 2 and argument in done.stderr
    assert list(tmp_path.iterdir()) == []
