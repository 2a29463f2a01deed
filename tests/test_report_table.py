"""The printed table: at most 100 columns, complete, and an estimate or random weights cannot be overlooked."""

from __future__ import annotations

import dataclasses
import sys

import pytest
from report_fixtures import ESTIMATE_TRAITS, RESULT, report, target

from clear_native.report import KernelComparison
from clear_native.report.table import render
from clear_native.report.terminal import STATUS_MEANINGS
from clear_native.report.units import ABSENT


def row(text: str, name: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(name))


def test_gpu_report() -> None:
    text = str(report())
    assert "bert-base · random weights" in text
    assert "NVIDIA H200 · nvml counter · input_ids 1x128 · float16" in text
    assert "partition, graph · 8 rounds in 24.5 s · idle 124.0 ± 1.2 W" in text
    assert "closure energy 100.00 ± 0.80 % · time 99.8 % · perturbation 2.56 ± 0.40 %" in text
    assert row(text, "attention").split("  ")[0] == "attention"
    for cell in ("150.0 ± 1.5 mJ", "75.0 %", "500 µs", "300 W", "1.00 G", "150"):
        assert cell in row(text, "attention")
    assert row(text, "norm").rstrip().endswith(ABSENT)
    assert "195.0 ± 1.9 mJ" in row(text, "model ") or "195.0 ± 2.0 mJ" in row(text, "model ")
    assert "ESTIMATED" not in text
    assert not any(meaning in text for meaning in STATUS_MEANINGS.values()), "a legend only for what is used"


def test_estimate_is_visible_in_title_header_and_warning() -> None:
    lines = str(report(ESTIMATE_TRAITS)).splitlines()
    assert "ESTIMATED energies (time × 20.0 W, no sensor)" in lines[0]
    assert "ESTIMATED energy" in next(line for line in lines if line.startswith("component"))
    assert any(line.startswith("! Energies are ESTIMATED") for line in lines)


def test_trained_weights_are_not_called_random() -> None:
    assert "random" not in str(report(synthetic_weights=False))


def test_statuses_have_marks_and_a_legend() -> None:
    targets = [*RESULT["targets"][:2], target("attention", 0.15, 0.0005, statuses=["power_capped", "new_one"])]
    targets += [target("norm", 0.05, 0.00017, statuses=["below_resolution"])]
    text = str(report(changes={"targets": targets}))
    assert row(text, "attention ¹²")
    assert "0.05" not in row(text, "norm ³")
    assert "¹ power_capped: the power cap held the clocks down" in text
    assert "² new_one" in text
    assert "³ below_resolution: too little energy" in text


def test_report_statuses_are_in_the_legend_too() -> None:
    text = str(report(kernels=KernelComparison(("a",), ())))
    assert "kernels_differ: captured and eager" in text
    assert "different kernels: a (1 times eager, 0 captured)" in text


def test_never_wider_than_100_columns() -> None:
    wide = report(
        ESTIMATE_TRAITS, model="an-organization/a-model-with-a-very-long-name-" + "x" * 80,
        warnings=["word " * 60], environment={"gpu": "y" * 150},
        roles={"plain": "plain", "preserved": "preserved", "attention": "component", "z" * 60: "component"},
        changes={"targets": [*RESULT["targets"][:3], target("z" * 60, 123.456, 0.001)]},
    )  # fmt: skip
    text = str(wide)
    assert max(map(len, text.splitlines())) <= 100
    assert "123.5 ± 1.2 J" in text
    assert max(map(len, render(wide, width=80).splitlines())) <= 80


def test_no_color_codes_in_text() -> None:
    assert "\x1b" not in str(report(ESTIMATE_TRAITS))
    assert "\x1b" in render(report(ESTIMATE_TRAITS), color=True)


def test_unknown_component_names_the_known() -> None:
    with pytest.raises(KeyError, match="no component 'mlp'; there are attention, norm"):
        report()["mlp"]
    assert "attention" in report()
    assert len(report()) == 2


def test_data_frame() -> None:
    pytest.importorskip("pandas")
    frame = report(ESTIMATE_TRAITS).to_dataframe()
    assert list(frame.index) == ["attention", "norm"]
    assert frame.loc["attention", "energy_j"] == 0.15
    assert frame.loc["attention", "pj_per_flop"] == pytest.approx(150)
    assert frame["estimated"].all()
    assert frame["synthetic_weights"].all()
    assert frame.loc["norm", "status"] == "ok"
    assert dataclasses.replace(report(), components={}).to_dataframe().empty


def test_without_pandas_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"pip install 'clear_native\[pandas\]'"):
        report().to_dataframe()
