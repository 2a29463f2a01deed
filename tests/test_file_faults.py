"""Result files that cannot be written, and files that are no results: nothing is lost, nothing is read as a number
that it is not."""

from __future__ import annotations

import copy
import errno
import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from protocol_fixtures import good as protocol_result
from report_fixtures import IN_SITU, report
from test_report_bench import cold as bench_result

import clear_native as cn
from clear_native.errors import BadInputError
from clear_native.report.methods import MethodComparison, compare_methods
from clear_native.report.reading import object_in as read

RESULTS: dict[str, Any] = {
    "report": report(changes=IN_SITU, method="in_situ", dosing={"cache": "cold", "l2_bytes": 62914560}),
    "bench": bench_result(),
    "protocol": protocol_result(),
}
LOADS: dict[str, Callable[[Any], Any]] = {
    "report": cn.Report.load, "bench": cn.BenchResult.load, "protocol": cn.ProtocolResult.load,
}  # fmt: skip


def saved(kind: str, folder: Path) -> Path:
    path = folder / f"{kind}.json"
    RESULTS[kind].save(path)
    return path


@pytest.mark.parametrize("failing", ["write", "fsync", "replace"])
@pytest.mark.parametrize("kind", RESULTS)
def test_a_full_disk_keeps_the_old_file_and_the_result(
    kind: str, failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(kind, tmp_path)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if failing == "write":
        monkeypatch.setattr(json, "dumps", lambda *_, **__: Full())
    else:
        monkeypatch.setattr(os, failing, full)
    with pytest.raises(OSError, match="No space left"):
        RESULTS[kind].save(path)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [path.name], "nothing half-written is left"
    RESULTS[kind].save(path)
    assert LOADS[kind](path) is not None


class Full:
    """A text that no disk has room for."""

    def encode(self, _: str) -> Full:
        return self

    def __add__(self, _: bytes) -> bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_disk_that_really_is_full(tmp_path: Path) -> None:
    """Files may not grow beyond 4 kB for a moment: the kernel's own refusal in the middle of writing."""
    resource = pytest.importorskip("resource")
    path = saved("report", tmp_path)
    before, limits = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    assert len(before) > 4096
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        RESULTS["report"].save(path)
    except OSError as error:
        found = error.errno
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert found == errno.EFBIG
    assert path.read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def test_many_threads_that_save_to_one_place_leave_one_whole_file(tmp_path: Path) -> None:
    path, errors = tmp_path / "report.json", []

    def save() -> None:
        try:
            for _ in range(10):
                RESULTS["report"].save(path)
        except OSError as error:
            errors.append(error)

    threads = [threading.Thread(target=save) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert cn.Report.load(path).model == RESULTS["report"].model
    assert [file.name for file in tmp_path.iterdir()] == ["report.json"]


@pytest.mark.parametrize("kind", RESULTS)
def test_a_truncated_file_is_refused_wherever_it_ends(kind: str, tmp_path: Path) -> None:
    path = saved(kind, tmp_path)
    whole = path.read_bytes()
    for length in [*range(0, 40), *range(40, len(whole) - 2, max(1, len(whole) // 120))]:
        path.write_bytes(whole[:length])
        with pytest.raises(BadInputError, match=f"{kind}.json"):
            LOADS[kind](path)


@pytest.mark.parametrize("kind", RESULTS)
@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff\xfe\x00", b"null", b"[]", b"3", b'"report"', b"{}", b'{"schema_version": 1}', b"NaN", b"{'a': 1}",
        b'{"kind": "bench", "schema_version": 1}', b'{"kind": "clear_protocol", "schema_version": 1}', b"[" * 100_000,
        b"9" * 5000, b'{"version": 2, "results": [{"mean": 1.0}]}',
    ],
    ids=lambda content: content[:18].decode("latin1"),
)  # fmt: skip
def test_a_foreign_file_is_refused(kind: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "foreign.json"
    path.write_bytes(content)
    with pytest.raises(BadInputError, match=r"foreign\.json"):
        LOADS[kind](path)


@pytest.mark.parametrize("kind", RESULTS)
def test_what_is_no_readable_file_is_refused(kind: str, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="not there"):
        LOADS[kind](tmp_path / "nothing.json")
    with pytest.raises(BadInputError, match="cannot be read"):
        LOADS[kind](tmp_path)


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths to everything inside plain JSON data; of lists the first item only."""
    items = value.items() if isinstance(value, dict) else list(enumerate(value))[:1] if isinstance(value, list) else ()
    for key, inner in items:
        yield (*at, key)
        yield from places(inner, (*at, key))


FREE = {"workload", "environment", "options", "windows", "details", "facts", "replay", "uncertainty", "diagnoses"}


@pytest.mark.parametrize("foreign", ["text", {"a": 1}, [1], True, None], ids=str)
@pytest.mark.parametrize("kind", RESULTS)
def test_no_field_may_hold_what_does_not_belong_there(kind: str, foreign: Any, tmp_path: Path) -> None:
    """Each value in turn becomes another: the file is refused, or what is read still prints as a whole."""
    path = saved(kind, tmp_path)
    whole = json.loads(path.read_text("utf-8"))
    refused = 0
    for place in places(whole):
        if FREE & set(place):
            continue
        data = copy.deepcopy(whole)
        inside = data
        for key in place[:-1]:
            inside = inside[key]
        inside[place[-1]] = foreign
        path.write_text(json.dumps(data), "utf-8")
        try:
            found = LOADS[kind](path)
        except BadInputError as error:
            assert f"{kind}.json" in str(error)
            refused += 1
            continue
        assert str(found), place
    assert refused > 15


@pytest.mark.parametrize("version", [2, 99, 0, "1", 1.5, None])
@pytest.mark.parametrize("kind", RESULTS)
def test_another_schema_version_is_refused_and_a_newer_one_says_what_to_do(
    kind: str, version: Any, tmp_path: Path
) -> None:
    path = saved(kind, tmp_path)
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "schema_version": version}), "utf-8")
    with pytest.raises(BadInputError, match="version") as caught:
        LOADS[kind](path)
    if version in (2, 99):
        assert "upgrade clear_native" in str(caught.value)


def test_a_comparison_of_methods_refuses_a_newer_version_and_foreign_data() -> None:
    given = {"in_situ": RESULTS["report"], "partition": report(method="partition")}
    data = compare_methods(given).to_dict()
    for wrong in ({"schema_version": 2}, {"kind": "report"}, {"reports": [1]}, {"reports": {"in_situ": 3}}):
        with pytest.raises(BadInputError):
            MethodComparison.from_dict({**data, **wrong})


def test_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    path = saved("report", tmp_path)
    text = path.read_text("utf-8").replace('"seed": ', '"elapsed_s": NaN, "seed": ', 1)
    path.write_text(text, "utf-8")
    with pytest.raises(BadInputError, match="NaN is no JSON number"):
        read(path, "report", "Report.save")
