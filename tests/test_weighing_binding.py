"""The weighing's bindings: what goes in and what comes out. Whether the numbers are true is tested natively."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from clear_native import _core
from clear_native.errors import BadInputError

CALLS: list[int | None] = [0, 1, 0, None]
COSTS_S = [2e-4, 1e-4, 2e-4, 1e-4]
PASSES = 2


def work(time_s: float) -> None:
    end = time.perf_counter() + time_s
    while time.perf_counter() < end:
        pass


def make(doses: list[int]) -> Callable[[], None]:
    """Goes through the unrolled passes in turn, one for each call."""
    state = {"pass": 0}

    def run() -> None:
        first = state["pass"] * len(CALLS)
        state["pass"] = (state["pass"] + 1) % PASSES
        work(sum(cost * (1 + doses[first + call]) for call, cost in enumerate(COSTS_S)))

    return run


def layout(**changes: Any) -> _core.WeighingLayout:
    return _core.WeighingLayout(
        **{"components": ["a", "b"], "component_of_call": CALLS, "passes": PASSES, "twin_of_call": [2, 1, 0, 3]}
        | changes
    )


def options(**changes: float) -> _core.RoundsOptions:
    made = _core.RoundsOptions()
    quick = {"lead_in_min_s": 0.0, "lead_in_max_s": 0.0, "dosed_lead_in_s": 0.0, "dosed_duration_s": 0.005}
    quick |= {
        "dosed_max_duration_s": 0.005,
        "reference_duration_s": 0.005,
        "max_time_s": 30.0,
        "precision": 0.5,
        "max_rounds": 10,
    }
    for name, value in (quick | changes).items():
        setattr(made, name, value)
    return made


def references() -> list[tuple[str, str, _core.Workload]]:
    once = [0] * len(CALLS) * PASSES
    doubled = [0 if component is None else 1 for component in CALLS] * PASSES
    return [
        ("chain", "preserved", _core.EagerWorkload(make(once), None, PASSES)),
        ("doubled", "doubled", _core.EagerWorkload(make(doubled), None, PASSES)),
        ("rest", "component", _core.EagerWorkload(lambda: work(COSTS_S[3]), None, 4)),
        ("idle", "idle", _core.IdleWorkload()),
    ]


def weigh(
    maker: Callable[[list[int]], Callable[[], None]] = make, progress: Any = None, **changes: float
) -> dict[str, Any]:
    meter = _core.EstimateMeter(50.0, "cpu", "test")
    dosed = _core.EagerDosedWorkloads(maker, None, PASSES)
    return _core.run_weighing(meter, references(), layout(), dosed, options(**changes), progress)


def test_the_result_has_references_components_and_the_weighing() -> None:
    seen: list[dict[str, Any]] = []
    result = weigh(progress=seen.append)
    assert [target["name"] for target in result["targets"]] == ["chain", "doubled", "rest", "idle", "a", "b"]
    assert result["rounds"] >= 8 and result["stop_reason"] in ("precision_planned", "max_rounds")
    assert len(seen) == len(result["windows"])
    weighing = result["weighing"]
    assert weighing["fraction"] == _core.RoundsOptions().fraction
    assert weighing["passes"] == PASSES and weighing["pairs"] == 4
    assert weighing["wild_pairs"] >= 0
    assert weighing["homogeneity"]["ratio"] > 0 and weighing["time_homogeneity"]["half_width"] > 0
    assert set(weighing["curvature"]) == {"ratio", "half_width"}
    assert [(layer["component"], layer["layer"]) for layer in weighing["layers"]] == [("a", 0), ("a", 1), ("b", 0)]
    assert set(weighing["layers"][0]["energy_j"]) == {"mean", "half_width", "standard_deviation", "rounds"}
    points = weighing["operating_points"]
    assert points["dosed"]["power_w"] == pytest.approx(50) and points["model"]["sm_clock_mhz"] is None
    assert weighing["changed_buffers"] == 0
    assert result["sensors"] is None and result["temperature_per_k"] is None


def test_windows_keep_their_doses_and_others_have_none() -> None:
    result = weigh()
    dosed = [window for window in result["windows"] if window["target"].startswith("dosed ")]
    assert len(dosed) == 2 * 2 * result["rounds"]  # a design of four pairs in two rounds
    assert all(len(window["doses"]) == len(CALLS) * PASSES and set(window["doses"]) <= set("-0+") for window in dosed)
    assert all(window["doses"][3] == window["doses"][7] == "0" for window in dosed)  # what always runs once
    assert all(window["doses"] is None for window in result["windows"] if window not in dosed)


def test_uniform_pairs_join_the_design() -> None:
    result = weigh(uniform_pairs=2)
    assert result["weighing"]["pairs"] == 4 + 2


def test_an_estimate_follows_at_once_so_that_rounds_are_short() -> None:
    meter = _core.EstimateMeter(50.0, "cpu", "test")
    made = _core.RoundsOptions()
    made.max_time_s = 30.0
    made.precision = 0.5
    dosed = _core.EagerDosedWorkloads(make, None, PASSES)
    result = _core.run_weighing(meter, references(), layout(), dosed, made)
    assert result["rounds"] >= 8
    lead_in_s = sorted(window["lead_in_s"] for window in result["windows"])
    assert lead_in_s[len(lead_in_s) // 2] < 0.05, "a sensor would need 0.05 s and more"
    assert all(window["round"] >= 0 for window in result["windows"])


def test_drawn_rows_are_foldovers() -> None:
    rows = _core.draw_rows(layout(), 0.5, 3, 1)
    assert len(rows) == 8
    for plus, minus in zip(rows[::2], rows[1::2], strict=True):
        assert (plus[0], plus[1], minus[1]) == (minus[0], 1, -1)
        assert [-dose for dose in plus[2]] == minus[2]
        assert plus[3] == [-dose for dose in minus[3]]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"component_of_call": [None] * 4}, "No call can be dosed"),
        ({"component_of_call": [0, 0, 0, None]}, "'b' has no call"),
        ({"components": ["a", "a"]}, "same name"),
        ({"passes": 0}, "passes"),
        ({"twin_of_call": [1, 0, 2, 3]}, "twin"),
        ({"kind_of_call": [0]}, "kinds"),
    ],
)
def test_a_layout_that_cannot_be_weighed_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        _core.draw_rows(layout(**changes), 0.5, 0, 0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"fraction": 0.0}, "fraction"), ({"fraction": 1.5}, "fraction"), ({"max_time_s": 0.01}, "one design.*at least")],
)
def test_options_that_cannot_be_are_refused(changes: dict[str, float], words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        weigh(**changes)


def test_a_failure_while_making_keeps_what_is_finished() -> None:
    made = 0

    def failing(doses: list[int]) -> Callable[[], None]:
        nonlocal made
        made += 1
        if made > 6:
            raise RuntimeError("the second round does not fit")
        return make(doses)

    result = weigh(failing)
    assert result["stop_reason"] == "failed" and result["failure_kind"] == "WorkloadFailedError"
    assert "the second round does not fit" in result["failure_message"]
    assert result["rounds"] == 1 and len(result["windows"]) >= 4


def test_ctrl_c_while_making_is_an_interruption() -> None:
    def interrupted(doses: list[int]) -> Callable[[], None]:
        raise KeyboardInterrupt

    result = weigh(interrupted)
    assert result["stop_reason"] == "interrupted" and result["failure_kind"] is None
