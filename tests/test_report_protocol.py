"""Records of the protocol: what follows from the trials, and what stays absent."""

from __future__ import annotations

import statistics

import pytest
from protocol_fixtures import good, interrupted, part, result

from clear_native.report.protocol import ProtocolComponent, ProtocolLoop


def test_a_component_is_its_calls() -> None:
    found = part("attention", 10.0, 11.0, 12.0, calls=12)
    assert found.energies_j == pytest.approx((0.12, 0.132, 0.144))
    assert found.energy_j == pytest.approx(0.132)
    assert found.standard_deviation_j == pytest.approx(statistics.pstdev([0.12, 0.132, 0.144]))
    assert found.cv == pytest.approx(statistics.pstdev([10, 11, 12]) / 11)
    assert found.time_s == pytest.approx(12 * 0.2e-3)
    assert found.power_w == pytest.approx(11e-3 / 0.2e-3)
    assert found.loops[0].energy_per_call_j == pytest.approx(11e-3)
    assert found.loops[0].trial_s == pytest.approx(2.0)


def test_kinds_add_up_trial_by_trial() -> None:
    loops = (
        ProtocolLoop("wte", 10, 1, (1.0, 2.0), (0.1, 0.1)),
        ProtocolLoop("wpe", 20, 3, (4.0, 2.0, 9.0), (0.2, 0.2, 0.2)),  # one more trial than the other
    )
    found = ProtocolComponent("embeddings", loops)
    assert found.trials == 2 and found.calls == 4
    assert found.energies_j == pytest.approx((0.1 + 0.6, 0.2 + 0.3))
    assert found.energy_j == pytest.approx(0.6)
    assert found.time_s == pytest.approx(0.01 + 0.03)


@pytest.mark.parametrize("energies_mj", [(), (0.0, 0.0)])
def test_no_reading_is_no_number(energies_mj: tuple[float, ...]) -> None:
    found = part("norm", *energies_mj)
    assert (found.energy_j, found.standard_deviation_j, found.cv, found.power_w) == (None, None, None, None)
    whole = result(part("attention", 10.0, 10.0), found)
    assert whole.capture is None


def test_a_kind_that_read_zero_leaves_no_sum() -> None:
    loops = (ProtocolLoop("wte", 10, 1, (1.0,), (0.1,)), ProtocolLoop("wpe", 10, 1, (0.0,), (0.1,)))
    assert ProtocolComponent("embeddings", loops).energy_j is None


def test_some_zeros_are_in_the_mean_as_published() -> None:
    assert part("norm", 0.0, 2.0).energy_j == pytest.approx(1e-3)
    assert part("norm", 0.0, 2.0).loops[0].zero_readings == 1


def test_capture() -> None:
    found = good()
    assert found.capture == pytest.approx((12 * 10.1 + 80.5) / 201)
    assert found.time_capture == pytest.approx((12 * 0.2 + 0.2) / 1.0)
    assert interrupted().capture is None and interrupted().time_capture is None


def test_it_is_a_mapping_of_its_components() -> None:
    found = good()
    assert list(found) == ["attention", "lm_head"] and len(found) == 2 and "attention" in found
    assert found["lm_head"].name == "lm_head"
    with pytest.raises(KeyError, match="no component 'mlp'; there are attention, lm_head"):
        found["mlp"]


def test_statuses() -> None:
    assert good().all_statuses == ()
    assert interrupted().all_statuses == ("failed", "not_measured")
    assert part("a", 1.0).status == "ok" and part("a", statuses=("x", "y")).status == "x, y"
