"""Rows and figures of the benchmarks, from made-up reports: no GPU, nothing measured."""

from __future__ import annotations

import json
import statistics
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
from benchmark_modules import benchmark

from clear_native import BadInputError
from clear_native.report.closure import Closure
from clear_native.report.record import ComponentResult, Meter, ModelResult, Report
from clear_native.report.weighing import Weighing

closure = benchmark("closure")
known_ratio = benchmark("known_ratio")
make_readme = benchmark("make_readme")
one_profile = benchmark("one_profile")
pooled_cv = benchmark("pooled_cv")
results_file = benchmark("results_file")
times = benchmark("time_to_precision")


def report(**changed: Any) -> Report:
    parts = {
        "a": ComponentResult(name="a", energy_j=2.0, energy_half_width_j=0.02, time_s=1.0, share=0.2,
                             precision_reached=True),
        "b": ComponentResult(name="b", energy_j=8.0, statuses=("power_capped",), precision_reached=True),
    }  # fmt: skip
    values: dict[str, Any] = {
        "model": "m", "method": "in_situ", "execution": "graph", "meter": Meter("nvml", "gpu"), "components": parts,
        "full_model": ModelResult(energy_j=10.0), "energy_closure": Closure(0.99, 0.004),
        "time_closure": Closure(1.01), "weighing": Weighing(0.5, 8, 8, homogeneity=Closure(1.02, 0.01)), "seed": 5,
        "elapsed_s": 7.5, "rounds": 9,
    }  # fmt: skip
    return Report(**{**values, **changed})


def given(**changed: Any) -> Namespace:
    arguments = one_profile.parser("x", 20.0).parse_args([])
    for name, value in changed.items():
        setattr(arguments, name, value)
    return arguments


def test_facts_of_a_report() -> None:
    found = one_profile.facts(report())
    assert (found["energy_closure"], found["energy_closure_half_width"]) == (0.99, 0.004)
    assert (found["time_closure"], found["time_closure_half_width"]) == (1.01, None)
    assert (found["homogeneity"], found["perturbation"], found["rounds"]) == (1.02, None, 9)
    assert found["status"] == "power_capped"
    assert found["precision_reached"] is True
    assert found["components"]["a"]["half_width_j"] == 0.02
    assert found["components"]["b"]["half_width_j"] is None
    assert found["weighing"]["passes"] == 8
    json.dumps(found)


@pytest.mark.parametrize("method", ["partition", "isolated"])
def test_facts_without_what_only_in_situ_has(method: str) -> None:
    found = one_profile.facts(report(method=method, weighing=None, time_closure=None))
    assert found["homogeneity"] is None and found["time_closure"] is None and "weighing" not in found


def test_a_failure_is_a_row_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> Report:
        raise BadInputError("too short", report=report(rounds=3))

    monkeypatch.setattr("clear_native.profile", fail)
    row = one_profile.measured(lambda: {"model": None}, given(), "subject")
    assert (row["status"], row["rounds"]) == ("failed", 3)
    assert row["error"] == "BadInputError: too short"
    assert row["method"] == "in_situ" and row["seconds"] >= 0


def test_an_error_of_the_program_itself_is_not_swallowed() -> None:
    with pytest.raises(TypeError):
        one_profile.measured(lambda: 1 + "", given(), "subject")  # type: ignore[operator]


def closure_row(model: str = "bert-base", code: str = "1", **changed: Any) -> dict[str, Any]:
    row = {
        "model": model, "dtype": "float16", "batch": 1, "length": 128, "method": "in_situ", "made_at": "2026", "code":
        code, "energy_closure": 1.0, "energy_closure_half_width": 0.005, "time_closure": 1.0, "status": "ok",
    }  # fmt: skip
    return {**row, **changed}


