"""How the command ends where it cannot write, where nobody reads, and on an early Ctrl-C: one line, an exit code."""

from __future__ import annotations

import errno
import io
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from realistic_reports import bert_base
from report_fixtures import report
from test_cli import TINY, stub
from test_compare import MODEL_J, profile

from clear_native import cli, errors
from clear_native.report.json_file import load

HELD_BACK = """
import resource, sys
from clear_native_command import main
import clear_native.cli
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
sys.argv = ["clear-native", *sys.argv[1:]]
main()
"""


@contextmanager
def files_no_larger_than(size_bytes: int) -> Iterator[None]:
    """As on a full disk, the kernel refuses in the middle of writing."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "in" / "bert.json"
    bert_base().save(path)
    return path


def one_line(error: str, *words: str) -> None:
    assert error.startswith("clear-native: ") and error.count("\n") == 1, error
    for word in words:
        assert word in error


@pytest.mark.parametrize("option", ["html", "csv", "md", "trace"])
def test_report_beyond_the_limit_of_files(
    option: str, saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "out"
    with files_no_larger_than(256):
        code = cli.run(["report", str(saved), f"--{option}", str(out)])
    assert code == cli.NOT_OK
    one_line(capsys.readouterr().err, f"{out} cannot be written (File too large)", "ulimit -f")
    assert list(out.parent.iterdir()) == []


def test_report_on_a_full_disk(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    out = tmp_path / "bert.html"
    assert cli.run(["report", str(saved), "--html", str(out), "--debug"]) == cli.NOT_OK
    error = capsys.readouterr().err
    assert f"clear-native: {out} cannot be written (No space left on device): free space there" in error
    assert "Traceback" in error, "with --debug"


def test_compare_beyond_the_limit_of_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile().save(tmp_path / "before.json")
    profile(MODEL_J).save(tmp_path / "after.json")
    out = tmp_path / "found.json"
    with files_no_larger_than(256):
        code = cli.run(["compare", str(tmp_path / "before.json"), str(tmp_path / "after.json"), "--out", str(out)])
    assert code == cli.NOT_OK
    one_line(capsys.readouterr().err, f"{out} cannot be written (File too large)")
    assert not out.exists()


def test_export_beyond_the_limit_of_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("safetensors")
    pytest.importorskip("transformers")
    out = tmp_path / "bert.clear"
    with files_no_larger_than(256):
        code = cli.run(["export", "bert-tiny", "--device", "cpu", "--length", "8", "--out", str(out), "-q"])
    assert code == cli.NOT_OK
    one_line(capsys.readouterr().err, f"{out} cannot be written (File too large)")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_anywhere_else_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stub(monkeypatch, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/tmp/cache"))
    assert cli.run(TINY) == cli.NOT_OK
    one_line(capsys.readouterr().err, "/tmp/cache cannot be written (No space left on device)")
    stub(monkeypatch, FileNotFoundError(errno.ENOENT, "a bug"))
    with pytest.raises(FileNotFoundError):
        cli.run(TINY)


@pytest.mark.parametrize("arguments", [["report"], ["models", "--json"], ["--help"], ["--version"]], ids=str)
def test_standard_output_takes_nothing(arguments: list[str], saved: Path, tmp_path: Path) -> None:
    """The limit holds for the file behind it; a pipe has none."""
    whole = [*arguments, str(saved)] if arguments == ["report"] else arguments
    with (tmp_path / "out.txt").open("wb") as out:
        done = subprocess.run(
            [sys.executable, "-c", HELD_BACK, *whole], stdout=out, stderr=subprocess.PIPE, text=True, timeout=120
        )
    assert done.returncode == cli.NOT_OK
    one_line(done.stderr, "standard output cannot be written (File too large)")


@pytest.mark.parametrize("arguments", [["models", "--json"], ["--help"]], ids=str)
def test_nobody_reads(arguments: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    code = "from clear_native_command import main; import sys; sys.argv[0] = 'clear-native'; main()"
    try:
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], stdout=write, stderr=subprocess.PIPE, text=True, timeout=120
        )
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (cli.NOT_OK, "")


class Lost(io.StringIO):
    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def write(self, _: str) -> int:
        raise OSError(self.number, os.strerror(self.number))


@pytest.mark.parametrize("number", [errno.EPIPE, errno.ENOSPC])
def test_files_are_written_and_the_error_told_where_standard_output_is_lost(
    number: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Ctrl-C ends what reads a pipe too (`| tee log`)."""
    out = tmp_path / "bert.json"
    stub(monkeypatch, errors.Interrupted("interrupted; what was finished is in .report", report=report()))
    monkeypatch.setattr(sys, "stdout", Lost(number))
    assert cli.run([*TINY, "--out", str(out)]) == cli.INTERRUPTED
    one_line(capsys.readouterr().err, f"interrupted; what was finished is in {out}")
    assert load(out).model == "bert-base"
    stub(monkeypatch, report())
    assert cli.run([*TINY, "--out", str(out)]) == cli.NOT_OK
    told = capsys.readouterr().err
    assert told == "" if number == errno.EPIPE else "standard output cannot be written" in told


