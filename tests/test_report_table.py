"""The printed table: at most 100 columns, complete, and an estimate or random weights cannot be overlooked."""

from __future__ import annotations

import dataclasses
import math
import sys

import pytest
from report_fixtures import ESTIMATE_TRAITS, RESULT, FakeCost, report, target

from clear_native.report import KernelComparison
from clear_native.report.dispatch_tax import DispatchTax
from clear_native.report.table import render
from clear_native.report.table_columns import bar
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
    assert row(text, "norm").split()[-4:] == [ABSENT, ABSENT, "500", "kB"]
    assert row(text, "attention").endswith("1.00 MB") and row(text, "model ").endswith("1.50 MB")
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


def test_statuses_of_the_whole_report_are_warnings_and_have_no_mark() -> None:
    lines = str(report(kernels=KernelComparison(("a",), ()), statuses=["nobody_knows_it", "ok"])).splitlines()
    assert "! kernels_differ: captured and eager execution launch different kernels" in lines
    assert "! nobody_knows_it: nobody_knows_it" in lines
    assert any("different kernels: a (1 times eager, 0 captured)" in line for line in lines)
    assert not any("¹" in line or line.startswith("! ok") for line in lines)


def test_a_status_of_the_report_and_of_a_row_is_told_once() -> None:
    targets = [*RESULT["targets"][:3], target("norm", 0.05, 0.00017, statuses=["contended"])]
    text = str(report(changes={"targets": targets, "other_processes_peak": 2}))
    assert row(text, "norm ¹")
    assert text.count("another process used the device") == 1
    assert "¹ contended: another process used the device" in text


def test_bars_of_eighths() -> None:
    shares = {0.0: "", 0.03: "", 0.04: "▏", 0.44: "▉", 0.5: "█", 0.6: "█▎", 0.96: "█▉", 0.97: "██", 1.0: "██"}
    assert {share: bar(share, 2) for share in shares} == shares
    assert [bar(eighth / 64) for eighth in range(9)] == ["", *"▏▎▍▌▋▊▉█"]
    assert bar(-0.2) == bar(None) == bar(math.nan) == bar(math.inf) == ""
    assert bar(17.0) == bar(1.0) == "█" * 8


def test_shares_have_bars() -> None:
    text = str(report())
    assert "75.0 %  ██████  " in row(text, "attention")
    assert "25.0 %  ██      " in row(text, "norm")
    assert "█" not in row(text, "model")


def test_columns_that_no_row_has_a_value_for_are_left_out() -> None:
    text = str(report(costs={}, changes={"targets": RESULT["targets"][:2]}))
    assert row(text, "component").split() == ["component", "energy", "share", "time", "power", "FLOPs", "pJ/FLOP"]
    assert row(text, "model ").endswith("295 W      –        –")


def test_the_dispatch_tax_is_a_column() -> None:
    tax = {"attention": DispatchTax(0.25, 0.005), "norm": DispatchTax(), "model": DispatchTax(0.3, None)}
    text = render(report(), tax=tax)
    assert row(text, "component").split()[-3:] == ["bytes", "dispatch", "tax"]
    assert row(text, "attention").endswith("250.0 ± 5.0 mJ")
    assert row(text, "norm").endswith(ABSENT)
    assert row(text, "model,").endswith("MB")
    assert row(text, "model ").endswith("300 mJ ± ?")
    assert "dispatch tax: eager minus graph, of the GPU alone" in text
    assert "dispatch tax" not in render(report(), tax={"norm": DispatchTax()})


ALL = ("share", "time", "power", "FLOPs", "pJ/FLOP", "bytes")


@pytest.mark.parametrize(
    ("longest_name", "titles", "bar_cells", "gap"),
    [
        (24, ALL, 8, 2),
        (28, ALL, 4, 2),
        (36, ALL, 4, 1),
        (41, ALL, 0, 1),
        (49, ALL[:-1], 0, 1),
        (55, ("share", "time", "FLOPs", "pJ/FLOP"), 0, 1),
        (62, ("share", "time", "pJ/FLOP"), 0, 1),
        (70, ("share", "time"), 0, 1),
    ],
)
def test_what_gives_way_to_a_long_name(longest_name: int, titles: tuple[str, ...], bar_cells: int, gap: int) -> None:
    """Up to this length so much is shown; a name that is one longer costs the next."""

    def shown(columns: int) -> tuple[tuple[str, ...], int, int]:
        name = "z" * columns
        targets = [*RESULT["targets"][:2], target(name, 0.2, 0.0005)]
        roles = {"plain": "plain", "preserved": "preserved", name: "component"}
        text = render(report(changes={"targets": targets}, roles=roles, costs={name: FakeCost(10**9, 10**9, 10**6)}))
        assert max(map(len, text.splitlines())) <= 100
        line = row(text, "zz")
        spaces = 2 if "  500 µs" in line else 1
        return tuple(row(text, "component").split()[2:]), line.count("█"), spaces

    assert shown(longest_name) == (titles, bar_cells, gap)
    assert shown(longest_name + 1) != (titles, bar_cells, gap) or longest_name == 70


def test_a_name_that_nothing_makes_room_for_is_folded() -> None:
    roles = {"plain": "plain", "preserved": "preserved", "z" * 71: "component"}
    text = str(report(changes={"targets": [*RESULT["targets"][:2], target("z" * 71, 0.2, 0.0005)]}, roles=roles))
    assert [line[:71].rstrip() for line in text.splitlines() if line.startswith("z")] == ["z" * 70, "z"]


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
