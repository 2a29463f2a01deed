"""Bad input of `EnergyMonitor`, its methods and its windows: each of what their docstrings list."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

import clear_native as cn
from clear_native import _core


def meter() -> Any:
    return _core.ScriptedMeter([(time.monotonic() - 5.0, 400.0)], period_s=0.02)


@pytest.fixture
def monitor() -> Iterator[cn.EnergyMonitor]:
    made = cn.EnergyMonitor(meters=[meter()])
    yield made
    made.close()


@pytest.mark.parametrize("given", [{"gpu_indices": 3}, {"gpu_indices": [True]}, {"gpu_indices": [-1]},
                                   {"gpu_indices": b"0"}, {"meter": None}, {"meter": 5}, {"meters": 3},
                                   {"meters": [None]}, {"align": 1}, {"sync_execution": "no"}])  # fmt: skip
def test_monitors_that_cannot_be_made(given: dict[str, Any]) -> None:
    with pytest.raises(cn.BadInputError):
        cn.EnergyMonitor(**given)


def test_flags_of_windows(monitor: cn.EnergyMonitor) -> None:
    monitor.begin_window("open")
    for name in ("sync_execution", "align"):
        for value in ("no", 1):
            for method in (monitor.begin_window, monitor.end_window):
                with pytest.raises(cn.BadInputError, match=f"{name} is True or False"):
                    method("open" if method == monitor.end_window else "new", **{name: value})  # type: ignore[arg-type]
    for value in ("no", 1, None):
        with pytest.raises(cn.BadInputError, match="cancel is True or False"):
            monitor.end_window("open", cancel=value)  # type: ignore[arg-type]
    assert monitor.end_window("open").time > 0  # nothing of this ended it, or left one open
    with pytest.raises(cn.BadInputError, match="open are: none"):
        monitor.end_window("new")


@pytest.mark.parametrize("name", ["", 3, b"a", ["a"]])
def test_names_of_windows(monitor: cn.EnergyMonitor, name: Any) -> None:
    for called in (monitor.begin_window, monitor.end_window, monitor.measure):
        with pytest.raises(cn.BadInputError, match="name is a string"):
            called(name)
    with pytest.raises(cn.BadInputError, match="name is a string"), monitor.window(name):
        pass


def test_a_closed_monitor(monitor: cn.EnergyMonitor) -> None:
    monitor.begin_window("open")
    decorated = monitor(lambda: None)
    monitor.close()
    monitor.close()
    with pytest.raises(cn.BadInputError, match="no window 'open' is open"):
        monitor.end_window("open")
    for use in (lambda: monitor.begin_window("a"), lambda: monitor.window().__enter__(), monitor.__enter__, decorated):
        with pytest.raises(cn.BadInputError, match="closed"):
            use()


def test_an_open_window(monitor: cn.EnergyMonitor) -> None:
    with monitor.window() as window:
        for name in ("time", "end_s", "energy_j", "uncertainty_j", "power_w", "gpu_energy", "total_energy", "status"):
            with pytest.raises(cn.BadInputError, match="still open"):
                getattr(window, name)
        with pytest.raises(cn.BadInputError, match="still open"):
            window.to_dict()
        assert "still open" in repr(window) and not window.aligned