def test_closure_figures_are_the_worst_of_all_attempts_with_one_code() -> None:
    rows = [
        closure_row(energy_closure=0.5, code="old"),
        closure_row(energy_closure=0.975, time_closure=1.02),
        closure_row(energy_closure=1.01, time_closure=0.99),
        closure_row("gpt2", energy_closure=1.03, length=512),
        closure_row(method="partition", energy_closure=0.2),
    ]
    found = closure.figures(rows)
    assert found["bert_base_energy_closure_worst"] == 0.975
    assert found["bert_base_time_closure_worst"] == 1.02
    assert found["gpt2_energy_closure_worst"] == found["energy_closure_worst"] == 1.03
    assert found["interval_low"] == pytest.approx(0.970) and found["interval_high"] == pytest.approx(1.035)
    assert (found["cases"], found["profiles"], found["failed_profiles"]) == (2, 3, 0)


def test_a_failed_attempt_counts_and_has_no_closure() -> None:
    failed = {key: value for key, value in closure_row().items() if "closure" not in key} | {"status": "failed"}
    found = closure.figures([closure_row(code="old"), failed])
    assert (found["cases"], found["failed_profiles"], found["intervals_unknown"]) == (0, 1, 1)
    assert "energy_closure_worst" not in found
    assert closure.figures([]) == {"cases": 0, "profiles": 0, "failed_profiles": 0, "intervals_unknown": 0}


def test_ratio_has_both_errors_in_quadrature() -> None:
    above, below = {"energy_j": 6.0, "half_width_j": 0.18}, {"energy_j": 2.0, "half_width_j": 0.08}
    ratio, half_width = known_ratio.quotient(above, below, "energy_j", "half_width_j")
    assert (ratio, half_width) == (3.0, pytest.approx(3 * 0.05))
    assert known_ratio.quotient(above, {"energy_j": 2.0}, "energy_j", "half_width_j") == (3.0, None)
    assert known_ratio.quotient(above, {"energy_j": None}, "energy_j", "half_width_j") == (None, None)
    assert known_ratio.quotient(above, None, "energy_j", "half_width_j") == (None, None)


def ratio_profile(a: float, b: float, half_width: float = 0.01, names: tuple[str, str] = ("a", "b")) -> dict[str, Any]:
    parts = {
        name: {"energy_j": value, "half_width_j": half_width * value, "time_s": value / 100}
        for name, value in zip(names, (a, b), strict=True)
    }
    return {"method": "in_situ", "seconds": 30.0, "status": "ok", "components": parts}


def test_row_of_a_known_ratio() -> None:
    (row,) = known_ratio.rows_of("gemm:3", [ratio_profile(2.0, 6.06)])
    assert (row["kind"], row["true_ratio"], row["status"]) == ("gemm", 3.0, "ok")
    assert row["ratio"] == pytest.approx(3.03) and row["time_ratio"] == pytest.approx(3.03)
    assert row["half_width_percent"] == pytest.approx(100 * 0.01 * 2**0.5)
    assert row["holds"] is True
    (row,) = known_ratio.rows_of("gemm:3", [ratio_profile(2.0, 6.06, half_width=0.001)])
    assert row["holds"] is False


def test_rows_of_swapped_blocks_compare_the_orders() -> None:
    first, second = ratio_profile(2.0, 5.0), ratio_profile(2.02, 6.0)
    second["status"] = "power_capped"
    a, b = known_ratio.rows_of("swap", [first, second])
    assert (a["subject"], a["ratio"], a["holds"]) == ("swap a", pytest.approx(2.0 / 2.02), True)
    assert (b["subject"], b["ratio"], b["holds"]) == ("swap b", pytest.approx(5 / 6), False)
    assert a["seconds"] == 60.0 and a["status"] == "power_capped"


def test_row_of_odd_and_even_layers() -> None:
    (row,) = known_ratio.rows_of("odd_even", [ratio_profile(3.0, 3.03, names=("odd", "even"))])
    assert (row["true_ratio"], row["ratio"], row["holds"]) == (1.0, pytest.approx(3 / 3.03), True)


