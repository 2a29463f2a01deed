"""Result files of older schema versions, brought up to the one that this version reads, step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from clear_native.errors import BadInputError

__all__ = ["STEPS", "brought_up_to"]

Step = Callable[[dict[str, Any]], dict[str, Any]]

STEPS: dict[int, Step] = {}
"""By the version that a step takes: a function of the file's data that gives them as the next version has them.

Version 1 is the first, so there is none yet. With version 2 comes `STEPS[1]`; tests/data keeps a file of each version.
"""


def brought_up_to(version: int, data: Mapping[str, Any], steps: Mapping[int, Step] | None = None) -> dict[str, Any]:
    """`data` as schema version `version` has them.

    Raises BadInputError for a newer version, for one that no step takes, and for what is no version.
    """
    known = STEPS if steps is None else steps
    given = dict(data)
    while (found := given.get("schema_version")) != version or isinstance(found, bool):
        step = known.get(found) if type(found) is int and found < version else None
        if step is None or found is None:
            newer = isinstance(found, int) and found > version
            raise BadInputError(
                f"the report has schema version {found}, this clear_native reads version {version}: "
                + ("upgrade clear_native" if newer else "profile again")
            )
        given = {**step(given), "schema_version": found + 1}
    return given
