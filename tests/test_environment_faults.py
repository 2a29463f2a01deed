"""Surroundings that are not as usual: no home, folders that cannot be written, odd locales, a container that hides what
other processes do. What was measured is there, told and saved wherever that is possible."""

from __future__ import annotations

import builtins
import io
import os
import pwd
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from faulty_calls import QUICK, Measured, Model, X

import clear_native as cn
from clear_native import cli
from clear_native.machine import environment


@pytest.fixture(scope="module")
def measured() -> Measured:
    return Measured()


def profiled(measured: Measured) -> cn.Report:
    with measured.replayed("partition"):
        found = cn.profile(Model(), X, method="partition", **QUICK)
    assert isinstance(found, cn.Report) and found.windows and str(found)
    return found


def test_no_home(measured: Measured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nor a user of that number."""

    def unknown(_: int) -> Any:
        raise KeyError("no such user")

    for name in ("HOME", "USER", "LOGNAME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    with pytest.raises(RuntimeError):
        Path.home()
    profiled(measured).save(tmp_path / "report.json")
    assert cn.Report.load(tmp_path / "report.json").windows


def read_only(folder: Path) -> Path:
    """A folder in which not even root can make a file."""
    if os.geteuid() == 0:
        return Path("/proc")
    folder.mkdir()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    return folder


def test_a_read_only_folder_keeps_the_report_in_hand(measured: Measured, tmp_path: Path) -> None:
    found = profiled(measured)
    with pytest.raises(OSError):
        found.save(read_only(tmp_path / "closed") / "report.json")
    found.save(tmp_path / "report.json")
    assert cn.Report.load(tmp_path / "report.json").model == found.model


def test_the_command_refuses_a_read_only_folder_before_it_measures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cn, "profile", lambda *_, **__: pytest.fail("it measured"))
    folder = read_only(tmp_path / "closed")
    assert cli.run(["profile", "bert-tiny", "--device", "cpu", "--out", str(folder / "report.json")]) == 2
    assert str(folder) in capsys.readouterr().err


def test_a_working_folder_that_is_gone(measured: Measured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(OSError):
        os.getcwd()
    profiled(measured).save(tmp_path / "report.json")
    assert cn.Report.load(tmp_path / "report.json").windows


ODD_LOCALE = {
    "LC_ALL": "tr_TR.ISO-8859-9", "LANG": "xx_YY", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0",
    "PYTHONIOENCODING": "iso8859-9:strict", "OMP_NUM_THREADS": "1",
}  # fmt: skip


def test_an_odd_locale(tmp_path: Path) -> None:
    """And a terminal with signs of its own: the file is UTF-8, the table has another sign where one is unknown."""
    out = tmp_path / "report.json"
    program = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from report_fixtures import report
import clear_native
from clear_native import cli
clear_native.profile = lambda *_, **__: report(model="B\\u00e9rt \\u4e2d")
sys.argv = ["clear-native", "profile", "bert-tiny", "--device", "cpu", "--length", "8", "--out", {str(out)!r}]
cli.main()
"""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "PYTHON"))}
    where = {"PYTHONPATH": str(Path(cn.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", program], env={**kept, **ODD_LOCALE, **where}, capture_output=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) in ((0, b""), (1, b""))
    assert done.stdout.decode("iso8859-9").startswith("B\xe9rt ?")
    assert cn.Report.load(out).model == "B\xe9rt \u4e2d"


def test_facts_of_the_machine_in_another_encoding(measured: Measured, monkeypatch: pytest.MonkeyPatch) -> None:
    """A processor's name, or a file's in the checkout, that is no UTF-8."""
    opened = builtins.open

    def other(path: Any, *args: Any, **kwargs: Any) -> Any:
        if str(path) in ("/proc/cpuinfo", "/etc/os-release"):
            raw = io.BytesIO(b"model name\t: CPU \xae 9000\nPRETTY_NAME=\xff\n")
            return io.TextIOWrapper(raw, encoding=kwargs.get("encoding"), errors=kwargs.get("errors"))
        return opened(path, *args, **kwargs)

    monkeypatch.setattr(builtins, "open", other)
    assert "CPU" in str(environment.cpu_name())
    assert profiled(measured).environment["cpu"] == environment.cpu_name()


def test_git_that_writes_what_is_no_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    git = tmp_path / "git"
    git.write_text("#!/bin/sh\nprintf 'M caf\\351'\n")
    git.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert environment.git_commit(tmp_path) is not None


def test_a_container_without_proc(measured: Measured, monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts are absent, and whether others use the device is not known: never 0."""
    opened = builtins.open

    def hidden(path: Any, *args: Any, **kwargs: Any) -> Any:
        if str(path).startswith(("/proc", "/sys", "/etc/os-release")):
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *args, **kwargs)

    monkeypatch.setattr(builtins, "open", hidden)
    monkeypatch.setattr("platform.processor", lambda: "")
    found = profiled(measured)
    assert "cpu" not in found.environment and "os" not in found.environment
    assert found.other_processes_peak is None and "contended" not in found.all_statuses


def test_a_driver_that_answers_nothing_about_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    class NVMLError(Exception):
        pass

    def refuses(*_: object) -> Any:
        raise NVMLError("Insufficient Permissions")

    names = (
        "nvmlDeviceGetHandleByUUID", "nvmlDeviceGetEnforcedPowerLimit", "nvmlDeviceGetPowerManagementDefaultLimit",
        "nvmlSystemGetDriverVersion", "nvmlSystemGetNVMLVersion", "nvmlDeviceGetPersistenceMode",
    )  # fmt: skip
    fake = SimpleNamespace(NVMLError=NVMLError, nvmlInit=lambda: None, nvmlShutdown=lambda: None)
    for name in names:
        setattr(fake, name, refuses)
    monkeypatch.setitem(sys.modules, "pynvml", fake)
    assert {name: fact for name, fact in environment._from_nvml("GPU-1").items() if fact is not None} == {}


def test_no_terminal_and_closed_streams(monkeypatch: pytest.MonkeyPatch, measured: Measured) -> None:
    """As under pythonw or a service manager."""
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    with measured.replayed("partition"):
        found = cn.profile(Model(), X, method="partition", **{**QUICK, "progress": True})
    assert found.windows
