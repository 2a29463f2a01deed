"""What `EnergyMonitor` refuses, and how processes that fork or end in a window fare."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Any

import pytest

import clear_native as cn
from clear_native import _core
from clear_native.errors import BadInputError


def meter() -> Any:
    return _core.ScriptedMeter([(time.monotonic() - 5.0, 400.0)], period_s=0.02)


def test_wrong_use_is_told() -> None:
    monitor = cn.EnergyMonitor(meters=[meter()])
    with pytest.raises(BadInputError, match="no window 'a' is open; open are: none"):
        monitor.end_window("a")
    monitor.begin_window("a")
    with pytest.raises(BadInputError, match="'a' is open already"):
        monitor.begin_window("a")
    with pytest.raises(BadInputError, match="open are: 'a'"):
        monitor.end_window("b")
    for name in ("", None, 3):
        with pytest.raises(BadInputError, match="name is a string"):
            monitor.begin_window(name)  # type: ignore[arg-type]
    with monitor.window() as window, pytest.raises(BadInputError, match="still open"):
        _ = window.energy_j
    with pytest.raises(BadInputError, match="no finished `with` block"):
        _ = monitor.energy_j
    with pytest.raises(BadInputError, match="@monitor"):
        monitor.measure(print)  # type: ignore[arg-type]
    with pytest.raises(BadInputError, match="only a function"):
        monitor(3)  # type: ignore[type-var]
    with pytest.raises(BadInputError, match="generator"):
        monitor(some_generator)
    with monitor, pytest.raises(BadInputError, match="entered already"):
        monitor.__enter__()
    with pytest.raises(BadInputError, match="closed"):
        monitor.begin_window("late")
    with pytest.raises(BadInputError, match="closed"):
        monitor.begin_window("late")  # and it left nothing open


def some_generator() -> Any:
    yield 1


def test_wrong_arguments_are_told() -> None:
    one = meter()
    for given, match in [
        ({"meters": []}, "at least one"),
        ({"meters": [one, one]}, "none twice"),
        ({"meters": one}, "list of energy meters"),
        ({"meters": ["nvml"]}, "no energy meter"),
        ({"meters": [one], "meter": "nvml"}, "either meters"),
        ({"meters": [one], "gpu_indices": [0]}, "either meters"),
        ({"meters": [one], "align": "yes"}, "align is True or False"),
        ({"meters": [one], "sync_execution": None}, "sync_execution is True or False"),
        ({"gpu_indices": [99]}, "there is no GPU 99"),
        ({"gpu_indices": "0"}, "list of device numbers"),
        ({"gpu_indices": [0.5]}, "no device number"),
        ({"gpu_indices": [], "meter": "sundial"}, "unknown meter"),
    ]:
        with pytest.raises(BadInputError, match=match):
            cn.EnergyMonitor(**given)  # type: ignore[arg-type]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_is_refused_and_ends() -> None:
    program = """
import os, sys, time, warnings
import clear_native as cn
warnings.simplefilter("ignore")
monitor = cn.EnergyMonitor(meters=[cn._core.ScriptedMeter([(time.monotonic(), 100.0)], period_s=0.02)])
monitor.begin_window("before")
child = os.fork()
if child == 0:
    try:
        monitor.begin_window("in the child")
    except cn.BadInputError as error:
        del monitor
        sys.exit(7 if "forked off" in str(error) else 1)
    sys.exit(1)
time.sleep(0.2)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
assert monitor.end_window("before").energy_j > 0
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_a_process_may_end_in_the_middle_of_a_window() -> None:
    program = """
import time
import clear_native as cn
monitor = cn.EnergyMonitor(meters=[cn._core.ScriptedMeter([(time.monotonic(), 100.0)], read_s=0.05)])
monitor.begin_window("open")
time.sleep(0.1)
measurement = monitor.end_window("open")
monitor.begin_window("open")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