def test_row_of_a_failed_ratio() -> None:
    failed = {"method": "in_situ", "seconds": 1.0, "status": "failed", "error": "BadInputError: no"}
    (row,) = known_ratio.rows_of("memory:5", [failed])
    assert (row["ratio"], row["holds"], row["status"], row["error"]) == (None, None, "failed", failed["error"])
    found = known_ratio.figures([{**row, "made_at": "2026"}])
    assert (found["subjects"], found["ratios"], found["share_that_holds"]) == (0, 1, 0.0)


def test_known_ratio_figures() -> None:
    profiles = {"gemm:2": ratio_profile(1.0, 2.02), "gemm:3": ratio_profile(1.0, 2.7), "launch:2": ratio_profile(1, 2)}
    rows = [row for subject, profile in profiles.items() for row in known_ratio.rows_of(subject, [profile])]
    found = known_ratio.figures([{**row, "made_at": "2026", "code": "1"} for row in rows])
    assert (found["subjects"], found["ratios_hold"]) == (3, 2)
    assert found["gemm_worst_error_percent"] == pytest.approx(-10.0)
    assert found["widest_half_width_percent"] == pytest.approx(100 * 0.01 * 2**0.5)


def timed(case: str, seconds: float, **changed: Any) -> dict[str, Any]:
    return {"case": case, "method": "in_situ", "seconds": seconds, "precision": 0.01, "max_time": 120.0, "made_at":
            "2026", "code": "1", "precision_reached": True, "status": "ok", "gpu_uuid": "GPU-1", **changed}  # fmt: skip


def test_seconds_figures() -> None:
    rows = [
        *(timed(times.BERT, seconds) for seconds in (20.0, 30.0, 90.0)),
        timed(times.BERT, 1.0, precision=0.05),
        timed(times.QWEN, 50.0, precision_reached=False),
        timed(times.FOUR_LAYERS, 40.0),
        {"method": "partition", "seconds": 23.0, "made_at": "2025"},
    ]
    found = times.seconds_figures(rows)
    assert (found["in_situ_s"], found["in_situ_s_worst"], found["in_situ_s_reached_share"]) == (30.0, 90.0, 1.0)
    assert (found["partition_s"], found["qwen_in_situ_s"]) == (23.0, 50.0)
    assert found["qwen_in_situ_s_reached_share"] == 0.0
    assert found["layers_36_over_4"] == 1.25


@pytest.mark.parametrize("change", [{"max_time": 60.0}, {"code": "2"}])
def test_depths_with_other_budgets_or_code_are_not_compared(change: dict[str, Any]) -> None:
    found = times.seconds_figures([timed(times.QWEN, 50.0), timed(times.FOUR_LAYERS, 40.0, **change)])
    assert "layers_36_over_4" not in found


def test_failed_profiles_are_no_times_and_reached_nothing() -> None:
    failed = timed(times.BERT, 0.1, status="failed")
    del failed["precision_reached"]
    found = times.seconds_figures([timed(times.BERT, 20.0), failed])
    assert (found["in_situ_s"], found["in_situ_s_reached_share"]) == (20.0, 0.5)
    assert times.repeatability_figures([*agreeing([1.0, 1.0]), failed])["profiles"] == 2


def agreeing(energies: list[float], **changed: Any) -> list[dict[str, Any]]:
    parts = [
        {"big": {"energy_j": energy, "share": 0.5}, "small": {"energy_j": 1e-3 * energy**3, "share": 0.01}}
        for energy in energies
    ]
    return [timed(times.BERT, 20.0, components=components, **changed) for components in parts]


