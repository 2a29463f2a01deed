"""Of the measurements of this process only one runs on a device: a meter cannot tell two of them apart."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from clear_native.errors import BadInputError

__all__ = ["alone_on"]

_running: dict[str, str] = {}  # device: who measures there
_lock = threading.Lock()


@contextmanager
def alone_on(device: torch.device, what: str) -> Iterator[None]:
    """Holds `device` for `what`. Raises BadInputError where something is being measured there already.

    Two at once would each count the other's energy, and two of one model would put back each other's hooks. Other
    processes are seen by the driver, and marked as "contended".
    """
    place = _place(device)
    me = f"{what} in thread '{threading.current_thread().name}'"
    with _lock:
        if place in _running:
            raise BadInputError(
                f"{_running[place]} measures on {place} already, in this process: each would count the energy of both; "
                "run one after the other, or on different devices"
            )
        _running[place] = me
    try:
        yield
    finally:
        _running.pop(place, None)


def _place(device: torch.device) -> str:
    if device.type == "cuda" and device.index is None:
        return f"cuda:{torch.cuda.current_device()}"
    return f"{device.type}:{device.index}" if device.type == "cuda" else device.type


def _after_fork() -> None:
    """The parent's measurements go on in the parent alone; its lock may have been held."""
    global _lock
    _lock = threading.Lock()
    _running.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
