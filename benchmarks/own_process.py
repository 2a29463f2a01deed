"""Every profile of a benchmark runs in a process of its own: what the one before left in caches and clocks of the host
is gone, and one that dies is a row.

The next process is started while one measures: it imports what takes seconds to import, touches no GPU, and waits for
its subject.
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_PREPARING_S = 600.0  # a process that takes longer than its max_time and this hangs

Command = tuple[str, ...]
One = Callable[[str, argparse.Namespace], Mapping[str, Any]]

_waiting: dict[Command, subprocess.Popen[str]] = {}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--one", nargs=2, metavar=("SUBJECT", "FILE"), help=argparse.SUPPRESS)
    parser.add_argument("--await-one", action="store_true", help=argparse.SUPPRESS)


def ran_one(given: argparse.Namespace, one: One) -> bool:
    """In the process of its own: the row of `--one SUBJECT FILE`, or of what comes on a line of the standard input."""
    if given.await_one:
        import transformers  # noqa: F401

        import clear_native  # noqa: F401

        line = sys.stdin.readline()
        if not line:  # nobody needs it
            return True
        given.one = json.loads(line)
    if not given.one:
        return False
    subject, out = given.one
    Path(out).write_text(json.dumps(one(subject, given)))
    return True


def in_own_process(program: str, subject: str, given: argparse.Namespace) -> dict[str, Any]:
    """The row that `benchmarks.<program>` makes of a subject; if the process dies or hangs, a row of that."""
    command = _command(program, given)
    failed = {"method": given.method, "precision": given.precision, "max_time": given.max_time, "status": "failed"}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "row.json"
        begin = time.perf_counter()
        child = _waiting.pop(command, None) or _started(command)
        _tell(child, json.dumps([subject, str(out)]) + "\n")
        _waiting[command] = _started(command)
        try:
            code = child.wait(given.max_time + _PREPARING_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            return {**failed, "seconds": time.perf_counter() - begin, "error": "the process did not end"}
        if code == 0:
            row: dict[str, Any] = json.loads(out.read_text())
            return row
        return {**failed, "seconds": time.perf_counter() - begin, "error": f"the process ended with {code}"}


def _command(program: str, given: argparse.Namespace) -> Command:
    options = [
        "--method", given.method, "--execution", given.execution, "--max-time", str(given.max_time), "--precision",
        str(given.precision), "--device", given.device, "--meter", given.meter,
    ]  # fmt: skip
    options += ["--seed", str(given.seed)] if given.seed is not None else []
    options += ["--keep-reports"] if given.keep_reports else []
    return (sys.executable, "-m", f"benchmarks.{program}", *options, "--await-one")


def _started(command: Command) -> subprocess.Popen[str]:
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, text=True)


def _tell(child: subprocess.Popen[str], text: str) -> None:
    assert child.stdin is not None
    with contextlib.suppress(BrokenPipeError):  # it died: its code tells
        child.stdin.write(text)
        child.stdin.flush()
    with contextlib.suppress(BrokenPipeError):
        child.stdin.close()


@atexit.register
def _dismiss() -> None:
    """Those that wait find their input ended, and end."""
    while _waiting:
        child = _waiting.popitem()[1]
        _tell(child, "")
        child.wait()
