"""Methods compared: biases with their intervals, what is missing, and a table that cannot be misread."""

from __future__ import annotations

import dataclasses
import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
from report_fixtures import ESTIMATE_TRAITS, report, target

from clear_native.errors import BadInputError
from clear_native.report import Report
from clear_native.report.methods import Energy, MethodComparison, compare_methods, sum_of
from clear_native.report.methods_table import render_methods
from clear_native.report.units import ABSENT

Energies = dict[str, tuple[float, float | None]]
IN_SITU: Energies = {"attention": (0.150, 0.0015), "norm": (0.050, 0.001), "other": (0.010, 0.0004)}
PARTITION: Energies = {"attention": (0.147, 0.0012), "norm": (0.040, 0.0006), "other": (0.010, 0.0004)}
ISOLATED: Energies = {"attention": (0.120, 0.0009), "norm": (0.040, 0.0004)}


def made(method: str, energies: Energies, model_j: float = 0.2, **arguments: Any) -> Report:
    targets = [target("plain", model_j, 0.00066)]
    for name, (energy_j, half_width_j) in energies.items():
        interval = {"mean": energy_j, "half_width": half_width_j, "standard_deviation": 0.0, "rounds": 8}
        targets.append(target(name, energy_j, 0.0002, energy_per_pass_j=interval))
    roles = {"plain": "plain", **dict.fromkeys(energies, "component")}
    changes = {"targets": targets, **arguments.pop("changes", {})}
    return report(roles=roles, method=method, changes=changes, **arguments)


def compared(**changes: Report) -> MethodComparison:
    reports = {"in_situ": made("in_situ", IN_SITU), "partition": made("partition", PARTITION),
               "isolated": made("isolated", ISOLATED)}  # fmt: skip
    return compare_methods({**reports, **changes})


def test_bias_of_each_component() -> None:
    found = compared()
    assert [row.name for row in found.components] == ["attention", "norm", "other"]
    attention = found["attention"]
    assert attention.energies["in_situ"] == Energy(0.150, 0.0015)
    assert set(attention.biases) == {"partition", "isolated"}
    bias = attention.biases["isolated"]
    assert bias.percent == pytest.approx(-20)
    # 0.75 % and 1 % of independent errors, on a ratio of 0.8
    assert bias.half_width_percent == pytest.approx(80 * math.hypot(0.0009 / 0.120, 0.0015 / 0.150))
    assert bias.holds_zero is False
    assert attention.biases["partition"].percent == pytest.approx(-2)
    assert found["other"].biases["partition"].holds_zero is True
    assert found.model.biases["isolated"].percent == pytest.approx(0)


def test_what_a_method_lacks_is_missing_from_its_sum_and_from_what_it_is_compared_with() -> None:
    found = compared()
    assert found.missing == {"isolated": ("other",)}
    assert set(found["other"].energies) == {"in_situ", "partition"}
    sums = found.sum.energies
    assert sums["in_situ"].energy_j == pytest.approx(0.210)
    assert sums["isolated"].energy_j == pytest.approx(0.160)
    assert sums["isolated"].half_width_j == pytest.approx(math.hypot(0.0009, 0.0004))
    assert found.sum.biases["isolated"].percent == pytest.approx(100 * (0.160 / 0.200 - 1)), "other is in neither"
    assert found.sum.biases["partition"].percent == pytest.approx(100 * (0.197 / 0.210 - 1))


def test_a_component_below_resolution_has_no_energy_and_no_bias() -> None:
    targets = [target("plain", 0.2, 0.00066), target("attention", 0.12, 0.0005),
               target("norm", 0.05, 0.0001, statuses=["below_resolution"])]  # fmt: skip
    roles = {"plain": "plain", "attention": "component", "norm": "component"}
    isolated = report(roles=roles, method="isolated", changes={"targets": targets})
    found = compared(isolated=isolated)
    assert "isolated" not in found["norm"].energies
    assert "isolated" not in found["norm"].biases
    assert found.missing["isolated"] == ("norm", "other")
    assert "isolated has no number for norm, other" in str(found)


def test_no_bias_against_what_may_be_zero() -> None:
    found = compared(in_situ=made("in_situ", {**IN_SITU, "norm": (0.050, 0.06)}))
    assert found["norm"].biases == {}
    assert found["attention"].biases


def test_an_absent_half_width_stays_absent() -> None:
    found = compared(isolated=made("isolated", {"attention": (0.12, None), "norm": (0.04, 0.0004)}))
    bias = found["attention"].biases["isolated"]
    assert (bias.half_width_percent, bias.holds_zero) == (None, None)
    assert found.sum.energies["isolated"].half_width_j is None
    assert "-20.0 ± ? %" in str(found)
    assert "How wrong is isolated? Not known" in str(found)


def test_the_interval_covers() -> None:
    """Of two noisy energies whose intervals cover 95 %, the bias's interval covers the true bias as often."""
    noise, true_percent = random.Random(3), 100 * (0.120 / 0.150 - 1)
    covered = 0
    for _ in range(2000):
        reports = {
            method: Energy(noise.gauss(mean, 0.002), 1.96 * 0.002)
            for method, mean in (("in_situ", 0.150), ("isolated", 0.120))
        }
        row = compare_methods(
            {method: made(method, {"mlp": (e.energy_j, e.half_width_j)}) for method, e in reports.items()}
        )["mlp"]
        bias = row.biases["isolated"]
        assert bias.half_width_percent is not None
        covered += abs(bias.percent - true_percent) <= bias.half_width_percent
    assert 0.93 < covered / 2000 < 0.97


