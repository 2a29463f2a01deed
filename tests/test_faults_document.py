"""docs/faults.md names tests that exist, and enough of them."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
AT_LEAST = 50
HEADER = ["fault", "provoked by", "you get"]
NAMED = re.compile(r"`([\w/]+\.(?:py|cpp))::([\w.]+)`")


def rows_of(text: str) -> list[list[str]]:
    """The cells of every row of every table, without headers and the lines below them."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return [row for row in rows if row != HEADER and set("".join(row)) - set("- ")]


ROWS = rows_of((ROOT / "docs" / "faults.md").read_text("utf-8"))


@cache
def names_in(file: str) -> frozenset[str]:
    """Names of the tests in a file; of a native one "Suite.Name". Empty where there is no such file."""
    path = ROOT / "tests" / ("native" if file.endswith(".cpp") else "") / file
    if not path.is_file():
        return frozenset()
    text = path.read_text("utf-8")
    if file.endswith(".cpp"):
        return frozenset(".".join(found) for found in re.findall(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", text, re.M))
    return frozenset(node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef))


def test_there_are_enough() -> None:
    assert len(ROWS) >= AT_LEAST
    assert len({row[0] for row in ROWS}) == len(ROWS), "each fault once"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_names_a_test_that_exists_and_what_one_gets(row: list[str]) -> None:
    assert len(row) == 3 and all(row), row
    named = NAMED.findall(row[1])
    assert named, f"{row[1]} names no test as `file::test`"
    for file, test in named:
        assert test in names_in(file), f"no test {test} in {file}"


def test_errors_named_are_those_of_the_package() -> None:
    from clear_native import errors

    named = {name for row in ROWS for name in re.findall(r"`(\w+Error|Interrupted)`", row[2])}
    assert named - {"OSError"} <= set(errors.__all__)
    assert len(named) > 8


def test_statuses_named_are_explained() -> None:
    from clear_native.report.terminal import STATUS_MEANINGS

    named = {name for row in ROWS for name in re.findall(r"status `(\w+)`", row[2])}
    assert named and named <= STATUS_MEANINGS.keys()


def test_the_check_sees_what_is_wrong() -> None:
    assert rows_of("| fault | provoked by | you get |\n| --- | --- | --- |\n| a | `x.py::y` | z |") == [
        ["a", "`x.py::y`", "z"]
    ]
    assert names_in("test_no_such_file.py") == frozenset()
    assert "test_there_are_enough" in names_in("test_faults_document.py")
    assert "UnwrappedCounterTest.WrapsAt32Bits" in names_in("test_unwrapped_counter.cpp")
