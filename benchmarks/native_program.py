"""The program clear-bench, for benchmarks that run it: where it is, and what it wrote."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

DONE = (0, 1)  # 1: done, but a status is not ok; the result says which


def program() -> str:
    """$CLEAR_BENCH, else what pip installed beside the interpreter, else what is on the path."""
    beside = Path(sysconfig.get_path("scripts")) / "clear-bench"
    found = os.environ.get("CLEAR_BENCH") or (str(beside) if beside.is_file() else shutil.which("clear-bench"))
    if found is None:
        raise FileNotFoundError("clear-bench is neither beside this interpreter nor on the path: pip install .")
    return found


def result_of(command: str, *arguments: str, option: str = "--json") -> dict[str, Any]:
    """Runs `clear-bench COMMAND ...`; the JSON that it writes into the file that `option` names.

    Raises RuntimeError with what it said where it did not end well.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "result.json"
        done = subprocess.run(
            [program(), command, *arguments, option, str(file), "--quiet"], capture_output=True, text=True, check=False
        )
        if done.returncode not in DONE or not file.exists():
            raise RuntimeError(f"clear-bench {command} ended with {done.returncode}: {done.stderr.strip()}")
        found: dict[str, Any] = json.loads(file.read_text("utf-8"))
        return found
