"""Where runs are saved: a folder each, numbered, with a result file of clear_native for each test."""

from __future__ import annotations

import argparse
import hashlib
import re
from pathlib import Path

import pytest

__all__ = ["Storage", "file_of", "share"]

_RUN = re.compile(r"(\d{4,})_(.+)")


def share(text: str) -> float:
    """ "2%" and "0.02" are 0.02."""
    number = text.strip().removesuffix("%")
    try:
        found = float(number) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        found = -1.0
    if not 0 <= found < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no share such as 2% or 0.02")
    return found


class Storage:
    """Runs in one folder. `latest` and `named` look among those that were there when it was made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._runs = self._found()

    def _found(self) -> dict[int, Path]:
        if not self.folder.is_dir():
            return {}
        matches = [(path, _RUN.fullmatch(path.name)) for path in self.folder.iterdir() if path.is_dir()]
        return dict(sorted((int(match[1]), path) for path, match in matches if match))

    def run_of(self, wanted: str) -> Path:
        """The last run of this name, or of this number; of any name for "". Raises pytest.UsageError without one."""
        if wanted.isdigit() and int(wanted) in self._runs:
            return self._runs[int(wanted)]
        named = [path for path in self._runs.values() if wanted in ("", _name_of(path))]
        if not named:
            there = ", ".join(path.name for path in self._runs.values()) or "nothing"
            raise pytest.UsageError(
                f"--energy-compare: no saved run '{wanted or 'of any name'}' in {self.folder}, there is {there}; "
                "save one with --energy-save=NAME"
            )
        return named[-1]

    def new_run(self, name: str) -> Path:
        """The folder of a new run, made at once, so that two runs at a time have different ones."""
        safe = re.sub(r"[^\w.-]+", "-", name) or "run"
        number = max(self._found(), default=0)
        while True:
            number += 1
            path = self.folder / f"{number:04}_{safe}"
            if any(other.name.startswith(f"{number:04}_") for other in self._found().values()):
                continue
            try:
                path.mkdir(parents=True)
            except FileExistsError:
                continue
            return path


def _name_of(run: Path) -> str:
    match = _RUN.fullmatch(run.name)
    return match[2] if match else ""


def file_of(test: str) -> str:
    """A file's name for a test's id: readable, and different for different ids."""
    readable = re.sub(r"[^\w.-]+", "-", test).strip("-")[-80:]
    return f"{readable}.{hashlib.sha256(test.encode()).hexdigest()[:8]}.json"
