"""clear-bench shows a saved report as clear-native does: the same table, byte for byte, and the same CSV."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bench_program import run
from realistic_reports import bert_base, estimate
from report_fixtures import ESTIMATE_TRAITS, IN_SITU, RESULT, interval, report, target
from test_report_side_meters import RAPL_TRAITS, side

from clear_native.report import Report
from clear_native.report.bounds import with_bounds
from clear_native.report.record import Failure
from clear_native.report.terminal import STATUS_MEANINGS


def changed(**changes: Any) -> Report:
    return report(changes=changes)


def every_status() -> Report:
    """More of them than there are superscripts, on components and on the whole."""
    statuses = list(STATUS_MEANINGS)
    targets = [*RESULT["targets"][:2], target("attention", 0.15, 0.0005, statuses=statuses[:14])]
    targets += [target("norm", 0.05, 0.00017, statuses=["below_resolution", "nobody_knows_it"])]
    return report(changes={"targets": targets}, statuses=statuses[14:])


def grouped() -> Report:
    names = ("decoder.attention.q", "decoder.attention.k", "decoder.mlp", "decoder", "head")
    targets = [*RESULT["targets"][:2], *(target(name, 0.03, 0.0001) for name in names)]
    return report(changes={"targets": targets}, roles={"plain": "plain", "preserved": "preserved"})


def spread() -> Report:
    parts = [target("attention", 0.15, 0.0005, energy_per_pass_j=interval(0.15, 0.03)), target("norm", -0.01, 0.0001)]
    return changed(targets=[*RESULT["targets"][:2], *parts], energy_closure={"ratio": 0.7, "half_width": 0.01})


def wide() -> Report:
    long = "z" * 60
    return report(
        ESTIMATE_TRAITS, model="an-organization/a-model-with-a-very-long-name-" + "x" * 80,
        warnings=["word " * 60, "x" * 250, " leading and  double   spaces " * 9, "two\nlines", "µ" * 101],
        environment={"gpu": "y" * 150}, roles={"plain": "plain", "preserved": "preserved", "idle": "idle"},
        changes={"targets": [*RESULT["targets"][:3], target(long, 123.456, 0.001), target("in words " * 9, 1.0, 1.0)]},
    )  # fmt: skip


def folded(seed: int) -> Report:
    """Words of all lengths, so that lines break everywhere."""
    rng = random.Random(seed)
    words = [rng.choice("abcµ–·") * rng.choice((1, 3, 7, 20, 99, 100, 101, 230)) for _ in range(60)]
    return report(warnings=[" ".join(rng.sample(words, 25)) for _ in range(6)])


def numbers(seed: int) -> Report:
    """Of all magnitudes, near where prefixes change too."""
    rng = random.Random(seed)

    def value() -> float:
        return (
            rng.choice((1, -1, 1, 1))
            * rng.choice((0.9996, 0.9994, 1, 9.995, rng.random()))
            * 10.0 ** rng.randint(-14, 14)
        )

    targets = [target(name, value(), abs(value())) for name in ("plain", "preserved", *map(str, range(12)))]
    for one in targets:
        one["energy_per_pass_j"] = interval(value(), rng.choice((None, 0.0, abs(value()), abs(value()))))
    return report(
        changes={"targets": targets, "elapsed_s": abs(value())}, roles={"plain": "plain", "preserved": "preserved"}
    )


def with_sides() -> Report:
    sides = [side("plain", 0.04, 55.0), side("attention", 0.02, 56.0), side("idle", 31.0, 31.0)]
    return report(changes={"sides": sides}, sides=[RAPL_TRAITS, {**RAPL_TRAITS, "scope": "gpu"}])


def failed() -> Report:
    return dataclasses.replace(
        changed(stop_reason="failed", failure_kind="SensorFaultError", failure_message="it went back", rounds=2),
        failure=Failure("SensorFaultError", "it went back"),
    )


def named(columns: int) -> Report:
    """The longer the name, the less stands beside it."""
    return dataclasses.replace(
        bert_base(), components={"n" * columns: dataclasses.replace(bert_base()["mlp"], name="n" * columns)}
    )


def shares(seed: int) -> Report:
    """Between all eighths of bars, below nothing and above the whole."""
    rng = random.Random(seed)
    parts = [target(str(number), 0.2 * rng.uniform(-0.1, 1.2), 0.0001) for number in range(24)]
    parts += [target(f"eighths {number}", 0.2 * (2 * number + 1) / 128, 0.0001) for number in range(24)]
    return report(
        changes={"targets": [*RESULT["targets"][:2], *parts]}, roles={"plain": "plain", "preserved": "preserved"}
    )


MADE: dict[str, Callable[[], Report]] = {
    "partition": report, "in_situ": bert_base, "estimated": estimate, "statuses": every_status, "grouped": grouped,
    "spread": spread, "wide": wide, "failed": failed, "sides": with_sides,
    "in_situ_fixture": lambda: report(changes=IN_SITU, method="in_situ", dosing={"cache": "cold"}),
    "bounds": lambda: with_bounds({"cold": bert_base(), "warm": bert_base(scale=0.9)}),
    "interrupted": lambda: changed(stop_reason="interrupted", rounds=3, energy_closure=None, time_closure=None),
    "nothing": lambda: changed(targets=[], windows=[]),
    "contended": lambda: changed(other_processes_peak=2),
    "trained": lambda: report(synthetic_weights=False),
    "bare": lambda: report(environment={}, workload={}, costs={}, calls={}, synthetic_weights=None),
    "without_costs": lambda: report(costs={}),
    **{f"named_{columns}": lambda columns=columns: named(columns) for columns in range(20, 80)},  # type: ignore[misc]
    **{f"shares_{seed}": lambda seed=seed: shares(seed) for seed in range(4)},  # type: ignore[misc]
    **{f"folded_{seed}": lambda seed=seed: folded(seed) for seed in range(8)},  # type: ignore[misc]
    **{f"numbers_{seed}": lambda seed=seed: numbers(seed) for seed in range(8)},  # type: ignore[misc]
}  # fmt: skip


@pytest.mark.parametrize("name", MADE)
def test_the_table_and_csv_of_clear_native(name: str, tmp_path: Path) -> None:
    made = MADE[name]()
    file, csv = tmp_path / "report.json", tmp_path / "new" / "report.csv"
    made.save(file)
    done = run("report", file, "--csv", csv)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{Report.load(file)}\nwritten to {csv}\n"
    assert csv.read_text("utf-8") == made.to_csv()