def test_pooled_cv_of_one_gpu() -> None:
    energies = [1.0, 1.01, 0.99, 1.0, 1.02]
    found = times.repeatability_figures(agreeing(energies))
    cv = 100 * statistics.stdev(energies) / statistics.fmean(energies)
    assert found["pooled_cv_percent"] == pytest.approx(cv) == found["cv_percent_big"]
    assert "cv_percent_small" not in found
    # chi-square quantile of 0.05 with 4 degrees of freedom: 0.7107
    assert found["pooled_cv_upper_percent"] == pytest.approx(cv * (4 / 0.7107) ** 0.5, rel=0.02)
    assert (found["profiles"], found["method"], found["gpus"]) == (5, "in_situ", 1)


def test_gpus_that_differ_by_their_gain_agree_with_themselves() -> None:
    first, second = agreeing([1.0, 1.01, 0.99]), agreeing([2.0, 2.02, 1.98], gpu_uuid="GPU-2")
    found = times.repeatability_figures([*first, *second])
    assert found["pooled_cv_percent"] == pytest.approx(1.0)
    assert (found["profiles"], found["gpus"]) == (6, 2)


def test_one_profile_has_no_cv(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(results_file, "COMMITTED", tmp_path)  # where the published protocol has no rows
    assert times.repeatability_figures(agreeing([1.0])) == {"profiles": 1, "method": "in_situ", "gpus": 1}


def test_only_the_code_measured_last_counts() -> None:
    found = times.repeatability_figures([*agreeing([1.0, 3.0], code="old"), *agreeing([1.0, 1.0])])
    assert (found["profiles"], found["pooled_cv_percent"]) == (2, 0.0)


def test_rows_are_appended_and_never_replaced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    committed, out = tmp_path / "committed", tmp_path / "out"
    committed.mkdir()
    old = {"made_at": "2025", "gpu_uuid": "GPU-1", "value": 1}
    (committed / "thing.json").write_text(json.dumps({"rows": [old]}))
    monkeypatch.setattr(results_file, "COMMITTED", committed)
    monkeypatch.setenv("CLEAR_RESULTS", str(out))
    for value in (2, 3):
        path = results_file.append("thing", [{"value": value}], lambda rows: {"count": len(rows)})
    content = json.loads(path.read_text())
    assert [row["value"] for row in content["rows"]] == [1, 2, 3]
    assert content["rows"][0] == old and content["figures"] == {"count": 3}
    assert {"made_at", "gpu_uuid", "git", "code"} <= content["rows"][2].keys()
    assert json.loads((committed / "thing.json").read_text()) == {"rows": [old]}


def test_what_ran_on_a_cpu_is_not_committed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CLEAR_RESULTS", raising=False)
    with pytest.raises(SystemExit, match="CLEAR_RESULTS"):
        results_file.check_place("cpu")
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(SystemExit, match="torch finds none"):
        results_file.check_place("cuda")
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    results_file.check_place("cuda")
    monkeypatch.setenv("CLEAR_RESULTS", str(tmp_path))
    results_file.check_place("cpu")


def test_readme_shows_every_attempt_and_the_goals(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [closure_row(energy_closure=0.9, code="old"), closure_row(energy_closure=1.004)]
    contents = {
        "closure": {"made_at": "2026", "command": "c", "environment": {"gpu": "NVIDIA"}, "rows": rows,
                    "figures": closure.figures(rows)},
    }  # fmt: skip
    monkeypatch.setattr(make_readme, "result", lambda name: contents.get(name))
    goals = "\n".join(make_readme.goals())
    assert "| closure | `bert_base_energy_closure_worst` | 1.004 | 0.98 to 1.02 | yes |" in goals
    assert "| closure | `cases` | 1 | 8 | **no** |" in goals
    assert "| repeatability | `profiles` |  | at least 10 | not measured yet |" in goals
    section = "\n".join(make_readme.section("closure", contents["closure"]))
    assert "90.00 ± 0.50" in section and "100.40 ± 0.50" in section
    assert "`protocol_worst_cv_percent` (repeatability)" in "\n".join(make_readme.missing())
