"""`clear-native protocol`: options reach the protocol, results are written, exit codes tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from protocol_fixtures import good, interrupted, part, result

import clear_native
from clear_native import ProtocolResult, cli, errors

pytest.importorskip("transformers")

TINY = ["protocol", "bert-tiny", "--device", "cpu", "--length", "8", "--meter", "estimate:50"]


def stub(monkeypatch: pytest.MonkeyPatch, outcome: Any) -> dict[str, Any]:
    seen: dict[str, Any] = {}

    def protocol(model: Any, inputs: Any, *counts: Any, **options: Any) -> Any:
        seen.update(options, counts=counts, inputs=inputs)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    monkeypatch.setattr(clear_native, "clear_protocol", protocol)
    return seen


def test_done(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    seen = stub(monkeypatch, good())
    out = tmp_path / "out" / "bert.json"
    options = ["--repetitions", "30", "--full", "5", "--trials", "2", "--no-synchronize", "--out", str(out)]
    assert cli.run([*TINY, *options]) == cli.DONE
    assert seen["counts"] == (30, 5, 2, False)
    assert (seen["meter"], seen["synthetic_weights"], seen["name"]) == ("estimate:50", True, "bert-tiny")
    assert seen["inputs"]["input_ids"].shape == (1, 8)
    assert "CLEAR's published protocol" in capsys.readouterr().out
    assert ProtocolResult.load(out) == good()


def test_as_published_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = stub(monkeypatch, good())
    assert cli.run([*TINY, "--quiet"]) == cli.DONE
    assert seen["counts"] == (10_000, 1_000, 20, True)


@pytest.mark.parametrize(
    "outcome",
    [result(part("attention", 10.0, 20.0, calls=12)), good(statuses=("contended",))],
    ids=["diagnosis", "status"],
)
def test_not_ok(monkeypatch: pytest.MonkeyPatch, outcome: ProtocolResult) -> None:
    stub(monkeypatch, outcome)
    assert cli.run(TINY) == cli.NOT_OK


def test_what_was_finished_is_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    stub(monkeypatch, errors.Interrupted("interrupted", report=interrupted()))
    out = tmp_path / "partial.json"
    assert cli.run([*TINY, "--out", str(out)]) == cli.INTERRUPTED
    assert ProtocolResult.load(out) == interrupted()
    assert "not_measured" in capsys.readouterr().out


@pytest.mark.parametrize(
    "options", [["--trials", "0"], ["--repetitions", "0"], ["--meter", "volt"], ["--length", "9999"]]
)
def test_bad_input(capsys: pytest.CaptureFixture[str], options: list[str]) -> None:
    assert cli.run([*TINY, *options]) == cli.BAD_INPUT
    assert "Traceback" not in capsys.readouterr().err


def test_a_whole_run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "bert.json"
    code = cli.run([*TINY, "--repetitions", "2", "--full", "2", "--trials", "1", "--out", str(out)])
    found = ProtocolResult.load(out)
    assert code == (cli.NOT_OK if found.diagnoses else cli.DONE)
    assert found["attention"].calls == 2 and found.meter.estimated
    assert "ESTIMATED" in capsys.readouterr().out
