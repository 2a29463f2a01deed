"""Facts about the machine: right where known, absent where not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from clear_native.machine import environment
from clear_native.machine.environment import collect, git_commit, gpu_uuid


def test_host_facts() -> None:
    found = collect("cpu")
    assert found["torch"] == torch.__version__
    assert found["python"] == sys.version.split()[0]
    assert found["cores"] >= 1
    assert found["made_at"].endswith("+00:00")
    assert not {"gpu", "uuid", "driver", "power_limit_w"} & set(found)
    assert all(isinstance(fact, (str, int, float, bool)) and fact != "" for fact in found.values())


@pytest.mark.skipif(not Path("/proc/cpuinfo").exists(), reason="no /proc")
def test_cores_are_those_this_process_may_use() -> None:
    code = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); "
    code += "from clear_native.machine.environment import usable_cores; print(usable_cores())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"


@pytest.mark.parametrize(
    ("uuid", "expected"),
    [("aaaa-bb", "GPU-aaaa-bb"), ("GPU-aaaa-bb", "GPU-aaaa-bb"), ("MIG-cc", "MIG-cc")],
)
def test_uuid_as_nvml_writes_it(monkeypatch: pytest.MonkeyPatch, uuid: str, expected: str) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(uuid=uuid))
    assert gpu_uuid("cuda:0") == expected


def test_without_the_nvml_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert environment._from_nvml("GPU-1") == {}


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)


def test_git_commit_of_the_checkout_and_of_no_other(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "environment.py").write_text("")
    assert git_commit(package) is None, "no checkout"
    git(tmp_path, "init")
    assert git_commit(package) is None, "a file of some checkout's virtual environment is not tracked by it"
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "x")
    commit = git_commit(package)
    assert commit is not None
    assert len(commit) == 40
    (package / "environment.py").write_text("changed")
    assert git_commit(package) == f"{commit}-dirty"


def test_without_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(os.environ, "PATH", str(tmp_path))
    assert git_commit(Path(environment.__file__).parent) is None