def test_sum_of() -> None:
    assert sum_of([]) is None
    assert sum_of([Energy(1.0, 0.3), Energy(2.0, 0.4)]) == Energy(3.0, 0.5)
    assert sum_of([Energy(1.0, 0.3), Energy(2.0)]) == Energy(3.0, None)


def test_json_and_back(tmp_path: Path) -> None:
    found = compared()
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    again = MethodComparison.from_dict(data)
    assert (again.components, again.sum, again.missing) == (found.components, found.sum, found.missing)
    assert str(again) == str(found)
    assert len(again.reports["isolated"].windows) == len(found.reports["isolated"].windows) > 0
    assert data["components"][0]["biases"]["isolated"]["percent"] == pytest.approx(-20)
    assert data["sum"]["energies"]["partition"]["energy_j"] == pytest.approx(0.197)
    found.save(tmp_path / "all.json")
    assert json.loads((tmp_path / "all.json").read_text("utf-8")) == data


@pytest.mark.parametrize("spoil", [
    lambda data: data.update(kind="report"), lambda data: data.update(schema_version=99),
    lambda data: data.pop("reports"), lambda data: data["reports"].pop("in_situ"),
    lambda data: data["reports"]["isolated"].pop("meter"), lambda data: data.update(reports=[1]),
])  # fmt: skip
def test_files_that_are_no_comparison(spoil: Any) -> None:
    data = compared().to_dict()
    spoil(data)
    with pytest.raises(BadInputError):
        MethodComparison.from_dict(data)


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({"model": "gpt2"}, r"model: 'bert-base' \(in_situ\).*'gpt2' \(isolated\)"),
        ({"execution": "eager"}, "execution: 'graph'.*'eager'"),
        ({"meter": ESTIMATE_TRAITS}, "sensor: .*estimate"),
        ({"workload": {"inputs": {}, "weights_dtype": "torch.float16"}}, "inputs: "),
    ],
)
def test_reports_of_different_conditions_are_refused(changes: dict[str, Any], seen: str) -> None:
    with pytest.raises(BadInputError, match=seen):
        compared(isolated=made("isolated", ISOLATED, **changes))


def test_reports_under_a_wrong_name_or_alone_are_refused() -> None:
    with pytest.raises(BadInputError, match="given as 'isolated' is one of method 'partition'"):
        compared(isolated=made("partition", PARTITION))
    with pytest.raises(BadInputError, match="at least another one, got in_situ"):
        compare_methods({"in_situ": made("in_situ", IN_SITU)})
    with pytest.raises(BadInputError, match="a report of 'in_situ'"):
        compare_methods({"partition": made("partition", PARTITION), "isolated": made("isolated", ISOLATED)})
    both = {"partition": made("partition", PARTITION), "isolated warm": made("isolated", ISOLATED)}
    assert compare_methods(both, reference="partition")["norm"].biases["isolated warm"].percent == pytest.approx(0)


def line(text: str, name: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(name))


def test_table() -> None:
    text = str(compared())
    assert text.splitlines()[0] == "bert-base · random weights"
    assert "NVIDIA H200 · nvml counter · graph · input_ids 1x128" in text
    assert line(text, "component").split() == ["component", "in", "situ", "partition", "bias", "isolated", "bias"]
    for cell in ("150.0 ± 1.5 mJ", "147.0 ± 1.2 mJ", "-2.0 ± 1.3 %*", "120.00 ± 0.90 mJ", "-20.0 ± 1.0 %*"):
        assert cell in line(text, "attention")
    assert line(text, "other").split()[-2:] == [ABSENT, ABSENT]
    assert "+0.0 ± 5.7 %" in line(text, "other")
    assert "*" not in line(text, "other")
    assert "100.00 ± 0.80 %" in line(text, "closure")
    assert "200.0 ± 2.0 mJ" in line(text, "model")
    assert "isolated has no number for other" in text
    assert "How wrong is isolated? It finds 20.0 ± 0.9 % less energy than in situ for the same components." in text


def test_a_method_that_agrees_is_said_to() -> None:
    text = str(compared(isolated=made("isolated", IN_SITU)))
    assert "How wrong is isolated? Its sum agrees with in situ within the interval (+0.0 ± 1.2 %)." in text


def test_statuses_stand_beside_the_number_and_in_the_legend() -> None:
    isolated = made("isolated", ISOLATED)
    part = dataclasses.replace(isolated.components["norm"], statuses=("not_capturable",))
    isolated = dataclasses.replace(isolated, components={**isolated.components, "norm": part})
    text = str(compared(isolated=isolated))
    assert "40.00 ± 0.40 mJ ¹" in line(text, "norm")
    assert "¹ not_capturable: could not be held in a CUDA graph" in text
    assert "¹" not in line(text, "attention")


def test_estimates_cannot_be_overlooked_and_the_table_fits() -> None:
    long: Energies = {"z" * 60: (123.456, 1.234), "attention": (0.1, 0.001)}
    reports = {method: made(method, long, meter=ESTIMATE_TRAITS, model="m" * 120, environment={"gpu": "y" * 150})
               for method in ("in_situ", "partition", "isolated")}  # fmt: skip
    reports["isolated cycling"] = dataclasses.replace(reports["isolated"])
    comparison = compare_methods(reports)
    text = render_methods(comparison)
    assert "ESTIMATED energies" in text
    assert max(map(len, text.splitlines())) <= 100
    assert "\x1b" not in text
    assert "\x1b" in render_methods(comparison, color=True)


def test_unknown_component_names_the_known() -> None:
    with pytest.raises(KeyError, match="there are attention, norm, other"):
        compared()["mlp"]
