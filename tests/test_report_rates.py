"""Tokens per joule, joules per request, CO2 and cost: known arithmetic, and absent where nothing can be said."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from realistic_reports import bert_base

from clear_native.errors import BadInputError
from clear_native.report.rates import Prices, impact, requests, tokens


def with_inputs(**shapes: tuple[list[int], str]) -> Any:
    inputs = {name: {"shape": shape, "dtype": f"torch.{dtype}"} for name, (shape, dtype) in shapes.items()}
    return dataclasses.replace(bert_base(), workload={"inputs": inputs})


@pytest.mark.parametrize(
    ("inputs", "count"),
    [
        ({"input_ids": ([4, 128], "int64"), "attention_mask": ([4, 128], "int64")}, 512),
        ({"input_ids": ([2, 100], "int64"), "decoder_input_ids": ([2, 10], "int64")}, 220),
        ({"inputs_embeds": ([2, 16, 768], "float16")}, 32),
        ({"args[0]": ([3, 7], "int64")}, 21),
        ({"attention_mask": ([3, 7], "int64")}, None),
        ({"pixel_values": ([1, 3, 224, 224], "float16")}, None),
        ({"args[0]": ([3, 7], "float32")}, None),
        ({}, None),
    ],
)
def test_tokens(inputs: dict[str, Any], count: int | None) -> None:
    report = with_inputs(**inputs)
    assert tokens(report) == count
    assert (report.tokens_per_joule is None) == (count is None)


def test_rates_are_of_the_plain_model() -> None:
    report = with_inputs(input_ids=([4, 128], "int64"))
    assert report.tokens_per_joule == pytest.approx(512 / 0.1805)
    assert report.joules_per_request == pytest.approx(0.1805 / 4)
    assert requests(with_inputs(pixel_values=([8, 3, 224, 224], "float16"))) == 8
    unknown = dataclasses.replace(report, full_model=dataclasses.replace(report.full_model, energy_j=None))
    assert (unknown.tokens_per_joule, unknown.joules_per_request) == (None, None)


def test_impact() -> None:
    found = impact(with_inputs(input_ids=([1, 1], "int64")), Prices(400.0, 0.3, "EUR", "made up"))
    assert found is not None
    assert found.energy_kwh == pytest.approx(1e9 * 0.1805 / 3.6e6)
    assert found.of == "billion tokens"
    assert found.carbon_g == pytest.approx(400.0 * found.energy_kwh)
    assert found.cost == pytest.approx(0.3 * found.energy_kwh)
    assert found.source == "made up"


def test_impact_of_what_is_large_and_has_no_tokens() -> None:
    report = with_inputs(pixel_values=([1, 3, 8, 8], "float16"))
    large = dataclasses.replace(report, full_model=dataclasses.replace(report.full_model, energy_j=36.0))
    found = impact(large, Prices(grid_intensity_g_per_kwh=100.0))
    assert found is not None
    assert (found.of, found.energy_kwh, found.carbon_g) == (
        "million requests",
        pytest.approx(10.0),
        pytest.approx(1000.0),
    )
    assert found.cost is None, "not asked for"


def test_nothing_is_said_unasked() -> None:
    assert impact(bert_base(), Prices()) is None
    assert "CO2 per" not in bert_base().to_html()
    assert "at 380 g/kWh, given by the caller" in bert_base().to_html(grid_intensity_g_per_kwh=380.0)


@pytest.mark.parametrize("wrong", [-1.0, float("nan"), float("inf")])
def test_wrong_prices(wrong: float) -> None:
    with pytest.raises(BadInputError, match="not negative"):
        Prices(grid_intensity_g_per_kwh=wrong)
    with pytest.raises(BadInputError, match="price_per_kwh"):
        bert_base().to_html(price_per_kwh=wrong)
