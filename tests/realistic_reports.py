"""Reports with the values of a BERT-base profile on an H200 (README), to be looked at; and what hostile names do."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import Any

from report_fixtures import ESTIMATE_TRAITS, NVML_TRAITS, FakeCost, interval, target, window
from report_fixtures import report as made

from clear_native.report import ComponentResult, Report
from clear_native.report.methods import MethodComparison, compare_methods

# name: (energy in mJ, half-width in mJ, time in µs, FLOPs, bytes, calls)
BERT: dict[str, tuple[float, float, float, int, int, int]] = {
    "embedding": (1.59, 0.56, 11.9, 0, 1_180_000, 1),
    "norm": (16.74, 0.76, 103.0, 0, 10_300_000, 26),
    "attention": (69.12, 0.57, 321.0, 7_850_000_000, 66_000_000, 12),
    "mlp": (70.08, 0.53, 213.0, 14_500_000_000, 132_000_000, 12),
    "lm_head": (23.38, 0.78, 38.5, 6_150_000_000, 56_000_000, 1),
}
H200: dict[str, Any] = {
    "gpu": "NVIDIA H200", "uuid": "GPU-5a1f0c3e", "driver": "570.86.15", "cuda": "12.8", "power_limit_w": 700.0,
    "torch": "2.13.0", "clear_native": "0.1.0", "python": "3.11.7", "cpu": "Intel Xeon Platinum 8480C",
    "made_at": "2026-11-20T18:00:00+00:00",
}  # fmt: skip
LIMITS: dict[str, Any] = {
    "flops_per_s": 989.5e12, "bytes_per_s": 4.8e12, "dtype": "float16",
    "source": "https://www.nvidia.com/en-us/data-center/h200/", "measured": False,
}  # fmt: skip
INPUTS = {name: {"shape": [1, 128], "dtype": "torch.int64"} for name in ("input_ids", "attention_mask")}
HOSTILE = "<script>document.title='taken'</script>"


def bert_base(method: str = "in_situ", scale: float = 1.0, execution: str = "graph", **changes: Any) -> Report:
    """`scale`: of the components' energies, for methods that find more or less."""
    whole_mj, time_us = 181.36, 689.0
    targets = [_target("plain", 180.50, 0.50, 687.0), _target("preserved", whole_mj, 0.49, time_us)]
    targets += [_target(name, scale * mj, half, us) for name, (mj, half, us, *_) in BERT.items()]
    targets.append(target("idle", 126.74, 1.0, energy_above_idle_j=None))
    closure = scale * sum(values[0] for values in BERT.values()) / whole_mj
    rounds = {
        "targets": targets, "windows": _windows(), "rounds": 11, "planned_rounds": 11, "elapsed_s": 31.9,
        "energy_closure": {"ratio": closure, "half_width": 0.010},
        "time_closure": {"ratio": 0.9986, "half_width": 0.0061},
        "perturbation": {"ratio": 0.0048, "half_width": 0.0031}, "sensors": interval(0.9999, 0.0012),
        "weighing": _weighing(scale) if method == "in_situ" else None,
    }  # fmt: skip
    roles = {"plain": "plain", "preserved": "preserved", "idle": "idle", **dict.fromkeys(BERT, "component")}
    return made(
        NVML_TRAITS,
        rounds,
        roles=roles,
        method=method,
        execution=execution,
        costs={name: FakeCost(flops, flops, size) for name, (_, _, _, flops, size, _) in BERT.items()},
        calls={name: values[-1] for name, values in BERT.items()},
        environment=H200,
        workload={"inputs": INPUTS, "weights_dtype": "torch.float16"},
        limits=LIMITS,
        **changes,
    )


def by_methods() -> MethodComparison:
    scales = {"in_situ": 1.0, "partition": 1.02, "isolated": 0.93}
    return compare_methods({method: bert_base(method, scale) for method, scale in scales.items()})


def estimate() -> Report:
    """What a machine without a sensor gives."""
    return made(ESTIMATE_TRAITS, execution="eager", environment={"cpu": "Some CPU", "torch": "2.13.0"})


