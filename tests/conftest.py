"""What all tests have in common: the machine's own processor counters are left out of them, so they see the same
everywhere. A test that wants some sets CLEAR_RAPL_ROOT; tests/gpu/ may delete it.

Property-based tests draw the same examples in every run, and few of them; CLEAR_EXAMPLES=1000 draws so many, at random.
"""

from __future__ import annotations

import os
import signal

import pytest

# A job in the background of a shell without a terminal has Ctrl-C ignored, and so would what the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

os.environ.setdefault("CLEAR_RAPL_ROOT", "/nowhere")

try:
    import hypothesis
except ImportError:  # its tests skip themselves
    hypothesis = None  # type: ignore[assignment]

if hypothesis is not None:
    many = int(os.environ.get("CLEAR_EXAMPLES", "0"))
    quiet = tuple(hypothesis.HealthCheck)  # a busy machine is slow, and no test judges speed
    hypothesis.settings.register_profile(
        "clear",
        deadline=None,
        suppress_health_check=quiet,
        derandomize=not many,
        database=None,
        max_examples=many or 25,
        print_blob=bool(many),
        # A failure is told at once; making the example small takes minutes, so that is left to the larger profile.
        phases=set(hypothesis.Phase) - {hypothesis.Phase.explain, *(() if many else (hypothesis.Phase.shrink,))},
    )
    hypothesis.settings.load_profile("clear")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first: at the end it would keep one process busy and leave the others idle."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
