"""Files of random results come back equal; damaged ones are refused by our error, and never by another."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("hypothesis")
from hypothesis import given, settings
from hypothesis import strategies as st
from protocol_fixtures import good
from random_results import KINDS, PLAIN, TEXTS
from report_fixtures import IN_SITU, report
from test_report_bench import cold

from clear_native.errors import BadInputError

VALID: dict[str, Any] = {
    "report": report(changes=IN_SITU, method="in_situ", dosing={"cache": "cold"}),
    "bench": cold(),
    "protocol": good(),
}
FAR = [math.nan, math.inf, -math.inf, 1e300, -1e300, 10**400]
ODD = st.one_of(st.none(), PLAIN, st.sampled_from([*FAR, -1, 0, [], {}, "", "x", [None], [[]], {"a": None}]))


@pytest.fixture(scope="module")
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder, "result.json")


@pytest.mark.parametrize("kind", KINDS)
def test_random_results_come_back_equal(kind: str, path: Path) -> None:
    cls, results = KINDS[kind]

    @settings(max_examples=max(1, settings.default.max_examples // 2))
    @given(results)
    def equal(result: Any) -> None:
        result.save(path)
        found = cls.load(path)
        same = found == result  # told in one word: the difference of two such is long
        assert same
        assert str(found)
        found.save(path)
        same = cls.load(path) == result
        assert same

    equal()


@pytest.mark.parametrize("kind", KINDS)
def test_random_damage_to_the_values_is_refused_or_harmless(kind: str, path: Path) -> None:
    """Whatever is read can be shown, written and read again."""
    cls = KINDS[kind][0]
    valid = json.loads(written(VALID[kind], path))

    @settings(max_examples=4 * settings.default.max_examples)
    @given(st.data())
    def damaged(data: st.DataObject) -> None:
        broken = copy.deepcopy(valid)
        for _ in range(data.draw(st.integers(1, 2))):
            places = list(_places(broken))
            parent, key = places[data.draw(st.integers(0, len(places) - 1))]
            change = data.draw(st.sampled_from(["replace", "remove", "double", "add"]))
            if change == "replace":
                parent[key] = data.draw(ODD)
            elif change == "remove":
                del parent[key]
            elif change == "double" and isinstance(parent, list):
                parent.append(copy.deepcopy(parent[key]))
            elif isinstance(parent, dict):
                parent[data.draw(TEXTS)] = data.draw(ODD)
        path.write_text(json.dumps(broken), "utf-8")
        survives(cls, path)

    damaged()


@pytest.mark.parametrize("kind", KINDS)
def test_random_damage_to_the_bytes_is_refused_or_harmless(kind: str, path: Path) -> None:
    cls = KINDS[kind][0]
    valid = written(VALID[kind], path).encode()

    @settings(max_examples=2 * settings.default.max_examples)
    @given(st.integers(0, len(valid) - 1), st.integers(0, 40), st.binary(max_size=6))
    def damaged(begin: int, removed: int, added: bytes) -> None:
        path.write_bytes(valid[:begin] + added + valid[begin + removed :])
        survives(cls, path)

    damaged()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_cut_files_are_refused(kind: str, share: float, path: Path) -> None:
    whole = written(VALID[kind], path)
    path.write_text(whole[: int(share * len(whole))], "utf-8")
    with pytest.raises(BadInputError, match="not a JSON file"):
        KINDS[kind][0].load(path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999", '"1.5"', "true", "null", "[]", "1e200"])
def test_a_number_is_a_finite_number(kind: str, text: str, path: Path) -> None:
    data = json.loads(written(VALID[kind], path))
    data["elapsed_s"] = "here"
    path.write_text(json.dumps(data).replace('"here"', text), "utf-8")
    with pytest.raises(BadInputError, match=r"not a JSON file|elapsed_s"):
        KINDS[kind][0].load(path)


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_field_is_named(kind: str, path: Path) -> None:
    data = json.loads(written(VALID[kind], path))
    for place in (data, data["meter"]):
        place["surprise"] = 1
        path.write_text(json.dumps(data), "utf-8")
        with pytest.raises(BadInputError, match="unknown field 'surprise'"):
            KINDS[kind][0].load(path)
        del place["surprise"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "9" * 5000, "\ufeff{}", '"a"', "3", "", "\x00"])
def test_foreign_files_are_refused(kind: str, text: str, path: Path) -> None:
    path.write_text(text, "utf-8")
    with pytest.raises(BadInputError):
        KINDS[kind][0].load(path)


def test_a_number_that_is_not_finite_is_not_written_where_it_cannot_be_left_out(path: Path) -> None:
    window = {"target": "plain", "ticks": [[0.1, math.nan, 3.0]]}
    with pytest.raises(BadInputError, match="a list holds a number that is not finite"):
        dataclasses.replace(VALID["report"], windows=(window,)).save(path)
    closure = dataclasses.replace(VALID["report"].energy_closure, ratio=math.inf)
    with pytest.raises(BadInputError, match=r"Closure\.ratio holds"):
        dataclasses.replace(VALID["report"], energy_closure=closure).save(path)


def test_names_of_undecodable_bytes_are_written(path: Path) -> None:
    named = dataclasses.replace(VALID["report"], model=b"bert-\xff".decode("utf-8", "surrogateescape"))
    named.save(path)
    assert type(named).load(path).model == named.model


def written(result: Any, path: Path) -> str:
    result.save(path)
    return path.read_text("utf-8")


def survives(cls: Any, path: Path) -> None:
    try:
        found = cls.load(path)
    except BadInputError:
        return
    assert str(found)
    found.save(path)
    same = cls.load(path) == found
    assert same


def _places(data: Any) -> Iterator[tuple[Any, Any]]:
    """(parent, key) of everything in JSON data."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, item in list(items):
        yield data, key
        yield from _places(item)
