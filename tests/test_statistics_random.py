"""What decides and what is computed from readings, on random numbers: doses, spreads, verdicts, biases, digits."""

from __future__ import annotations

import dataclasses
import math
import re
import statistics
from typing import Any

import pytest

pytest.importorskip("hypothesis")
from hypothesis import assume, given
from hypothesis import strategies as st
from protocol_fixtures import good
from report_fixtures import ROLES, report, result, target

from clear_native import _core
from clear_native.report.bench import verdict_of
from clear_native.report.methods import MethodComparison, compare_methods
from clear_native.report.protocol import ProtocolComponent, ProtocolLoop
from clear_native.report.units import prefixed, with_interval

JOULES = st.floats(1e-6, 1e6)
SHARES = st.floats(0.0, 0.3)


@st.composite
def layouts(draw: Any) -> tuple[_core.WeighingLayout, list[int | None]]:
    number = draw(st.integers(1, 5))
    extra = draw(st.lists(st.none() | st.integers(0, number - 1), max_size=10))
    calls = draw(st.permutations([*range(number), *extra]))
    names = [f"component {i}" for i in range(number)]
    return _core.WeighingLayout(names, calls, draw(st.integers(1, 8))), calls


@given(layouts(), st.floats(0.25, 1.0), st.integers(0, 2**64 - 1), st.integers(0, 100))
def test_doses_are_foldover_pairs_that_balance(
    drawn: tuple[_core.WeighingLayout, list[int | None]], fraction: float, seed: int, design: int
) -> None:
    layout, calls = drawn
    rows = _core.draw_rows(layout, fraction, seed, design)
    assert rows == _core.draw_rows(layout, fraction, seed, design)
    pairs: dict[int, list[Any]] = {}
    for pair, sign, doses, component_doses in rows:
        pairs.setdefault(pair, []).append((sign, doses, component_doses))
        assert len(doses) == len(calls) * layout.passes and set(doses) <= {-1, 0, 1}
        cells: dict[int, list[int]] = {}
        for cell, dose in enumerate(doses):
            component = calls[cell % len(calls)]
            assert component is not None or dose == 0
            if component is not None:
                cells.setdefault(component, []).append(dose)
        for component, found in cells.items():
            assert component_doses[component] == pytest.approx(statistics.fmean(found))
            assert not {-1, 1} <= set(found)  # a component has one sign in a window
    for one, other in pairs.values():
        assert one[0] == -other[0]
        assert [-dose for dose in one[1]] == list(other[1])
    sums = [sum(component_doses[c] for *_, component_doses in rows) for c in range(len(layout.components))]
    assert sums == pytest.approx([0.0] * len(sums), abs=1e-9)


@st.composite
def components(draw: Any) -> ProtocolComponent:
    trials = draw(st.integers(2, 5))
    readings = st.lists(JOULES, min_size=trials, max_size=trials).map(tuple)
    loop = st.builds(ProtocolLoop, st.just("m"), st.integers(1, 10**5), st.integers(1, 30), readings, readings)
    return ProtocolComponent("part", tuple(draw(st.lists(loop, min_size=1, max_size=3))))


@given(components(), st.floats(1e-3, 1e3))
def test_spread_of_the_protocol(part: ProtocolComponent, factor: float) -> None:
    per_pass = [sum(l.calls * l.energies_j[n] / l.repetitions for l in part.loops) for n in range(part.trials)]  # noqa: E741
    assert part.energies_j == pytest.approx(per_pass)
    mean = sum(per_pass) / len(per_pass)
    variance = sum((energy - mean) ** 2 for energy in per_pass) / len(per_pass)
    assert part.energy_j == pytest.approx(mean)
    assert part.standard_deviation_j == pytest.approx(math.sqrt(variance), rel=1e-6, abs=1e-9 * mean)
    scaled = [
        dataclasses.replace(loop, energies_j=tuple(factor * energy_j for energy_j in loop.energies_j))
        for loop in part.loops
    ]
    found = ProtocolComponent("part", tuple(scaled))
    assert found.energy_j == pytest.approx(factor * mean)
    assert part.cv is not None and found.cv == pytest.approx(part.cv, rel=1e-6, abs=1e-9)


