"""What goes wrong while the protocol runs, and what it refuses: typed errors, finished trials kept, nothing changed."""

from __future__ import annotations

import copy
import signal
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from virtual_energy import COMPONENTS, Model, VirtualDevice, VirtualMeter

import clear_native as cn
from clear_native.protocol import trials

X = torch.zeros(1, 2)


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


def state(model: nn.Module) -> tuple[Any, ...]:
    return (
        copy.deepcopy(model.state_dict()), [module.training for module in model.modules()],
        [(len(module._forward_hooks), len(module._forward_pre_hooks)) for module in model.modules()],
        [(parameter.requires_grad, None if parameter.grad is None else parameter.grad.tolist())
         for parameter in model.parameters()],
        [module.__dict__.get("forward") for module in model.modules()], torch.get_rng_state().tolist(),
        torch.is_grad_enabled(),
    )  # fmt: skip


def same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return all(torch.equal(one[0][name], other[0][name]) for name in one[0]) and one[1:] == other[1:]


class Fails:
    """Stands in for what a module spends; raises at one call."""

    def __init__(self, inner: Callable[[], None], at: int, error: BaseException) -> None:
        self.inner, self.left, self.error = inner, at, error

    def __call__(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise self.error
        self.inner()


def test_the_model_is_left_as_it_came(device: VirtualDevice) -> None:
    model = Model(device).train()
    model.first.weight.grad = torch.ones(2)
    model.first.eval()
    model.last.register_forward_hook(lambda *_: None)
    before = state(model)
    protocol(device, model)
    assert same(state(model), before)


def test_an_error_in_the_first_forward_is_bad_input(device: VirtualDevice) -> None:
    model = Model(device)
    model.layers[1].spends = Fails(model.layers[1].spends, 1, ValueError("no"))
    before = state(model)
    with pytest.raises(cn.BadInputError, match=r"ValueError in module 'layers\.1' \(Spends\): no") as caught:
        protocol(device, model)
    assert caught.value.report is None
    assert same(state(model), before)


def test_an_error_in_a_loop_keeps_what_was_finished(device: VirtualDevice) -> None:
    model = Model(device)
    model.layers[1].spends = Fails(model.layers[1].spends, 1 + 10 + 5, ValueError("no"))  # in the second trial
    before = state(model)
    with pytest.raises(cn.WorkloadFailedError, match=r"ValueError in module 'layers\.1'") as caught:
        protocol(device, model)
    kept = caught.value.report
    assert same(state(model), before)
    assert (kept["embeddings"].trials, kept["attention"].trials, kept["lm_head"].trials) == (4, 1, 0)
    assert kept["attention"].energy_j == pytest.approx(0.060)
    assert kept["lm_head"].energy_j is None and kept["lm_head"].statuses == ("not_measured",)
    assert kept.capture is None and kept.stop_reason == "failed"
    assert kept.failure.kind == "WorkloadFailedError"
    assert {"failed", "not_measured"} <= set(kept.all_statuses)
    assert "–" in str(kept)


def test_out_of_memory_in_a_loop(device: VirtualDevice) -> None:
    model = Model(device)
    model.last.spends = Fails(model.last.spends, 3, torch.OutOfMemoryError("2 GiB"))
    with pytest.raises(cn.DeviceOutOfMemoryError, match="module 'last'") as caught:
        protocol(device, model)
    assert caught.value.report["attention"].trials == 4


class Interrupting(VirtualMeter):
    def __init__(self, device: VirtualDevice, at: int) -> None:
        super().__init__(device)
        self.at = at

    def read(self) -> tuple[float, float, float]:
        if self.reads == self.at:
            signal.raise_signal(signal.SIGINT)
        return super().read()


@pytest.mark.parametrize(("at", "trials_done"), [(0, None), (1, None), (2, 1), (9, 4), (30, 15)])
def test_ctrl_c_at_a_reading(device: VirtualDevice, at: int, trials_done: int | None) -> None:
    model = Model(device)
    before = state(model)
    with pytest.raises(cn.Interrupted) as caught:
        protocol(device, model, meter=Interrupting(device, at))
    assert same(state(model), before)
    kept = caught.value.report
    if trials_done is None:
        assert kept is None
        return
    assert sum(part.trials for part in (*kept.components.values(), kept.full_model)) == trials_done
    assert kept["embeddings"].energy_j == pytest.approx(0.010)
    assert kept.stop_reason == "interrupted" and "interrupted" in kept.all_statuses


@pytest.mark.parametrize("at", [1, 2, 25])
def test_ctrl_c_in_the_model(device: VirtualDevice, at: int) -> None:
    model = Model(device)
    model.layers[1].spends = Fails(model.layers[1].spends, at, KeyboardInterrupt())
    before = state(model)
    with pytest.raises(cn.Interrupted) as caught:
        protocol(device, model)
    assert same(state(model), before)
    assert (caught.value.report is None) == (at == 1)
    if at == 25:
        assert caught.value.report["attention"].trials == 2


def test_ctrl_c_in_a_pause(device: VirtualDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = iter(range(3))

    def sleep(_: float) -> None:
        if next(pauses) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(trials, "sleep", sleep)
    with pytest.raises(cn.Interrupted) as caught:
        protocol(device)
    assert caught.value.report["embeddings"].trials == 2


def test_a_counter_that_goes_back(device: VirtualDevice) -> None:
    model = Model(device)
    model.layers[1].spends = lambda: device.spend("back", -0.001, 1e-3)
    with pytest.raises(cn.SensorFaultError, match=r"went back .* module 'layers\.1'") as caught:
        protocol(device, model)
    assert caught.value.report["embeddings"].trials == 4


def test_a_meter_that_fails_keeps_what_was_finished(device: VirtualDevice) -> None:
    meter = VirtualMeter(device)
    meter.other_processes = lambda: None if meter.reads < 6 else lost()  # type: ignore[method-assign]

    def lost() -> None:
        raise cn.DeviceLostError("GPU is lost")

    with pytest.raises(cn.DeviceLostError) as caught:
        protocol(device, meter=meter)
    assert caught.value.report["embeddings"].trials == 3
    assert caught.value.report.failure.message == "GPU is lost"


def test_another_process_is_seen(device: VirtualDevice) -> None:
    meter = VirtualMeter(device)
    meter.others = 2
    result = protocol(device, meter=meter)
    assert result.other_processes_peak == 2 and "contended" in result.all_statuses
    assert protocol(device).other_processes_peak is None


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("repetitions", {"repetitions": 0}, "repetitions must be a whole number"),
    ("repetitions", {"repetitions": 1.5}, "repetitions must be a whole number"),
    ("repetitions", {"repetitions": True}, "repetitions must be a whole number"),
    ("full", {"full_model_repetitions": -1}, "full_model_repetitions must be a whole number"),
    ("trials", {"trials": "20"}, "trials must be a whole number"),
    ("synchronize", {"synchronize": 1}, "synchronize is True, or False"),
    ("pause", {"pause_s": -0.1}, "pause_s must be a number of at least zero"),
    ("pause", {"pause_s": float("nan")}, "pause_s must be a number of at least zero"),
    ("meter", {"meter": "volt"}, "unknown meter 'volt'"),
    ("meter", {"meter": 5}, "or an object with read"),
    ("meter", {"meter": "nvml"}, "the model is on cpu"),
    ("components", {"components": "paper"}, "names no grouping"),
    ("components", {"components": {"a": "nothing"}}, "no module matches 'nothing'"),
    ("components", {"components": {}}, "components is empty"),
    ("name", {"name": 3}, "name is the model's name"),
    ("weights", {"synthetic_weights": "no"}, "synthetic_weights is True, False or None"),
]


@pytest.mark.parametrize(("_", "changed", "message"), BAD)
def test_bad_input(device: VirtualDevice, _: str, changed: dict[str, Any], message: str) -> None:
    model = Model(device)
    before = state(model)
    with pytest.raises(cn.BadInputError, match=message) as caught:
        protocol(device, model, **changed)
    assert caught.value.report is None
    assert device.calls == [] and same(state(model), before)


@pytest.mark.parametrize(("model", "inputs"), [("bert", X), (None, X), (nn.Linear, X)])
def test_bad_models(model: Any, inputs: Any) -> None:
    with pytest.raises(cn.BadInputError):
        cn.clear_protocol(model, inputs)


@pytest.mark.parametrize("inputs", [None, {3: X}, torch.zeros(1, 2, device="meta")])
def test_bad_inputs(device: VirtualDevice, inputs: Any) -> None:
    with pytest.raises(cn.BadInputError):
        cn.clear_protocol(Model(device), inputs, meter=VirtualMeter(device))
    assert device.calls == []