def test_a_result_that_no_file_and_no_terminal_takes_is_told_twice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("clear_native.report.json_file.save", full)
    monkeypatch.setattr(sys, "stdout", Lost(errno.ENOSPC))
    stub(monkeypatch, report())
    assert cli.run([*TINY, "--out", str(tmp_path / "bert.json")]) == cli.NOT_OK
    told = capsys.readouterr().err
    assert "bert.json cannot be written (No space" in told and "standard output cannot be written (No space" in told


PARTIAL = "too little memory; what was finished is in .report"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--out", "a.json"], "too little memory; what was finished is in a.json"),
        (["--out", "a.json", "--html", "a.html"], "too little memory; what was finished is in a.json, a.html"),
        ([], "too little memory; what was finished is in the table above only: give --out FILE to keep it"),
        (["--quiet"], "too little memory; nothing was kept: give --out FILE to keep it"),
    ],
)
def test_the_message_says_where_what_was_finished_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path,
    options: list[str], expected: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    stub(monkeypatch, errors.DeviceOutOfMemoryError(PARTIAL, report=report()))
    assert cli.run([*TINY, *options]) == cli.NOT_OK
    assert capsys.readouterr().err == f"clear-native: {expected}\n"
    for name in options[1::2]:
        assert (tmp_path / name).is_file()


def test_the_message_names_the_files_of_whole_reports_before(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    error = errors.Interrupted("interrupted; what was finished is in .report")
    stub(monkeypatch, error)
    assert cli.run([*TINY, "--out", "a.json"]) == cli.INTERRUPTED
    assert capsys.readouterr().err == "clear-native: interrupted; nothing was finished\n"
    error = errors.Interrupted("interrupted; what was finished is in .report", report=report())
    error.finished["isolated"] = report()
    stub(monkeypatch, error)
    assert cli.run([*TINY, "--out", "a.json"]) == cli.INTERRUPTED
    assert capsys.readouterr().err == "clear-native: interrupted; what was finished is in a.isolated.json, a.json\n"


def test_a_file_that_could_not_be_written_is_not_named_as_one_that_was(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("clear_native.report.json_file.save", full)
    stub(monkeypatch, errors.Interrupted("interrupted; what was finished is in .report", report=report()))
    assert cli.run([*TINY, "--out", str(tmp_path / "a.json")]) == cli.INTERRUPTED
    told = capsys.readouterr().err
    assert "cannot be written (No space left on device)" in told
    assert told.endswith("interrupted; what was finished could not be written to every file, as said above\n")


IMPORTING = """
import pathlib, time
pathlib.Path({marker!r}).touch()
while True:
    try:
        time.sleep(60)
    except {caught}:
        pass
"""


@pytest.mark.parametrize("caught", ["ZeroDivisionError", "BaseException"])
def test_ctrl_c_while_torch_is_imported(caught: str, tmp_path: Path) -> None:
    """Another torch, which takes its time, and one that lets no exception out as NumPy's loading in C does."""
    marker = tmp_path / "importing"
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text(IMPORTING.format(marker=str(marker), caught=caught))
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from clear_native_command import main; main()"
    process = subprocess.Popen([sys.executable, "-c", code, "env"], stderr=subprocess.PIPE, text=True)
    deadline_s = time.monotonic() + 60
    while not marker.exists() and process.poll() is None and time.monotonic() < deadline_s:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    try:
        _, error = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, error) == (cli.INTERRUPTED, "clear-native: interrupted\n")


def test_the_console_script_begins_where_ctrl_c_is_guarded() -> None:
    text = (Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8")
    assert 'clear-native = "clear_native_command:main"' in text
    code = "import sys, clear_native_command; sys.exit('clear_native' in sys.modules or 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_ctrl_c_before_a_verb_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(**_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "app", interrupted)
    assert cli.run(["env"]) == cli.INTERRUPTED
    assert capsys.readouterr().err == "clear-native: interrupted\n"
