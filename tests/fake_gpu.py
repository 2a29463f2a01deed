"""A GPU of fakes for programs: libcuda and libnvidia-ml of tests/native, which agree about its UUID."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from bench_program import fake_nvml

ROOT = Path(__file__).parents[1]
UUID = "GPU-a0a1a2a3-a4a5-a6a7-a8a9-aaabacadae00"  # of the fake driver's first device
POWER_W = 250.0


def fake_cuda() -> Path:
    """Built without sanitizers, which another program could not load. Skips where it was not built."""
    inside = Path("tests", "native", "cuda", "fake", "libcuda.so.1")
    places = [ROOT / "build" / kind / inside for kind in ("python", "native")]
    found = [path for path in places if path.is_file()]
    if not found:
        pytest.skip("tests/native/cuda/fake is not built: scripts/test_native.sh does")
    return max(found, key=lambda path: path.stat().st_mtime)


def environment(folder: Path) -> dict[str, str]:
    """What a program finds the fakes by. The layout of the control file is in tests/native/fake_nvml/control.h."""
    control = folder / "fake_nvml_control"
    tick_ns, sample_period_us = 100_000_000, 20_000
    head = struct.pack("<IIQQII", 1, 1, tick_ns, 0, sample_period_us, 1) + bytes(16 * 4 + 16 * 8)
    clocks = (round(POWER_W * 1e3), 1980, 3201, 41)
    device = struct.pack("<64sQIIIIQII", UUID.encode(), 5_000_000, *clocks, 0, 0, 0) + bytes(64 * 4)
    control.write_bytes((head + device).ljust(4096, b"\0"))
    return {
        "CLEAR_CUDA_LIBRARY": str(fake_cuda()),
        "CLEAR_NVML_LIBRARY": str(fake_nvml(folder)),
        "CLEAR_FAKE_NVML_CONTROL": str(control),
    }
