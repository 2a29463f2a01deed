"""What all tests have in common: the machine's own processor counters are left out of them, so they see the same
everywhere. A test that wants some sets CLEAR_RAPL_ROOT; tests/gpu/ may delete it."""

from __future__ import annotations

import os

os.environ.setdefault("CLEAR_RAPL_ROOT", "/nowhere")
