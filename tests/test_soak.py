"""Hundreds of profiles in one process leave nothing behind: memory, files, threads and hooks are flat.

`CLEAR_SOAK_PROFILES=1000` makes a thousand.

Memory is judged after a warm-up, collected and trimmed. A profile's report with its windows takes tens of kilobytes,
so whatever kept one of them, or one of its workloads, would show far above the limit.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from soak import WARM_UP, Held, growth

PROFILES = int(os.environ.get("CLEAR_SOAK_PROFILES", "300"))
MOST_MEMORY_BYTES, MOST_OBJECTS = 2048, 3  # for each profile
ROOT = Path(__file__).parents[1]


def leaks(found: list[Held]) -> list[str]:
    """What grows."""
    steady = [one for one in found if one.profiles >= WARM_UP]
    counted = [
        f"{what}: {sorted({getattr(one, what) for one in steady})}"
        for what in ("files", "threads", "native_threads", "hooks")
        if len({getattr(one, what) for one in steady}) > 1
    ]
    grown = {
        "memory_bytes": (growth(found, "memory_bytes"), MOST_MEMORY_BYTES),
        "objects": (growth(found, "objects"), MOST_OBJECTS),
    }
    return counted + [f"{what}: {by:g} with each profile" for what, (by, most) in grown.items() if by > most]


def series(**slopes: float) -> list[Held]:
    """So much more of each with every profile."""
    start = {"memory_bytes": 3e8, "objects": 3e5, "files": 6, "threads": 1, "native_threads": 1, "hooks": 0}
    noise = [0, 90_000, -90_000]  # of memory, from one sample to the next
    return [
        Held(n, **{w: int(at + n * slopes.get(w, 0) + noise[n % 3] * (w == "memory_bytes")) for w, at in start.items()})
        for n in range(0, 1001, 50)
    ]


def test_what_grows_is_seen() -> None:
    assert leaks(series()) == []
    for what, slope in {
        "memory_bytes": 4096.0, "objects": 10.0, "files": 0.02, "threads": 0.01, "native_threads": 0.01, "hooks": 1.0,
    }.items():  # fmt: skip
        assert [leak.partition(":")[0] for leak in leaks(series(**{what: slope}))] == [what]
    with pytest.raises(ValueError, match="too few"):
        growth(series()[:2], "objects")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux's /proc")
def test_many_profiles_leave_nothing_behind() -> None:
    done = subprocess.run(
        [sys.executable, "tests/soak.py", str(PROFILES)],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), "MALLOC_ARENA_MAX": "2"}, capture_output=True, text=True,
        check=False, timeout=3600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = [Held(**json.loads(line)) for line in done.stdout.splitlines()]
    assert found[-1].profiles == PROFILES // 50 * 50 and found[-1].hooks == 0
    assert leaks(found) == [], done.stdout
