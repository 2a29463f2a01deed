"""The committed result files: one per benchmark, rows of every attempt, the headline figures, the environment."""

from __future__ import annotations

import datetime
import json
import os
import sys
from collections.abc import Callable, Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any

import torch

from benchmarks.code_version import code_version, git_commit
from clear_native.machine.environment import collect

Row = dict[str, Any]
Figures = dict[str, Any]

COMMITTED = Path(__file__).parent / "results"


def folder() -> Path:
    return Path(os.environ.get("CLEAR_RESULTS", COMMITTED))


def check_place(device: str) -> None:
    """What runs on a CPU tries the program; it is no result, so it must be written somewhere else."""
    if device != "cuda" and folder().resolve() == COMMITTED.resolve():
        sys.exit(f"results/ is for what ran on a GPU, not on '{device}': set CLEAR_RESULTS to another folder")
    if device == "cuda" and folder().resolve() == COMMITTED.resolve() and not torch.cuda.is_available():
        sys.exit("results/ is for what ran on a GPU, and torch finds none: set CLEAR_RESULTS to another folder")


def now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


def earlier_rows(benchmark: str) -> list[Row]:
    """Rows of earlier runs, the committed ones first: a file may be filled over several, and failed attempts stay."""
    rows: list[Row] = []
    for path in dict.fromkeys((COMMITTED / f"{benchmark}.json", folder() / f"{benchmark}.json")):
        if path.exists():
            rows += [row for row in json.loads(path.read_text())["rows"] if row not in rows]
    return rows


def last_environment(benchmark: str) -> dict[str, Any] | None:
    """Of the committed file, where there is one."""
    path = COMMITTED / f"{benchmark}.json"
    return dict(json.loads(path.read_text())["environment"]) if path.exists() else None


def version_of(row: Row) -> str:
    """Rows of one version were measured with one state of the code; rows older than `code` with one run of it."""
    return str(row.get("code") or row["made_at"])


def counted(rows: Iterable[Row], case_of: Callable[[Row], Hashable]) -> list[Row]:
    """Of each case, all rows of the version of the code that it was measured with last. Never the best of them."""
    rows = list(rows)
    latest = {case_of(row): version_of(row) for row in rows}
    return [row for row in rows if version_of(row) == latest[case_of(row)]]


def append(
    benchmark: str,
    rows: list[Row],
    figures_of: Callable[[list[Row]], Figures],
    measured_in: Mapping[str, Any] | None = None,
) -> Path:
    """Adds rows to those of all earlier runs; figures are of all of them together. `measured_in`: the environment,
    where it is not that of this process."""
    environment = dict(measured_in or _environment())
    every = earlier_rows(benchmark) + _labelled(rows, environment)
    return _write(benchmark, every, figures_of(every), environment)


def write(benchmark: str, rows: list[Row], figures: Figures) -> Path:
    """The same with figures of this run alone."""
    environment = _environment()
    return _write(benchmark, earlier_rows(benchmark) + _labelled(rows, environment), figures, environment)


def renew(benchmark: str, figures_of: Callable[[list[Row]], Figures]) -> None:
    """Figures of the rows there are, computed again, where they also go by another benchmark's rows. Nothing else
    changes; without rows nothing is written."""
    for path in (folder() / f"{benchmark}.json", COMMITTED / f"{benchmark}.json"):
        if path.exists():
            content = json.loads(path.read_text())
            content["figures"] = figures_of(content["rows"])
            folder().mkdir(parents=True, exist_ok=True)
            (folder() / f"{benchmark}.json").write_text(json.dumps(content, indent=1) + "\n")
            return


def _environment() -> dict[str, Any]:
    return dict(collect(torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")))


def _labelled(rows: list[Row], environment: dict[str, Any]) -> list[Row]:
    label = {
        "made_at": now(), "gpu": environment.get("gpu"), "gpu_uuid": environment.get("uuid"), "git": git_commit(),
        "code": code_version(),
    }  # fmt: skip
    return [{**label, **row} for row in rows]


def _write(benchmark: str, rows: list[Row], figures: Figures, environment: dict[str, Any]) -> Path:
    content = {
        "benchmark": benchmark,
        "made_at": now(),
        "git": git_commit(),
        "environment": environment,
        "command": " ".join(["python", "-m", f"benchmarks.{Path(sys.argv[0]).stem}", *sys.argv[1:]]),
        "rows": rows,
        "figures": figures,
    }
    folder().mkdir(parents=True, exist_ok=True)
    path = folder() / f"{benchmark}.json"
    path.write_text(json.dumps(content, indent=1) + "\n")
    return path


def show(rows: list[Row], columns: list[str]) -> None:
    """A short plain table."""

    def text(value: Any) -> str:
        return f"{value:.4g}" if isinstance(value, float) else str(value)

    table = [columns, *[[text(row.get(column, "")) for column in columns] for row in rows]]
    widths = [max(len(line[i]) for line in table) for i in range(len(columns))]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))
