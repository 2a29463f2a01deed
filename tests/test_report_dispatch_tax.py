"""Eager minus graph, with an interval."""

from __future__ import annotations

import pytest

from clear_native.errors import BadInputError
from clear_native.report.dispatch_tax import DispatchTax, dispatch_tax
from clear_native.report.record import ComponentResult


def component(energy_j: float | None, half_width_j: float | None) -> ComponentResult:
    return ComponentResult(energy_j=energy_j, energy_half_width_j=half_width_j)


def test_differences_of_independent_profiles() -> None:
    graph = {"attention": component(0.05, 0.003), "norm": component(0.02, 0.001)}
    eager = {"norm": component(0.019, 0.001), "attention": component(0.30, 0.004)}
    tax = dispatch_tax(graph, eager)
    assert list(tax) == ["attention", "norm"]
    assert tax["attention"].energy_j == pytest.approx(0.25)
    assert tax["attention"].half_width_j == pytest.approx(0.005)
    assert tax["norm"].energy_j == pytest.approx(-0.001), "never cut off at nothing"


@pytest.mark.parametrize("missing", [component(None, None), component(None, 0.1)])
def test_what_is_not_known_is_absent(missing: ComponentResult) -> None:
    known = component(0.3, 0.01)
    assert dispatch_tax({"norm": missing}, {"norm": known}) == {"norm": DispatchTax()}
    assert dispatch_tax({"norm": known}, {"norm": missing}) == {"norm": DispatchTax()}


def test_an_energy_without_interval_has_a_tax_without_one() -> None:
    tax = dispatch_tax({"norm": component(0.1, None)}, {"norm": component(0.3, 0.01)})["norm"]
    assert tax.energy_j == pytest.approx(0.2)
    assert tax.half_width_j is None


def test_two_different_models() -> None:
    with pytest.raises(BadInputError, match=r"only with graphs: mlp; only eager: norm, other"):
        dispatch_tax({"mlp": component(1, 0)}, {"norm": component(1, 0), "other": component(1, 0)})
