"""`EnergyMonitor`: joules of any stretch of a running program."""

from __future__ import annotations

import atexit
import functools
import inspect
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TypeVar

import torch

from clear_native import _core
from clear_native.any_code.measurement import MeasuredBlock, Measurement
from clear_native.any_code.monitor_meters import checked_meters, open_gpu_meters, places_of
from clear_native.errors import BadInputError

__all__ = ["EnergyMonitor"]

KEPT_MEASUREMENTS = 10_000  # of a decorated function

_F = TypeVar("_F", bound=Callable[..., Any])
_running: weakref.WeakSet[_core.EnergyMonitor] = weakref.WeakSet()


class EnergyMonitor(MeasuredBlock):
    """Measures windows of a running program: any code, several GPUs, nested and overlapping windows, any thread.

        with cn.EnergyMonitor() as m:
            work()
        print(m.energy_j, "±", m.uncertainty_j)

        monitor = cn.EnergyMonitor()            # in the shape of Zeus's ZeusMonitor
        monitor.begin_window("epoch")
        measurement = monitor.end_window("epoch")
        measurement.time, measurement.gpu_energy, measurement.total_energy

        @monitor                                 # or @monitor.measure("name"): each call is a window
        def step(): ...
        step.measurements[-1].energy_j

    The edges of a window only note the time, and wait for the GPU unless told not to. Threads of the native engine
    follow the meters around them, so a window costs microseconds. Energy at an edge is read between two ticks of the
    counter, by the power samples where the driver keeps such; how well that is known is `uncertainty_j`. A window
    during which the sensor told nothing new has the status "too_short" and no energy, never 0.

    Args:
        gpu_indices: GPUs as torch counts them; None: all. Without GPUs, and for [], the CPU.
        meter: "auto", "nvml", "estimate" or "estimate:WATTS", for each of them.
        meters: energy meters to follow instead. The energy of GPUs goes to `gpu_energy`, that of others beside it.
        align: edges wait for the next tick of the first meter (up to 0.1 s), so that a window's energy is the counter's
            own. Its time is then from tick to tick, idling at the end included.
        sync_execution: edges wait until the GPUs have done what was launched (`torch.cuda.synchronize`).

    Raises:
        BadInputError for gpu_indices that are no list of GPUs that torch sees, or name one twice; a meter that is not
            known; meters that are no list of different energy meters, none, two of one device, or given together with
            gpu_indices or meter; align or sync_execution that is neither True nor False; fields that are asked for
            before the end of a `with` block; use in a forked process.
        NoDriverError, SensorUnsupportedError, SensorPermissionError, MigUnsupportedError where the meter cannot be
            opened. A meter that fails later raises nothing: the window's status tells it.
    """

    def __init__(
        self,
        gpu_indices: Sequence[int] | None = None,
        *,
        meter: str = "auto",
        meters: Sequence[_core.EnergyMeter] | None = None,
        align: bool = False,
        sync_execution: bool = True,
    ) -> None:
        self.align = _flag("align", align)
        self.sync_execution = _flag("sync_execution", sync_execution)
        if meters is not None:
            if gpu_indices is not None or meter != "auto":
                raise BadInputError("give either meters, or gpu_indices and meter: meters says it all")
            opened = checked_meters(meters)
            places = places_of(opened)
        else:
            opened, indices = open_gpu_meters(gpu_indices, meter)
            places = places_of(opened, indices)
        self.gpu_indices = [place.index for place in places if place.scope == "gpu"]
        self._places = tuple(places)
        present = torch.cuda.device_count() if torch.cuda.is_available() else 0
        self._synchronized = [index for index in self.gpu_indices if index < present]
        self._native = _core.EnergyMonitor(opened)
        _running.add(self._native)
        self._open: dict[str, Measurement] = {}
        self._entered: Measurement | None = None
        self._left: Measurement | None = None

    def begin_window(self, name: str, sync_execution: bool | None = None, align: bool | None = None) -> None:
        """Begins a window; None: as the monitor was told.

        Raises:
            BadInputError for a name that is no string or is empty, a window of this name that is open, flags that are
                not True, False or None; after `close`, and in a forked process.
        """
        window = Measurement(self._native, self._places, _name(name))
        _optional_flags(sync_execution=sync_execution, align=align)
        if self._open.setdefault(name, window) is not window:  # one step, so that of two threads one is told
            raise BadInputError(f"a window '{name}' is open already: end it first, or use another name")
        try:
            window._begin = self._mark(sync_execution, align)
        except BaseException:
            self._open.pop(name, None)
            raise

    def end_window(
        self, name: str, sync_execution: bool | None = None, cancel: bool = False, align: bool | None = None
    ) -> Measurement:
        """Ends a window. With `cancel` it has no energy.

        Raises:
            BadInputError for a name that is no string or is empty, if no window of this name is open (after `close`
                none is), for flags that are not True, False or None, and in a forked process.
        """
        _flag("cancel", cancel)
        _optional_flags(sync_execution=sync_execution, align=align)
        window = self._open.pop(_name(name), None)
        if window is None or window._begin is None:
            names = ", ".join(map(repr, list(self._open))) or "none"
            raise BadInputError(f"no window '{name}' is open; open are: {names}")
        window._cancelled = cancel
        window._end = self._mark(sync_execution, False if cancel else align)
        return window

    @contextmanager
    def window(self, name: str | None = None) -> Iterator[Measurement]:
        """A window around a `with`; its energy is there afterwards. Any number of one name may be open.

        Raises:
            BadInputError for a name that is neither None nor a string, or is empty; after `close`, and in a forked
                process.
        """
        window = Measurement(self._native, self._places, None if name is None else _name(name))
        window._begin = self._mark(None, None)
        try:
            yield window
        finally:
            window._end = self._mark(None, None)

    def measure(self, name: str | None = None) -> Callable[[_F], _F]:
        """A decorator: each call of the function is a window. See `__call__`.

        Raises:
            BadInputError for a name that is neither None nor a string, or is empty, and as `__call__` does.
        """
        if callable(name):
            raise BadInputError("measure takes a name: write @monitor.measure() or @monitor")
        if name is not None:
            _name(name)

        def decorate(function: _F) -> _F:
            return self._decorated(function, name)

        return decorate

    def __call__(self, function: _F) -> _F:
        """Decorates a function, or a coroutine function: each call is a window, from whichever thread.

        `function.measurements` has the last 10,000 in the order in which they ended; a call that raises has none.

        Raises:
            BadInputError for what is no function, and for a generator function; in a call after `close`.
        """
        return self._decorated(function, None)

    def close(self) -> None:
        """No more windows; those that have ended are still answered for. Open ones have no end and are forgotten.

        Raises:
            BadInputError in a forked process. Closing again does nothing.
        """
        self._open.clear()
        self._native.close()

    def __enter__(self) -> EnergyMonitor:
        """Begins the window of a `with` block.

        Raises:
            BadInputError inside another `with` of this monitor, after `close`, and in a forked process.
        """
        if self._entered is not None:
            raise BadInputError("this monitor is entered already; for windows inside it use monitor.window()")
        window = Measurement(self._native, self._places, None)
        window._begin = self._mark(None, None)
        self._entered, self._left = window, None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        window, self._entered = self._entered, None
        assert window is not None
        window._end = self._mark(None, None)
        self._left = window
        self.close()

    def __str__(self) -> str:
        return str(self._left) if self._left is not None else repr(self)

    def __repr__(self) -> str:
        meters = ", ".join(f"{place.scope} {place.index}: {place.name}" for place in self._places)
        return f"<EnergyMonitor of {meters}>"

    def _mark(self, sync_execution: bool | None, align: bool | None) -> _core.Edge:
        if self.sync_execution if sync_execution is None else sync_execution:
            self._synchronize()
        if not (self.align if align is None else align):
            return self._native.mark()
        edge = self._native.mark(True)
        while not edge.wait_for_time(0.1):  # ends after a second at most: then it is where it would be without
            pass
        return edge

    def _synchronize(self) -> None:
        # A process that never used CUDA has nothing to wait for, and should not be made to begin.
        if self._synchronized and torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            for index in self._synchronized:
                torch.cuda.synchronize(index)

    def _decorated(self, function: _F, name: str | None) -> _F:
        if not callable(function):
            raise BadInputError(f"only a function can be decorated, got {function!r}")
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise BadInputError("calling a generator function runs nothing yet: use `with monitor.window():` inside it")
        label = name or getattr(function, "__name__", None)
        measurements: deque[Measurement] = deque(maxlen=KEPT_MEASUREMENTS)

        @contextmanager
        def measured() -> Iterator[None]:
            with self.window(label) as window:
                yield
            measurements.append(window)

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def wrapper(*args: Any, **kwargs: Any) -> Any:
                with measured():
                    return await function(*args, **kwargs)

        else:

            @functools.wraps(function)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                with measured():
                    return function(*args, **kwargs)

        wrapper.measurements = measurements  # type: ignore[attr-defined]
        return wrapper  # type: ignore[return-value]


def _flag(what: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise BadInputError(f"{what} is True or False, got {value!r}")
    return value


def _optional_flags(**flags: object) -> None:
    for what, value in flags.items():
        if value is not None:
            _flag(what, value)


def _name(name: object) -> str:
    if not isinstance(name, str) or not name:
        raise BadInputError(f"a window's name is a string that is not empty, got {name!r}")
    return name


@atexit.register
def _stop_threads() -> None:
    """No thread may be inside a driver's library while the process takes it down."""
    for native in list(_running):
        try:
            native.stop()
        except BadInputError:  # of the process that this one was forked from
            continue
