"""Files written at once or not at all. What is there and is no file (a pipe, a device) is written on as it is."""

from __future__ import annotations

import os
import re
import stat
import threading
from contextlib import suppress
from pathlib import Path

from clear_native.errors import BadInputError

__all__ = ["folder_of", "write_text", "written_on"]

_MOST_LINKS = 40  # as many as Linux follows


def write_text(text: str, path: str | Path) -> None:
    """Writes beside the target first and then renames, so that no half-written file is ever seen.

    A link stays, and the file that it leads to is the target. What is no regular file, and what this process has open
    (/dev/stdout), is written on as it is.

    Raises BadInputError for a path that cannot be one of a file; OSError with the path where the system cannot write it
    (a full disk); a file that was there stays.
    """
    target = _target(path)
    written = text.encode("utf-8", "backslashreplace")  # a name of undecodable bytes has half a surrogate pair
    try:
        if written_on(target):
            _write_on(target, written)
        else:
            _replace(_end_of_links(target), written)
    except (FileExistsError, IsADirectoryError, NotADirectoryError, PermissionError, ValueError) as error:
        raise BadInputError(
            f"the result cannot be written to {path!r} ({error}): give a file in a folder that you may write to"
        ) from error
    except OSError as error:
        error.filename = str(path)  # rather than the draft beside it, or nothing
        raise


def written_on(target: Path) -> bool:
    """Whether something is there that must not be replaced: a pipe, a device, or what this process has open."""
    try:
        return not stat.S_ISREG(target.stat().st_mode) or _descriptor(target) is not None
    except (OSError, ValueError):  # nothing is there, or none may look: the attempt to write says why
        return False


def folder_of(target: Path) -> Path:
    """Where the file that `target` is, or leads to, has its draft."""
    return _end_of_links(target).parent


def _write_on(target: Path, written: bytes) -> None:
    descriptor = _descriptor(target)
    # A second opening would begin at the first byte again, over what else was printed there.
    with target.open("wb") if descriptor is None else os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(written)


def _replace(target: Path, written: bytes) -> None:
    beside = target.with_name(f".{target.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            file.write(written)
            file.flush()
            os.fsync(file.fileno())  # some file systems tell that the disk is full only here
        os.replace(beside, target)
    finally:
        with suppress(OSError, ValueError):  # the error above says more
            beside.unlink(missing_ok=True)


def _end_of_links(target: Path) -> Path:
    """The file itself, which need not be there."""
    if not target.is_symlink():
        return target
    end = Path(os.path.realpath(target))
    if end.is_symlink():
        raise FileExistsError(f"{target} is a link that leads to itself")
    return end


def _descriptor(target: Path) -> int | None:
    """The number behind /dev/stdout, /dev/fd/3, and links to such."""
    own = re.compile(rf"/proc/{os.getpid()}(/task/\d+)?/fd")
    for _ in range(_MOST_LINKS):
        folder = os.path.realpath(target.parent)
        if own.fullmatch(folder) and target.name.isdecimal():
            return int(target.name)
        if not target.is_symlink():
            return None
        target = Path(folder, os.readlink(target))
    return None


def _target(path: object) -> Path:
    try:
        target = Path(path)  # type: ignore[arg-type]
    except TypeError as error:
        raise BadInputError(f"a result is written to the path of a file, got {path!r}") from error
    if not target.name or target.is_dir():
        raise BadInputError(f"{target} is a folder: give the name of a file, for instance {target / 'result.json'}")
    return target
