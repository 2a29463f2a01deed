"""Progress is shown on a terminal, for what takes over two seconds, and nowhere else."""

from __future__ import annotations

import io
import threading
import time
from typing import Any

import pytest
from rich.console import Console

from clear_native import progress
from clear_native.progress import SHOWN_AFTER_S, Progress


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def record(**changes: Any) -> dict[str, Any]:
    now = {"round": 1, "planned_rounds": 8, "windows_done": 6, "windows_planned": 48, "elapsed_s": 3.0}
    return {**now, "expected_s": 24.0, "target": "attention", **changes}


def terminal(is_one: bool = True) -> Console:
    return Console(file=io.StringIO(), force_terminal=is_one, width=100)


def text(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_shown_after_two_seconds() -> None:
    clock, console = Clock(), terminal()
    with Progress(console=console, clock=clock) as shown:
        clock.now_s += SHOWN_AFTER_S / 2
        shown.update(record())
        assert text(console) == ""
        clock.now_s += SHOWN_AFTER_S
        shown.update(record())
        assert "6 of 48 windows, 21 s left" in text(console)
        shown.update(record(windows_planned=0))
        assert "6 windows (pilot)" in text(console)
        shown.update(record(windows_planned=0, max_time_s=40.0))
        assert "6 windows (pilot), at most 37 s left" in text(console)
        shown.update(record(expected_s=2.0, max_time_s=40.0))
        assert "6 of 48 windows, at most 37 s left" in text(console)
        shown.update(record(unit="trials"))
        assert "6 of 48 trials" in text(console)
    assert not shown.shown


@pytest.mark.parametrize(("enabled", "is_terminal"), [(False, True), (True, False)])
def test_silent(enabled: bool, is_terminal: bool) -> None:
    clock, console = Clock(), terminal(is_terminal)
    with Progress(enabled=enabled, console=console, clock=clock) as shown:
        clock.now_s += 10
        shown.stage("capturing", 40.0)
        shown.measuring(40.0)
        shown.update(record())
    assert text(console) == ""


def test_long_stage_shows_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SHOWN_AFTER_S", 0.05)
    console = terminal()
    with Progress(console=console) as shown:
        shown.stage("capturing")
        assert text(console) == ""
        deadline_s = time.monotonic() + 5
        while "capturing" not in text(console) and time.monotonic() < deadline_s:
            time.sleep(0.01)
        assert "capturing" in text(console)
        shown.stage("comparing kernels")
        assert "comparing kernels" in text(console)


def waited_for(console: Console, wanted: str) -> None:
    deadline_s = time.monotonic() + 5
    while wanted not in text(console) and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert wanted in text(console)


def drawing_threads() -> int:
    return sum(thread.name == progress.TICKER for thread in threading.enumerate())


def test_stage_shows_the_seconds_so_far_until_windows_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "DRAWN_EVERY_S", 0.01)
    clock, console = Clock(), terminal()
    with Progress(console=console, clock=clock, at_once=True) as shown:
        shown.stage("loading [a] model")
        waited_for(console, "loading [a] model")
        clock.now_s += 7
        waited_for(console, "7 s")
        shown.stage("capturing", 40.0)
        clock.now_s += 3
        waited_for(console, "3 s, then at most 40 s of measuring")
        shown.measuring(40.0)
        assert "at most 40 s left" in text(console)
        assert drawing_threads() == 0, "nothing draws beside windows"


def test_a_terminal_that_goes_away_ends_no_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "DRAWN_EVERY_S", 0.01)
    monkeypatch.setattr(progress, "SHOWN_AFTER_S", 0.02)
    console = terminal()
    console.file.close()
    shown = Progress(console=console)
    shown.stage("capturing")
    time.sleep(0.1)
    shown.measuring(40.0)
    assert drawing_threads() == 0


def test_short_stage_never_shows() -> None:
    console = terminal()
    with Progress(console=console) as shown:
        shown.stage("capturing")
    assert text(console) == ""
