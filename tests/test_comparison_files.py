"""Comparisons saved, read again and shown as Markdown."""

from __future__ import annotations

import copy
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from report_fixtures import ESTIMATE_TRAITS
from test_compare import MODEL_J, profile

from clear_native import BadInputError, Comparison, compare


def found() -> Comparison:
    after = profile(MODEL_J * 1.04, environment={"gpu": "NVIDIA A100", "torch": "2.13.0"}, synthetic_weights=True)
    return compare(profile(parts={"attention": 0.15, "a|b*": 0.05}), after, allow_different_environment=True)


@pytest.mark.parametrize(
    "comparison",
    [found(), compare(profile(meter=ESTIMATE_TRAITS), profile(meter=ESTIMATE_TRAITS))],
    ids=["unlike", "estimated"],
)
def test_what_is_saved_is_read_as_it_was(comparison: Comparison, tmp_path: Path) -> None:
    path = tmp_path / "found.json"
    comparison.save(path)
    read = Comparison.load(path)
    assert str(read) == str(comparison)
    assert read.to_markdown() == comparison.to_markdown()
    assert (read.verdict, read.regression(0.02)) == (comparison.verdict, comparison.regression(0.02))
    read.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()


def test_numbers_that_are_not_known_stay_so(tmp_path: Path) -> None:
    whole = found()
    row = dataclasses.replace(whole["attention"], before_j=None, change=None, change_half_width=None, p_value=None)
    changed = dataclasses.replace(whole, components={"attention": row})
    changed.save(tmp_path / "found.json")
    assert Comparison.load(tmp_path / "found.json")["attention"] == row


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "bench"}, {"schema_version": 2}, {"schema_version": True}, {"schema_version": 1.5}, {"total": None},
        {"total": {"name": "model"}}, {"total": {"name": "model", "verdict": "WORSE"}}, {"components": {}},
        {"components": [3]}, {"before": "x"}, {"same_within": "2%"}, {"different_environment": {"gpu": 3}},
        {"unknown": 1},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_comparison_is_refused(change: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "found.json"
    path.write_text(json.dumps({**copy.deepcopy(found().to_dict()), **change}), "utf-8")
    with pytest.raises(BadInputError, match=r"found\.json"):
        Comparison.load(path)


def test_a_file_of_something_else_or_none(tmp_path: Path) -> None:
    profile().save(tmp_path / "report.json")
    with pytest.raises(BadInputError, match="expected a comparison of schema version 1, got kind None"):
        Comparison.load(tmp_path / "report.json")
    with pytest.raises(BadInputError, match="not there"):
        Comparison.load(tmp_path / "nothing.json")


def test_markdown(tmp_path: Path) -> None:
    text = found().to_markdown(tmp_path / "found.md")
    assert (tmp_path / "found.md").read_text("utf-8") == text
    lines = text.splitlines()
    assert lines[0].startswith("### WORSE: energy of the whole model +4.0 ± ")
    assert any(line.startswith("- after: bert-base · random weights · ") for line in lines)
    rows = [line for line in lines if line.startswith("| ")]
    assert {line.replace(r"\|", "").count("|") for line in rows} == {9}
    assert rows[2].startswith("| **model** | 195 mJ | 203 mJ | +4.0 ± ")
    assert "only before: a\\|b\\*" in text and "The environments differ: gpu" in text
