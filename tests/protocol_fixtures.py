"""Results of the protocol as somebody could have measured them."""

from __future__ import annotations

from typing import Any

from clear_native.report.protocol import ProtocolComponent, ProtocolLoop, ProtocolResult
from clear_native.report.record import Failure, Meter

COUNTER = Meter("nvml_counter", "gpu", "GPU-1234", 0.1, 0.001)
ESTIMATE = Meter("estimate", "cpu", "Some CPU", estimated=True, stated_power_w=20.0)


def part(
    name: str,
    *energies_mj: float,
    time_ms: float = 0.2,
    calls: int = 1,
    repetitions: int = 10_000,
    statuses: tuple[str, ...] = (),
) -> ProtocolComponent:
    """`energies_mj` of one call, by trial."""
    loop = ProtocolLoop(
        f"some.{name}" if name != "model" else "",
        repetitions,
        calls,
        tuple(1e-3 * energy_mj * repetitions for energy_mj in energies_mj),
        tuple(1e-3 * time_ms * repetitions for _ in energies_mj),
    )
    return ProtocolComponent(name, (loop,), statuses)


def result(*parts: ProtocolComponent, full: ProtocolComponent | None = None, **changed: Any) -> ProtocolResult:
    values: dict[str, Any] = {
        "model": "bert-base",
        "meter": COUNTER,
        "components": {found.name: found for found in parts},
        "full_model": full or part("model", 200.0, 202.0, time_ms=1.0, repetitions=1000),
        "workload": {
            "inputs": {"input_ids": {"shape": [1, 128], "dtype": "torch.int64"}},
            "weights_dtype": "torch.float16",
            "device": "cuda:0",
        },
        "environment": {"gpu": "NVIDIA H200", "made_at": "2026-11-21T10:00:00+00:00"},
        "options": {
            "repetitions": 10_000, "full_model_repetitions": 1000, "trials": 2, "synchronize": True, "pause_s": 0.5,
            "components": "clear",
        },
        "elapsed_s": 61.5,
        "made_at": "2026-11-21T10:00:00+00:00",
    }  # fmt: skip
    return ProtocolResult(**{**values, **changed})


def good(**changed: Any) -> ProtocolResult:
    """Nothing to diagnose."""
    return result(part("attention", 10.0, 10.2, calls=12), part("lm_head", 80.0, 81.0), **changed)


def interrupted() -> ProtocolResult:
    return result(
        part("attention", 10.0, 10.2, calls=12),
        part("lm_head", statuses=("not_measured",)),
        full=part("model", statuses=("not_measured",)),
        stop_reason="failed",
        statuses=("failed",),
        failure=Failure("WorkloadFailedError", "no"),
        warnings=("something",),
        uncovered=("rotary",),
        other_processes_peak=0,
        synthetic_weights=True,
    )
