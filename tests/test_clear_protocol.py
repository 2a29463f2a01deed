"""The published protocol on a virtual device of known truth: energies, capture, order, errors, Ctrl-C, bad input."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_models import LAYERS, bert, token_ids
from torch import nn
from virtual_energy import COMPONENTS, MODEL_J, MODEL_S, Model, VirtualDevice, VirtualMeter

import clear_native as cn
from clear_native import _core
from clear_native.protocol import trials

X = torch.zeros(1, 2)
FACE = sys.modules["clear_native.clear_protocol"]  # the name in the package is the function's


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> VirtualDevice:
    made = VirtualDevice()
    monkeypatch.setattr(trials, "sleep", made.sleep)
    return made


def protocol(device: VirtualDevice, model: nn.Module | None = None, **changed: Any) -> cn.ProtocolResult:
    options: dict[str, Any] = {
        "repetitions": 10, "full_model_repetitions": 5, "trials": 4, "components": COMPONENTS, "progress": False,
        "meter": VirtualMeter(device),
    }  # fmt: skip
    return cn.clear_protocol(model or Model(device), X, **{**options, **changed})


def test_energies_are_those_of_the_device(device: VirtualDevice) -> None:
    result = protocol(device)
    assert {name: part.energy_j for name, part in result.components.items()} == {
        "embeddings": pytest.approx(0.010), "attention": pytest.approx(0.060), "lm_head": pytest.approx(0.030),
    }  # fmt: skip
    assert result.full_model.energy_j == pytest.approx(MODEL_J)
    assert result.full_model.time_s == pytest.approx(MODEL_S)
    assert result["attention"].time_s == pytest.approx(3e-3)
    assert result["attention"].power_w == pytest.approx(20)
    assert result["attention"].calls == 3
    assert (result.capture, result.time_capture) == (pytest.approx(1.0), pytest.approx(1.0))
    assert all(part.trials == 4 for part in result.components.values())
    assert result.diagnoses == () and result.all_statuses == ()
    assert result.stop_reason == "finished"


def test_what_the_model_spends_between_its_modules_is_not_captured(device: VirtualDevice) -> None:
    result = protocol(device, Model(device, between_j=0.3, between_s=2e-3))
    assert result.full_model.energy_j == pytest.approx(MODEL_J + 0.3)
    assert result.capture == pytest.approx(MODEL_J / (MODEL_J + 0.3))
    assert result.time_capture == pytest.approx(MODEL_S / (MODEL_S + 2e-3))


def test_one_module_of_each_kind_is_repeated_in_the_published_order(device: VirtualDevice) -> None:
    model = Model(device)
    protocol(device, model, repetitions=2, full_model_repetitions=1, trials=2)
    forward = ["first", "layer 0", "layer 1", "layer 2", "between", "last"]
    assert device.calls == [*forward, *["first"] * 4, *["layer 1"] * 4, *["last"] * 4, *forward * 2]


def test_spread_is_that_of_the_population(device: VirtualDevice) -> None:
    factors = [1.0, 1.3, 0.9, 1.1]
    model = Model(device)
    calls = {"n": 0}

    def spends() -> None:  # 1 call is recorded, then 10 calls a trial
        device.spend("first", 0.010 * factors[(calls["n"] - 1) // 10 % 4], 1e-3)
        calls["n"] += 1

    model.first.spends = spends
    found = protocol(device, model)["embeddings"]
    assert found.energies_j == pytest.approx([0.010 * factor for factor in factors])
    assert found.standard_deviation_j == pytest.approx(0.010 * statistics.pstdev(factors))
    assert found.cv == pytest.approx(statistics.pstdev(factors) / statistics.fmean(factors))


def test_one_trial_has_no_spread(device: VirtualDevice) -> None:
    found = protocol(device, trials=1)["embeddings"]
    assert (found.standard_deviation_j, found.cv) == (None, None)
    assert found.energy_j == pytest.approx(0.010)


def test_pauses_come_before_every_trial_and_are_not_counted(device: VirtualDevice) -> None:
    device.idle_power_w = 100.0
    begin_s = device.now_s
    result = protocol(device, pause_s=0.25)
    busy_s = sum(sum(loop.times_s) for part in (*result.components.values(), result.full_model) for loop in part.loops)
    assert device.now_s - begin_s == pytest.approx(busy_s + MODEL_S + 4 * 4 * 0.25)
    assert result.capture == pytest.approx(1.0)


@pytest.mark.parametrize("synchronize", [True, False])
def test_synchronize(device: VirtualDevice, monkeypatch: pytest.MonkeyPatch, synchronize: bool) -> None:
    """What is still queued when the second reading comes counts only if it was waited for."""
    queued: list[Callable[[], None]] = []
    asked: list[torch.device] = []
    model = Model(device)
    for module in (model.first, *model.layers, model.last):
        module.spends = lambda spends=module.spends: queued.append(spends)

    def wait() -> None:
        while queued:
            queued.pop(0)()

    def waiting_for(at: torch.device) -> Callable[[], None]:
        asked.append(at)
        return wait

    monkeypatch.setattr(FACE, "waiting_for", waiting_for)
    if not synchronize:
        result = protocol(device, model, synchronize=False)
        assert result["attention"].energy_j is None and result.options["synchronize"] is False
        assert asked == []
        return
    result = protocol(device, model)
    assert result["attention"].energy_j == pytest.approx(0.060)
    assert result.options["synchronize"] is True and asked == [torch.device("cpu")]


def test_bert_with_the_published_grouping() -> None:
    result = cn.clear_protocol(
        bert(),
        {"input_ids": token_ids()},
        3,
        2,
        2,
        pause_s=0.0,
        synthetic_weights=True,
        name="tiny",
        meter="estimate:50",
    )
    assert list(result) == ["embeddings", "attention", "intermediate", "output", "lm_head"]
    assert {name: part.calls for name, part in result.components.items()} == {
        "embeddings": 1, "attention": LAYERS, "intermediate": LAYERS, "output": LAYERS, "lm_head": 1,
    }  # fmt: skip
    assert all(loop.replay == "module" for part in result.components.values() for loop in part.loops)
    assert result.meter.estimated and result.meter.stated_power_w == 50
    assert result.full_model.power_w == pytest.approx(50, rel=0.2)  # readings are not taken at the very edges
    assert "ESTIMATED" in str(result)
    assert (result.model, result.synthetic_weights) == ("tiny", True)
    assert result.workload["inputs"]["input_ids"]["shape"] == [1, 8]
    assert result.options == {
        "repetitions": 3, "full_model_repetitions": 2, "trials": 2, "synchronize": True, "pause_s": 0.0,
        "components": "clear",
    }  # fmt: skip


def test_progress_is_silent_without_a_terminal(device: VirtualDevice, capfd: pytest.CaptureFixture[str]) -> None:
    protocol(device, progress=True)
    assert capfd.readouterr() == ("", "")


def test_progress_tells_trials(device: VirtualDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(FACE.Progress, "update", lambda _, now: told.append(dict(now)))
    protocol(device, progress=True)
    assert [now["windows_done"] for now in told] == list(range(16))
    assert {(now["windows_planned"], now["unit"]) for now in told} == {(16, "trials")}
    assert told[8]["expected_s"] == pytest.approx(2 * told[8]["elapsed_s"])


def test_numbers_of_numpy_are_numbers(device: VirtualDevice) -> None:
    result = protocol(device, trials=np.int64(2), repetitions=np.int32(3))
    assert result.options["trials"] == 2 and type(result.options["trials"]) is int


def test_a_meter_by_name_is_opened_for_the_models_device(
    device: VirtualDevice, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[Any] = []
    monkeypatch.setattr(FACE, "open_meter", lambda name, at: opened.append((name, at)) or VirtualMeter(device))
    protocol(device, meter="auto").save(tmp_path / "result.json")
    assert opened == [("auto", torch.device("cpu"))]
    assert cn.ProtocolResult.load(tmp_path / "result.json").meter.name == "virtual_counter"


def test_what_is_saved_is_what_is_loaded(device: VirtualDevice, tmp_path: Path) -> None:
    """With the traits as the engine gives them: lists where the record has tuples."""
    result = protocol(device, meter=_core.open_meters(["estimate:20"], False, "", "cpu", "cpu", 1))
    result.save(tmp_path / "result.json")
    assert cn.ProtocolResult.load(tmp_path / "result.json") == result
