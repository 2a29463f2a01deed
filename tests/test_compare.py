"""`compare`: verdicts by the difference of intervals, the whole model first."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from protocol_fixtures import good as protocol_result
from report_fixtures import ESTIMATE_TRAITS, NVML_TRAITS, RESULT, interval, report, target
from test_report_bench import REPLAY, cold, exact, made, rounds

from clear_native import BadInputError, BenchResult, Comparison, Report, compare
from clear_native.report.bench_from_rounds import Subject
from clear_native.report.comparison_file import schema

MODEL_J = 0.195
PARTS_J = {"attention": 0.15, "norm": 0.05}


def profile(
    model_j: float = MODEL_J, half_width: float = 0.003, parts: dict[str, float] | None = None, **arguments: Any
) -> Report:
    """A profile with these energies, all with the same relative half-width."""

    def made(name: str, energy_j: float, time_s: float) -> dict[str, Any]:
        return target(name, energy_j, time_s, energy_per_pass_j=interval(energy_j, half_width * energy_j))

    known = PARTS_J if parts is None else parts
    targets = [
        made("plain", model_j, 0.00066), made("preserved", model_j, 0.00067),
        *(made(name, energy_j, 0.0003) for name, energy_j in known.items()), RESULT["targets"][-1],
    ]  # fmt: skip
    roles = {"plain": "plain", "preserved": "preserved", "idle": "idle", **dict.fromkeys(known, "component")}
    return report(
        arguments.pop("meter", NVML_TRAITS), {"targets": targets}, roles=roles, costs={}, calls={}, **arguments
    )


@pytest.mark.parametrize(("factor", "verdict"), [(1.04, "worse"), (0.96, "better"), (1.0, "same"), (1.003, "same")])
def test_the_whole_model_gets_a_verdict(factor: float, verdict: str) -> None:
    found = compare(profile(), profile(MODEL_J * factor))
    assert found.verdict == found.total.verdict == verdict
    assert found.total.change == pytest.approx(factor - 1)
    assert found.total.difference_j == pytest.approx(MODEL_J * (factor - 1))
    assert found["attention"].verdict == "same"


def test_wide_intervals_leave_it_unclear() -> None:
    assert compare(profile(half_width=0.03), profile(half_width=0.03)).verdict == "unclear"
    assert compare(profile(half_width=0.03), profile(MODEL_J * 1.04, half_width=0.03)).verdict == "unclear"


def test_what_runs_scatter_beyond_their_intervals_is_no_change() -> None:
    one, other = profile(half_width=0.0005), profile(MODEL_J * 1.01, half_width=0.0005)
    assert compare(one, other, between_runs=0).verdict == "worse"
    assert compare(one, other).verdict == "unclear"
    assert compare(one, other, between_runs=0.002).verdict == "worse"


def test_many_components_need_more_evidence_than_one() -> None:
    """Eight rounds, half-widths of 1 %: a change of 2.6 % has a p-value of 0.0008 or so."""
    one, changed = {"a": 0.1}, {"a": 0.1026}
    options: dict[str, Any] = {"between_runs": 0, "false_alarms": 0.004}
    alone = compare(profile(parts=one, half_width=0.01), profile(parts=changed, half_width=0.01), **options)
    assert alone["a"].verdict == "worse"
    many = {f"c{i}": 0.05 for i in range(9)}
    among = compare(
        profile(parts=one | many, half_width=0.01), profile(parts=changed | many, half_width=0.01), **options
    )
    assert among["a"].p_value == alone["a"].p_value
    assert among["a"].verdict == "unclear"


def test_only_common_components_are_compared_and_the_others_named() -> None:
    found = compare(profile(parts={"a": 0.1, "b": 0.1}), profile(parts={"b": 0.1, "c": 0.1}))
    assert list(found) == ["b"] and len(found) == 1
    assert found.only_before == ("a",) and found.only_after == ("c",)
    assert "only before: a" in str(found) and "only after: c" in str(found)
    with pytest.raises(KeyError, match="no component 'a' in both"):
        found["a"]


def test_a_component_without_energy_is_unclear_and_does_not_cost_the_others() -> None:
    before, after = profile(), profile()
    blind = RESULT["targets"][3] | {"energy_per_pass_j": None, "statuses": ["below_resolution"]}
    without = report(changes={"targets": [*RESULT["targets"][:3], blind, RESULT["targets"][4]]})
    found = compare(without, before)
    assert found["norm"].verdict == "unclear" and found["norm"].before_j is None and found["norm"].p_value is None
    assert found["norm"].statuses == ("below_resolution",)
    assert compare(before, after)["attention"].p_value == 1


def test_regression_is_worse_by_more_than_the_threshold() -> None:
    worse = compare(profile(), profile(MODEL_J * 1.04))
    assert worse.regression() and worse.regression(0.02) and not worse.regression(0.05)
    assert not compare(profile(MODEL_J * 1.04), profile()).regression()
    assert not compare(profile(), profile()).regression()
    for threshold in (-0.01, math.nan, math.inf, "2%", True, None):
        with pytest.raises(BadInputError, match="threshold must be"):
            worse.regression(threshold)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"environment": {"gpu": "NVIDIA A100", "torch": "2.13.0"}}, "gpu NVIDIA H200 and NVIDIA A100"),
        ({"environment": {"gpu": "NVIDIA H200", "torch": "2.9.0"}}, "torch 2.13.0 and 2.9.0"),
        ({"environment": {"gpu": "NVIDIA H200", "torch": "2.13.0", "driver": "580"}}, "driver unknown and 580"),
        ({"meter": ESTIMATE_TRAITS}, "meter nvml_counter and estimate at a stated 20.0 W"),
        ({"method": "in_situ"}, "method partition and in_situ"),
        ({"execution": "eager"}, "execution graph and eager"),
    ],
)
def test_unlike_environments_are_refused_unless_allowed(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(BadInputError, match=told):
        compare(profile(), profile(**changed))
    found = compare(profile(), profile(**changed), allow_different_environment=True)
    assert len(found.different_environment) == 1
    assert f"The environments differ: {told}" in " ".join(str(found).split())


def test_what_does_not_matter_may_differ() -> None:
    environment = {"gpu": "NVIDIA H200", "torch": "2.13.0", "git": "abc", "kernel": "6.1", "made_at": "2026-11-21"}
    assert not compare(profile(), profile(environment=environment)).different_environment


def test_another_workload_is_shown_and_compared() -> None:
    workload = {"inputs": {"input_ids": {"shape": [1, 128], "dtype": "torch.int64"}}, "weights_dtype": "torch.bfloat16"}
    found = compare(profile(), profile(workload=workload, model="mine"))
    assert found.different_workload == {
        "weights_dtype": ("torch.float16", "torch.bfloat16"), "model": ("bert-base", "mine"),
    }  # fmt: skip
    assert "What was run differs: weights_dtype torch.float16 and torch.bfloat16" in " ".join(str(found).split())


def test_how_it_was_replayed_is_nothing_that_was_run() -> None:
    """Lengths of replays are chosen anew, and times of passes measured anew, in every profile."""
    run = {"inputs": {"input_ids": {"shape": [1, 128], "dtype": "torch.int64"}}, "weights_dtype": "torch.float16"}

    def workload(passes: int, device: str) -> dict[str, Any]:
        replay = {"shape": "eager_loop", "passes_per_launch": passes, "time_per_pass_s": 0.001 / passes}
        return {**run, "device": device, "replays": {"preserved": replay}, "kept_bytes": 1000 * passes}

    before = profile(workload=workload(3, "cuda:0"))
    found = compare(before, profile(workload=workload(4, "cuda:1")))
    assert found.different_workload == {} and "What was run differs" not in str(found)
    assert compare(before, profile(workload=workload(3, "cpu"))).different_workload == {"device": ("cuda", "cpu")}


def test_estimates_are_told() -> None:
    found = compare(profile(meter=ESTIMATE_TRAITS), profile(meter=ESTIMATE_TRAITS))
    assert "ESTIMATED" in str(found) and any("ESTIMATED" in line for line in found.warnings)


def test_the_table_names_the_verdict_first_and_fits() -> None:
    text = str(compare(profile(), profile(MODEL_J * 1.04)))
    assert text.startswith("WORSE · the whole model +4.0 ± ")
    assert max(map(len, text.splitlines())) <= 100
    assert text.splitlines()[3].split() == ["component", "before", "after", "change", "Δ", "time", "p", "verdict"]


def test_files_are_read_and_the_result_written(tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    profile().save(tmp_path / "a.json")
    profile(MODEL_J * 1.04).save(tmp_path / "b.json")
    found = compare(str(tmp_path / "a.json"), tmp_path / "b.json")
    assert found.before.file == str(tmp_path / "a.json")
    found.save(tmp_path / "found.json")
    data = json.loads((tmp_path / "found.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.Draft202012Validator(schema()).validate(data)
    assert data["verdict"] == "worse" and data["total"]["change"] == pytest.approx(0.04)
    blind = compare(profile(), profile(parts={}), allow_different_environment=True)
    jsonschema.Draft202012Validator(schema()).validate(blind.to_dict())


def test_a_frame_has_the_model_and_the_components() -> None:
    pytest.importorskip("pandas")
    frame = compare(profile(), profile(MODEL_J * 1.04)).to_dataframe()
    assert list(frame.index) == ["model", "attention", "norm"]
    assert frame.loc["model", "verdict"] == "worse"


def test_a_profile_without_a_model_energy_is_refused() -> None:
    empty = report(changes={"targets": RESULT["targets"][2:], "stop_reason": "interrupted"})
    with pytest.raises(BadInputError, match=r"after, bert-base, has no energy of the whole \(model; interrupted\)"):
        compare(profile(), empty)


def test_the_status_says_why_there_is_no_energy() -> None:
    blind = exact("f", (0.08, 0.001), (1e-4, 1e-6), energy_per_pass_j=None, statuses=["below_resolution"])
    result = made(rounds(blind), {"f": Subject("graph", None, REPLAY)})
    with pytest.raises(BadInputError, match=r"no energy of the whole \(f; below_resolution\)"):
        compare(result, result)


@pytest.mark.parametrize("name", ["same_within", "between_runs", "false_alarms"])
@pytest.mark.parametrize("share", [-0.1, 1.0, math.nan, "1%", True, None])
def test_shares_are_shares(name: str, share: Any) -> None:
    with pytest.raises(BadInputError, match=f"{name} must be a share"):
        compare(profile(), profile(), **{name: share})


def test_what_is_no_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"after must be a report, a result of bench, or the file of one, got dict"):
        compare(profile(), {})  # type: ignore[arg-type]
    with pytest.raises(BadInputError, match="the file is not there"):
        compare(tmp_path / "none.json", profile())
    with pytest.raises(BadInputError, match="True or False"):
        compare(profile(), profile(), allow_different_environment=1)  # type: ignore[arg-type]


def bench(energies_j: dict[str, float], **changes: Any) -> BenchResult:
    targets = [exact(name, (energy_j, 0.003 * energy_j), (1e-4, 1e-7)) for name, energy_j in energies_j.items()]
    return made(rounds(*targets), {name: Subject("graph", None, REPLAY) for name in energies_j}, **changes)


def test_benchmarks_are_compared_too(tmp_path: Path) -> None:
    bench({"old": 0.1, "new": 0.09}).save(tmp_path / "a.json")
    found = compare(tmp_path / "a.json", bench({"old": 0.1, "new": 0.095}))
    assert (found.total.name, found.verdict, list(found)) == ("old", "same", ["new"])
    assert found["new"].verdict == "worse"
    assert found.before.method == "bench" and found.before.model == "a benchmark of old, new"
    assert str(found).startswith("SAME · old +0.0 ± ")


def test_a_report_and_a_benchmark_are_not_compared(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="before is a Report, after a BenchResult: compare two of a kind"):
        compare(profile(), bench({"a": 0.1}))
    with pytest.raises(BadInputError, match="cache warm and cold"):
        compare(bench({"a": 0.1}), cold())
    protocol_result().save(tmp_path / "p.json")
    with pytest.raises(BadInputError, match="got the file of a ProtocolResult"):
        compare(tmp_path / "p.json", profile())


def test_it_is_a_comparison() -> None:
    assert isinstance(compare(profile(), profile()), Comparison)
