"""The command line: exit codes, one clear line for errors, results written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from report_fixtures import RESULT, report, target

import clear_native
from clear_native import cli, errors
from clear_native.report import Meter
from clear_native.report.json_file import load, schema
from clear_native.report.sensor import Sensor

jsonschema = pytest.importorskip("jsonschema")
pytest.importorskip("transformers")

TINY = ["profile", "bert-tiny", "--device", "cpu", "--length", "8", "--meter", "estimate:50"]


def stub(monkeypatch: pytest.MonkeyPatch, outcome: Any) -> dict[str, Any]:
    """Puts `outcome` (a report, or an error) in the place of the measurement; returns what it was called with."""
    seen: dict[str, Any] = {}

    def profile(model: Any, inputs: Any, **options: Any) -> Any:
        seen.update(options, inputs=inputs)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    monkeypatch.setattr(clear_native, "profile", profile)
    return seen


def test_done(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    seen = stub(monkeypatch, report())
    out = tmp_path / "out" / "bert.json"
    arguments = ["--out", str(out), "--components", "mlp=*.output", "--components", "mlp=*.intermediate", "--seed", "3"]
    assert cli.run([*TINY, *arguments]) == cli.DONE
    assert "attention" in capsys.readouterr().out
    assert load(out)["attention"].energy_j == 0.15
    assert seen["components"] == {"mlp": ["*.output", "*.intermediate"]}
    assert (seen["meter"], seen["seed"], seen["synthetic_weights"], seen["name"]) == (
        "estimate:50",
        3,
        True,
        "bert-tiny",
    )
    assert seen["inputs"]["input_ids"].shape == (1, 8)


def test_status_not_ok(monkeypatch: pytest.MonkeyPatch) -> None:
    targets = [*RESULT["targets"][:2], target("attention", 0.15, 0.0005, statuses=["power_capped"])]
    stub(monkeypatch, report(changes={"targets": targets}))
    assert cli.run(TINY) == cli.NOT_OK


def test_quiet(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    seen = stub(monkeypatch, report())
    assert cli.run([*TINY, "--quiet"]) == cli.DONE
    assert capsys.readouterr() == ("", "")
    assert seen["progress"] is False


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("BadInputError", 2), ("NoDriverError", 3), ("SensorUnsupportedError", 3), ("SensorPermissionError", 3),
        ("MigUnsupportedError", 3), ("SensorFaultError", 1), ("DeviceLostError", 1), ("DeviceOutOfMemoryError", 1),
        ("CaptureFailedError", 1), ("CudaError", 1), ("Interrupted", 130),
    ],
)  # fmt: skip
def test_exit_codes_and_partial_results(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, code: int
) -> None:
    out = tmp_path / "partial.json"
    stub(monkeypatch, getattr(errors, name)("what was seen,\nwhat to do", report=report()))
    assert cli.run([*TINY, "--out", str(out)]) == code
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.startswith("clear-native: ")
    assert "Traceback" not in error
    assert load(out).model == "bert-base"


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    stub(monkeypatch, errors.DeviceLostError("lost"))
    assert cli.run([*TINY, "--debug"]) == cli.NOT_OK
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["profile"],
        ["profile", "bert-bse"],
        ["no-such-command"],
        [*TINY, "--no-such-option"],
        [*TINY, "--components", "mlp"],
        [*TINY, "--components", "mlp=*.nothing"],
        [*TINY, "--batch", "0"],
        [*TINY, "--precision", "0"],
        [*TINY, "--max-time", "-1"],
        [*TINY, "--meter", "wattmeter"],
        [*TINY, "--method", "guess"],
        [*TINY, "--execution", "graph"],
        ["sensor", "--device", "cpu", "--max-time", "3"],
        ["sensor", "--device", "cpu", "--meter", "auto+rapl"],
        ["sensor", "--device", "toaster"],
        ["sensor", "--device", "cpu:9"],
        ["env", "--device", "toaster"],
        ["env", "--device", "cpu:9"],
        ["profile", "bert-tiny", "--device", "cpu:9"],
        ["profile", "bert-tiny", "--device", "meta"],
    ],
)
def test_bad_input(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert cli.run(arguments) == cli.BAD_INPUT
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["env"], ["sensor"], ["profile", "bert-tiny"]])
def test_cuda_without_a_gpu(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert cli.run([*arguments, "--device", "cuda:0"]) == cli.NO_SENSOR
    assert "'cuda:0' is not there" in capsys.readouterr().err


def test_result_that_could_not_be_written_is_refused_before_measuring(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = stub(monkeypatch, report())
    (tmp_path / "file").touch()
    for out in (tmp_path, tmp_path / "file" / "bert.json"):
        assert cli.run([*TINY, "--out", str(out)]) == cli.BAD_INPUT
    assert not seen


def test_result_that_cannot_be_written_after_all_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def full(*_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("clear_native.report.json_file.save", full)
    stub(monkeypatch, report())
    assert cli.run([*TINY, "--quiet", "--out", str(tmp_path / "bert.json")]) == cli.NOT_OK
    printed = capsys.readouterr()
    assert "attention" in printed.out
    assert "disk full" in printed.err
    assert "written to" not in printed.out


def test_unexpected_errors_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    stub(monkeypatch, ZeroDivisionError("a bug"))
    with pytest.raises(ZeroDivisionError):
        cli.run(TINY)


def test_env(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["env", "--json", "--device", "cpu"]) == cli.DONE
    assert json.loads(capsys.readouterr().out)["python"] == sys.version.split()[0]
    assert cli.run(["env", "--device", "cpu"]) == cli.DONE
    assert "torch" in capsys.readouterr().out


def test_sensor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[Any] = []

    def characterized(*arguments: Any, progress: bool) -> Sensor:
        asked.append((*arguments, progress))
        return Sensor(meter=Meter("nvml_counter", "gpu", "GPU-1"), period_s=0.1)

    monkeypatch.setattr(clear_native, "sensor", characterized)
    out = tmp_path / "sensor.json"
    assert cli.run(["sensor", "--device", "cuda:1", "--max-time", "8", "--json", str(out)]) == cli.DONE
    assert asked == [("cuda:1", "auto", 8.0, True)]
    assert "reading changes every" in capsys.readouterr().out
    assert json.loads(out.read_text("utf-8"))["period_s"] == 0.1
    assert cli.run(["sensor", "--quiet", "--out", str(out)]) == cli.DONE
    assert asked[1:] == [(None, "auto", 30.0, False)]
    assert capsys.readouterr().out == ""
    assert Sensor.load(out).period_s == 0.1


def test_sensor_without_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["sensor", "--device", "cpu"]) == cli.NO_SENSOR
    assert "offers no energy counter" in capsys.readouterr().err
    assert cli.run(["sensor", "--device", "cpu", "--meter", "estimate"]) == cli.BAD_INPUT


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "clear_native", *arguments]


def test_a_whole_profile_in_a_process_of_its_own(tmp_path: Path) -> None:
    out = tmp_path / "bert.json"
    done = subprocess.run(
        command(*TINY, "--method", "partition", "--max-time", "5", "--precision", "0.5", "--out", str(out)),
        capture_output=True,
        text=True,
    )
    assert done.returncode in (cli.DONE, cli.NOT_OK), done.stderr
    assert "ESTIMATED" in done.stdout
    assert "random weights" in done.stdout
    jsonschema.validate(json.loads(out.read_text("utf-8")), schema())
    found = load(out)
    assert {"attention", "mlp", "norm", "lm_head", "embedding", "other"} <= set(found)
    assert found.meter.estimated
    assert found.closure is not None


TELLS_WHEN_MEASURING = """
import pathlib, sys
from clear_native import cli, progress
marker = pathlib.Path(sys.argv[1])
progress.Progress.update = lambda self, now: marker.touch() if now["windows_done"] >= 3 else None
sys.exit(cli.run(sys.argv[2:]))
"""


@pytest.mark.alone
@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_ends_within_a_second_and_keeps_what_is_finished(tmp_path: Path) -> None:
    out, measuring = tmp_path / "bert.json", tmp_path / "measuring"
    arguments = [*TINY, "--max-time", "300", "--precision", "0.00001", "--out", str(out)]
    process = subprocess.Popen(
        [sys.executable, "-c", TELLS_WHEN_MEASURING, str(measuring), *arguments], stderr=subprocess.PIPE, text=True
    )
    deadline_s = time.monotonic() + 120
    while not measuring.exists() and process.poll() is None and time.monotonic() < deadline_s:
        time.sleep(0.05)
    assert process.poll() is None
    begun_s = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=30)
    took_s = time.monotonic() - begun_s
    assert process.returncode == cli.INTERRUPTED, error
    assert "Traceback" not in error
    assert took_s < 5, "a second on a machine of one's own"
    found = load(out)
    assert found.stop_reason == "interrupted"
    assert found.windows
