"""A report says what the engine's result says: the right number in the right field, and absent what is absent."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from report_fixtures import ESTIMATE_TRAITS, NVML_TRAITS, RESULT, interval, report, target, window

from clear_native.report import KernelComparison

CORE = Path(__file__).parents[1] / "csrc" / "core"


def fields_of(struct: str, header: str) -> set[str]:
    (path,) = CORE.rglob(header)
    body = re.search(rf"struct {struct} \{{(.*?)\n\}};", path.read_text(), re.DOTALL)
    assert body is not None
    lines = [re.sub(r"//.*", "", line).strip() for line in body.group(1).splitlines()]
    return {re.split(r"[ >]", line.partition("=")[0].strip(" ;"))[-1] for line in lines if line}


@pytest.mark.parametrize(
    ("struct", "header", "fixture"),
    [
        ("RoundsResult", "rounds.hpp", RESULT),
        ("TargetEstimate", "estimate.hpp", RESULT["targets"][0]),
        ("Interval", "interval.hpp", RESULT["targets"][0]["power_w"]),
        ("ClosureEstimate", "estimate.hpp", RESULT["energy_closure"]),
        ("Window", "window.hpp", RESULT["windows"][0]),
        ("OperatingPoint", "meter.hpp", RESULT["windows"][0]["operating_point"]),
        ("MeterTraits", "meter.hpp", NVML_TRAITS),
    ],
)
def test_fixtures_follow_the_headers(struct: str, header: str, fixture: dict[str, Any]) -> None:
    assert set(fixture) == fields_of(struct, header)


def test_numbers_go_where_they_belong() -> None:
    found = report()
    part = found["attention"]
    assert (part.energy_j, part.energy_half_width_j) == (0.15, 0.0015)
    assert part.energy_above_idle_j == pytest.approx(0.15 - 124 * 0.0005)
    assert (part.time_s, part.time_half_width_s) == (0.0005, 0.0001 * 0.0005)
    assert part.power_w == pytest.approx(300)
    assert part.share == pytest.approx(0.75), "of the preserved model, 0.2 J"
    assert (part.calls, part.flops, part.flops_dense, part.bytes) == (12, 10**9, 2 * 10**9, 10**6)
    assert part.pj_per_flop == pytest.approx(150)
    assert part.rounds == 8
    assert (part.statuses, part.status) == ((), "ok")
    assert found["norm"].pj_per_flop is None
    assert (found.full_model.energy_j, found.full_model.flops, found.full_model.bytes) == (0.195, 10**9, 1_500_000)
    assert found.preserved is not None
    assert found.preserved.energy_j == 0.2
    assert (found.idle_power_w, found.idle_power_half_width_w) == (124.0, 1.24)
    assert found.closure is not None
    assert (found.closure.ratio, found.closure.half_width) == (1.0, 0.008)
    assert found.perturbation is not None
    assert found.perturbation.ratio == 0.0256
    assert (found.seed, found.rounds, found.elapsed_s, found.drift_per_hour) == (17, 8, 24.5, 0.01)
    assert found.made_at == "2026-11-20T18:00:00+00:00"
    assert (found.planned_rounds, found["norm"].required_half_width_j) == (8, 0.0006)
    assert found.warnings == found.all_statuses == ()
    assert list(found) == ["attention", "norm"]


def test_below_resolution_has_a_status_and_no_energy() -> None:
    targets = [*RESULT["targets"][:3], target("norm", 0.05, 0.00017, statuses=["below_resolution"])]
    part = report(changes={"targets": targets})["norm"]
    assert (part.energy_j, part.energy_half_width_j, part.energy_above_idle_j) == (None, None, None)
    assert (part.power_w, part.share, part.pj_per_flop) == (None, None, None)
    assert part.time_s == 0.00017
    assert part.statuses == ("below_resolution",)


def test_a_time_below_zero_is_no_number() -> None:
    small = target("norm", 0.05, 0.00017, time_per_pass_s=interval(-2e-6, 5e-6), statuses=["below_resolution"])
    part = report(changes={"targets": [*RESULT["targets"][:3], small]})["norm"]
    assert (part.time_s, part.time_half_width_s, part.statuses) == (None, None, ("below_resolution",))
    backwards = target("norm", 0.05, 0.00017, power_w=interval(-3.0))
    part = report(changes={"targets": [*RESULT["targets"][:3], backwards]})["norm"]
    assert (part.power_w, part.time_s) == (None, 0.00017)


def test_what_the_engine_leaves_out_is_absent() -> None:
    empty = {"energy_per_pass_j": None, "energy_above_idle_j": None, "time_per_pass_s": None, "power_w": None}
    changes = {"targets": [target("plain", 1, 1, **empty, counter_over_samples=None)], "energy_closure": None}
    found = report(changes=changes, costs=None)
    model = found.full_model
    assert [model.energy_j, model.time_s, model.flops, model.counter_over_samples] == [None] * 4
    assert [found.preserved, found.closure, found.idle_power_w] == [None] * 3
    assert found.components == {}


def test_without_preserved_target_shares_are_of_the_plain_model() -> None:
    found = report(changes={"targets": [RESULT["targets"][0], RESULT["targets"][2]]})
    assert found["attention"].share == pytest.approx(0.15 / 0.195)


def test_estimate_is_said_in_words() -> None:
    found = report(ESTIMATE_TRAITS)
    assert found.meter.estimated
    assert "ESTIMATED: time multiplied by a stated 20 W" in found.warnings[0]


def test_stopped_at_the_budget() -> None:
    targets = [*RESULT["targets"][:3], target("norm", 0.05, 0.00017, precision_reached=False)]
    found = report(changes={"targets": targets, "stop_reason": "max_time"})
    assert "precision_not_reached" in found.statuses
    assert "time budget before the precision asked for was reached: norm" in found.warnings[0]
    assert report(changes={"stop_reason": "max_time"}).statuses == ()


def test_interrupted_failed_contended_and_other_kernels() -> None:
    assert "interrupted" in report(changes={"stop_reason": "interrupted"}).statuses
    lost = report(changes={"stop_reason": "failed", "failure_kind": "device_lost", "failure_message": "GPU is lost"})
    assert lost.failure is not None
    assert (lost.failure.kind, lost.statuses, lost.warnings) == (
        "device_lost",
        ("failed",),
        ("Ended early: GPU is lost",),
    )
    assert "contended" in report(changes={"other_processes_peak": 1}).statuses
    kernels = KernelComparison(("gemm", "flash", "any"), ("gemm", "math", "softmax", "softmax"), ("any",))
    found = report(kernels=kernels)
    assert found.statuses == ("kernels_differ",)
    assert "flash (1 times eager, 0 captured), math (0 times eager, 1 captured) and 1 more" in found.warnings[0]
    assert report(kernels=KernelComparison(("gemm", "any"), ("gemm",), ("any",))).statuses == ()


def point(clock: float, reasons: int = 0) -> dict[str, Any]:
    return {"time_s": 1.0, "sm_clock_mhz": clock, "throttle_reasons": reasons}


def test_closure_far_from_one_says_why() -> None:
    off = {"ratio": 0.9, "half_width": 0.01}
    windows = [
        window("preserved", operating_point=point(1785)),
        window("attention", operating_point=point(1335, 0x4)),
        window("norm", operating_point=point(1790, 0x40)),
    ]
    (warning,) = report(changes={"energy_closure": off, "windows": windows, "other_processes_peak": 2}).warnings
    assert "sum to 90.0 %" in warning
    assert "power cap held the clocks in 1 of 3 windows" in warning
    assert "throttling (hardware thermal) in 1 of 3" in warning
    assert "other clocks than the model's 1785 MHz: attention 1335 MHz" in warning
    assert "norm" not in warning
    assert "2 other processes" in warning
    (warning,) = report(changes={"energy_closure": off, "windows": []}).warnings
    assert "show no cause" in warning


@pytest.mark.parametrize(
    ("ratio", "half_width", "warns"),
    [(1.04, 0.001, False), (1.06, 0.02, False), (0.94, 0.011, False), (1.06, 0.009, True), (0.94, 0.0, True)],
)
def test_closure_is_far_from_one_only_with_all_of_its_interval(ratio: float, half_width: float, warns: bool) -> None:
    closure = {"ratio": ratio, "half_width": half_width}
    assert bool(report(changes={"energy_closure": closure, "windows": []}).warnings) is warns


def test_closure_without_interval_has_no_cause() -> None:
    windows = [window("attention", operating_point=point(1335, 0x4))]
    changes = {"energy_closure": {"ratio": 0.9, "half_width": None}, "windows": windows}
    assert report(changes=changes).warnings == ("The components sum to 90.0 % of the model's energy.",)


def test_the_note_of_a_meter_is_told() -> None:
    made = report(meter={**NVML_TRAITS, "note": "power is integrated", "domains": ["package-0"]})
    assert "power is integrated" in made.warnings
    assert made.meter.domains == ("package-0",)
