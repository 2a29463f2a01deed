"""What clang-tidy is to look at: the file of each compile command, and a hash of all that it is made from.

python scripts/tidy_units.py BUILD_FOLDER
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def common() -> bytes:
    """A header may matter to every source."""
    headers = sorted(path for path in (ROOT / "csrc").rglob("*") if path.suffix in (".hpp", ".cuh"))
    return b"".join(path.read_bytes() for path in [ROOT / ".clang-tidy", *headers])


def sources_of(unit: Path) -> list[Path]:
    """Those that a file of a unity build includes, or the file itself."""
    included = re.findall(r'#include "([^"]+[.]cpp)"', unit.read_text())
    return [Path(name) for name in included] or [unit]


def main(folder: Path) -> None:
    shared = common()
    for command in json.loads((folder / "compile_commands.json").read_text()):
        unit = Path(command["file"])
        sources = sources_of(unit) if unit.exists() else []
        if not any((ROOT / "csrc") in source.parents for source in sources):
            continue  # made by the build
        digest = hashlib.sha256(shared + b"".join(source.read_bytes() for source in sources)).hexdigest()
        print(unit, digest)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