@given(components(), components())
def test_the_capture_is_the_sum_over_the_model(one: ProtocolComponent, other: ProtocolComponent) -> None:
    found = dataclasses.replace(good(), components={"a": one, "b": other}, full_model=one)
    assert one.energy_j and other.energy_j
    assert found.capture == pytest.approx(1 + other.energy_j / one.energy_j)
    lacking = dataclasses.replace(found, components={"a": one, "b": ProtocolComponent("b", ())})
    assert lacking.capture is None


@given(st.none() | st.floats(-2, 2), st.none() | st.floats(0, 2), st.floats(1e-3, 1))
def test_verdicts(change: float | None, half_width: float | None, same_within: float) -> None:
    found = verdict_of(change, half_width, same_within)
    if change is None or half_width is None:
        assert found == "unclear"
        return
    opposite = {"better": "worse", "worse": "better"}
    assert verdict_of(-change, half_width, same_within) == opposite.get(found, found)
    low, high = change - half_width, change + half_width
    assert (found in opposite) == (low > 0 or high < 0)
    assert (found == "same") == (low <= 0 <= high and abs(change) + half_width <= same_within)


@given(JOULES, JOULES, SHARES, SHARES)
def test_biases_of_methods(reference_j: float, other_j: float, doubt: float, other_doubt: float) -> None:
    def of(method: str, energy_j: float, half_width: float) -> Any:
        energy = {"mean": energy_j, "half_width": half_width * energy_j, "standard_deviation": 0.0, "rounds": 8}
        targets = [target("plain", 1.0, 1.0), target("attention", energy_j, 1.0, energy_per_pass_j=energy)]
        return report(changes=result(targets=targets), method=method, roles=ROLES)

    found: MethodComparison = compare_methods(
        {"in_situ": of("in_situ", reference_j, doubt), "partition": of("partition", other_j, other_doubt)}
    )
    bias = found["attention"].biases["partition"]
    assert bias.percent == pytest.approx(100 * (other_j - reference_j) / reference_j, abs=1e-6)
    ratio = other_j / reference_j
    assert bias.half_width_percent == pytest.approx(100 * ratio * math.hypot(doubt, other_doubt), abs=1e-9)
    assert found.sum.biases["partition"].percent == pytest.approx(bias.percent, abs=1e-6)
    again = MethodComparison.from_dict(found.to_dict())
    same = again.to_dict() == found.to_dict()  # told in one word: the difference of two such is long
    assert same and str(again) == str(found)


FACTORS = {"T": 1e12, "G": 1e9, "M": 1e6, "k": 1e3, "": 1.0, "m": 1e-3, "µ": 1e-6, "n": 1e-9, "p": 1e-12}


@given(st.floats(-1e14, 1e14))
def test_digits_for_people_are_the_number(value: float) -> None:
    assume(value == 0 or abs(value) > 1e-12)
    shown = re.fullmatch(r"(-?[\d.]+) (\D?)J", prefixed(value, "J"))
    assert shown is not None
    assert float(shown[1]) * FACTORS[shown[2]] == pytest.approx(value, rel=0.0051)


@given(JOULES, st.floats(1e-4, 10))
def test_intervals_for_people_have_both_in_one_prefix(value: float, share: float) -> None:
    half_width = share * value
    shown = re.fullmatch(r"(-?[\d.]+) ± ([\d.]+) (\D?)J", with_interval(value, half_width, "J"))
    assert shown is not None
    factor = FACTORS[shown[3]]
    assert float(shown[2]) * factor == pytest.approx(half_width, rel=0.051)
    assert float(shown[1]) * factor == pytest.approx(value, abs=0.51 * factor * 10 ** -len(shown[1].partition(".")[2]))
