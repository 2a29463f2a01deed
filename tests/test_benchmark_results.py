"""The committed results are whole, and benchmarks/README.md is of them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RESULTS = sorted((ROOT / "benchmarks" / "results").glob("*.json"))


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_result_file_has_the_agreed_form(path: Path) -> None:
    content = json.loads(path.read_text())
    assert content["benchmark"] == path.stem
    assert {"made_at", "git", "environment", "command", "rows", "figures"} <= content.keys()
    assert content["environment"]["gpu"].startswith("NVIDIA")
    assert content["rows"]
    for row in content["rows"]:
        assert row["gpu_uuid"].startswith("GPU-")
        assert row["made_at"].startswith("20")


def test_readme_is_of_these_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])
    from benchmarks.make_readme import page

    assert (ROOT / "benchmarks" / "README.md").read_text() == page(), "run python -m benchmarks.make_readme"
