"""Results of the native engine as the bindings give them: plain dicts with the field names of csrc/core's headers."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from clear_native.report import Report
from clear_native.report.from_rounds import report_from_rounds


@dataclass(frozen=True)
class FakeCost:
    flops: int
    flops_dense: int
    bytes: int


ROLES = {"plain": "plain", "preserved": "preserved", "attention": "component", "norm": "component", "idle": "idle"}

NVML_TRAITS: dict[str, Any] = {
    "name": "nvml_counter", "scope": "gpu", "device": "GPU-1234", "period_s": 0.1, "quantum_j": 0.001,
    "estimated": False, "stated_power_w": None, "has_power_samples": True,
    "integrates_power": False, "averaging_s": None, "domains": [], "note": None,
}  # fmt: skip
ESTIMATE_TRAITS: dict[str, Any] = {
    "name": "estimate", "scope": "cpu", "device": "Some CPU", "period_s": 0.0, "quantum_j": 0.0,
    "estimated": True, "stated_power_w": 20.0, "has_power_samples": False,
    "integrates_power": False, "averaging_s": None, "domains": [], "note": None,
}  # fmt: skip


def interval(mean: float, half_width: float | None = None) -> dict[str, Any]:
    return {"mean": mean, "half_width": half_width, "standard_deviation": 0.1 * abs(mean), "rounds": 8}


def target(name: str, energy_j: float, time_s: float, **changes: Any) -> dict[str, Any]:
    return {
        "name": name,
        "energy_per_pass_j": interval(energy_j, 0.01 * energy_j),
        "energy_above_idle_j": interval(energy_j - 124 * time_s, 0.01 * energy_j),
        "time_per_pass_s": interval(time_s, 0.0001 * time_s),
        "power_w": interval(energy_j / time_s, 0.01 * energy_j / time_s),
        "required_half_width_j": max(0.01 * energy_j, 0.0006),
        "precision_reached": True,
        "counter_over_samples": 1.003,
        "statuses": [],
        **changes,
    }


def window(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "target": name, "round": 0, "position": 2, "begin_s": 10.0, "end_s": 10.5, "lead_in_s": 0.2,
        "ticks": [[10.1, 100.0, 40.0], [10.2, 124.0, 80.0]], "power_samples": [[10.02, 240.0]],
        "odometer": [[10.0, 0.0], [10.5, 200.0]], "sides": [],
        "operating_point": {
            "time_s": 10.4, "sm_clock_mhz": 1980.0, "memory_clock_mhz": 3201.0, "temperature_c": 45.0, "power_w": None,
            "throttle_reasons": 0,
        },
        "energy_per_pass_j": 0.6, "energy_per_pass_counter_j": 0.6, "energy_per_pass_samples_j": None,
        "time_per_pass_s": 0.0025, "passes": 200.0, "sensor_used": "counter", "status": "ok", "idle_fraction": 0.001,
        "expected_beat": None, "off_speed": None, "other_processes": None, "doses": None,
        **changes,
    }  # fmt: skip


RESULT: dict[str, Any] = {
    "windows": [window("plain"), window("attention", operating_point=None)],
    "targets": [
        target("plain", 0.195, 0.00066),
        target("preserved", 0.2, 0.00067),
        target("attention", 0.15, 0.0005),
        target("norm", 0.05, 0.00017),
        target("idle", 124.0, 1.0, energy_above_idle_j=None),
    ],
    "energy_closure": {"ratio": 1.0, "half_width": 0.008},
    "time_closure": {"ratio": 0.998, "half_width": None},
    "perturbation": {"ratio": 0.0256, "half_width": 0.004},
    "rounds": 8,
    "planned_rounds": 8,
    "seed": 17,
    "begun_s": 99.25,
    "elapsed_s": 24.5,
    "stop_reason": "precision_planned",
    "drift_per_hour": 0.01,
    "carry_over_per_w": 6e-5,
    "temperature_per_k": None,
    "sensors": None,
    "statuses": [],
    "other_processes_peak": 0,
    "failure_kind": None,
    "failure_message": "",
}


WEIGHING: dict[str, Any] = {
    "fraction": 0.5, "passes": 8, "pairs": 8, "changed_buffers": 0,
    "homogeneity": {"ratio": 0.997, "half_width": 0.004}, "time_homogeneity": {"ratio": 0.998, "half_width": None},
    "curvature": {"ratio": 0.002, "half_width": 0.003}, "interactions_rms": None,
    "layers": [
        {"component": "attention", "layer": 0, "energy_j": interval(0.08, 0.002), "time_s": interval(2.5e-4, 1e-6)},
        {"component": "attention", "layer": 1, "energy_j": interval(0.07), "time_s": interval(2.4e-4)},
    ],
    "operating_points": {"dosed": {"sm_clock_mhz": 1980.0, "power_w": None}, "model": {"sm_clock_mhz": 1975.0}},
}  # fmt: skip
IN_SITU: dict[str, Any] = {
    "weighing": WEIGHING, "sensors": interval(1.004, 0.002), "temperature_per_k": 0.0015,
    "windows": [window("plain"), window("dosed 0+", doses="+0-0")],
}  # fmt: skip


def result(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(RESULT), **changes}


def report(meter: dict[str, Any] = NVML_TRAITS, changes: dict[str, Any] | None = None, **arguments: Any) -> Report:
    given: dict[str, Any] = {
        "roles": ROLES,
        "model": "bert-base",
        "method": "partition",
        "execution": "graph",
        "meter": meter,
        "costs": {"attention": FakeCost(10**9, 2 * 10**9, 10**6), "norm": FakeCost(0, 0, 5 * 10**5)},
        "calls": {"attention": 12, "norm": 26},
        "synthetic_weights": True,
        "workload": {
            "inputs": {"input_ids": {"shape": [1, 128], "dtype": "torch.int64"}},
            "weights_dtype": "torch.float16",
            "kept_bytes": None,
        },
        "environment": {"gpu": "NVIDIA H200", "torch": "2.13.0", "made_at": "2026-11-20T18:00:00+00:00"},
        "options": {"precision": 0.01, "max_time_s": 60},
        **arguments,
    }
    return report_from_rounds(result(**(changes or {})), **given)
