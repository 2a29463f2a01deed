"""A whole profile on a real GPU: what it reports, and what it doubts."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.resources import files
from typing import Any

import pytest
import torch

import clear_native as cn
from clear_native.machine.environment import gpu_uuid


@pytest.fixture(scope="module")
def report() -> cn.Report:
    from clear_native.models.presets import load

    model, inputs, info = load("bert-base", device="cuda", dtype="float16", batch=1, length=128, seed=0)
    return cn.profile(
        model, inputs, method="partition", max_time=40, seed=5, progress=False, synthetic_weights=info.synthetic_weights
    )


def test_components_sum_to_the_model_within_the_known_bias_of_the_partition(report: cn.Report) -> None:
    assert report.closure is not None
    assert report.closure.half_width is not None
    assert 0.9 < report.closure.ratio < 1.05
    assert sum(part.energy_j or 0 for part in report.components.values()) == pytest.approx(
        report.closure.ratio * (report.preserved.energy_j if report.preserved else 0), rel=0.01
    )
    assert {"attention", "mlp", "norm", "lm_head", "embedding"} <= set(report.components)


def test_units_hang_together(report: cn.Report) -> None:
    """A joule more or less by a factor of a thousand would show: power lies between idle and the limit."""
    limit_w = report.environment["power_limit_w"]
    assert report.idle_power_w is not None
    assert 20 < report.idle_power_w < limit_w
    for name, part in report.components.items():
        assert part.energy_j is not None
        assert part.time_s is not None
        assert report.idle_power_w * 0.95 < part.energy_j / part.time_s < limit_w * 1.1, name
        assert part.energy_above_idle_j == pytest.approx(part.energy_j - report.idle_power_w * part.time_s, rel=0.05)


def test_plain_preserved_and_idle_ran_in_the_same_rounds(report: cn.Report) -> None:
    rounds = {}
    for window in report.windows:
        rounds.setdefault(window["round"], []).append(window["target"])
    assert len(rounds) == report.rounds >= 8
    for targets in rounds.values():
        assert {"plain", "preserved", "idle", *report.components} == set(targets)
    assert len({tuple(targets) for targets in rounds.values()}) > 1, "the order is random"
    assert report.seed == 5
    assert report.perturbation is not None
    assert -0.05 < report.perturbation.ratio < 0.15


def test_the_two_sensors_agree_and_the_operating_points_are_kept(report: cn.Report) -> None:
    assert all("sensors_disagree" not in part.statuses for part in report.components.values())
    points = [window["operating_point"] for window in report.windows]
    assert all(point and point["sm_clock_mhz"] > 300 and point["temperature_c"] > 10 for point in points)


def test_kernels_are_eagers(report: cn.Report) -> None:
    assert report.kernels is not None
    assert report.kernels.difference() == {}
    assert "kernels_differ" not in report.statuses


def test_the_file_follows_the_schema(report: cn.Report, tmp_path: Any) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    path = tmp_path / "bert.json"
    report.save(path)
    schema = json.loads((files("clear_native.report") / "schema" / "report-1.schema.json").read_text())
    jsonschema.validate(json.loads(path.read_text()), schema)


def test_the_file_comes_back(report: cn.Report, tmp_path: Any) -> None:
    path = tmp_path / "bert.json"
    report.save(path)
    again = cn.load(path)
    assert again["mlp"].energy_j == report["mlp"].energy_j
    assert len(again.windows) == len(report.windows)
    assert max(len(line) for line in str(again).splitlines()) <= 100


def test_another_process_on_the_gpu_is_told() -> None:
    program = (
        "import torch; a = torch.randn(4096, 4096, device='cuda', dtype=torch.float16); print('runs', flush=True)\n"
        "while True:\n    for _ in range(50): a @ a\n    torch.cuda.synchronize()"
    )
    meter = cn._core.NvmlMeter(gpu_uuid(torch.device("cuda", 0)))
    alone = meter.other_processes()
    if alone is None:
        pytest.skip("this driver does not tell which processes compute")
    neighbour = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        assert neighbour.stdout is not None
        assert neighbour.stdout.readline().strip() == "runs"
        assert meter.other_processes() == alone + 1
        model = torch.nn.Sequential(torch.nn.Linear(1024, 1024), torch.nn.ReLU()).cuda()
        inputs = torch.randn(64, 1024, device="cuda")
        found = cn.profile(model, inputs, components={"linear": "0"}, method="partition", max_time=8, progress=False)
        assert "contended" in found.all_statuses
    finally:
        neighbour.kill()
        neighbour.wait()
    assert alone == 0
