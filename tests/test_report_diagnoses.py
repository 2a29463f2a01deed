"""Every failure signature is provoked, on the protocol's virtual device and in reports, and none appears without."""

from __future__ import annotations

import dataclasses
import math
import re
from typing import Any

import pytest
import torch
from protocol_fixtures import ESTIMATE, good, part, result
from report_fixtures import report
from virtual_energy import COMPONENTS, Model, VirtualDevice, VirtualMeter, cycle

import clear_native as cn
from clear_native.protocol import trials
from clear_native.report.closure import Closure
from clear_native.report.record import ComponentResult, Report

X = torch.zeros(1, 2)


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> VirtualDevice:
    made = VirtualDevice(idle_power_w=10.0)
    monkeypatch.setattr(trials, "sleep", made.sleep)
    return made


def protocol(
    device: VirtualDevice, model: Model | None = None, period_s: float = 0.1, **changed: Any
) -> cn.ProtocolResult:
    """The pause moves the trials over the counter's period."""
    options: dict[str, Any] = {
        "repetitions": 1000, "full_model_repetitions": 1000, "trials": 8, "components": COMPONENTS, "progress": False,
        "pause_s": 0.5637, "meter": VirtualMeter(device, period_s),
    }  # fmt: skip
    return cn.clear_protocol(model or Model(device), X, **{**options, **changed})


def named(found: Any) -> dict[tuple[str, str | None], cn.Diagnosis]:
    return {(diagnosis.name, diagnosis.component): diagnosis for diagnosis in found.diagnoses}


def test_nothing_is_wrong(device: VirtualDevice) -> None:
    found = protocol(device, repetitions=5000, full_model_repetitions=2000, trials=3)
    assert found.diagnoses == ()
    assert found["attention"].energy_j == pytest.approx(0.060, rel=0.02)
    assert cn.diagnose(found) == ()


def test_zero_readings_and_the_way_out(device: VirtualDevice) -> None:
    model = Model(device)
    found = protocol(device, model, repetitions=40, pause_s=0.5, trials=2)  # 40 ms between two ticks
    seen = named(found)[cn.diagnose(found)[0].name, "embeddings"]
    assert seen.name == "zero_readings"
    assert "did not move in 2 of 2 trials of 40 ms (40 calls of first); it changes every 100 ms" in seen.seen
    assert found["embeddings"].energy_j is None and found["embeddings"].statuses == ("below_resolution",)
    assert found.capture is None
    enough = int(re.search(r"repetitions=(\d+)", seen.remedy)[1])  # type: ignore[index]
    assert enough == 5000
    better = protocol(device, model, repetitions=enough, full_model_repetitions=5000)
    assert better.diagnoses == ()
    assert better["embeddings"].energy_j == pytest.approx(0.010, rel=0.02)


def test_some_zero_readings_are_told_too(device: VirtualDevice) -> None:
    found = protocol(device, repetitions=70)
    seen = named(found)["zero_readings", "embeddings"]
    assert 0 < found["embeddings"].loops[0].zero_readings < 8
    assert f"in {found['embeddings'].loops[0].zero_readings} of 8 trials" in seen.seen
    assert found["embeddings"].energy_j is not None


def test_spread_of_a_trial_of_few_ticks(device: VirtualDevice) -> None:
    found = protocol(device, repetitions=250, full_model_repetitions=500)
    spread = named(found)["spread_above_9.5_percent", "embeddings"]
    assert "a trial lasted 2.5 periods of the counter, whose steps alone scatter by about 16 %" in spread.seen
    assert "trials short against the counter's period" in spread.means
    assert "repetitions=5000" in spread.remedy


def test_scatter_of_steps_is_as_said() -> None:
    """Trials of n periods, more or less, that begin at any time: their readings scatter by 1 / (n sqrt 6)."""
    generator = torch.Generator().manual_seed(0)
    starts = torch.rand(20000, generator=generator, dtype=torch.float64)
    ends = starts + 3 + torch.rand(20000, generator=generator, dtype=torch.float64)  # lengths vary by more than a tick
    read = torch.floor(ends) - torch.floor(starts)
    assert float((read - (ends - starts)).std()) == pytest.approx(math.sqrt(1 / 6), rel=0.02)


def test_spread_of_a_component_below_5_mj() -> None:
    found = result(part("norm", 1.0, 1.5), part("attention", 8.0, 12.0, calls=25))
    assert "a call below about 5 mJ" in named(found)["spread_above_9.5_percent", "norm"].means
    assert "5 mJ" not in named(found)["spread_above_9.5_percent", "attention"].means


