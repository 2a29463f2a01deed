"""A bundle's folder: written beside its place and renamed, so that it is there whole or not at all."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clear_native.bundle.manifest import MANIFEST
from clear_native.bundle.reading import files_of
from clear_native.errors import BadInputError

__all__ = ["check_place", "new_folder"]


def check_place(path: object) -> Path:
    """The absolute path of the folder. Raises BadInputError for what cannot become a bundle, before any work is done.

    A bundle that is there may be replaced; a file, and a folder with anything else in it, stays.
    """
    try:
        target = Path(path).absolute()  # type: ignore[arg-type]
    except TypeError as error:
        raise BadInputError(f"a bundle is written to the path of a folder, got {path!r}") from error
    try:
        if target.is_symlink() or (target.exists() and not _is_bundle(target)):
            raise BadInputError(
                f"{target} is there and is not a bundle (or has other files in it): give another name, for instance "
                f"{target.with_name(target.name + '.clear')}, or remove it"
            )
        if "\0" in str(target):
            raise ValueError("a null character in it")
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.name or not os.access(target.parent, os.W_OK):
            raise BadInputError(f"a bundle cannot be written to {target}: give a folder that you may write to")
    except (OSError, ValueError) as error:
        if isinstance(error, BadInputError):
            raise
        raise BadInputError(
            f"a bundle cannot be written to {path!r} ({error}): give a folder that you may write to"
        ) from error
    return target


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """An empty folder to write to, which takes the place of `target` on the way out, unless something was raised."""
    mark = f"{os.getpid()}.{threading.get_ident()}"
    beside, before = (target.with_name(f".{target.name}.{mark}.{end}") for end in ("tmp", "old"))
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    try:
        yield beside
        _sync(beside)
        check_place(target)  # again: somebody may have put something there in the meantime
        try:
            if target.exists():
                os.replace(target, before)
            os.replace(beside, target)
        except BaseException:
            if before.exists() and not target.exists():
                os.replace(before, target)
            raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        if target.exists():
            shutil.rmtree(before, ignore_errors=True)


def _is_bundle(path: Path) -> bool:
    """Whether it holds a manifest, and no file that the manifest does not name: none of somebody's own is removed."""
    try:
        return path.is_dir() and {item.name for item in path.iterdir()} <= {MANIFEST, *files_of(path)}
    except BadInputError:
        return False


def _sync(folder: Path) -> None:
    """Some file systems tell that the disk is full only here."""
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