def hostile() -> Report:
    """Every name that a model or a user gives is a script."""
    found = bert_base()
    parts = {f"{HOSTILE}{name}": dataclasses.replace(part, name=HOSTILE) for name, part in found.components.items()}
    inputs = {HOSTILE: {"shape": [1, 128], "dtype": "torch.int64"}}
    return dataclasses.replace(
        found, model=HOSTILE, components=parts, warnings=(HOSTILE, '" onload="x'), workload={"inputs": inputs}
    )  # fmt: skip


@functools.cache
def huge(components: int = 80, calls: int = 400, windows: int = 6000) -> Report:
    """More of everything than any profile has had."""
    found = bert_base()
    details = tuple({"layer": number, "energy_j": 1e-6 * (number + 1), "time_s": 1e-6} for number in range(calls))
    long = "model.decoder.layers.self_attention.projection.of.everything."
    parts = {
        f"{long}{number}": ComponentResult(
            name=f"{long}{number}", energy_j=0.12, time_s=1e-3, flops=10**9, bytes=10**7, details=details
        )
        for number in range(components)
    }
    return dataclasses.replace(found, components=parts, windows=tuple(_windows() * (windows // len(_windows()))))


def _target(name: str, energy_mj: float, half_width_mj: float, time_us: float) -> dict[str, Any]:
    energy_j, time_s = 1e-3 * energy_mj, 1e-6 * time_us
    return target(name, energy_j, time_s, energy_per_pass_j=interval(energy_j, 1e-3 * half_width_mj))


def _windows() -> list[dict[str, Any]]:
    """Eleven rounds of thirteen windows, which warm up and scatter."""
    found = []
    for number in range(143):
        kinds = ["plain", "preserved", *[f"dosed {pair}{sign}" for pair in range(5) for sign in "+-"], "idle"]
        kind = kinds[(5 * number) % 13]
        energy_j = (0.181 + 0.012 * math.sin(2.1 * number) * kind.startswith("dosed")) * (1 + 2e-3 * math.sin(number))
        time_s = 689e-6 * (1 + (0.06 * math.sin(2.1 * number) if kind.startswith("dosed") else 0.0))
        if kind == "idle":
            energy_j, time_s = 126.7, 1.0
        point = {
            "time_s": 100 + 0.22 * number, "sm_clock_mhz": 1980.0 - 15 * (number % 7 == 3), "memory_clock_mhz": 3201.0,
            "temperature_c": 47 - 6 * math.exp(-number / 20), "power_w": energy_j / time_s, "throttle_reasons": 0,
        }  # fmt: skip
        begin_s = 100 + 0.22 * number
        found.append(
            window(
                kind,
                round=number // 13,
                position=number % 13,
                begin_s=begin_s,
                end_s=begin_s + 0.2,
                other_processes=0,
                operating_point=point,
                energy_per_pass_j=energy_j,
                time_per_pass_s=time_s,
            )
        )
    return found


def _weighing(scale: float) -> dict[str, Any]:
    layers = []
    for name, (energy_mj, half_width_mj, time_us, _, _, calls) in BERT.items():
        for number in range(calls):
            bend = 1 + 0.04 * math.sin(1.7 * number) * (calls > 1)
            energy_j, half_width_j = 1e-3 * scale * energy_mj / calls, 1e-3 * half_width_mj / math.sqrt(calls)
            layers.append(
                {
                    "component": name, "layer": number, "energy_j": interval(bend * energy_j, half_width_j),
                    "time_s": interval(1e-6 * time_us / calls, 1e-8),
                }
            )  # fmt: skip
    points = {"sm_clock_mhz": 1980.0, "power_w": 266.0, "temperature_c": 47.0}
    return {
        "fraction": 0.6, "passes": 8, "pairs": 8, "wild_pairs": 1, "changed_buffers": 0,
        "homogeneity": {"ratio": 1.0054, "half_width": 0.0077},
        "time_homogeneity": {"ratio": 1.001, "half_width": 0.002},
        "curvature": {"ratio": 0.002, "half_width": 0.003}, "interactions_rms": 0.001, "layers": layers,
        "operating_points": {"dosed": points, "model": {**points, "power_w": 263.0}},
    }  # fmt: skip
