"""Reports survive the file, every file obeys the schema, and what is no report is refused."""

from __future__ import annotations

import copy
import dataclasses
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from report_fixtures import ESTIMATE_TRAITS, IN_SITU, RESULT, report, target

from clear_native.errors import BadInputError
from clear_native.report import Group, KernelComparison, Report, Roofline, Uncertainty, Weighing
from clear_native.report.diagnosis import Diagnosis
from clear_native.report.json_file import from_json, schema, to_json

jsonschema = pytest.importorskip("jsonschema")

KERNELS = KernelComparison(("a",), ("b",), ("c",), ("Memset (Device)",), ("memset32",))
LOST = {"stop_reason": "failed", "failure_kind": "device_lost", "failure_message": "GPU is lost"}
NO_ENERGY = {"targets": [*RESULT["targets"][:3], target("norm", 0.05, 1e-4, statuses=["below_resolution"])]}
REPORTS = {
    "gpu": report(),
    "estimate": report(ESTIMATE_TRAITS, execution="eager"),
    "kernels": report(kernels=KERNELS),
    "in_situ": report(changes=IN_SITU, method="in_situ", dosing={"cache": "cold", "l2_bytes": 62914560}),
    "failed": report(changes=LOST, synthetic_weights=None),
    "below_resolution": report(changes=NO_ENERGY),
}


def validator() -> Any:
    jsonschema.Draft202012Validator.check_schema(schema())
    formats = jsonschema.FormatChecker(formats=())
    formats.checks("date-time", raises=ValueError)(is_date_time)  # jsonschema's own needs one more package
    return jsonschema.Draft202012Validator(schema(), format_checker=formats)


def is_date_time(value: object) -> bool:
    return not isinstance(value, str) or ("T" in value and datetime.fromisoformat(value).tzinfo is not None)


@pytest.mark.parametrize("name", REPORTS)
def test_file_obeys_the_schema_and_reads_back_equal(name: str, tmp_path: Path) -> None:
    path = tmp_path / "out" / "report.json"
    REPORTS[name].save(path)
    data = json.loads(path.read_text("utf-8"))
    validator().validate(data)
    found = Report.load(path)
    assert to_json(found) == data
    for field in dataclasses.fields(Report):
        if field.name != "windows":  # absent values of raw windows are left out of the file
            assert getattr(found, field.name) == getattr(REPORTS[name], field.name), field.name
    assert found["attention"].pj_per_flop == REPORTS[name]["attention"].pj_per_flop


def test_nothing_absent_is_written() -> None:
    assert "null" not in json.dumps([to_json(found) for found in REPORTS.values()])


@pytest.mark.parametrize(
    "breakage",
    [
        lambda data: data.update(unknown=1),
        lambda data: data.pop("meter"),
        lambda data: data.update(schema_version=2),
        lambda data: data.update(method="guess"),
        lambda data: data["full_model"].update(energy_mj=1),
        lambda data: data["full_model"].update(energy_half_width_j=-1),
        lambda data: data["components"][0].pop("name"),
        lambda data: data["components"][0].update(flops=1.5),
        lambda data: data["windows"][0]["ticks"].append([1, 2]),
        lambda data: data["windows"][0].update(operating_point={"sm_clock_mhz": 5}),
        lambda data: data["meter"].pop("estimated"),
        lambda data: data.update(made_at=3),
        lambda data: data.update(made_at="yesterday"),
        lambda data: data.update(made_at="2026-11-20T18:00:00"),
        lambda data: data["environment"].update(made_at="2026-13-20T18:00:00+00:00"),
        lambda data: data["environment"].update(cores="16"),
        lambda data: data["environment"].update(uuid="0000:01:00.0"),
        lambda data: data["workload"].update(weights_dtype=16),
        lambda data: data["workload"].update(note="more"),
        lambda data: data["workload"]["inputs"]["input_ids"].pop("dtype"),
        lambda data: data["workload"]["inputs"]["input_ids"].update(shape=[1.5]),
        lambda data: data["workload"]["replays"]["plain"].update(shape="guess"),
        lambda data: data["workload"]["replays"]["plain"].update(time_per_pass_s=0),
        lambda data: data["workload"].update(kept_bytes=-1),
        lambda data: data["options"].update(precision="0.01"),
        lambda data: data["options"].update(max_time_s=0),
        lambda data: data["options"].update(max_time=60),
        lambda data: data["options"].update(components={"mlp": 3}),
        lambda data: data["environment"].update(gpu=None),
    ],
)
def test_schema_is_tight(breakage: Any) -> None:
    data = copy.deepcopy(to_json(REPORTS["gpu"]))
    replay = {"shape": "chain", "passes_per_launch": 4, "time_per_pass_s": 0.00066}
    data["workload"] |= {"device": "cuda:0", "kept_bytes": 5, "replays": {"plain": replay}}
    data["options"] |= {"components": {"mlp": "*.mlp"}}
    validator().validate(data)
    breakage(data)
    assert not validator().is_valid(data)


