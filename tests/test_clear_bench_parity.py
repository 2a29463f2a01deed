"""Reports made in C++ (csrc/report) and in Python (clear_native/report) of the same results have the same fields.

The results are those of whole measurements on the simulated device; scripts/test_native.sh builds the program that
writes them (tests/native/report/write_reports.cpp).
"""

from __future__ import annotations

import json
import math
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from report_fixtures import FakeCost

from clear_native.report import Report
from clear_native.report.from_rounds import report_from_rounds
from clear_native.report.json_file import from_json, schema, to_json

ROOT = Path(__file__).parents[1]
NAMES = ("partition", "not_closed", "weighing", "interrupted", "failed", "estimated", "too_short")


def writer() -> Path:
    named = os.environ.get("CLEAR_WRITE_REPORTS")
    if named is not None:
        return Path(named)
    built = [ROOT / "build" / kind / "tests" / "native" / "report" / "write_reports" for kind in ("native", "asan")]
    found = [path for path in built if path.is_file()]
    if not found:
        pytest.skip("tests/native/report is not built: scripts/test_native.sh does")
    return max(found, key=lambda path: path.stat().st_mtime)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    file = tmp_path_factory.mktemp("reports") / "reports.json"
    subprocess.run([writer(), file], check=True, timeout=120)
    written: dict[str, dict[str, Any]] = json.loads(file.read_text("utf-8"))
    assert tuple(written) == NAMES
    return written


def by_python(case: dict[str, Any]) -> Report:
    result, facts = case["result"], dict(case["facts"])
    added = facts.pop("target_statuses")
    for target in result["targets"]:
        target["statuses"] = [*target["statuses"], *added.get(target["name"], [])]
    facts["costs"] = {name: FakeCost(**cost) for name, cost in facts["costs"].items()}
    return report_from_rounds(result, **facts)


def differences(one: Any, other: Any, place: str = "report") -> Iterator[str]:
    """Numbers may differ in their last digits: sums are made in another order."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in {**one, **other}:
            if key not in one or key not in other:
                yield f"{place}.{key} is in one of them only"
            else:
                yield from differences(one[key], other[key], f"{place}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differences(left, right, f"{place}[{number}]")
    elif isinstance(one, float) and isinstance(other, float):
        if not math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-300):
            yield f"{place}: {one} and {other}"
    elif type(one) is not type(other) or one != other:
        yield f"{place}: {str(one)[:60]!r} and {str(other)[:60]!r}"


@pytest.mark.parametrize("name", NAMES)
def test_field_by_field(cases: dict[str, dict[str, Any]], name: str) -> None:
    case = cases[name]
    expected = json.loads(json.dumps(to_json(by_python(case))))
    assert list(differences(case["report"], expected)) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_accepts_it_and_python_reads_it(cases: dict[str, dict[str, Any]], name: str) -> None:
    case = cases[name]
    jsonschema.validate(case["report"], schema())
    read = from_json(case["report"])
    assert str(read) == case["table"]
    assert read.to_csv() == case["csv"]


def test_a_difference_is_seen() -> None:
    one = {"a": [1.0, {"b": "x"}], "c": 1}
    assert list(differences(one, {"a": [1.0, {"b": "x"}], "c": 1})) == []
    for other in ({"a": [1.0, {"b": "y"}], "c": 1}, {"a": [1.1, {"b": "x"}], "c": 1}, {"a": [1.0], "c": 1}, {"c": 1},
                  {"a": [1.0, {"b": "x"}], "c": 1.0}, {"a": [1.0, {"b": "x"}], "c": True}):  # fmt: skip
        assert list(differences(one, other))
