"""scripts/gpu_check.sh hands benchmarks their arguments. A stand-in for Python notes how it was called."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PYTHON = """#!/usr/bin/env bash
printf '[%s]' "$@" >>"$CALLS"; echo >>"$CALLS"
case "$1 $2" in
  "-c import torch"*) exit "$NO_GPU" ;;
  "-m benchmarks.broken") exit 1 ;;
  "benchmarks/code_version.py "*) echo 0123abc ;;
  "-m benchmarks."*) echo "code $CLEAR_CODE_VERSION" ;;
esac
"""


def run(tmp_path: Path, *arguments: str, gpu: bool = True) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    python = tmp_path / "python"
    python.write_text(PYTHON)
    python.chmod(0o755)
    calls = tmp_path / "calls"
    environment = {
        **os.environ, "PYTHON": str(python), "CALLS": str(calls), "OUT": str(tmp_path / "out"),
        "NO_GPU": "0" if gpu else "1", "TMPDIR": str(tmp_path),
    }  # fmt: skip
    environment.pop("CLEAR_CODE_VERSION", None)
    script = str(ROOT / "scripts" / "gpu_check.sh")
    done = subprocess.run(
        ["bash", script, "--no-tests", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    return done, [line for line in calls.read_text().splitlines() if "benchmarks." in line]


def test_benchmarks_get_their_arguments(tmp_path: Path) -> None:
    done, calls = run(tmp_path, "closure --max-time 40 bert-base:float16:1x128", "replay_overhead", "closure gpt2")
    assert done.returncode == 0, done.stderr
    assert calls == [
        "[-m][benchmarks.closure][--max-time][40][bert-base:float16:1x128]",
        "[-m][benchmarks.replay_overhead]",
        "[-m][benchmarks.closure][gpt2]",
    ]
    log = (tmp_path / "out" / "gpu_check.log").read_text()
    assert [line for line in log.splitlines() if line.startswith("==")] == [
        "== closure --max-time 40 bert-base:float16:1x128", "== replay_overhead", "== closure gpt2",
    ]  # fmt: skip
    assert log.count("code 0123abc") == 3
    assert "code 0123abc" in done.stdout


def test_a_benchmark_that_fails_fails_the_check(tmp_path: Path) -> None:
    done, calls = run(tmp_path, "broken", "closure")
    assert done.returncode == 1
    assert len(calls) == 2


@pytest.mark.parametrize("benchmark", ["closure", "closure --max-time 40"])
def test_without_a_gpu_it_says_what_it_would_run(tmp_path: Path, benchmark: str) -> None:
    done, calls = run(tmp_path, benchmark, gpu=False)
    assert done.returncode == 0
    assert calls == []
    assert f"no GPU: would run benchmarks.{benchmark}" in done.stdout
