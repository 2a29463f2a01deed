"""The program clear-bench: what it says of itself and of the machine, its errors and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bench_program import fake_nvml, run
from report_fixtures import report

import clear_native

FAKE_UUID = "GPU-00000000-0000-0000-0000-000000000000"


def only_line(text: str) -> str:
    (line,) = text.splitlines()
    return line


def test_version_is_that_of_the_package() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"clear-bench {clear_native.__version__}\n")


@pytest.mark.parametrize("command", [[], ["env"], ["report"], ["calibrate"], ["overhead"]])
def test_help_has_an_example(command: list[str]) -> None:
    done = run(*command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "For example: clear-bench " in done.stdout


@pytest.mark.parametrize(
    "arguments", [[], ["nothing"], ["report"], ["env", "--wrong"], ["report", "a", "b"], ["overhead"]]
)
def test_wrong_arguments_are_one_line_and_code_2(arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--help" in only_line(done.stderr)


def test_env_without_a_gpu() -> None:
    done = run("env", "--json", environment={"CLEAR_NVML_LIBRARY": "/nowhere.so"})
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert found["clear_native"] == clear_native.__version__
    assert found["cores"] >= 1 and found["kernel"].startswith("Linux")
    assert found["gpus"] == [] and "install" in found["no_gpus_because"]
    assert found["meters"]["rapl"]["ready"] is False
    assert "/nowhere" in found["meters"]["rapl"]["why"], "CLEAR_RAPL_ROOT of the tests"


def test_env_says_of_every_meter_whether_it_can_be_read(tmp_path: Path) -> None:
    environment = {"CLEAR_NVML_LIBRARY": str(fake_nvml(tmp_path, "ENERGY"))}
    (gpu,) = json.loads(run("env", "--json", environment=environment).stdout)["gpus"]
    assert (gpu["uuid"], gpu["gpu"], gpu["power_limit_w"], gpu["mig"]) == (FAKE_UUID, "Fake GPU 0", 700.0, False)
    ready = {name: meter["ready"] for name, meter in gpu["meters"].items()}
    assert ready == {"nvml:counter": False, "nvml:samples": True, "nvml:instant": True, "nvml:usage": True}
    assert "nvmlDeviceGetTotalEnergyConsumption" in gpu["meters"]["nvml:counter"]["why"]
    text = run("env", environment=environment).stdout
    assert f"uuid                   {FAKE_UUID}" in text
    assert "nvml:samples           can be read" in text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "not a JSON file"),
        ('{"a": 1', "not a JSON file"),
        ("[]", "no JSON object"),
        ("{}", "no schema_version"),
        ('{"schema_version": 2}', "schema version 2"),
        ('{"kind": "sensor", "schema_version": 1}', "clear-native report"),
        ('{"schema_version": 1}', "a mapping with 'workload'"),
        ("[" * 100_000, "nested more than"),
        ('{"schema_version": 1e400}', "not a JSON file"),
        ('\xff{"schema_version": 1}', "not a JSON file"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_report(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "report.json"
    file.write_bytes(content.encode("latin-1"))
    done = run("report", file)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in only_line(done.stderr) and str(file) in done.stderr


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("full_model", 5), ("model", None), ("components", {}), ("rounds", 1.5), ("rounds", 1e30), ("seed", -1),
        ("elapsed_s", "1"), ("statuses", [1]), ("meter", {"name": "x"}), ("windows", [5]), ("unheard_of", 1),
        ("workload", {"inputs": {"x": {"shape": ["a"], "dtype": "torch.int64"}}}), ("energy_closure", {}),
        ("weighing", {"fraction": 0.5}), ("sides", [{}]), ("limits", {"flops_per_s": 1e12}), ("synthetic_weights", "x"),
        ("elapsed_s", 1e101),
    ],
)  # fmt: skip
def test_a_report_with_a_wrong_value_names_the_place(tmp_path: Path, place: str, value: object) -> None:
    file = tmp_path / "report.json"
    report().save(file)
    file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), place: value}))
    done = run("report", file)
    assert (done.returncode, done.stdout) == (2, "")
    assert "not a whole report" in only_line(done.stderr) and place in done.stderr


def test_a_component_twice(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    report().save(file)
    data = json.loads(file.read_text("utf-8"))
    data["components"].append(data["components"][0])
    file.write_text(json.dumps(data))
    assert "'attention' twice" in only_line(run("report", file).stderr)


def test_files_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    report().save(file)
    for arguments, said in (
        ((tmp_path / "nowhere.json",), "no file at"),
        ((tmp_path,), "is a folder"),
        ((file, "--csv", tmp_path), "is a folder"),
        ((file, "--csv", file / "below.csv"), "cannot be written"),
    ):
        done = run("report", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in only_line(done.stderr)
