"""`clear-bench run` end to end on the CPU: a small BERT exported, verified, measured; the report read by Python."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from bench_program import program, run
from tiny_models import bert, token_ids

import clear_native as cn
from clear_native.report import Report
from clear_native.report.json_file import schema

QUICK = ("--precision", "0.5", "--max-time", "5", "--meter", "estimate:20", "--seed", "7")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundles") / "bert.clear"
    return cn.export(bert(), token_ids(), path, name="small bert", synthetic_weights=True, progress=False)


@pytest.fixture(scope="module")
def runnable(bundle: Path) -> Path:
    """The bundle, where the plug-in with torch was built."""
    done = run("run", bundle, "--component", "nothing")
    if "plug-in with torch is needed" in done.stderr:
        pytest.skip("the plug-in that runs bundles was not built here")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no component with work matches 'nothing': there are" in done.stderr
    return bundle


def measured(bundle: Path, folder: Path, *options: str) -> tuple[Report, str]:
    """A whole run; its report as Python reads it, and what was printed."""
    file, csv = folder / "new" / "report.json", folder / "report.csv"
    done = run("run", bundle, *QUICK, "--json", file, "--csv", csv, *options, timeout_s=120)
    report = Report.load(file)
    assert (done.returncode, done.stderr) == (1 if report.all_statuses else 0, "")
    jsonschema.validate(json.loads(file.read_text("utf-8")), schema())
    assert done.stdout.endswith(f"{report}\nwritten to {file}\nwritten to {csv}\n")
    assert csv.read_text("utf-8") == report.to_csv()
    assert (report.model, report.seed, report.synthetic_weights) == ("small bert", 7, True)
    assert report.environment["torch"] and report.windows
    for window in report.windows:
        assert window["energy_per_pass_j"] == pytest.approx(20 * window["time_per_pass_s"], rel=0.02)
    return report, done.stdout


def test_in_situ_is_the_default(runnable: Path, tmp_path: Path) -> None:
    report, printed = measured(runnable, tmp_path, "--verify")
    assert printed.startswith("outputs are bit for bit what the model gave\nsmall bert · random weights · ESTIMATED")
    assert (report.method, report.execution, report.meter.stated_power_w) == ("in_situ", "eager", 20)
    assert report.weighing is not None and report.preserved is not None
    assert {"attention", "mlp", "norm"} <= set(report.components)
    manifest = json.loads((runnable / "manifest.json").read_text("utf-8"))
    assert report.workload["inputs"] == manifest["workload"]["inputs"]
    for component in manifest["components"]:
        if component["name"] in report:
            assert report[component["name"]].flops == component["flops"]
            assert report[component["name"]].calls == component["calls"]


def test_partition(runnable: Path, tmp_path: Path) -> None:
    report, _ = measured(runnable, tmp_path, "--method", "partition")
    assert report.method == "partition" and report.weighing is None and report.preserved is not None
    assert {"attention", "mlp", "norm"} <= set(report.components)


def test_some_components_alone(runnable: Path, tmp_path: Path) -> None:
    report, _ = measured(runnable, tmp_path, "--method", "isolated", "--component", "att*", "--component", "mlp")
    assert report.method == "isolated" and set(report.components) == {"attention", "mlp"}
    assert report.closure is None, "a part of the components says nothing about their sum"
    assert report.options["components"] == "att*, mlp"


def test_ctrl_c_keeps_what_is_finished(runnable: Path, tmp_path: Path) -> None:
    """stderr is a terminal here, so progress is on it; once that counts windows, Ctrl-C."""
    file = tmp_path / "report.json"
    terminal, other_end = pty.openpty()
    command = [program(), "run", runnable, "--method", "partition", "--precision", "1e-6", "--meter", "estimate:20"]
    process = subprocess.Popen(
        [*command, "--max-time", "60", "--json", file], stdout=subprocess.PIPE, stderr=other_end, encoding="utf-8",
    )  # fmt: skip
    os.close(other_end)
    seen = b""
    while not re.search(rb"[0-9] windows", seen):
        seen += os.read(terminal, 1000)
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=60)
    os.close(terminal)
    assert process.returncode == 130
    report = Report.load(file)
    assert report.stop_reason == "interrupted" and report.windows
    assert printed == f"{report}\nwritten to {file}\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--method", "guess"), "--method"),
        (("--execution", "graph"), "--execution eager"),
        (("--execution", "compiled"), "compiled=True"),
        (("--execution", "compiled", "--component", "mlp"), "a compiled model does not have"),
        (("--precision", "0"), "--precision must be above 0"),
        (("--max-time", "-1"), "--max-time must be above 0"),
        (("--meter", "nvml"), "reads a GPU, but the model is on cpu"),
        (("--seed", "-5"), "--seed"),
        (("--json", "/proc/nowhere/report.json"), "--json /proc/nowhere/report.json cannot be written"),
    ],
)  # fmt: skip
def test_wrong_options(runnable: Path, options: tuple[str, ...], said: str) -> None:
    done = run("run", runnable, *options)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert said in line


def test_files_beside_where_it_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("run", "nowhere.clear", "--json", "report.json", "--csv", "report.csv")
    assert done.returncode == 2 and "nowhere.clear" in done.stderr and "report" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_the_plug_in(bundle: Path) -> None:
    done = run("run", bundle, environment={"CLEAR_TORCH_RUNNER": "/nowhere.so"})
    (line,) = done.stderr.splitlines()
    assert done.returncode == 2 and "/nowhere.so" in line and "CLEAR_TORCH_RUNNER" in line


def test_a_bundle_that_was_changed(bundle: Path, tmp_path: Path) -> None:
    broken: dict[str, Any] = json.loads((bundle / "manifest.json").read_text("utf-8"))
    broken["files"]["plan.json"]["sha256"] = "0" * 64
    copy = tmp_path / "broken.clear"
    copy.mkdir()
    for file in bundle.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    (copy / "manifest.json").write_text(json.dumps(broken))
    for path, said in ((copy, "plan.json"), (tmp_path / "nowhere.clear", "nowhere.clear")):
        done = run("run", path)
        (line,) = done.stderr.splitlines()
        assert (done.returncode, done.stdout) == (2, "") and said in line
