"""The committed result files: one per benchmark, rows of every attempt, the headline figures, the environment."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

from clear_native.environment import collect

RESULTS = Path(os.environ.get("CLEAR_RESULTS", Path(__file__).parent / "results"))


def now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


def git_commit() -> str | None:
    """The commit that was measured; CLEAR_GIT_COMMIT where the checkout travels without its history."""
    if given := os.environ.get("CLEAR_GIT_COMMIT"):
        return given
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or None


def previous_rows(benchmark: str) -> list[dict[str, Any]]:
    """Rows of earlier runs: a file may be filled over several, and failed attempts stay in it."""
    path = Path(__file__).parent / "results" / f"{benchmark}.json"
    return json.loads(path.read_text())["rows"] if path.exists() else []


def write(benchmark: str, rows: list[dict[str, Any]], figures: dict[str, Any], keep_earlier: bool = True) -> Path:
    """Writes `<benchmark>.json`; every row gets `made_at` and `gpu_uuid`."""
    environment = dict(collect(torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")))
    made_at = now()
    uuid = environment.get("gpu_uuid") or environment.get("uuid")
    rows = [{"made_at": made_at, "gpu_uuid": uuid, **row} for row in rows]
    content = {
        "benchmark": benchmark,
        "made_at": made_at,
        "git": git_commit(),
        "environment": environment,
        "command": " ".join(["python", "-m", f"benchmarks.{Path(sys.argv[0]).stem}", *sys.argv[1:]]),
        "rows": (previous_rows(benchmark) if keep_earlier else []) + rows,
        "figures": figures,
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{benchmark}.json"
    path.write_text(json.dumps(content, indent=1) + "\n")
    return path


def show(rows: list[dict[str, Any]], columns: list[str]) -> None:
    """A short plain table."""

    def text(value: Any) -> str:
        return f"{value:.4g}" if isinstance(value, float) else str(value)

    table = [columns, *[[text(row.get(column, "")) for column in columns] for row in rows]]
    widths = [max(len(line[i]) for line in table) for i in range(len(columns))]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))
