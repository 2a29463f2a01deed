"""Progress on a terminal, for what takes more than two seconds; silent everywhere else.

While windows are measured nothing is drawn but between two of them, on the caller's thread, so that showing progress
costs no energy inside a window. How long a stage before them takes is not known: it is shown with the seconds so far.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar

__all__ = ["DRAWN_EVERY_S", "SHOWN_AFTER_S", "Progress"]

SHOWN_AFTER_S = 2.0
DRAWN_EVERY_S = 1.0  # a stage
TICKER = "clear_native progress"  # the thread that draws it
_TASK: Any = 0  # the bar's only one


class Progress:
    """A context manager. `stage` names what goes on; `update` takes the native engine's progress records.

    `at_once`: for a caller who knows that it takes long, as a command does that loads a model.
    """

    def __init__(
        self,
        enabled: bool = True,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
        at_once: bool = False,
    ) -> None:
        self._clock = clock
        self._begun_s = clock()
        self._at_once = at_once
        self._ticker: threading.Thread | None = None
        self._stage_over = threading.Event()
        self._lock = threading.Lock()
        self._bar = _bar(console) if enabled else None
        self.shown = False

    def __enter__(self) -> Progress:
        self._begun_s = self._clock()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_stage()
        with self._lock:
            if self.shown and self._bar is not None:
                self._bar.stop()
                self.shown = False

    def stage(self, name: str, measuring_s: float | None = None) -> None:
        """What goes on from now, drawn again and again by a thread that `measuring` and `update` end.

        `measuring_s`: the most that measuring may take once this is done.
        """
        self._end_stage()
        if self._bar is None:
            return
        begun_s = self._clock()
        self._draw_stage(name, begun_s, measuring_s)
        self._stage_over.clear()
        drawing = (name, begun_s, measuring_s)
        self._ticker = threading.Thread(target=self._tick, args=drawing, name=TICKER, daemon=True)
        self._ticker.start()

    def measuring(self, max_time_s: float) -> None:
        """Windows begin: from here nothing draws but `update`."""
        self._end_stage()
        if self._bar is None:
            return
        with self._lock:
            self._bar.update(_TASK, description="measuring", total=None, detail=f"{_at_most(max_time_s)} left")
        self._show_in_time()

    def update(self, now: Mapping[str, Any]) -> None:
        """Draws a record of the engine: windows done and planned, seconds elapsed, expected and allowed."""
        self._end_stage()
        if self._bar is None:
            return
        planned = now["windows_planned"]
        left_s = max(0.0, now["expected_s"] - now["elapsed_s"])
        unit = now.get("unit", "windows")
        detail = f"{now['windows_done']} of {planned} {unit}" if planned else f"{now['windows_done']} {unit} (pilot)"
        if planned and left_s:
            detail += f", {left_s:.0f} s left"
        elif "max_time_s" in now:
            detail += f", {_at_most(now['max_time_s'] - now['elapsed_s'])} left"
        with self._lock:
            self._bar.update(
                _TASK, description="measuring", total=planned or None, completed=now["windows_done"], detail=detail
            )
        self._show_in_time()

    def _show_in_time(self) -> None:
        if self._waiting_s() <= 0:
            self._show()

    def _waiting_s(self) -> float:
        return 0.0 if self._at_once else SHOWN_AFTER_S - (self._clock() - self._begun_s)

    def _draw_stage(self, name: str, begun_s: float, measuring_s: float | None) -> None:
        detail = f"{self._clock() - begun_s:.0f} s"
        if measuring_s is not None:
            detail += f", then {_at_most(measuring_s)} of measuring"
        with self._lock:
            if self._bar is not None:
                self._bar.update(_TASK, description=name, total=None, detail=detail)
        self._show_in_time()

    def _tick(self, name: str, begun_s: float, measuring_s: float | None) -> None:
        waiting_s = self._waiting_s()
        while not self._stage_over.wait(waiting_s if waiting_s > 0 else DRAWN_EVERY_S):
            self._draw_stage(name, begun_s, measuring_s)
            waiting_s = self._waiting_s()

    def _show(self) -> None:
        with self._lock:
            if self._bar is None:
                return
            try:
                if not self.shown:
                    self._bar.start()
                    self.shown = True
                self._bar.refresh()
            except (OSError, ValueError):  # the terminal is gone: no reason to end what is measured
                with suppress(OSError, ValueError):
                    self._bar.stop()
                self._bar, self.shown = None, False

    def _end_stage(self) -> None:
        if self._ticker is not None:
            self._stage_over.set()
            self._ticker.join()
            self._ticker = None


def _at_most(duration_s: float) -> str:
    return f"at most {max(0.0, duration_s):.0f} s"


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
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(bar_width=30),
        progress.TextColumn("{task.fields[detail]}", markup=False),
        console=console,
        transient=True,
        auto_refresh=False,
    )
    bar.add_task("", total=None, detail="")
    return bar
