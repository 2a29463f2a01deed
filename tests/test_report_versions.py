"""Files of older schema versions load, by steps; what is newer, or has no step, is refused with what to do."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from realistic_reports import bert_base

from clear_native.errors import BadInputError
from clear_native.report import Report, older_versions
from clear_native.report.json_file import from_json, schema, to_json
from clear_native.report.older_versions import STEPS, brought_up_to
from clear_native.report.record import SCHEMA_VERSION

ROOT = Path(__file__).parents[1]
DATA = Path(__file__).parent / "data"


def test_every_version_has_its_file_and_every_older_one_its_step() -> None:
    assert sorted(path.name for path in DATA.glob("report-*.json")) == [
        f"report-{version}.json" for version in range(1, SCHEMA_VERSION + 1)
    ]
    assert sorted(STEPS) == list(range(1, SCHEMA_VERSION))


@pytest.mark.parametrize("path", sorted(DATA.glob("report-*.json")), ids=lambda path: path.stem)
def test_files_of_every_version_load(path: Path) -> None:
    report = Report.load(path)
    assert report.schema_version == SCHEMA_VERSION
    assert report["attention"].energy_j == 0.15
    assert report["attention"].details[0]["energy_j"] == 0.08
    assert report.weighing is not None
    assert report.weighing.fraction == 0.5
    assert report.full_model.energy_j == 0.195
    assert str(report)
    assert report.to_html()


def older(data: dict[str, Any]) -> dict[str, Any]:
    """A made-up version 0, which had millijoules and another name for the model."""
    given = {**data, "schema_version": 0, "network": data["model"]}
    given["full_model"] = {**data["full_model"], "energy_mj": 1e3 * data["full_model"]["energy_j"]}
    del given["model"], given["full_model"]["energy_j"]
    return given


def step(data: dict[str, Any]) -> dict[str, Any]:
    whole = dict(data["full_model"])
    whole["energy_j"] = 1e-3 * whole.pop("energy_mj")
    rest = {key: value for key, value in data.items() if key != "network"}
    return {**rest, "model": data["network"], "full_model": whole}


def test_an_older_file_is_brought_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    path.write_text(json.dumps(older(to_json(bert_base()))), "utf-8")
    with pytest.raises(BadInputError, match=r"schema version 0.*profile again"):
        Report.load(path)
    monkeypatch.setitem(older_versions.STEPS, 0, step)
    found = Report.load(path)
    assert found.full_model.energy_j == pytest.approx(0.1805)
    assert (found.model, found.schema_version) == ("bert-base", SCHEMA_VERSION)


def test_steps_are_taken_one_after_another() -> None:
    steps = {1: lambda data: {**data, "seen": [1]}, 2: lambda data: {**data, "seen": [*data["seen"], 2]}}
    data = {"schema_version": 1}
    assert brought_up_to(3, data, steps) == {"schema_version": 3, "seen": [1, 2]}
    assert data == {"schema_version": 1}, "what was given stays"
    assert brought_up_to(1, data, steps) == data


@pytest.mark.parametrize(
    ("version", "what"),
    [(4, "upgrade clear_native"), (0, "profile again"), ("1", "profile again"), (True, "profile again")],
)
def test_what_cannot_be_read(version: object, what: str) -> None:
    with pytest.raises(BadInputError, match=what):
        brought_up_to(3, {"schema_version": version}, {2: dict})
    with pytest.raises(BadInputError):
        from_json({"schema_version": 99})


def schema_page() -> ModuleType:
    spec = importlib.util.spec_from_file_location("schema_page", ROOT / "scripts" / "schema_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_page_of_the_schema_is_up_to_date() -> None:
    module = schema_page()
    assert (ROOT / "docs" / "schema.md").read_text("utf-8") == module.page(), "run python scripts/schema_page.py"


def test_page_of_the_schema_has_every_field() -> None:
    text = schema_page().page()
    for definition in (schema(), *schema()["$defs"].values()):
        for name in definition["properties"]:
            assert f"`{name}`" in text
    assert "`workload.inputs.*.shape` | array of integer, ≥ 0 |" in text
