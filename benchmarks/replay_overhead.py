"""What drives the replay matters: Python loop, `graph.replay()`, C++ launch, unrolled, WHILE, by component of BERT.

    python -m benchmarks.replay_overhead

Time and energy per pass of LayerNorm, attention, MLP and the full model (fp16, 1x128, random weights), beside the sum
of the kernels' own times from torch's profiler and the cost of one empty kernel node in a chain.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile

from benchmarks import results_file
from clear_native import _core
from clear_native.capture.capture import Capture, capture_plain, warm_up
from clear_native.capture.eager_decisions import EagerDecisions
from clear_native.machine.meters import open_meter
from clear_native.models.presets import load

LOOP_S = 0.3
REPEATS = 3
ENERGY_MAX_S = 70.0


def components() -> tuple[dict[str, Callable[[], Any]], EagerDecisions]:
    """Callables of one pass each, on the inputs that they have in the model, and eager's decisions about masks."""
    model, inputs, _ = load("bert-base", device="cuda", dtype=torch.float16, batch=1, length=128, seed=0)
    layer = next(module for name, module in model.named_modules() if name.endswith("layer.0"))
    kept: dict[str, tuple[Any, Any]] = {}
    hooks = [
        module.register_forward_pre_hook(
            lambda _m, args, kwargs, name=name: kept.update({name: (args, kwargs)}), with_kwargs=True
        )
        for name, module in (
            ("attention", layer.attention),
            ("mlp", layer.intermediate),
            ("norm", layer.output.LayerNorm),
        )
    ]
    decisions = EagerDecisions()
    with decisions.recorded():
        model(**inputs)
    for hook in hooks:
        hook.remove()

    def full() -> Any:
        return model(**inputs)

    def called(module: torch.nn.Module, name: str) -> Callable[[], Any]:
        args, kwargs = kept[name]
        return lambda: module(*args, **kwargs)

    up, down = called(layer.intermediate, "mlp"), layer.output.dense
    runs = {
        "layernorm": called(layer.output.LayerNorm, "norm"),
        "attention": called(layer.attention, "attention"),
        "mlp": lambda: down(up()),
        "full": full,
    }
    return runs, decisions


def loop_us(run: Callable[[], Any], stream: torch.cuda.Stream) -> float:
    """Best of some timed loops, µs per call; the device is waited for once at the end."""
    with torch.cuda.stream(stream):
        run()
        stream.synchronize()
        start = time.perf_counter()
        run()
        stream.synchronize()
        count = max(10, int(LOOP_S / max(1e-6, time.perf_counter() - start)))
        best = float("inf")
        for _ in range(REPEATS):
            start = time.perf_counter()
            for _ in range(count):
                run()
            stream.synchronize()
            best = min(best, (time.perf_counter() - start) / count)
    return best * 1e6


def kernel_sum_us(capture: Capture) -> float:
    """Sum of the durations of all kernels, copies and fills of one replay, least of three."""
    sums = []
    for _ in range(REPEATS):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with profile(activities=[ProfilerActivity.CUDA], acc_events=True) as profiler:
                capture.replay_once()
        events = [event for event in profiler.events() or [] if event.device_type == DeviceType.CUDA]
        sums.append(sum(event.time_range.elapsed_us() for event in events))
    return float(min(sums))


def best_us(replay: _core.Replay) -> float:
    return min(_core.time_per_pass(replay, 0.2, 5) for _ in range(REPEATS)) * 1e6


def native_ways(capture: Capture) -> tuple[dict[str, _core.Replay], Callable[[str], float]]:
    """Replays by way; and of a way, the share of a launch in which the GPU waits for the next one."""
    part = _core.Subgraph(capture.model_graph, list(range(len(capture.model_graph.nodes))))
    stream = capture.stream.cuda_stream
    once = _core.Replay(stream, [part], passes_per_launch=1, queue_depth=64)
    time_s = _core.time_per_pass(once, 0.05, 200)
    many = max(2, min(512, round(2e-3 / time_s)))
    shapes = {"unrolled": "chain", "while": "while_loop"}
    ways = {way: _core.Replay(stream, [part], shape, many, time_s) for way, shape in shapes.items()}

    def gap_share(way: str) -> float:
        # Four times the passes in a launch have a fourth of the gaps between launches.
        longer = _core.Replay(stream, [part], shapes[way], 4 * many, time_s)
        short_us, long_us = best_us(ways[way]), best_us(longer)
        return max(0.0, (short_us - long_us) / 0.75 / short_us)

    return {"cpp_launch": once, **ways}, gap_share