def test_spread_from_wandering_power_asks_for_more_trials(device: VirtualDevice) -> None:
    noise = cycle(1.0, 2.0)
    model = Model(device)
    trial = {"factor": 1.0, "left": 0}

    def spends() -> None:
        if trial["left"] == 0:
            trial["factor"], trial["left"] = next(noise), 1000
        trial["left"] -= 1
        device.spend("first", 0.010 * trial["factor"], 1e-3)

    model.first.spends = spends
    found = protocol(device, model, period_s=0.001)
    spread = named(found)["spread_above_9.5_percent", "embeddings"]
    assert "more trials, in quiet conditions (1000 repetitions are enough for the counter's steps)" in spread.remedy


def test_spread_of_the_model_itself() -> None:
    found = good(full=part("model", 180.0, 230.0, repetitions=100, time_ms=1.0))
    assert "full_model_repetitions=5000" in named(found)["spread_above_9.5_percent", None].remedy


def test_spread_of_an_estimate_is_that_of_time() -> None:
    found = result(part("norm", 1.0, 2.0), meter=ESTIMATE)
    seen = named(found)["spread_above_9.5_percent", "norm"]
    assert "Python's pace" in seen.means and "period" not in seen.seen and "more repetitions" in seen.remedy


@pytest.mark.parametrize(("cv", "told"), [(0.094, False), (0.096, True)])
def test_the_limit_of_spread(cv: float, told: bool) -> None:
    found = result(part("attention", 100 * (1 - cv), 100 * (1 + cv)))
    assert (("spread_above_9.5_percent", "attention") in named(found)) == told


def test_capture_of_a_model_that_idles_between_its_modules(device: VirtualDevice) -> None:
    model = Model(device, between_j=0.05, between_s=5e-3)
    found = protocol(device, model, period_s=0.001, components={"a": "layers.*"})
    low = named(found)["capture_below_90_percent", None]
    assert "sum to 40.0 % of the model's energy, and to 27.3 % of its time" in low.seen
    assert "missing components" in low.means and "(first, last)" in low.means and "waits for Python" in low.means


def test_capture_of_components_that_are_cheaper_alone(device: VirtualDevice) -> None:
    """As warm caches make them: the same module again costs less than another one."""
    model = Model(device)
    for number, layer in enumerate(model.layers):
        name = f"layer {number}"
        layer.spends = lambda name=name: device.spend(name, 0.010 if device.calls[-1] == name else 0.020, 1e-3)
    found = protocol(device, model, period_s=0.001)
    low = named(found)["capture_below_90_percent", None]
    assert "to 100.0 % of its time" in low.seen and "stay in the cache" in low.means


@pytest.mark.parametrize(("share", "told"), [(0.89, True), (0.91, False)])
def test_the_limit_of_capture(share: float, told: bool) -> None:
    found = result(part("attention", 200 * share, 200 * share), full=part("model", 200.0, 200.0))
    assert (("capture_below_90_percent", None) in named(found)) == told


def with_dtype(found: cn.ProtocolResult, dtype: str) -> cn.ProtocolResult:
    return dataclasses.replace(found, workload={**found.workload, "weights_dtype": f"torch.{dtype}"})


def norms(dtype: str, *energies_mj: float) -> cn.ProtocolResult:
    return with_dtype(result(part("norm", *energies_mj), part("attention", 150.0, 151.0, 150.0)), dtype)


@pytest.mark.parametrize("half", ["float16", "bfloat16"])
def test_norms_dearer_in_half_precision(half: str) -> None:
    one, other = norms(half, 2.0, 2.02, 2.04), norms("float32", 1.0, 1.02, 0.98)
    for found in (cn.diagnose(one, other)[-1], cn.diagnose(other, one)[-1]):
        assert (found.name, found.component) == ("norms_dearer_in_half_precision", "norm")
        assert found.seen == f"2.02 mJ in {half}, 1 mJ in float32: 102 % more"
    assert cn.diagnose(one, other)[:-1] == one.diagnoses


@pytest.mark.parametrize(
    ("in_half", "in_full"),
    [
        pytest.param((1.0, 1.02, 0.98), (2.0, 2.0, 2.0), id="cheaper"),
        pytest.param((1.0, 1.4, 0.9), (1.0, 1.2, 0.9), id="within the noise"),
        pytest.param((2.0,), (1.0,), id="one trial tells no noise"),
        pytest.param((0.0, 0.0), (1.0, 1.0), id="no reading"),
    ],
)
def test_norms_that_are_not(in_half: tuple[float, ...], in_full: tuple[float, ...]) -> None:
    found = cn.diagnose(norms("float16", *in_half), norms("float32", *in_full))
    assert "norms_dearer_in_half_precision" not in {diagnosis.name for diagnosis in found}


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        (norms("float16", 1.0), norms("bfloat16", 1.0), "got torch.float16 and torch.bfloat16"),
        (norms("float32", 1.0), norms("float32", 1.0), "give one result of each"),
        (
            norms("float16", 1.0),
            dataclasses.replace(norms("float32", 1.0), model="gpt2"),
            "model: 'bert-base' and",
        ),
        (norms("float16", 1.0), dataclasses.replace(norms("float32", 1.0), meter=ESTIMATE), "device: 'GPU-1234'"),
        (norms("float16", 1.0), with_dtype(good(), "float32"), "no component of norms is in both"),
        (norms("float16", 1.0), report(), "a ProtocolResult and a Report"),
        (norms("float16", 1.0), "bert.json", "got str"),
        (None, None, "got NoneType"),
    ],
)
def test_what_cannot_be_diagnosed(one: Any, other: Any, message: str) -> None:
    with pytest.raises(cn.BadInputError, match=message):
        cn.diagnose(one, other)


