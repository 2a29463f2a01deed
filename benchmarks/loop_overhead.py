"""What a call costs in a loop: Python calling a module, against the C++ loop of clear-bench over its exported plan.

    python -m benchmarks.loop_overhead

LayerNorm of 1x1x768 on a CPU, single-threaded: next to no arithmetic, so nearly all of the time is the loop's. This one
needs no GPU. Attempts of both alternate, since other work on the machine comes and goes.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

import clear_native as cn
from benchmarks import native_program, results_file

SHAPE = (1, 1, 768)
LOOP_S = 0.5
WAYS = ("python_loop", "native_loop")


def python_us(module: torch.nn.Module, given: torch.Tensor, loop_s: float) -> float:
    """Microseconds of a call, over a loop that takes about `loop_s`."""
    calls = 1000
    while True:
        begun_s = time.perf_counter()
        for _ in range(calls):
            module(given)
        taken_s = time.perf_counter() - begun_s
        if taken_s >= loop_s:
            return 1e6 * taken_s / calls
        calls = round(calls * max(1.5, 1.2 * loop_s / taken_s))


def native_us(bundle: Path, max_time_s: float) -> float:
    """Microseconds of a call, by the windows of `clear-bench overhead`."""
    found = native_program.result_of(
        "overhead", str(bundle), "--meter", "estimate:10", "--max-time", str(max_time_s), "--precision", "0.05"
    )
    (row,) = (row for row in found["rows"] if row["way"] == "eager_loop")
    return float(1e6 * row["time_s"] / row["calls"])


def measure(attempts: int, max_time_s: float) -> list[dict[str, Any]]:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.LayerNorm(SHAPE[-1])).eval()
    given = torch.randn(SHAPE)
    rows = []
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        bundle = cn.export(model, (given,), Path(folder) / "norm.clear", progress=False, synthetic_weights=True)
        for attempt in range(attempts):
            times_us = (python_us(model[0], given, LOOP_S), native_us(bundle, max_time_s))
            for way, time_us in zip(WAYS, times_us, strict=True):
                rows.append({"device": "cpu", "component": "layernorm", "shape": "x".join(map(str, SHAPE)),
                             "way": way, "attempt": attempt, "time_us": time_us})  # fmt: skip
    return rows


def figures(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Medians over the attempts with the code measured last, never the best of them."""
    counted = results_file.counted(rows, lambda row: row["way"])
    medians = {way: statistics.median(row["time_us"] for row in counted if row["way"] == way) for way in WAYS}
    return {
        **{f"layernorm_{way}_us": median for way, median in medians.items()},
        "native_over_python": medians["native_loop"] / medians["python_loop"],
        "attempts": len(counted) // len(WAYS),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--attempts", type=int, default=5)
    parser.add_argument("--max-time", type=float, default=5.0, help="seconds of each run of clear-bench")
    given = parser.parse_args()
    rows = measure(given.attempts, given.max_time)
    results_file.append("loop_overhead", rows, figures)
    results_file.show(rows, ["way", "attempt", "time_us"])


if __name__ == "__main__":
    main()
