"""What a weighing found reaches the report, the table and the uncertainty budget."""

from __future__ import annotations

from report_fixtures import ESTIMATE_TRAITS, IN_SITU, WEIGHING, interval, report

from clear_native.report import Closure
from clear_native.report.bounds import with_bounds
from clear_native.report.table import render
from clear_native.report.weighing import layer_rows, weighing_from

FACTS = {"cache": "cold", "reuse_distance_bytes": 250_000_000, "cache_judged": None}


def test_conditions_of_the_method_are_kept_with_their_intervals() -> None:
    found = weighing_from(WEIGHING, FACTS)
    assert found is not None
    assert (found.fraction, found.passes, found.pairs) == (0.5, 8, 8)
    assert found.homogeneity == Closure(0.997, 0.004)
    assert found.time_homogeneity == Closure(0.998)
    assert found.interactions_rms is None
    assert found.operating_points["dosed"] == {"sm_clock_mhz": 1980.0}  # what the device does not tell is left out
    assert found.facts == {"cache": "cold", "reuse_distance_bytes": 250_000_000}
    assert weighing_from(None, FACTS) is None


def test_layers_become_details_of_their_component() -> None:
    found = report(changes=IN_SITU, method="in_situ")
    first, second = found["attention"].details
    assert first == {
        "layer": 0, "energy_j": 0.08, "energy_half_width_j": 0.002, "time_s": 2.5e-4, "time_half_width_s": 1e-6,
    }  # fmt: skip
    assert "energy_half_width_j" not in second
    assert found["norm"].details == ()
    assert layer_rows(None) == {}


def test_calls_have_their_modules_where_they_are_known() -> None:
    rows = layer_rows(WEIGHING, {"attention": ["encoder.0.attention", "encoder.1.attention"]})
    assert [row["module"] for row in rows["attention"]] == ["encoder.0.attention", "encoder.1.attention"]
    assert "module" not in layer_rows(WEIGHING, {"attention": []})["attention"][0]


def test_components_of_a_weighing_need_no_role() -> None:
    roles = {"plain": "plain", "preserved": "preserved", "idle": "idle"}
    assert set(report(changes=IN_SITU, roles=roles).components) == {"attention", "norm"}


def test_the_doubled_model_is_no_component_and_needs_no_precision() -> None:
    changes = {"targets": [*report_targets(), {**report_targets()[1], "name": "doubled", "precision_reached": False}]}
    roles = {"plain": "plain", "preserved": "preserved", "idle": "idle", "doubled": "doubled"}
    found = report(changes={**IN_SITU, **changes}, roles=roles)
    assert "doubled" not in found.components
    assert "precision_not_reached" not in found.statuses


def report_targets() -> list[dict[str, object]]:
    from report_fixtures import RESULT

    return list(RESULT["targets"])


def test_table_shows_doses_homogeneity_and_both_sensors() -> None:
    text = render(report(changes=IN_SITU, method="in_situ", dosing=FACTS))
    assert "50.0 % of the calls dosed over 8 passes, second runs cold" in text
    assert "doubled/2x 99.70 ± 0.40 %" in text
    assert "counter/samples 100.40 ± 0.20 %" in text
    assert "dosed windows at 1980 MHz, the model at 1975 MHz" in text
    assert " dosed" not in render(report())


def test_budget_lists_what_is_in_the_intervals_and_what_is_not() -> None:
    budget = {entry.source: entry for entry in report(changes=IN_SITU, method="in_situ").uncertainty}
    assert budget["repeatability"].in_interval and budget["repeatability"].relative == 0.01
    assert budget["drift"].in_interval
    assert round(budget["two sensors"].relative or 0, 6) == 0.004 and not budget["two sensors"].in_interval
    assert round(budget["homogeneity"].relative or 0, 6) == -0.003
    assert budget["kept buffers"].relative == 0.0256
    assert budget["gain of the sensor"].relative is None
    assert budget["quantisation"].relative == 0.001 / (0.6 * 200)


def test_an_estimate_has_no_sensor_to_doubt() -> None:
    sources = [entry.source for entry in report(ESTIMATE_TRAITS).uncertainty]
    assert "no sensor" in sources and "gain of the sensor" not in sources


def test_bounds_of_both_caches_stand_beside_the_judged_energy() -> None:
    cold = report(changes=IN_SITU, method="in_situ", dosing={"cache": "cold"})
    warm = report(changes={**IN_SITU, "targets": [*report_targets()[:3]]}, method="in_situ")
    found = with_bounds({"cold": cold, "warm": warm})
    assert found.energy_closure == cold.energy_closure
    assert found.bounds["attention"]["cold"] == found.bounds["attention"]["warm"]
    assert found.bounds["attention"]["warm"] == {"energy_j": 0.15, "half_width_j": 0.0015}
    assert set(found.bounds["norm"]) == {"cold"}  # the other has no number for it
    text = render(found)
    assert "with second runs warm: attention 150.0 ± 1.5 mJ" in text
    assert "with second runs cold: attention 150.0 ± 1.5 mJ, norm 50.00 ± 0.50 mJ" in text


def test_sensors_that_disagree_by_the_engine_are_told() -> None:
    assert "sensors_disagree" not in report(changes={**IN_SITU, "sensors": interval(1.03, 0.001)}).statuses
    found = report(changes={**IN_SITU, "sensors": interval(1.03, 0.001), "statuses": ["sensors_disagree"]})
    assert found.statuses == ("sensors_disagree",)
    assert "the energy counter and the power samples differ" in render(found)
