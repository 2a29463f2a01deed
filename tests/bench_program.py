"""The program clear-bench of this build, for tests that run it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest


def program() -> Path:
    """$CLEAR_BENCH, else what pip installed beside the interpreter. Skips where the build left it out."""
    named = os.environ.get("CLEAR_BENCH")
    if named is not None:
        assert Path(named).is_file(), f"CLEAR_BENCH={named} is not there"
        return Path(named)
    installed = Path(sysconfig.get_path("scripts")) / "clear-bench"
    if not installed.is_file():
        pytest.skip("clear-bench was not built here: nlohmann_json or CLI11 could not be had")
    return installed


def run(
    *arguments: str | Path, timeout_s: float = 60, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program(), *arguments], capture_output=True, encoding="utf-8", timeout=timeout_s, check=False,
        env={**os.environ, **(environment or {})},
    )  # fmt: skip


def fake_nvml(folder: Path, *without: str) -> Path:
    """Builds tests/native/fake_nvml; `without`: OPTIONAL, ENERGY, POWER. Skips where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler to build the fake libnvidia-ml with")
    library = folder / "libnvidia-ml-fake.so"
    source = Path(__file__).parent / "native" / "fake_nvml" / "fake_nvml.c"
    flags = [f"-DFAKE_NVML_WITHOUT_{what}" for what in without]
    subprocess.run([compiler, "-std=c11", "-shared", "-fPIC", *flags, "-o", library, source], check=True)
    return library
