"""Results of the protocol survive the file, every file obeys the schema, and what is none is refused."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from protocol_fixtures import ESTIMATE, good, interrupted, part, result

from clear_native import BadInputError, ProtocolResult
from clear_native.report import json_file, protocol_file
from clear_native.report.protocol import ProtocolLoop

jsonschema = pytest.importorskip("jsonschema")
referencing = pytest.importorskip("referencing")

RESULTS = {
    "good": good(),
    "estimate": good(meter=ESTIMATE, environment={"cpu": "Some CPU"}),
    "interrupted": interrupted(),
    "diagnosed": result(part("norm", 0.0, 0.0, statuses=("below_resolution",)), part("attention", 1.0, 4.0)),
    "mapping": good(options={**good().options, "components": {"a": "*.a"}}),
}


def validator() -> Any:
    """The schema refers to that of reports."""
    jsonschema.Draft202012Validator.check_schema(protocol_file.schema())
    reports = json_file.schema()
    registry = referencing.Registry().with_resource(reports["$id"], referencing.Resource.from_contents(reports))
    return jsonschema.Draft202012Validator(protocol_file.schema(), registry=registry)


@pytest.mark.parametrize("name", RESULTS)
def test_file_obeys_the_schema_and_reads_back_equal(name: str, tmp_path: Path) -> None:
    path = tmp_path / "out" / "result.json"
    RESULTS[name].save(path)
    data = json.loads(path.read_text("utf-8"))
    validator().validate(data)
    assert "null" not in path.read_text("utf-8")
    assert ProtocolResult.load(path) == RESULTS[name]
    assert ProtocolResult.from_dict(RESULTS[name].to_dict()) == RESULTS[name]


def test_what_follows_is_written_for_other_readers() -> None:
    data = good().to_dict()
    assert data["capture"] == good().capture
    assert data["components"][0]["energy_j"] == good()["attention"].energy_j
    assert data["components"][0]["loops"][0]["energies_j"] == list(good()["attention"].loops[0].energies_j)
    assert RESULTS["diagnosed"].to_dict()["diagnoses"][0]["name"] == "zero_readings"
    assert "energy_j" not in RESULTS["diagnosed"].to_dict()["components"][0]


@pytest.mark.parametrize(
    "breakage",
    [
        lambda data: data.update(unknown=1),
        lambda data: data.update(kind="report"),
        lambda data: data.pop("meter"),
        lambda data: data["meter"].update(volts=1),
        lambda data: data["components"][0].update(energy_j=0),
        lambda data: data["components"][0]["loops"][0].update(repetitions=0),
        lambda data: data["options"].pop("synchronize"),
        lambda data: data.update(diagnoses=[{"name": "odd", "seen": "a", "means": "b", "remedy": "c"}]),
    ],
)
def test_the_schema_refuses(breakage: Callable[[dict[str, Any]], Any]) -> None:
    data = good().to_dict()
    breakage(data)
    with pytest.raises(jsonschema.ValidationError):
        validator().validate(data)


def test_schema_knows_every_field() -> None:
    found = protocol_file.schema()
    fields = {field.name for field in dataclasses.fields(ProtocolResult)}
    assert set(found["properties"]) == fields | {"kind", "capture", "time_capture", "diagnoses"}
    assert set(found["$defs"]["loop"]["properties"]) == {field.name for field in dataclasses.fields(ProtocolLoop)}


@pytest.mark.parametrize(
    ("breakage", "message"),
    [
        (lambda data: data.update(schema_version=2), "version 2: upgrade clear_native"),
        (lambda data: data.update(schema_version="x"), "give what ProtocolResult.save wrote"),
        (lambda data: data.pop("kind"), "got kind None"),
        (lambda data: data.pop("components"), "not a whole result"),
        (lambda data: data["components"][0].pop("loops"), "not a whole result"),
        (lambda data: data["meter"].update(volts=1), "not a whole result"),
        (lambda data: data.update(components=3), "not a whole result"),
    ],
)
def test_what_is_no_result_is_refused(breakage: Callable[[dict[str, Any]], Any], message: str) -> None:
    data = good().to_dict()
    breakage(data)
    with pytest.raises(BadInputError, match=message):
        ProtocolResult.from_dict(data)


@pytest.mark.parametrize(("text", "message"), [("{", "not a JSON file"), ("[]", "holds a list"), (None, "not there")])
def test_files_that_cannot_be_read(tmp_path: Path, text: str | None, message: str) -> None:
    path = tmp_path / "result.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(BadInputError, match=message):
        ProtocolResult.load(path)


def test_dataframe() -> None:
    pytest.importorskip("pandas")
    frame = good(synthetic_weights=True).to_dataframe()
    assert list(frame.index) == ["attention", "lm_head", "model"]
    assert frame.loc["attention", "energy_j"] == good()["attention"].energy_j
    assert frame.loc["attention", "share"] == pytest.approx(12 * 10.1 / 201)
    assert frame["synthetic_weights"].all() and not frame["estimated"].any()
    assert set(interrupted().to_dataframe()["status"]) == {"ok", "not_measured"}
