"""The trials of the protocol: pause, read the counter, call a module many times, read the counter again."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Any, Protocol

from torch import nn

from clear_native.errors import DeviceOutOfMemoryError, SensorFaultError, WorkloadFailedError
from clear_native.protocol.loops import Plan, PlannedComponent, PlannedLoop
from clear_native.report.protocol import ProtocolComponent, ProtocolLoop
from clear_native.subject.model_guard import is_out_of_memory, raised_in

__all__ = ["ReadableMeter", "Settings", "Trials"]


class ReadableMeter(Protocol):
    """What the protocol needs of a meter. Times are seconds of its own clock."""

    def read(self) -> tuple[float, float, float]: ...
    def traits(self) -> dict[str, Any]: ...
    def other_processes(self) -> int | None: ...


@dataclass(frozen=True)
class Settings:
    """How often a module is called in a trial, and how trials begin and end."""

    repetitions: int
    full_model_repetitions: int
    trials: int
    pause_s: float
    wait: Callable[[], None] | None  # until the device has done everything; None: nothing waits


@dataclass
class _Loop:
    planned: PlannedLoop
    repetitions: int
    trials: list[tuple[float, float]] = field(default_factory=list)  # (joules, seconds), whole ones only

    def finished(self) -> ProtocolLoop:
        return ProtocolLoop(
            module=self.planned.module,
            repetitions=self.repetitions,
            calls=self.planned.calls,
            energies_j=tuple(energy_j for energy_j, _ in self.trials),
            times_s=tuple(time_s for _, time_s in self.trials),
            replay=self.planned.replay,
        )


class Trials:
    """Runs them in the order of the published code: all trials of one loop, then the next; the model comes last.

    What is finished is there whenever one ends early.
    """

    def __init__(self, model: nn.Module, plan: Plan, meter: ReadableMeter, settings: Settings) -> None:
        self._model = model
        self._meter = meter
        self._settings = settings
        self._loops: dict[str, list[_Loop]] = {
            part.name: [_Loop(loop, settings.repetitions) for loop in part.loops] for part in plan.components
        }
        self._whole = [_Loop(loop, settings.full_model_repetitions) for loop in plan.full_model.loops]
        self._plan = plan
        self._begun_s = 0.0
        self.other_processes_peak: int | None = None

    def run(self, progress: Callable[[Mapping[str, Any]], None]) -> None:
        """`progress` takes records as the native engine gives them, between two trials.

        Raises WorkloadFailedError, DeviceOutOfMemoryError, SensorFaultError, and what the meter raises.
        """
        self._begun_s = monotonic()
        for loop in self._every():
            for _ in range(self._settings.trials):
                progress(self._progress())
                loop.trials.append(self._trial(loop))
                self._look_for_others()

    @property
    def done(self) -> int:
        """Trials that were finished."""
        return sum(len(loop.trials) for loop in self._every())

    def components(self) -> dict[str, ProtocolComponent]:
        return {part.name: _finished(part, self._loops[part.name]) for part in self._plan.components}

    def full_model(self) -> ProtocolComponent:
        return _finished(self._plan.full_model, self._whole)

    def _trial(self, loop: _Loop) -> tuple[float, float]:
        settings, run = self._settings, loop.planned.run
        sleep(settings.pause_s)
        if settings.wait is not None:
            settings.wait()
        _, begin_s, before_j = self._read()
        try:
            for _ in itertools.repeat(None, loop.repetitions):
                run()
            if settings.wait is not None:
                settings.wait()
        except Exception as error:
            if is_out_of_memory(error):
                raise DeviceOutOfMemoryError(
                    f"too little memory while calling {_named(loop)} again and again ({error}): use a smaller "
                    "batch or shorter inputs, or free what else holds memory there"
                ) from error
            where = raised_in(self._model, error) or _named(loop)
            raise WorkloadFailedError(
                f"the model raised {type(error).__name__} in {where} when called again, after it had run before: "
                f"{error}: the protocol needs modules that can be called any number of times on the same inputs"
            ) from error
        end_s, _, after_j = self._read()
        if after_j < before_j:
            raise SensorFaultError(
                f"the energy counter went back from {before_j:.6g} J to {after_j:.6g} J within a trial of "
                f"{_named(loop)}; it must only grow: measure again"
            )
        return after_j - before_j, end_s - begin_s

    def _read(self) -> tuple[float, float, float]:
        found: Any = self._meter.read()
        try:
            begin_s, end_s, energy_j = map(float, found)
        except (TypeError, ValueError):
            begin_s = end_s = energy_j = math.nan
        if not math.isfinite(begin_s + end_s + energy_j):
            raise SensorFaultError(
                f"the meter read {found!r}; expected (begin_s, end_s, energy_j), three finite numbers: see to the meter"
            )
        return begin_s, end_s, energy_j

    def _look_for_others(self) -> None:
        seen = self._meter.other_processes()
        if seen is not None:
            self.other_processes_peak = max(seen, self.other_processes_peak or 0)

    def _every(self) -> list[_Loop]:
        return [*itertools.chain.from_iterable(self._loops.values()), *self._whole]

    def _progress(self) -> dict[str, Any]:
        done, planned = self.done, self._settings.trials * len(self._every())
        elapsed_s = monotonic() - self._begun_s
        expected_s = elapsed_s * planned / done if done else 0.0
        return {
            "windows_done": done, "windows_planned": planned, "elapsed_s": elapsed_s, "expected_s": expected_s,
            "unit": "trials",
        }  # fmt: skip


def _finished(part: PlannedComponent, loops: list[_Loop]) -> ProtocolComponent:
    found = ProtocolComponent(part.name, tuple(loop.finished() for loop in loops))
    statuses = list(part.statuses)
    if not found.trials:
        statuses.append("not_measured")
    elif found.energy_j is None:
        statuses.append("below_resolution")
    return ProtocolComponent(found.name, found.loops, tuple(statuses))


def _named(loop: _Loop) -> str:
    return f"module '{loop.planned.module}'" if loop.planned.module else "the model itself"
