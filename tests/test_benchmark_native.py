"""The benchmarks of clear-bench and of loops: their figures, their plot, and what a CPU can run of them."""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from bench_program import program, run
from benchmark_modules import benchmark

import clear_native as cn

clear_bench = benchmark("clear_bench")
loops = benchmark("python_vs_native")
overhead = benchmark("loop_overhead")


def labelled(rows: list[dict[str, Any]], gpu: str = "GPU-1") -> list[dict[str, Any]]:
    return [{"made_at": "2026", "code": "1", "gpu_uuid": gpu, **row} for row in rows]


def part(energy_j: float, share: float) -> dict[str, Any]:
    return {"energy_j": energy_j, "share": share}


def calibration(cost_j: float, rate: float, gpu: str = "GPU-1") -> dict[str, Any]:
    kinds = {name: {"energy_per_unit_j": cost_j, "units_per_s": rate} for name in ("dram_read", "tensor_bf16")}
    row = {"part": "calibrate", "case": "", "status": "ok", "static_power_w": 100.0, "kinds": kinds, "gpu_uuid": gpu}
    return {**labelled([row])[0], "gpu_uuid": gpu}


def test_figures_of_clear_bench() -> None:
    ours = {"a": part(1.0, 0.5), "b": part(2.0, 0.4), "c": part(9.0, 0.01)}
    run_row = {"part": "run", "case": "bert", "status": "ok", "start_to_window_s": 2.5, "idle_fraction": 0.001,
               "energy_closure": 0.99, "components": ours}  # fmt: skip
    theirs = {"a": part(1.01, 0.5), "b": part(2.04, 0.4), "c": part(1.0, 0.01)}
    profile_row = {"part": "profile", "case": "bert", "status": "ok", "components": theirs}
    failed = {"part": "peaks", "case": "", "status": "failed", "error": "RuntimeError: none"}
    found = clear_bench.figures(labelled([run_row, profile_row, failed]))
    assert found["worst_difference_to_profile_percent"] == pytest.approx(100 * (1 - 2.0 / 2.04))
    assert (found["start_to_window_s"], found["idle_fraction"], found["closure"]) == (2.5, 0.001, 0.99)
    assert (found["compared"], found["failed"], found["calibrations"]) == (2, 1, 0)


def test_calibrations_of_one_gpu_are_compared() -> None:
    peaks = {"part": "peaks", "case": "", "status": "ok", "copy_bytes_per_s": 4e12, "matmul_bf16_flops_per_s": 8e12}
    rows = [calibration(9.0, 9e12, "GPU-2"), calibration(1.0, 3.96e12), calibration(1.01, 3.9e12)]
    found = clear_bench.figures([*rows, *labelled([peaks])])
    assert found["calibrate_spread_percent"] == pytest.approx(100 * 0.06 / 3.93)
    assert found["dram_fraction_of_copy"] == pytest.approx(3.9 / 4)
    assert found["tensor_fraction_of_matmul"] == pytest.approx(3.9 / 8)
    assert found["calibrations"] == 2
    assert "calibrate_spread_percent" not in clear_bench.figures(rows[:1])


def test_parts_run_in_the_order_given_each_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ran: list[str] = []

    def told(run: Any, *_: object) -> dict[str, Any]:
        ran.append(run.__name__)
        return {"status": "ok"}

    monkeypatch.setattr(clear_bench, "apart", told)
    monkeypatch.setenv("CLEAR_RESULTS", str(tmp_path))
    parts = ["peaks", "calibrate", "profile", "calibrate"]
    monkeypatch.setattr(sys, "argv", ["clear_bench", *(word for part in parts for word in ("--part", part))])
    clear_bench.main()
    assert ran == [name for part in parts for name in (f"{part}_part", "append")]


def test_what_runs_apart_is_another_process_and_fails_here() -> None:
    assert clear_bench.apart(os.getpid) != os.getpid()
    with pytest.raises(RuntimeError):
        clear_bench.apart(os._exit, 3)


def way(name: str, time_us: float, energy_mj: float) -> dict[str, Any]:
    return {"component": "mlp", "way": name, "time_us": time_us, "energy_mj": energy_mj, "status": "ok"}


def test_figures_and_plot_of_loops(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    rows = labelled([way("python_eager", 60.0, 9.0), way("python_replay", 20.0, 5.0), way("native_launch", 12.0, 4.0)])
    rows += labelled(
        [way("native_unrolled", 10.0, 3.0), {"component": "mlp", "way": "native_while", "status": "failed"}]
    )
    found = loops.figures(rows)
    assert (found["mlp_python_eager_us"], found["mlp_native_unrolled_mj"]) == (60.0, 3.0)
    assert (found["mlp_python_eager_over_native_time"], found["mlp_python_eager_over_native_energy"]) == (6.0, 3.0)
    file = tmp_path / "new" / "plot.svg"
    loops.plot(rows, file)
    assert "</svg>" in file.read_text("utf-8")


def test_targets_become_rows() -> None:
    target = {"statuses": [], "time_per_pass_s": {"mean": 1e-5, "half_width": 1e-7}, "energy_per_pass_j": None}
    row = loops.row_of("mlp/native_while", target)
    assert (row["component"], row["way"], row["status"]) == ("mlp", "native_while", "ok")
    assert row["time_us"] == pytest.approx(10) and row["time_us_half_width"] == pytest.approx(0.1)
    assert row["energy_mj"] is None and row["energy_mj_half_width"] is None


def test_without_a_gpu_it_says_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["python_vs_native"])
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit, match="loop_overhead"):
        loops.main()


@pytest.fixture(scope="module")
def small_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = torch.nn.Sequential(torch.nn.LayerNorm(8))
    return cn.export(model, (torch.ones(1, 8),), tmp_path_factory.mktemp("small") / "norm.clear", progress=False)


@pytest.fixture
def measured(small_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a benchmark's main() on the CPU with clear-bench; gives its result file."""
    monkeypatch.setenv("CLEAR_BENCH", str(program()))
    monkeypatch.setenv("CLEAR_RESULTS", str(tmp_path))
    if "plug-in with torch is needed" in run("overhead", small_bundle, "--component", "nothing").stderr:
        pytest.skip("the plug-in that runs bundles was not built here")

    def measure(name: str, *arguments: str) -> dict[str, Any]:
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        importlib.import_module(f"benchmarks.{name}").main()
        found: dict[str, Any] = json.loads((tmp_path / f"{name}.json").read_text())
        return found

    return measure


def test_loops_on_a_cpu(measured: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overhead, "LOOP_S", 0.01)
    monkeypatch.setattr(torch, "set_num_threads", lambda count: None)
    content = measured("loop_overhead", "--attempts", "1", "--max-time", "1.5")
    rows = [row for row in content["rows"] if row["attempt"] == 0][-2:]
    assert [row["way"] for row in rows] == ["python_loop", "native_loop"] and all(row["time_us"] > 0 for row in rows)
    assert content["figures"]["native_over_python"] > 0 and rows[0]["device"] == "cpu"


def test_a_bundle_is_run_on_a_cpu(measured: Any) -> None:
    content = measured("clear_bench", "--device", "cpu", "--part", "run", "--case", "bert-tiny:float32:1x8", "--meter",
                       "estimate:9", "--max-time", "2.5", "--precision", "0.5")  # fmt: skip
    row = content["rows"][-1]
    assert row["status"] != "failed", row
    assert row["start_to_window_s"] > 0 and 0 <= row["idle_fraction"] <= 1
    assert "attention" in row["components"]
