"""Progress on a terminal, for what takes more than two seconds; silent everywhere else.

While windows are measured nothing is drawn but between two of them, on the caller's thread, so that showing progress
costs no energy inside a window.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar

__all__ = ["SHOWN_AFTER_S", "Progress"]

SHOWN_AFTER_S = 2.0
_TASK: Any = 0  # the bar's only one


class Progress:
    """A context manager. `stage` names what goes on; `update` takes the native engine's progress records."""

    def __init__(
        self, enabled: bool = True, console: Console | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._begun_s = clock()
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()
        self._bar = _bar(console) if enabled else None
        self.shown = False

    def __enter__(self) -> Progress:
        self._begun_s = self._clock()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cancel_timer()
        with self._lock:
            if self.shown and self._bar is not None:
                self._bar.stop()
                self.shown = False

    def stage(self, name: str) -> None:
        """What goes on from now; shown when it takes long enough, by a timer that is over before windows begin."""
        if self._bar is None:
            return
        self._cancel_timer()
        with self._lock:
            self._bar.update(_TASK, description=name, total=None, detail="")
        waiting_s = SHOWN_AFTER_S - (self._clock() - self._begun_s)
        if waiting_s <= 0:
            self._show()
        else:
            self._timer = threading.Timer(waiting_s, self._show)
            self._timer.daemon = True
            self._timer.start()

    def update(self, now: Mapping[str, Any]) -> None:
        """Draws a record of the engine: windows done and planned, seconds elapsed and expected."""
        if self._bar is None:
            return
        self._cancel_timer()
        planned = now["windows_planned"]
        left_s = max(0.0, now["expected_s"] - now["elapsed_s"])
        unit = now.get("unit", "windows")
        detail = f"{now['windows_done']} of {planned} {unit}" if planned else f"{now['windows_done']} {unit} (pilot)"
        if planned and left_s:
            detail += f", {left_s:.0f} s left"
        with self._lock:
            self._bar.update(
                _TASK, description="measuring", total=planned or None, completed=now["windows_done"], detail=detail
            )
        if self._clock() - self._begun_s >= SHOWN_AFTER_S:
            self._show()

    def _show(self) -> None:
        with self._lock:
            if self._bar is None:
                return
            if not self.shown:
                self._bar.start()
                self.shown = True
            self._bar.refresh()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
            self._timer = None


def _bar(console: Console | None) -> Bar | None:
    """None where there is no terminal. rich is imported here, since most programs with this package need no bar."""
    # Without a terminal there may be no stream at all, or a closed one.
    if console is None and (sys.stderr is None or sys.stderr.closed or not sys.stderr.isatty()):
        return None
    from rich import progress
    from rich.console import Console

    console = console or Console(stderr=True)
    if not console.is_terminal:
        return None
    bar = progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(bar_width=30),
        progress.TextColumn("{task.fields[detail]}"),
        console=console,
        transient=True,
        auto_refresh=False,
    )
    bar.add_task("", total=None, detail="")
    return bar
