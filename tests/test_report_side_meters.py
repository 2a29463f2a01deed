"""What a meter beside the driving one read: apart, together, in the table and in the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from report_fixtures import ESTIMATE_TRAITS, ROLES, interval, report, window

from clear_native.report import Report
from clear_native.report.json_file import schema

RAPL_TRAITS: dict[str, Any] = {
    **ESTIMATE_TRAITS, "name": "rapl", "estimated": False, "stated_power_w": None,
    "domains": ["package-0", "package-0/dram"], "note": "RAPL counts whole packages.",
}  # fmt: skip


def side(target: str, energy_j: float, power_w: float, scope: str = "cpu") -> dict[str, Any]:
    energy = interval(energy_j, 0.03 * energy_j)
    return {"scope": scope, "target": target, "energy_per_pass_j": energy, "power_w": interval(power_w, 1.0)}


@pytest.fixture
def found() -> Report:
    sides = [side("plain", 0.04, 55.0), side("attention", 0.02, 56.0), side("idle", 31.0, 31.0)]
    seen = window("plain", sides=[{"scope": "cpu", "begin_s": 10.0, "end_s": 10.5, "energy_j": 27.5}])
    return report(changes={"sides": sides, "windows": [seen]}, sides=[RAPL_TRAITS])


def test_apart_and_together(found: Report) -> None:
    (cpu,) = found.sides
    assert cpu.meter.scope == "cpu"
    assert cpu.meter.domains == ("package-0", "package-0/dram")
    assert set(cpu.results) == {"model", "attention", "idle"}
    model = cpu.results["model"]
    assert model.energy_j == 0.04
    assert model.power_w == 55.0
    assert found.full_model.energy_j is not None
    assert model.together_j == pytest.approx(found.full_model.energy_j + 0.04)
    assert model.together_half_width_j == pytest.approx(
        ((found.full_model.energy_half_width_j or 0) ** 2 + 0.0012**2) ** 0.5
    )
    assert cpu.results["idle"].together_j is None, "idle power is no energy of a pass"
    assert "RAPL counts whole packages." in found.warnings


def test_the_table_shows_it(found: Report) -> None:
    text = " ".join(str(found).split())
    assert "beside it the cpu by rapl (package-0, package-0/dram): model 40.0 ± 1.2 mJ at 55.0 W" in text
    assert "with the gpu" in text
    assert "idle 31.0 W" in text
    assert "the cpu while they ran: attention 20.00 ± 0.60 mJ" in text


def test_the_file_keeps_it(found: Report, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    found.save(path)
    jsonschema.validate(json.loads(path.read_text("utf-8")), schema())
    assert Report.load(path).sides == found.sides
    assert Report.load(path).windows[0]["sides"][0]["energy_j"] == 27.5


def test_without_a_side_meter_nothing_is_shown() -> None:
    assert report().sides == ()
    assert "beside it" not in str(report())


def test_a_side_meter_that_read_nothing_says_so() -> None:
    found = report(changes={"sides": []}, sides=[RAPL_TRAITS])
    assert "nothing was read" in str(found)


def test_the_doubled_model_and_other_scopes_are_left_out() -> None:
    sides = [side("twice", 0.08, 55.0), side("plain", 0.04, 55.0, scope="gpu")]
    found = report(changes={"sides": sides}, sides=[RAPL_TRAITS], roles={**ROLES, "twice": "doubled"})
    assert found.sides[0].results == {}
