"""Takes the rows of runs made elsewhere, on a machine with a GPU, into the committed results.

    python -m benchmarks.take_rows FOLDER...     folders with result files as CLEAR_RESULTS had them

Every row that is not there yet is added, failed ones too, and the figures are computed again. A row is never changed.
"""

from __future__ import annotations

import argparse
import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import results_file

# Where figures of a result file are not `figures` of the program of its name.
_FIGURES = {
    "time_to_precision": ("time_to_precision", "seconds_figures"),
    "repeatability": ("time_to_precision", "repeatability_figures"),
    "protocol_against_ours": ("protocol_rows", "figures"),
}


def figures_of(benchmark: str) -> Callable[[list[dict[str, Any]]], dict[str, Any]] | None:
    """None where figures are of one run alone."""
    module, name = _FIGURES.get(benchmark, (benchmark, "figures"))
    return getattr(importlib.import_module(f"benchmarks.{module}"), name, None)


def take(path: Path) -> list[dict[str, Any]]:
    """The rows of a file that were new; they are those of its last run, whose environment and command are taken too."""
    brought = json.loads(path.read_text())
    target = results_file.COMMITTED / path.name
    there = json.loads(target.read_text())["rows"] if target.exists() else []
    new = [row for row in brought["rows"] if row not in there]
    if new:
        every = sorted(there + new, key=lambda row: str(row.get("made_at", "")))
        figures = figures_of(brought["benchmark"])
        content = {**brought, "rows": every, "figures": figures(every) if figures else brought["figures"]}
        target.write_text(json.dumps(content, indent=1) + "\n")
    return new


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    for folder in parser.parse_args().folders:
        for path in sorted(folder.glob("*.json")):
            new = take(path)
            print(f"{path}: {len(new)} new rows", *(f"  {row.get('case') or row.get('model') or ''} {row['status']}"
                                                    for row in new if "status" in row), sep="\n")  # fmt: skip
    for benchmark in ("time_to_precision", "repeatability"):  # they also go by rows of the published protocol
        if figures := figures_of(benchmark):
            results_file.renew(benchmark, figures)


if __name__ == "__main__":
    main()
