"""Lets an empty environment see what a wheel declares that it needs, and nothing else, of this Python's environment:

    python scripts/wheel_dependencies.py WHEEL SITE [EXTRA ...]

Links go into the folder SITE, since torch takes gigabytes and where tests run its wheel may not be had again. What the
package imports and does not declare is then as absent as for its first user.
"""

from __future__ import annotations

import email
import importlib.metadata
import sys
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

from packaging.requirements import Requirement

__all__ = ["needed", "requirements"]

Distribution = importlib.metadata.Distribution


def requirements(wheel: Path) -> list[str]:
    """Its Requires-Dist, those of extras too."""
    with zipfile.ZipFile(wheel) as file:
        name = next(name for name in file.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(file.read(name)).get_all("Requires-Dist", [])


def needed(
    lines: Iterable[str],
    extras: Iterable[str],
    find: Callable[[str], Distribution] = importlib.metadata.distribution,
) -> dict[str, Distribution]:
    """What these requirements need, and what that needs in turn, by name. Whether versions fit, pip finds out.

    Raises:
        LookupError for one that is not in this environment.
    """
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    ahead = [(lines, frozenset(extras))]
    while ahead:
        lines, wanted = ahead.pop()
        for requirement in map(Requirement, lines):
            if requirement.marker and not any(requirement.marker.evaluate({"extra": extra}) for extra in wanted | {""}):
                continue
            of = (requirement.name.lower(), frozenset(requirement.extras))
            if of in seen:
                continue
            seen.add(of)
            try:
                found[of[0]] = find(requirement.name)
            except importlib.metadata.PackageNotFoundError:
                raise LookupError(
                    f"{requirement} is needed, and is not in the environment of {sys.executable}"
                ) from None
            ahead.append((found[of[0]].requires or [], of[1]))
    return found


def link(distribution: Distribution, site: Path) -> None:
    for name in {file.parts[0] for file in distribution.files or []} - {"..", "__pycache__"}:
        if not (site / name).exists():  # several may share a folder, as NVIDIA's do
            (site / name).symlink_to(str(distribution.locate_file(name)))


def main() -> None:
    wheel, site, *extras = sys.argv[1:]
    try:
        for distribution in needed(requirements(Path(wheel)), extras).values():
            link(distribution, Path(site))
    except LookupError as error:
        sys.exit(f"{wheel}: {error}")


if __name__ == "__main__":
    main()
