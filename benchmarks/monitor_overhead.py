"""What a window of `EnergyMonitor` costs the program that it is in: microseconds for begin and end together.

    python -m benchmarks.monitor_overhead

Windows back to back, around a millisecond of the program's own work (whose caches a window then finds cold), and with
threads of the monitor that were asleep. With and without waiting for the GPU, which costs what `torch.cuda.synchronize`
costs; for comparison Zeus, where it is installed.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch

import clear_native as cn
from benchmarks import results_file

Calls = tuple[Callable[[], object], Callable[[], object]]


def worked(seconds: float) -> None:
    """Some of the program's own: Python objects, not an idle processor."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        sum(number * number for number in range(50))


def window_us(calls: Calls, between_s: float, windows: int) -> list[float]:
    """Microseconds that begin and end take together, of each window."""
    begin, end = calls
    found = []
    for _ in range(windows):
        worked(between_s)
        started = time.perf_counter()
        begin()
        begun = time.perf_counter()
        worked(between_s)
        ending = time.perf_counter()
        end()
        found.append((begun - started + time.perf_counter() - ending) * 1e6)
    return found


def row(kind: str, sync: bool, meters: int, found: list[float], between_s: float) -> dict[str, Any]:
    ordered = sorted(found)
    return {
        "monitor": kind, "sync_execution": sync, "meters": meters, "between_s": between_s, "windows": len(found),
        "median_us": statistics.median(ordered), "p99_us": ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))],
    }  # fmt: skip


def ours(monitor: cn.EnergyMonitor, sync: bool) -> Calls:
    return lambda: monitor.begin_window("w", sync_execution=sync), lambda: monitor.end_window("w", sync_execution=sync)


def zeus(indices: list[int], sync: bool) -> Calls | None:
    try:
        from zeus.monitor import ZeusMonitor  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return None
    monitor = ZeusMonitor(gpu_indices=indices, cpu_indices=[])
    return lambda: monitor.begin_window("w", sync_execution=sync), lambda: monitor.end_window("w", sync_execution=sync)


def measure(indices: list[int] | None, meter: str, windows: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    monitor = cn.EnergyMonitor(indices, meter=meter)
    kinds: dict[str, Callable[[bool], Calls | None]] = {"clear_native": lambda sync: ours(monitor, sync)}
    if monitor.gpu_indices:
        torch.zeros(1, device="cuda")
        torch.cuda.synchronize()
        kinds["zeus"] = lambda sync: zeus(monitor.gpu_indices, sync)
    rows = []
    for kind, calls_of in kinds.items():
        for sync in (False, True) if monitor.gpu_indices else (False,):
            for between_s, count in ((0.0, windows), (1e-3, windows), (0.6, max(10, windows // 100))):
                calls = calls_of(sync)
                if calls is not None:
                    found = window_us(calls, between_s, count)
                    rows.append(row(kind, sync, max(1, len(monitor.gpu_indices)), found, between_s))
    return rows, figures_of(rows)


def figures_of(rows: list[dict[str, Any]]) -> dict[str, Any]:
    names = {0.0: "back_to_back_us", 1e-3: "window_us", 0.6: "asleep_us"}
    figures: dict[str, Any] = {}
    for found in rows:
        name = ("zeus_" if found["monitor"] == "zeus" else "") + ("sync_" if found["sync_execution"] else "")
        figures[name + names[found["between_s"]]] = found["median_us"]
        if name == "" and found["between_s"] == 1e-3:
            figures["window_p99_us"] = found["p99_us"]
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"), help="cpu: to try the program")
    parser.add_argument("--meter", default="auto")
    parser.add_argument("--windows", type=int, default=2000)
    given = parser.parse_args()
    if given.windows < 1:
        parser.error(f"--windows {given.windows}: at least one is needed")
    results_file.check_place(given.device)
    rows, figures = measure([0] if given.device == "cuda" else [], given.meter, given.windows)
    results_file.write("monitor_overhead", rows, figures)
    results_file.show(rows, ["monitor", "sync_execution", "between_s", "windows", "median_us", "p99_us"])


if __name__ == "__main__":
    main()
