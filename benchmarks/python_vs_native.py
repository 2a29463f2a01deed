"""The loop of Python against graph replay, by component of BERT: time and energy of a pass, with a plot.

    python -m benchmarks.python_vs_native [--max-time 120] [--plot python_vs_native.svg]
    python -m benchmarks.python_vs_native --plot-only python_vs_native.svg

Each component (fp16, 1x128, random weights) five ways: called by Python, `graph.replay()` from Python, a graph launch
for every pass from C++, passes unrolled in a launch, a WHILE node. All ways of all components are windows of the same
rounds, in random order. `benchmarks.replay_overhead` looks at the floor of native replay; this one at what is won.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from benchmarks import results_file
from clear_native import _core
from clear_native.capture.capture import Capture, capture_plain, warm_up
from clear_native.errors import ClearNativeError
from clear_native.machine.meters import open_meter

PYTHON = ("python_eager", "python_replay")
NATIVE = ("native_launch", "native_unrolled", "native_while")
WAYS = (*PYTHON, *NATIVE)
LAUNCH_S = 5e-3  # of a Python loop, before the device is waited for
UNROLLED_S = 2e-3
MOST_PASSES = 512

Rows = list[dict[str, Any]]
Workloads = dict[str, Any]


def python_loop(run: Callable[[], Any], stream: torch.cuda.Stream) -> Any:
    """Called again and again by Python, the device waited for every few milliseconds."""

    def on_stream() -> None:
        with torch.cuda.stream(stream):
            run()

    once = _core.EagerWorkload(on_stream, stream.synchronize, 16)
    passes = max(1, round(LAUNCH_S / _core.time_per_pass(once, 0.05, 3)))
    return _core.EagerWorkload(on_stream, stream.synchronize, passes)


def native_ways(capture: Capture, failed: dict[str, str]) -> Workloads:
    """What the driver refuses is told in `failed`."""
    part = _core.Subgraph(capture.model_graph, list(range(len(capture.model_graph.nodes))))
    stream = capture.stream.cuda_stream
    once = _core.Replay(stream, [part], passes_per_launch=1, queue_depth=64)
    time_s = _core.time_per_pass(once, 0.05, 200)
    many = max(2, min(MOST_PASSES, round(UNROLLED_S / time_s)))
    made: Workloads = {"native_launch": once}
    for way, shape in (("native_unrolled", "chain"), ("native_while", "while_loop")):
        try:
            made[way] = _core.Replay(stream, [part], shape, many, time_s)
        except ClearNativeError as error:
            failed[way] = f"{type(error).__name__}: {error}"
    return made


def row_of(name: str, target: dict[str, Any]) -> dict[str, Any]:
    component, _, way = name.partition("/")
    row: dict[str, Any] = {"component": component, "way": way, "status": ", ".join(target["statuses"]) or "ok"}
    for column, field, scale in (("time_us", "time_per_pass_s", 1e6), ("energy_mj", "energy_per_pass_j", 1e3)):
        found = target[field]
        row[column] = None if found is None else scale * found["mean"]
        half_width = None if found is None else found["half_width"]
        row[f"{column}_half_width"] = None if half_width is None else scale * half_width
    return row


def measure(max_time_s: float, wanted: list[str]) -> Rows:
    from benchmarks.replay_overhead import components

    context = _core.PrimaryContext.of_ordinal(0)
    stream = torch.cuda.Stream()
    runs, decisions = components()
    targets: list[tuple[str, str, Any]] = [("idle", "idle", _core.IdleWorkload())]
    rows: Rows = []
    held: list[Any] = []
    for name, run in runs.items():
        if wanted and name not in wanted:
            continue
        warm_up(run, stream)
        with decisions.given_back():
            capture = capture_plain(run, stream, context)
        capture.replay_once()
        failed: dict[str, str] = {}
        ways = {
            "python_eager": python_loop(run, stream),
            "python_replay": python_loop(capture.torch_graph.replay, stream),
        }
        ways |= native_ways(capture, failed)
        targets += [(f"{name}/{way}", "component", workload) for way, workload in ways.items()]
        rows += [{"component": name, "way": way, "status": "failed", "error": why} for way, why in failed.items()]
        held += [capture, ways]
    options = _core.RoundsOptions()
    options.max_time_s = max_time_s
    result = _core.run_rounds(open_meter("nvml", torch.device("cuda", 0)), targets, options)
    return rows + [row_of(target["name"], target) for target in result["targets"] if "/" in target["name"]]


def case_of(row: dict[str, Any]) -> tuple[str, str]:
    return row["component"], row["way"]


def figures(rows: Rows) -> dict[str, Any]:
    """Means of the rows with the code measured last; beside them, by what factor the best native way is better."""
    found: dict[str, Any] = {}
    for row in results_file.counted(rows, case_of):
        for column in ("time_us", "energy_mj"):
            if row.get(column) is not None:
                found[f"{row['component']}_{row['way']}_{column.rpartition('_')[2]}"] = row[column]
    for component in dict.fromkeys(row["component"] for row in rows):
        for unit, what in (("us", "time"), ("mj", "energy")):
            native = [found[f"{component}_{way}_{unit}"] for way in NATIVE if f"{component}_{way}_{unit}" in found]
            for way in PYTHON:
                if native and f"{component}_{way}_{unit}" in found:
                    ratio = found[f"{component}_{way}_{unit}"] / min(native)
                    found[f"{component}_{way}_over_native_{what}"] = ratio
    return found


def plot(rows: Rows, path: Path) -> None:
    """Bars of every way, grouped by component: time above, energy below, both on logarithmic scales."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        sys.exit("a plot needs matplotlib: pip install 'clear_native[plot]'")
    rows = results_file.counted(rows, case_of)
    names = list(dict.fromkeys(row["component"] for row in rows))
    figure = Figure(figsize=(7.2, 6.0), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    for ax, column, label in ((above, "time_us", "time per pass, µs"), (below, "energy_mj", "energy per pass, mJ")):
        for number, way in enumerate(WAYS):
            known = [row for row in rows if row["way"] == way and row.get(column) is not None]
            places = [names.index(row["component"]) + (number - 2) * 0.16 for row in known]
            half_widths = [row.get(f"{column}_half_width") or 0.0 for row in known]
            heights = [row[column] for row in known]
            ax.bar(places, heights, width=0.15, yerr=half_widths, capsize=2, label=way.replace("_", " "))
        ax.set_yscale("log")
        ax.set_ylabel(label)
        ax.set_xticks(range(len(names)), names)
    figure.axes[0].legend(fontsize="small", ncols=3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--max-time", type=float, default=120.0, help="seconds of windows, of all components together")
    parser.add_argument(
        "--component", action="append", default=[], help="layernorm, attention, mlp, full; may come again"
    )
    parser.add_argument("--plot", type=Path, help="draw here, .svg or .png")
    parser.add_argument("--plot-only", type=Path, help="draw the rows there are, and measure nothing")
    given = parser.parse_args()
    if given.plot_only:
        plot(results_file.earlier_rows("python_vs_native"), given.plot_only)
        return
    if not torch.cuda.is_available():
        sys.exit(
            "python_vs_native compares graph replays, which need a GPU; for a CPU: python -m benchmarks.loop_overhead"
        )
    with torch.no_grad():
        rows = measure(given.max_time, given.component)
    path = results_file.append("python_vs_native", rows, figures)
    if given.plot:
        plot(json.loads(path.read_text())["rows"], given.plot)
    results_file.show(
        rows, ["component", "way", "time_us", "time_us_half_width", "energy_mj", "energy_mj_half_width", "status"]
    )


if __name__ == "__main__":
    main()
