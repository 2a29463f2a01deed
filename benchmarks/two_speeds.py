"""Does the GPU run at two speeds that its clocks do not show? A model's graph is replayed back to back.

    python -m benchmarks.two_speeds [--seconds 60] [CASE]

Blocks of some 25 ms of replays; between them a kernel that waits for a number of SM cycles, whose time gives the clock
that the SMs really have. Per block: time of a pass, that clock, and what NVML says. docs/method.md tells what profiles
make of it. Every attempt stays.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from collections.abc import Sequence
from typing import Any

import torch

from benchmarks import results_file
from benchmarks.cases import Case

BERT = "bert-base:float16:1x128"
BLOCK_S = 0.025
WAITED_CYCLES = 2_000_000  # about a millisecond
STEP = 0.03  # of times: nearer ones are of one speed

Row = dict[str, Any]


def levels(times_s: Sequence[float]) -> tuple[float, float | None]:
    """The faster of two levels that times lie about, and the slower one; None where all lie about one."""
    least, most = min(times_s), max(times_s)
    if most / least - 1 < STEP:
        return statistics.median(times_s), None
    middle = (least + most) / 2
    fast = [time_s for time_s in times_s if time_s < middle]
    slow = [time_s for time_s in times_s if time_s >= middle]
    return statistics.median(fast), statistics.median(slow)


def row_of(blocks: Sequence[tuple[float, float, tuple[int | None, ...]]]) -> Row:
    """`blocks`: seconds of a pass, hertz of the SMs, NVML's clocks (graphics, SM, memory, video)."""
    fast_s, slow_s = levels([pass_s for pass_s, _, _ in blocks])
    found: Row = {"blocks": len(blocks), "fast_pass_s": fast_s, "slow_pass_s": slow_s,
                  "clocks_mhz": sorted({clocks for _, _, clocks in blocks})}  # fmt: skip
    middle = (fast_s + (slow_s or fast_s)) / 2
    for name, of in (("fast", [b for b in blocks if b[0] < middle or slow_s is None]),
                     ("slow", [b for b in blocks if b[0] >= middle and slow_s is not None])):  # fmt: skip
        if of:
            found[f"{name}_sm_mhz"] = statistics.median(hertz for _, hertz, _ in of) / 1e6
    slow = [pass_s >= middle and slow_s is not None for pass_s, _, _ in blocks]
    found["slow_share"] = sum(slow) / len(slow)
    found["changes"] = sum(before != after for before, after in itertools.pairwise(slow))
    return found


def graph_of(case: Case) -> torch.cuda.CUDAGraph:
    model, inputs, _ = case.load("cuda")
    stream = torch.cuda.Stream()
    with torch.no_grad(), torch.cuda.stream(stream):
        for _ in range(3):
            model(**inputs)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.no_grad(), torch.cuda.graph(graph):
        model(**inputs)
    return graph


def timed(run: Any, times: int) -> tuple[torch.cuda.Event, torch.cuda.Event]:
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    begin.record()
    for _ in range(times):
        run()
    end.record()
    return begin, end


def measured(case: Case, seconds: float) -> Row:
    import pynvml

    from clear_native.machine.environment import gpu_uuid

    pynvml.nvmlInit()
    handle = pynvml.nvmlDeviceGetHandleByUUID(gpu_uuid("cuda"))
    graph = graph_of(case)
    begin, end = timed(graph.replay, 20)
    end.synchronize()
    replays = max(1, round(BLOCK_S / (begin.elapsed_time(end) / 1e3 / 20)))
    blocks = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        passes = timed(graph.replay, replays)
        waited = timed(lambda: torch.cuda._sleep(WAITED_CYCLES), 1)
        clocks = tuple(pynvml.nvmlDeviceGetClockInfo(handle, kind) for kind in range(4))  # while the GPU works
        waited[1].synchronize()
        blocks.append((passes[0].elapsed_time(passes[1]) / 1e3 / replays,
                       WAITED_CYCLES / (waited[0].elapsed_time(waited[1]) / 1e3), clocks))  # fmt: skip
    return row_of(blocks[2:])  # the first warm up


def figures(rows: list[Row]) -> dict[str, Any]:
    """Of all rows with two speeds: how far apart they are in time, and in what the SMs' own clock says."""
    two = [row for row in rows if row.get("slow_pass_s")]
    found: dict[str, Any] = {"runs": len(rows), "runs_at_two_speeds": len(two)}
    if two:
        found["slow_over_fast"] = statistics.median(row["slow_pass_s"] / row["fast_pass_s"] for row in two)
        found["fast_over_slow_clock"] = statistics.median(row["fast_sm_mhz"] / row["slow_sm_mhz"] for row in two)
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("case", nargs="?", default=BERT, metavar="CASE")
    arguments.add_argument("--seconds", type=float, default=60.0)
    given = arguments.parse_args()
    results_file.check_place("cuda")
    row = {"case": given.case, "seconds": given.seconds, **measured(Case.parse(given.case), given.seconds)}
    results_file.append("two_speeds", [row], figures)
    results_file.show([row], ["case", "blocks", "fast_pass_s", "slow_pass_s", "fast_sm_mhz", "slow_sm_mhz",
                              "slow_share", "changes", "clocks_mhz"])  # fmt: skip


if __name__ == "__main__":
    main()
