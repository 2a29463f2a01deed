"""Files written at once or not at all."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

from clear_native.errors import BadInputError

__all__ = ["write_text"]


def write_text(text: str, path: str | Path) -> None:
    """Writes beside the target first and then renames, so that no half-written file is ever seen.

    Raises BadInputError for a path that cannot be one of a file; OSError where the system cannot write it (a full
    disk); a file that was there stays.
    """
    target = _target(path)
    written = text.encode("utf-8", "backslashreplace")  # a name of undecodable bytes has half a surrogate pair
    beside = target.with_name(f".{target.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            file.write(written)
            file.flush()
            os.fsync(file.fileno())  # some file systems tell that the disk is full only here
        os.replace(beside, target)
    except (FileExistsError, IsADirectoryError, NotADirectoryError, PermissionError, ValueError) as error:
        raise BadInputError(
            f"the result cannot be written to {path!r} ({error}): give a file in a folder that you may write to"
        ) from error
    finally:
        with suppress(OSError, ValueError):  # the error above says more
            beside.unlink(missing_ok=True)


def _target(path: object) -> Path:
    try:
        target = Path(path)  # type: ignore[arg-type]
    except TypeError as error:
        raise BadInputError(f"a result is written to the path of a file, got {path!r}") from error
    if not target.name or target.is_dir():
        raise BadInputError(f"{target} is a folder: give the name of a file, for instance {target / 'result.json'}")
    return target
