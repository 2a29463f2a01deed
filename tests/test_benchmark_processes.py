"""Processes of their own for profiles: one that dies is a row, and those that wait end."""

from __future__ import annotations

import subprocess
import sys
from argparse import Namespace

import pytest
from benchmark_modules import benchmark

one_profile = benchmark("one_profile")
own_process = benchmark("own_process")


def given() -> Namespace:
    arguments: Namespace = one_profile.parser("x", 1.0).parse_args([])
    return arguments


def test_a_process_that_dies_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_process.sys, "executable", "false")
    row = own_process.in_own_process("closure", "x", given())
    assert row["status"] == "failed" and row["error"] == "the process ended with 1"
    assert (row["method"], row["max_time"]) == ("in_situ", 1.0)


def test_processes_that_wait_end_with_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two subjects, one after the other: the second finds its process waiting, and none is left behind."""
    started: list[subprocess.Popen[str]] = []
    made = own_process._started
    monkeypatch.setattr(own_process, "_started", lambda command: started.append(made(command)) or started[-1])
    script = (
        "import json, sys\n"
        "line = sys.stdin.readline()\n"
        "if line:\n"
        "    subject, out = json.loads(line)\n"
        "    open(out, 'w').write(json.dumps({'subject': subject}))\n"
    )
    monkeypatch.setattr(own_process, "_command", lambda *_: (sys.executable, "-c", script))
    for subject in ("a", "b"):
        assert own_process.in_own_process("closure", subject, given()) == {"subject": subject}
    assert len(started) == 3 and started[2].poll() is None
    own_process._dismiss()
    assert [child.returncode for child in started] == [0, 0, 0]
