"""Windows of `EnergyMonitor` on a real GPU, against Zeus where it is installed, and the driver's counter."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch

import clear_native as cn
from clear_native.machine.environment import gpu_uuid


@contextmanager
def steady_load(index: int = 0) -> Iterator[None]:
    """Matrix products on another thread, never more than some milliseconds ahead of the GPU."""
    device = torch.device("cuda", index)
    stop = threading.Event()
    one = torch.randn(4096, 4096, device=device, dtype=torch.bfloat16)

    def work() -> None:
        with torch.cuda.device(device), torch.cuda.stream(torch.cuda.Stream(device)):
            done = [torch.cuda.Event() for _ in range(4)]
            turn = 0
            while not stop.is_set():
                done[turn % 4].synchronize()
                for _ in range(8):
                    one @ one
                done[turn % 4].record()
                turn += 1
            torch.cuda.current_stream().synchronize()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        time.sleep(1.5)  # clocks and power settle
        yield
    finally:
        stop.set()
        thread.join()


def counter_j() -> Callable[[], float]:
    pynvml = pytest.importorskip("pynvml")
    pynvml.nvmlInit()
    handle = pynvml.nvmlDeviceGetHandleByUUID(gpu_uuid(torch.device("cuda", 0)))
    return lambda: pynvml.nvmlDeviceGetTotalEnergyConsumption(handle) / 1e3


def test_against_zeus_on_the_same_ten_seconds() -> None:
    """Aligned, so that both read the counter right after it has changed: else Zeus alone may be 1 % off."""
    zeus = pytest.importorskip("zeus.monitor")
    theirs, ours = zeus.ZeusMonitor(gpu_indices=[0], cpu_indices=[]), cn.EnergyMonitor(gpu_indices=[0], align=True)
    with steady_load():
        ours.begin_window("load", sync_execution=False)
        theirs.begin_window("load", sync_execution=False)
        time.sleep(10)
        mine = ours.end_window("load", sync_execution=False)
        their = theirs.end_window("load", sync_execution=False)
    assert mine.status == "ok", mine.message
    assert list(mine.gpu_energy) == list(their.gpu_energy) == [0]
    assert mine.total_energy == pytest.approx(their.total_energy, rel=0.01)
    assert mine.time == pytest.approx(their.time, rel=0.01)


def test_against_the_drivers_counter_on_the_same_ten_seconds() -> None:
    read_j, monitor = counter_j(), cn.EnergyMonitor(gpu_indices=[0], align=True)
    with steady_load():
        monitor.begin_window("load", sync_execution=False)
        begin_j = read_j()
        time.sleep(10)
        measurement = monitor.end_window("load", sync_execution=False)
        spent_j = read_j() - begin_j
    assert measurement.status == "ok", measurement.message
    assert measurement.aligned
    assert measurement.energy_j == pytest.approx(spent_j, rel=0.01)


def test_edges_between_ticks_agree_with_edges_at_ticks() -> None:
    monitor = cn.EnergyMonitor(gpu_indices=[0], sync_execution=False)
    with steady_load():
        found = []
        for _ in range(5):
            monitor.begin_window("aligned", align=True)
            time.sleep(0.037)
            monitor.begin_window("inside")
            time.sleep(1.5)
            inside = monitor.end_window("inside")
            found.append((inside, monitor.end_window("aligned", align=True)))
    for inside, aligned in found:
        assert inside.energy_j is not None and aligned.energy_j is not None, (inside.message, aligned.message)
        # The load is steady: what is left is its own noise, and how well the edges are known.
        expected_j = aligned.energy_j * inside.time / aligned.time
        assert abs(inside.energy_j - expected_j) <= inside.uncertainty_j + 0.01 * expected_j


def test_work_that_was_launched_belongs_to_its_window() -> None:
    one = torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16)
    monitor = cn.EnergyMonitor(gpu_indices=[0])

    def launch() -> None:
        for _ in range(400):
            one @ one

    launch()
    torch.cuda.synchronize()
    monitor.begin_window("waited for")
    launch()
    waited = monitor.end_window("waited for")
    monitor.begin_window("launched only", sync_execution=False)
    launch()
    launched = monitor.end_window("launched only", sync_execution=False)
    torch.cuda.synchronize()
    assert waited.time > 2 * launched.time
    assert waited.energy_j is not None, waited.message


def test_a_blink_is_too_short() -> None:
    monitor = cn.EnergyMonitor(gpu_indices=[0])
    monitor.begin_window("blink")
    torch.zeros(16, device="cuda")
    measurement = monitor.end_window("blink")
    assert (measurement.status, measurement.energy_j, measurement.gpu_energy) == ("too_short", None, {0: None})
    assert measurement.time > 0


def test_nested_windows_of_threads_while_a_model_trains() -> None:
    model = torch.nn.Sequential(*[torch.nn.Linear(2048, 2048) for _ in range(8)]).cuda()
    monitor = cn.EnergyMonitor(gpu_indices=[0])

    @monitor.measure("step")
    def steps() -> None:
        for _ in range(100):
            model(torch.randn(256, 2048, device="cuda")).sum().backward()

    monitor.begin_window("all")
    threads = [threading.Thread(target=steps) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    time.sleep(0.3)
    everything = monitor.end_window("all")
    assert everything.energy_j is not None, everything.message
    for step in steps.measurements:
        assert step.energy_j is None or step.energy_j < everything.energy_j + everything.uncertainty_j


@pytest.mark.skipif("torch.cuda.device_count() < 2", reason="one GPU")
def test_several_gpus() -> None:
    monitor: Any = cn.EnergyMonitor(sync_execution=False)
    with steady_load(1):
        monitor.begin_window("second")
        time.sleep(3)
        measurement = monitor.end_window("second")
    assert list(measurement.gpu_energy) == list(range(torch.cuda.device_count()))
    assert measurement.gpu_energy[1] > 1.5 * measurement.gpu_energy[0]
    assert measurement.total_energy == pytest.approx(sum(measurement.gpu_energy.values()))
