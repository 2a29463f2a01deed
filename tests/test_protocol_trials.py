"""Trials: waiting before either reading, energies as the counter has them, whole trials only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from torch import nn
from virtual_energy import VirtualDevice, VirtualMeter

from clear_native import WorkloadFailedError
from clear_native.protocol import trials
from clear_native.protocol.loops import Plan, PlannedComponent, PlannedLoop
from clear_native.protocol.trials import Settings, Trials


def made(device: VirtualDevice, run: Callable[[], object], meter: VirtualMeter | None = None, **changed: Any) -> Trials:
    settings = Settings(**{"repetitions": 4, "full_model_repetitions": 2, "trials": 3, "pause_s": 0.5, "wait": None,
                           **changed})  # fmt: skip
    part = PlannedComponent("part", (PlannedLoop("a", 2, run, "module"),))
    whole = PlannedComponent("model", (PlannedLoop("", 1, run, "module"),))
    plan = Plan((part,), whole, store=None)  # type: ignore[arg-type]
    return Trials(nn.Identity(), plan, meter or VirtualMeter(device), settings)


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> VirtualDevice:
    found = VirtualDevice(idle_power_w=50.0)
    monkeypatch.setattr(trials, "sleep", found.sleep)
    return found


def ignore(_: object) -> None:
    """Progress that nobody sees."""


def test_order_within_a_trial(device: VirtualDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    class Meter(VirtualMeter):
        def read(self) -> tuple[float, float, float]:
            order.append("read")
            return super().read()

    monkeypatch.setattr(trials, "sleep", lambda pause_s: order.append(f"pause {pause_s}"))
    running = made(device, lambda: order.append("call"), Meter(device), wait=lambda: order.append("wait"), trials=1)
    running.run(ignore)
    assert order[:9] == ["pause 0.5", "wait", "read", "call", "call", "call", "call", "wait", "read"]
    assert order[9:] == ["pause 0.5", "wait", "read", "call", "call", "wait", "read"]


def test_energies_and_times_are_of_whole_trials(device: VirtualDevice) -> None:
    running = made(device, lambda: device.spend("a", 0.5, 0.01))
    running.run(ignore)
    loop = running.components()["part"].loops[0]
    assert loop.energies_j == pytest.approx((2.0, 2.0, 2.0)) and loop.times_s == pytest.approx((0.04, 0.04, 0.04))
    assert (loop.repetitions, loop.calls, loop.module) == (4, 2, "a")
    assert running.components()["part"].energy_j == pytest.approx(1.0)
    assert running.full_model().loops[0].energies_j == pytest.approx((1.0, 1.0, 1.0))
    assert running.done == 6


def test_a_tick_late_reading_counts_as_the_counter_has_it(device: VirtualDevice) -> None:
    """What the published estimator does: idle from before the first reading is in, the last of the work is not."""
    meter = VirtualMeter(device, period_s=0.1)
    running = made(device, lambda: device.spend("a", 1.0, 0.03), meter, trials=1, pause_s=0.05)
    running.run(ignore)
    # Read at 0.05 s (tick at 0) and 0.17 s (tick at 0.1): 0.05 s of idling and 0.05 s of work.
    assert running.components()["part"].loops[0].energies_j == pytest.approx((0.05 * 50 + 0.05 / 0.03,))


def test_a_trial_that_ends_early_is_none(device: VirtualDevice) -> None:
    calls = iter(range(100))

    def run() -> None:
        if next(calls) == 6:
            raise RuntimeError("broken")
        device.spend("a", 0.5, 0.01)

    running = made(device, run)
    with pytest.raises(WorkloadFailedError, match="RuntimeError in module 'a' when called again"):
        running.run(ignore)
    assert running.done == 1
    part = running.components()["part"]
    assert part.trials == 1 and part.energy_j == pytest.approx(1.0) and part.statuses == ()
    assert running.full_model().statuses == ("not_measured",)


def test_an_error_while_waiting_names_what_ran(device: VirtualDevice) -> None:
    def wait() -> None:
        if device.calls:
            raise RuntimeError("device-side assert")

    running = made(device, lambda: device.spend("a", 0.5, 0.01), wait=wait)
    with pytest.raises(WorkloadFailedError, match=r"module 'a' .*device-side assert"):
        running.run(ignore)


def test_a_counter_that_stands_still_is_no_zero(device: VirtualDevice) -> None:
    device.idle_power_w = 0.0
    running = made(device, lambda: device.spend("a", 0.5, 0.01), VirtualMeter(device, period_s=100.0))
    running.run(ignore)
    part = running.components()["part"]
    assert part.loops[0].energies_j == (0.0, 0.0, 0.0) and part.energy_j is None
    assert part.statuses == ("below_resolution",)