def test_schema_knows_every_field_of_the_records() -> None:
    fields = {field.name for field in dataclasses.fields(Report)}
    assert set(schema()["properties"]) == fields | {
        "uncertainty",
        "diagnoses",
        "groups",
        "roofline",
    }  # which follow from the rest
    assert set(schema()["$defs"]["weighing"]["properties"]) == {field.name for field in dataclasses.fields(Weighing)}
    assert set(schema()["$defs"]["uncertainty"]["properties"]) == {f.name for f in dataclasses.fields(Uncertainty)}
    assert set(schema()["$defs"]["diagnosis"]["properties"]) == {f.name for f in dataclasses.fields(Diagnosis)}
    part = schema()["$defs"]["component"]["properties"]
    assert set(part) == {field.name for field in dataclasses.fields(REPORTS["gpu"]["norm"])} | {
        "pj_per_flop",
        "pj_per_byte",
    }
    sums = {field.name for field in dataclasses.fields(Group)} - {"children"} | {"pj_per_flop"}
    assert set(schema()["$defs"]["group"]["properties"]) == sums
    assert set(schema()["$defs"]["roofline"]["properties"]) == {f.name for f in dataclasses.fields(Roofline)}
    assert set(schema()["$defs"]["meter"]["properties"]) == {f.name for f in dataclasses.fields(REPORTS["gpu"].meter)}
    assert set(schema()["$defs"]["window"]["properties"]) == set(RESULT["windows"][0])


def test_a_number_that_is_none_is_left_out() -> None:
    broken = dataclasses.replace(report(), drift_per_hour=float("nan"), elapsed_s=float("inf"))
    assert not {"drift_per_hour", "elapsed_s"} & set(to_json(broken))


def test_failed_write_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    report().save(path)
    before = path.read_text("utf-8")
    with pytest.raises(BadInputError, match="cannot be written as JSON"):
        dataclasses.replace(report(), options={"what": object()}).save(path)
    assert path.read_text("utf-8") == before
    assert [file.name for file in tmp_path.iterdir()] == ["report.json"]


def test_what_is_no_report(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    with pytest.raises(BadInputError, match="the file is not there"):
        Report.load(path)
    for text, message in (("{", "not a JSON file"), ("[]", "no schema_version"), ('{"a": 1}', "no schema_version")):
        path.write_text(text)
        with pytest.raises(BadInputError, match=message):
            Report.load(path)
    path.write_text('{"schema_version": 1}')
    with pytest.raises(BadInputError, match="not a whole report"):
        Report.load(path)


@pytest.mark.parametrize(("version", "todo"), [(2, "upgrade clear_native"), (0, "profile again")])
def test_other_schema_version(version: int, todo: str) -> None:
    with pytest.raises(BadInputError, match=f"schema version {version}.*reads version 1: {todo}"):
        from_json({**to_json(REPORTS["gpu"]), "schema_version": version})