def measure() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    context = _core.PrimaryContext.of_ordinal(0)
    stream = torch.cuda.Stream()
    edge_us = _core.empty_edge_s(context, stream.cuda_stream) * 1e6
    rows: list[dict[str, Any]] = []
    figures: dict[str, Any] = {"empty_edge_us": edge_us}
    targets: list[tuple[str, str, Any]] = [("idle", "idle", _core.IdleWorkload())]
    held: list[Any] = []
    runs, decisions = components()
    gaps: list[float] = []
    for name, run in runs.items():
        warm_up(run, stream)
        eager_us = loop_us(run, stream)
        with decisions.given_back():
            capture = capture_plain(run, stream, context)
        capture.replay_once()
        python_us = loop_us(capture.torch_graph.replay, stream)
        ways, gap_share = native_ways(capture)
        times = {way: best_us(replay) for way, replay in ways.items()}
        best = min(("unrolled", "while"), key=lambda way: times[way])
        gaps.append(gap_share(best))
        nodes, kernels_us = len(capture.model_graph.nodes), kernel_sum_us(capture)
        figures |= {
            f"{name}_eager_us": eager_us, f"{name}_python_replay_us": python_us, f"{name}_native_us": times[best],
            f"{name}_kernel_sum_us": kernels_us, f"{name}_nodes": nodes,
            f"{name}_native_over_floor": times[best] / (kernels_us + nodes * edge_us),
            f"{name}_eager_over_native": eager_us / times[best],
        }  # fmt: skip
        rows += [{"component": name, "way": "eager", "time_us": eager_us}]
        rows += [{"component": name, "way": "python_replay", "time_us": python_us}]
        rows += [{"component": name, "way": way, "time_us": us, "best": way == best} for way, us in times.items()]

        def on_stream(run: Callable[[], Any] = run) -> None:
            with torch.cuda.stream(stream):
                run()

        passes = max(1, round(2e-3 / (eager_us * 1e-6)))
        eager = _core.EagerWorkload(on_stream, stream.synchronize, passes)
        targets += [(f"{name}/eager", "component", eager), (f"{name}/{best}", "component", ways[best])]
        held += [capture, ways]
    energies(targets, rows, figures)
    figures["launch_gap_share"] = sum(gaps) / len(gaps)
    # Either no launch was queued, or the GPU was between two: both are idling inside a window.
    figures["idle_fraction"] = figures["queue_empty_fraction"] + figures["launch_gap_share"]
    return rows, figures


def energies(targets: list[tuple[str, str, Any]], rows: list[dict[str, Any]], figures: dict[str, Any]) -> None:
    """Energy per pass of eager and of the best native way, in interleaved rounds; adds to rows and figures."""
    options = _core.RoundsOptions()
    options.max_time_s = ENERGY_MAX_S
    result = _core.run_rounds(open_meter("nvml", torch.device("cuda", 0)), targets, options)
    for target in result["targets"]:
        component, _, way = target["name"].partition("/")
        energy = target["energy_per_pass_j"]
        if not way or energy is None:
            continue
        row = next(row for row in rows if (row["component"], row["way"]) == (component, way))
        row |= {"energy_mj": energy["mean"] * 1e3, "half_width_mj": (energy["half_width"] or 0) * 1e3}
        figures[f"{component}_{'eager' if way == 'eager' else 'native'}_mj"] = energy["mean"] * 1e3
    native = [w for w in result["windows"] if "/" in w["target"] and not w["target"].endswith("eager")]
    figures["queue_empty_fraction"] = sum(w["idle_fraction"] for w in native) / len(native)
    figures["queue_empty_fraction_worst"] = max(w["idle_fraction"] for w in native)


def main() -> None:
    with torch.no_grad():
        rows, figures = measure()
    results_file.write("replay_overhead", rows, figures)
    results_file.show(rows, ["component", "way", "time_us", "energy_mj", "half_width_mj", "best"])
    for name, value in figures.items():
        print(f"{name:32s} {value:.4g}")


if __name__ == "__main__":
    main()
