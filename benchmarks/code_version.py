"""Which code was measured: a digest of the sources of the package and of its native part. Needs nothing but Python.

    python benchmarks/code_version.py

Rows of one benchmark may come from several runs and several states of the code, uncommitted ones too; figures must not
mix these.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SUFFIXES = {".py", ".cpp", ".hpp", ".cu", ".cuh"}


def code_version(root: Path = ROOT) -> str | None:
    """CLEAR_CODE_VERSION where the benchmarks travel without the sources; None where neither is there."""
    if given := os.environ.get("CLEAR_CODE_VERSION"):
        return given
    found = [path for folder in ("clear_native", "csrc") for path in (root / folder).rglob("*")]
    sources = sorted(path for path in found if path.suffix in SUFFIXES)
    if not sources:
        return None
    digest = hashlib.sha256()
    for path in sources:
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def git_commit() -> str | None:
    """The commit that was measured; CLEAR_GIT_COMMIT where the checkout travels without its history."""
    if given := os.environ.get("CLEAR_GIT_COMMIT"):
        return given
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or None


if __name__ == "__main__":
    print(code_version() or "")
