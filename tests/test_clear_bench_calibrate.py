"""`clear-bench calibrate` on a GPU of fakes: the table, the device file, and the package that reads it."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
from pathlib import Path
from typing import Any

import fake_gpu
import jsonschema
import pytest
import referencing
from bench_program import program, run

from clear_native.errors import BadInputError
from clear_native.machine.device_limits import VARIABLE, device_limits
from clear_native.report.json_file import schema, schema_of

ENVIRONMENT = {"gpu": "Fake GPU 0", "uuid": fake_gpu.UUID}


def validate(data: dict[str, Any]) -> None:
    kind = schema_of(data["kind"], 1)
    resources = [referencing.Resource.from_contents(found) for found in (kind, schema())]
    registry = referencing.Registry().with_resources([(found.id(), found) for found in resources])
    jsonschema.Draft202012Validator(kind, registry=registry).validate(data)


@pytest.fixture(scope="module")
def gpu(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    found = fake_gpu.environment(tmp_path_factory.mktemp("fakes"))
    if "built without CUDA" in run("calibrate", "--kind", "nothing", environment=found).stderr:
        pytest.skip("clear-bench was built without CUDA")
    return found


@pytest.mark.alone  # power by the wall clock, held to 2 %
def test_the_device_file_and_who_reads_it(gpu: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "new" / "device.json"
    options = ("--kind", "dram_r*", "--rounds", "2", "--seed", "7")
    done = run("calibrate", *options, "--out", file, "--json", environment=gpu)
    assert (done.returncode, done.stderr) == (1, ""), "the fake draws the same power whatever runs"
    data = json.loads(done.stdout)
    assert data == json.loads(file.read_text("utf-8"))
    validate(data)
    assert (data["uuid"], data["seed"], data["rounds"], data["meter"]["name"]) == (fake_gpu.UUID, 7, 2, "nvml_counter")
    for power_w in (data["static_power_w"], data["occupied_power_w"], *(kind["power_w"] for kind in data["kinds"])):
        assert power_w == pytest.approx(fake_gpu.POWER_W, rel=0.02)
    (memory,) = data["kinds"]
    assert (memory["name"], memory["unit"]) == ("dram_read", "byte")
    assert data["bytes_per_s"] == memory["units_per_s"] and data["flops_per_s"] == {}
    names = {"idle", "occupancy/0", "dram_read/0", "dram_read/1", "dram_read/2"}
    assert {window["target"] for window in data["windows"] if window["round"] == 0} == names

    monkeypatch.setenv(VARIABLE, str(file))
    data["flops_per_s"] = {"float32": 6e13}  # as if fma_fp32 had been among the loads
    file.write_text(json.dumps(data))
    assert device_limits(ENVIRONMENT, "float32") == {
        "flops_per_s": 6e13, "bytes_per_s": memory["units_per_s"], "dtype": "float32",
        "source": str(file), "measured": True,
    }  # fmt: skip
    assert device_limits(ENVIRONMENT, "bfloat16") is None
    file.write_text(json.dumps({name: value for name, value in data.items() if name != "bytes_per_s"}))
    assert device_limits(ENVIRONMENT, "float32") is None, "calibrated without reading from memory"
    file.write_text(json.dumps({**data, "schema_version": 2}))
    with pytest.raises(BadInputError, match="schema version 2"):
        device_limits(ENVIRONMENT, "float32")


def test_ctrl_c_keeps_what_is_finished(gpu: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "device.json"
    terminal, other_end = pty.openpty()
    process = subprocess.Popen(
        [program(), "calibrate", "--kind", "l2_read", "--out", file],
        stdout=subprocess.PIPE, stderr=other_end, encoding="utf-8", env={**os.environ, **gpu},
    )  # fmt: skip
    os.close(other_end)
    seen = b""
    while b"windows" not in seen:
        seen += os.read(terminal, 1000)
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=60)
    os.close(terminal)
    assert process.returncode == 130
    data = json.loads(file.read_text("utf-8"))
    validate(data)
    assert data["stop_reason"] == "interrupted" and data["windows"]
    assert printed.startswith("calibration · Fake GPU 0 · nvml counter\n") and ", interrupted\n" in printed
    assert printed.endswith(f"by {VARIABLE}={file}\n")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--device", "cpu"), "--device cuda:0"),
        (("--device", "gpu"), "unknown device 'gpu'"),
        (("--device", "cuda:9"), "no CUDA device 9"),
        (("--meter", "rapl"), "no sensor of a GPU"),
        (("--meter", "nvml:sun"), "sun"),
        (("--max-time", "0"), "--max-time must be above 0"),
        (("--rounds", "1"), "--rounds must be at least 2"),
        (("--kind", "gold"), "there are occupancy, dram_read"),
        (("--seed", "-5"), "--seed"),
        (("--out", "/proc/nowhere/device.json"), "--out /proc/nowhere/device.json cannot be written"),
    ],
)  # fmt: skip
def test_wrong_options(gpu: dict[str, str], options: tuple[str, ...], said: str) -> None:
    done = run("calibrate", *options, environment=gpu)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, "")
    assert said in line


def test_without_a_gpu() -> None:
    done = run("calibrate", environment={"CLEAR_NVML_LIBRARY": "/nowhere.so"})
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (3, "")
    assert "needs an NVIDIA GPU" in line and "clear-bench env" in line
