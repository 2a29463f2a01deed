"""Whether a wheel holds what it must, and nothing that it must not: python scripts/wheel_contents.py WHEEL"""

from __future__ import annotations

import fnmatch
import sys
import zipfile
from collections.abc import Sequence

__all__ = ["problems"]

NEEDED = (
    "clear_native/__init__.py", "clear_native/_core*.so", "clear_native/_core.pyi", "clear_native/py.typed",
    "clear_native/models/published/*.py", "clear_native/machine/device_sheets.json",
    "clear_native/report/schema/*.json", "clear_native/bundle/schema/*.json", "clear_native/report/html/assets/*",
    "clear_native/report/html/*/*.j2", "clear_native_command/__init__.py", "clear_native_pytest/__init__.py",
    "clear_native-*.dist-info/entry_points.txt", "clear_native-*.dist-info/licenses/LICENSE",
)  # fmt: skip
OUTSIDE = (
    "clear_native/*", "clear_native_command/*", "clear_native_pytest/*", "clear_native-*.dist-info/*",
    "clear_native-*.data/scripts/clear-bench",  # where the headers that it needs could be had
)  # fmt: skip


def problems(names: Sequence[str]) -> list[str]:
    """One line for each thing that is missing in a wheel with these files, or does not belong there."""
    missing = [f"nothing is {pattern}" for pattern in NEEDED if not fnmatch.filter(names, pattern)]
    strange = [name for name in names if not any(fnmatch.fnmatch(name, pattern) for pattern in OUTSIDE)]
    strange += [name for name in names if name.endswith((".pyc", ".cpp", ".hpp", ".cu", ".a"))]
    return missing + [f"{name} does not belong there" for name in strange]


def main() -> None:
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        found = problems(wheel.namelist())
    if found:
        sys.exit(f"{sys.argv[1]}:\n" + "\n".join(found))


if __name__ == "__main__":
    main()
