"""The console script `clear-native`. Apart from the package, so that Ctrl-C ends it well while torch is imported."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress

__all__ = ["main"]

INTERRUPTED = 130


def main() -> None:
    """Entry point. What it imports takes a second or more."""
    before = signal.getsignal(signal.SIGINT)
    ours = before is signal.default_int_handler  # a job in the background has Ctrl-C ignored, and keeps that
    if ours:
        signal.signal(signal.SIGINT, _stop)
    from clear_native.cli import main as command

    try:
        if ours:
            signal.signal(signal.SIGINT, before)
        command()
    except KeyboardInterrupt:  # between the command's own handlers
        _tell()
        sys.exit(INTERRUPTED)


def _stop(*_: object) -> None:
    """At once: nothing has begun that must be ended, and what is being imported may swallow an exception."""
    _tell()
    os._exit(INTERRUPTED)


def _tell() -> None:
    with suppress(OSError):
        os.write(2, b"clear-native: interrupted\n")
