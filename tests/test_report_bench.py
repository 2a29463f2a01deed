"""The result of `bench` from the engine's numbers: the flush taken off, verdicts, table, file."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from report_fixtures import ESTIMATE_TRAITS, NVML_TRAITS, interval, target, window

from clear_native.errors import BadInputError
from clear_native.report.bench import BenchResult, verdict_of
from clear_native.report.bench_file import schema, to_json
from clear_native.report.bench_from_rounds import Subject, bench_from_rounds
from clear_native.report.json_file import schema as report_schema

REPLAY = {"shape": "chain", "passes_per_launch": 40, "time_per_pass_s": 5e-5}
FACTS: dict[str, Any] = {
    "device": "cuda:0", "environment": {"gpu": "NVIDIA H200", "cpu": "EPYC"}, "made_at": "2026-11-20T10:00:00+00:00",
    "options": {"precision": 0.02, "max_time_s": 30.0, "execution": "graph", "flush_bytes": 2**27},
}  # fmt: skip


def exact(name: str, energy: tuple[float, float], time: tuple[float, float], **changes: Any) -> dict[str, Any]:
    given = {"energy_per_pass_j": interval(*energy), "time_per_pass_s": interval(*time)}
    return target(name, energy[0], time[0], **{**given, **changes})


def rounds(*targets: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "targets": list(targets), "windows": [window(found["name"]) for found in targets], "rounds": 8,
        "planned_rounds": 8, "seed": 7, "elapsed_s": 12.5, "stop_reason": "precision_planned",
        "other_processes_peak": 0, "failure_kind": None, "failure_message": "", "statuses": [],
        **changes,
    }  # fmt: skip


def made(result: dict[str, Any], subjects: dict[str, Subject], **changes: Any) -> BenchResult:
    given = {"precision": 0.02, "same_within": 0.02, "meter": NVML_TRAITS, **FACTS, **changes}
    return bench_from_rounds(result, subjects, **given)


def cold() -> BenchResult:
    flush = exact("flush, graph", (0.030, 0.0003), (40e-6, 0.1e-6))
    return made(
        rounds(
            exact("a", (0.080, 0.0004), (100e-6, 0.2e-6)),
            exact("b", (0.060, 0.0004), (90e-6, 0.2e-6), statuses=["power_capped"]),
            flush,
        ),
        {name: Subject("graph", "flush, graph", REPLAY) for name in ("a", "b")},
    )


def test_the_flush_is_taken_off_with_its_uncertainty() -> None:
    call = cold()["a"]
    assert call.energy_j == pytest.approx(0.050) and call.time_s == pytest.approx(60e-6)
    assert call.energy_half_width_j == pytest.approx(math.hypot(0.0004, 0.0003))
    assert call.time_half_width_s == pytest.approx(math.hypot(0.2e-6, 0.1e-6))
    assert call.power_w == pytest.approx(0.050 / 60e-6)
    relative = math.hypot(0.0005 / 0.050, call.time_half_width_s / 60e-6)
    assert call.power_half_width_w == pytest.approx(call.power_w * relative)
    assert call.with_flush["energy_j"] == 0.080
    assert call.precision_reached  # 0.0005 of 0.05 is 1 %, 2 % were asked for
    assert cold().flushes == {
        "graph": {"energy_j": 0.030, "energy_half_width_j": 0.0003, "time_s": 40e-6, "time_half_width_s": 0.1e-6}
    }
    assert cold().cache == "cold"


def test_a_call_that_the_flush_hides_has_no_number() -> None:
    flush = exact("flush, graph", (0.080, 0.001), (100e-6, 1e-6))
    result = made(rounds(exact("a", (0.0805, 0.001), (100.5e-6, 1e-6)), flush), {"a": Subject("graph", "flush, graph")})
    assert (result.energy_j, result.time_s, result.power_w) == (None, None, None)
    assert result["a"].statuses[0] == "below_resolution" and not result["a"].precision_reached
    assert result["a"].with_flush["energy_j"] == 0.0805
    assert "below_resolution" in str(result)


def test_warm_is_what_was_measured() -> None:
    result = made(rounds(exact("a", (0.05, 0.0004), (60e-6, 0.2e-6))), {"a": Subject("eager", None, REPLAY)})
    assert (result.cache, result.flushes, result.execution) == ("warm", {}, "eager")
    assert (result.energy_j, result.energy_half_width_j) == (0.05, 0.0004)
    assert result.power_w == pytest.approx(0.05 / 60e-6)
    assert result["a"].with_flush == {}
    assert result.status == "ok" and list(result) == ["a"] and len(result) == 1


def test_what_is_missing_or_not_reached_says_so() -> None:
    lacking = exact("a", (0.05, 0.01), (60e-6, 0.2e-6))
    result = made(rounds(lacking, stop_reason="max_time"), {"a": Subject("graph")})
    assert result["a"].statuses == ("precision_not_reached",)
    assert any("not reached: a" in warning for warning in result.warnings)
    none = target("a", 1, 1, energy_per_pass_j=None, power_w=None, statuses=["below_resolution"])
    assert made(rounds(none), {"a": Subject("graph")}).energy_j is None
    without_flush = made(
        rounds(exact("a", (0.05, 0.01), (60e-6, 0.2e-6)), target("f", 1, 1, energy_per_pass_j=None)),
        {"a": Subject("graph", "f")},
    )
    assert without_flush.energy_j is None and without_flush.time_s is None  # a flush of a second is longer


@pytest.mark.parametrize(
    ("change", "half_width", "verdict"),
    [
        (-0.05, 0.03, "better"), (0.05, 0.03, "worse"), (0.005, 0.01, "same"), (-0.005, 0.015, "same"),
        (0.005, 0.02, "unclear"), (0.1, 0.2, "unclear"), (None, 0.1, "unclear"), (0.1, None, "unclear"),
    ],
)  # fmt: skip
def test_verdicts(change: float | None, half_width: float | None, verdict: str) -> None:
    assert verdict_of(change, half_width, 0.02) == verdict


def test_variants_are_compared_with_the_first() -> None:
    (change,) = cold().changes
    assert (change.variant, change.reference) == ("b", "a")
    assert change.energy == pytest.approx(0.030 / 0.050 - 1)
    assert change.energy_half_width == pytest.approx(0.6 * math.hypot(0.0005 / 0.03, 0.0005 / 0.05))
    assert change.time == pytest.approx(50 / 60 - 1)
    assert (change.energy_verdict, change.time_verdict) == ("better", "better")
    shown = str(cold())
    assert "-40.0 ± " in shown and "better" in shown and "taken off each call" in shown
    assert all(len(line) <= 100 for line in shown.splitlines())
    with pytest.raises(BadInputError, match=r"2 variants .*result\[name\]"):
        _ = cold().energy_j
    with pytest.raises(KeyError, match="there are 'a', 'b'"):
        cold()["c"]


def test_an_estimate_cannot_be_overlooked() -> None:
    result = made(
        rounds(exact("a", (0.05, 0.0004), (60e-6, 0.2e-6))), {"a": Subject("eager")}, meter=ESTIMATE_TRAITS,
        device="cpu",
    )  # fmt: skip
    assert "ESTIMATED" in str(result).splitlines()[0]
    assert "ESTIMATED" in result.warnings[0]
    assert "EPYC" in str(result)


FAILED = {"stop_reason": "failed", "failure_kind": "DeviceLostError", "failure_message": "gone"}
RESULTS = {
    "cold": cold(),
    "warm": made(rounds(exact("a", (0.05, 0.0004), (6e-5, 2e-7))), {"a": Subject("eager", None, REPLAY, ("x",))}),
    "failed": made(rounds(target("a", 1, 1, energy_per_pass_j=None), **FAILED), {"a": Subject("graph", None, REPLAY)}),
}


@pytest.mark.parametrize("name", RESULTS)
def test_every_file_obeys_the_schema_and_comes_back(name: str, tmp_path: Path) -> None:
    jsonschema, referencing = pytest.importorskip("jsonschema"), pytest.importorskip("referencing")
    resources = [referencing.Resource.from_contents(found) for found in (schema(), report_schema())]
    registry = referencing.Registry().with_resources([(found.id(), found) for found in resources])
    jsonschema.Draft202012Validator.check_schema(schema())
    result = RESULTS[name]
    jsonschema.Draft202012Validator(schema(), registry=registry).validate(to_json(result))
    result.save(tmp_path / "bench.json")
    loaded = BenchResult.load(tmp_path / "bench.json")
    assert loaded.to_dict() == result.to_dict()
    assert loaded.variants == result.variants and loaded.changes == result.changes and str(loaded) == str(result)


def test_what_is_no_bench_result_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    with pytest.raises(BadInputError, match="not there"):
        BenchResult.load(path)
    for text, match in [
        ("{", "not a JSON file"),
        ("[]", "not a bench result"),
        ("{}", "kind None"),
        (json.dumps({**to_json(cold()), "schema_version": 2}), "version 2"),
        (json.dumps({"kind": "bench", "schema_version": 1}), "not a whole bench result"),
        (json.dumps({**to_json(cold()), "surprise": 1}), "not a whole bench result"),
    ]:
        path.write_text(text)
        with pytest.raises(BadInputError, match=match):
            BenchResult.load(path)


def test_as_a_data_frame() -> None:
    pytest.importorskip("pandas")
    frame = cold().to_dataframe()
    assert list(frame.index) == ["a", "b"]
    assert frame.loc["b", "energy_verdict"] == "better" and frame.loc["b", "status"] == "power_capped"
    assert frame.loc["a", "energy_j"] == pytest.approx(0.05)
    assert not frame["estimated"].any() and set(frame["cache"]) == {"cold"}
