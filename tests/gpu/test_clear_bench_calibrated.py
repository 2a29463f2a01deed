"""`clear-bench calibrate` on a real GPU: costs and rates that a GPU can have, and a file that the package reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from bench_program import run

from clear_native.machine.device_limits import VARIABLE, device_limits
from clear_native.machine.environment import collect


def test_memory_and_tensor_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "device.json"
    kinds = ("--kind", "dram_read", "--kind", "tensor_bf16")
    done = run("calibrate", *kinds, "--rounds", "5", "--max-time", "60", "--out", file, timeout_s=120)
    assert done.returncode in (0, 1), done.stderr
    data = json.loads(file.read_text("utf-8"))
    assert data["rounds"] == 5, done.stdout
    memory, tensor = data["kinds"]
    assert 1e11 < memory["units_per_s"] < 2e13
    assert 1e13 < tensor["units_per_s"] < 1e16
    assert 1e-12 < memory["energy_per_unit_j"] < 1e-9
    assert 1e-14 < tensor["energy_per_unit_j"] < 1e-11
    assert 5 < data["static_power_w"] < data["occupied_power_w"] * 1.1
    assert memory["base_power_w"] == pytest.approx(data["occupied_power_w"], rel=0.3)
    monkeypatch.setenv(VARIABLE, str(file))
    limits = device_limits(collect(torch.device("cuda", 0)), "bfloat16")
    assert limits is not None and limits["measured"]
    assert (limits["bytes_per_s"], limits["flops_per_s"]) == (memory["units_per_s"], tensor["units_per_s"])
