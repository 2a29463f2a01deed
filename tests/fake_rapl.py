"""A folder like /sys/class with the energy counters of a processor, and a processor that draws constant power."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RANGE_UJ = 65_532_610_987


def make_zone(root: Path, entry: str = "intel-rapl:0", name: str = "package-0", energy_uj: int = 0) -> Path:
    """Returns the file that holds its microjoules."""
    zone = root / "powercap" / entry
    zone.mkdir(parents=True)
    (zone / "name").write_text(f"{name}\n")
    (zone / "max_energy_range_uj").write_text(f"{RANGE_UJ}\n")
    file = zone / "energy_uj"
    file.write_text(f"{energy_uj}\n")
    return file


_COUNT = """
import sys, time
file, power_w = sys.argv[1], float(sys.argv[2])
begin_s = time.monotonic()
with open(file, "r+b", buffering=0) as register:
    while True:
        register.seek(0)
        register.write(b"%020d\\n" % int((time.monotonic() - begin_s) * power_w * 1e6))
        time.sleep(0.001)
"""


@contextmanager
def drawing(file: Path, power_w: float) -> Iterator[None]:
    """Counts in a process of its own, in place and with a fixed length, so that no reader ever sees half a number."""
    file.write_text(f"{0:020d}\n")
    process = subprocess.Popen([sys.executable, "-c", _COUNT, str(file), str(power_w)])
    try:
        while int(file.read_text()) == 0:
            time.sleep(0.01)
        yield
    finally:
        process.kill()
        process.wait()