def test_other_shapes_are_no_other_precision() -> None:
    longer = {"inputs": {"input_ids": {"shape": [1, 512], "dtype": "torch.int64"}}, "weights_dtype": "torch.float32"}
    with pytest.raises(cn.BadInputError, match="shapes of inputs"):
        cn.diagnose(norms("float16", 1.0), dataclasses.replace(norms("float32", 1.0), workload=longer))


def changed(name: str, **values: Any) -> Report:
    found = report()
    return dataclasses.replace(found, components={**found.components, name: dataclasses.replace(found[name], **values)})


def test_a_report_without_signatures() -> None:
    assert report().diagnoses == ()
    assert "?" not in str(report()).replace("± ?", "")


@pytest.mark.parametrize("status", ["below_resolution", "too_few_ticks"])
def test_a_report_without_a_reading(status: str) -> None:
    found = changed("norm", energy_j=None, energy_half_width_j=None, statuses=(status,))
    seen = named(found)["zero_readings", "norm"]
    assert status in seen.seen
    assert f"    norm: {seen.seen}" in str(found)
    assert not changed("norm", statuses=(status,)).diagnoses  # there is a number


def test_a_report_with_a_wide_interval() -> None:
    found = changed("norm", energy_j=0.002, energy_half_width_j=0.0005, precision_reached=False)
    seen = named(found)["spread_above_9.5_percent", "norm"]
    assert seen.seen == "the half-width of its interval is 25 % of its 2 mJ" and "too few" in seen.means
    small = changed("norm", energy_j=0.002, energy_half_width_j=0.0005, precision_reached=True)
    assert "0.3 % of the model" in named(small)["spread_above_9.5_percent", "norm"].means
    assert not changed("norm", energy_j=-0.002, energy_half_width_j=0.0005).diagnoses


@pytest.mark.parametrize(
    ("closure", "told"),
    [(Closure(0.85, 0.01), True), (Closure(0.85, 0.06), False), (Closure(0.85), True), (None, False)],
)
def test_a_report_that_does_not_close(closure: Closure | None, told: bool) -> None:
    found = dataclasses.replace(report(), energy_closure=closure)
    assert (("capture_below_90_percent", None) in named(found)) == told
    assert ("    the model: the components sum to 85.0 % of the model's energy" in str(found)) == told


def test_a_table_tells_diagnoses_in_words_and_alike_ones_once() -> None:
    wide = {"energy_j": 0.002, "energy_half_width_j": 0.0005}
    found = dataclasses.replace(
        report(), components={name: dataclasses.replace(part, **wide) for name, part in report().components.items()}
    )
    assert str(found).splitlines()[-4:] == [
        "? spread_above_9.5_percent: a small component: what a profile aims at is 1 % of it or 0.3 % of the",
        "model, whichever is more. What helps: a smaller precision and a longer max_time",
        "    attention: the half-width of its interval is 25 % of its 2 mJ",
        "    norm: the half-width of its interval is 25 % of its 2 mJ",
    ]


def test_a_report_of_isolated_replay_names_what_is_not_covered() -> None:
    found = report()
    parts = {**found.components, "other": ComponentResult(name="other", statuses=("not_covered",))}
    low = dataclasses.replace(found, components=parts, energy_closure=Closure(0.7, 0.01), method="isolated")
    seen = named(low)["capture_below_90_percent", None]
    assert seen.means.startswith("other not covered") and "in_situ" in seen.remedy
    in_situ = named(dataclasses.replace(low, method="in_situ"))["capture_below_90_percent", None]
    assert "homogeneity" in in_situ.remedy


def test_norms_of_two_reports() -> None:
    half = changed("norm", energy_j=0.002, energy_half_width_j=0.0001)
    full = changed("norm", energy_j=0.001, energy_half_width_j=0.0001)
    half = dataclasses.replace(half, workload={**half.workload, "weights_dtype": "torch.float16"})
    full = dataclasses.replace(full, workload={**full.workload, "weights_dtype": "torch.float32"})
    assert cn.diagnose(full, half)[-1].seen == "2 mJ in float16, 1 mJ in float32: 100 % more"
    parts = {"norm": dataclasses.replace(half["norm"], energy_half_width_j=None)}
    assert "norms_dearer_in_half_precision" not in {
        found.name for found in cn.diagnose(full, dataclasses.replace(half, components=parts))
    }
