"""What one window of an `EnergyMonitor` took: seconds at once, joules as soon as the meters know."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from clear_native import _core
from clear_native.errors import BadInputError

__all__ = ["MeasuredBlock", "Measurement", "MeterEnergy", "MeterPlace"]

_LOOK_FOR_SIGNALS_EVERY_S = 0.1
_GIVE_UP_AFTER_S = 15.0


@dataclass(frozen=True)
class MeterPlace:
    """A meter of a monitor: where its energy goes. `scope`: "gpu", "cpu" or "dram"; `index`: which one of these."""

    scope: str
    index: int
    name: str
    device: str
    estimated: bool


@dataclass(frozen=True)
class MeterEnergy:
    """Joules of one meter in one window; None unless `status` is "ok". `uncertainty_j` of an estimate is None too."""

    meter: MeterPlace
    status: str
    message: str
    energy_j: float | None
    uncertainty_j: float | None


class Measurement:
    """One window. The fields `time`, `gpu_energy`, `cpu_energy`, `dram_energy`, `total_energy` are as in Zeus.

    `time` is known at once. Asking for energy waits until the meters have told what they counted at the window's end:
    up to two periods of the slowest one (0.2 s for NVIDIA's counter), the first time only.

    Attributes:
        name: of the window; None for a `with` or a decorated function.
        begin_s, end_s: seconds of the monotonic clock (`time.monotonic`).
        aligned: both edges are at ticks of the first meter.

    Raises:
        BadInputError for what is asked of a window that is still open. A meter that failed raises nothing: `status`
            and `message` tell it.
    """

    __slots__ = ("_begin", "_cancelled", "_end", "_known", "_native", "_places", "name")

    def __init__(self, native: _core.EnergyMonitor, places: tuple[MeterPlace, ...], name: str | None) -> None:
        self.name = name
        self._native: _core.EnergyMonitor | None = native
        self._places = places
        self._begin: _core.Edge | None = None
        self._end: _core.Edge | None = None
        self._cancelled = False
        self._known: tuple[MeterEnergy, ...] | None = None

    @property
    def begin_s(self) -> float:
        return _time_of(self._begin, "has not begun")

    @property
    def end_s(self) -> float:
        return _time_of(self._end, "is still open: end it first")

    @property
    def aligned(self) -> bool:
        return self._begin is not None and self._begin.aligned and self._end is not None and self._end.aligned

    @property
    def time(self) -> float:
        """Seconds from begin to end."""
        return self.end_s - self.begin_s

    @property
    def time_s(self) -> float:
        """Seconds from begin to end."""
        return self.time

    @property
    def meters(self) -> tuple[MeterEnergy, ...]:
        """Of every meter apart."""
        if self._known is None:
            self._known = self._asked()
            self._native = None
        return self._known

    @property
    def energy_j(self) -> float | None:
        """Joules of all meters together; None where one has no number: `status` says why."""
        energies = [meter.energy_j for meter in self.meters]
        return sum(energy for energy in energies if energy is not None) if None not in energies else None

    @property
    def uncertainty_j(self) -> float | None:
        """Half-width of the 95 % interval of `energy_j`, from where the edges fall between what the sensors tell.

        The sensors' own gain is not in it. None without an energy, and for an estimate, of which it is not known.
        """
        widths = [meter.uncertainty_j for meter in self.meters]
        return math.hypot(*(width for width in widths if width is not None)) if None not in widths else None

    @property
    def power_w(self) -> float | None:
        """Mean watts of all meters together."""
        energy_j = self.energy_j
        return energy_j / self.time if energy_j is not None and self.time > 0 else None

    @property
    def gpu_energy(self) -> dict[int, float | None]:
        """{device index as torch counts: joules, or None where there is no number}."""
        return self._of("gpu")

    @property
    def cpu_energy(self) -> dict[int, float | None] | None:
        """{index: joules}; None without such a meter."""
        return self._of("cpu") or None

    @property
    def dram_energy(self) -> dict[int, float | None] | None:
        """{index: joules}; None without such a meter."""
        return self._of("dram") or None

    @property
    def total_energy(self) -> float | None:
        """Joules of all GPUs, as in Zeus; of all meters where none is a GPU. None where one has no number."""
        gpus = self._of("gpu")
        if not gpus:
            return self.energy_j
        energies = list(gpus.values())
        return sum(energy for energy in energies if energy is not None) if None not in energies else None

    @property
    def estimated(self) -> bool:
        """Some of it is no sensor's, but time multiplied by a stated power."""
        return any(place.estimated for place in self._places)

    @property
    def status(self) -> str:
        """ "ok", or every meter's reason for having no number: too_short, below_resolution, counter_stalled,
        counter_went_back, meter_failed, closed, cancelled."""
        return ", ".join(dict.fromkeys(meter.status for meter in self.meters if meter.status != "ok")) or "ok"

    @property
    def message(self) -> str:
        """What the status means here, and what to do; empty where it is "ok"."""
        return " ".join(dict.fromkeys(meter.message for meter in self.meters if meter.message))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; what is not known is absent.

        Raises:
            BadInputError while the window is open.
        """
        found = {
            "name": self.name,
            "begin_s": self.begin_s,
            "time_s": self.time,
            "energy_j": self.energy_j,
            "uncertainty_j": self.uncertainty_j,
            "power_w": self.power_w,
            "status": self.status,
            "message": self.message or None,
            "aligned": self.aligned,
            "estimated": self.estimated,
        }
        meters = [
            {**vars(energy.meter), **{key: value for key, value in vars(energy).items() if key != "meter"}}
            for energy in self.meters
        ]
        known = [{key: value for key, value in meter.items() if value not in (None, "")} for meter in meters]
        return {key: value for key, value in found.items() if value is not None} | {"meters": known}

    def __repr__(self) -> str:
        if self._end is None:
            return f"<window {self.name or ''} is still open>"
        return f"<Measurement {self}>"

    def __str__(self) -> str:
        head = f"{self.name}: " if self.name else ""
        energy_j, power_w = self.energy_j, self.power_w
        if energy_j is None or power_w is None:
            return f"{head}{self.time:.4g} s, no energy ({self.status}): {self.message}"
        mark = " ESTIMATED" if self.estimated else ""
        uncertainty = "?" if self.uncertainty_j is None else f"{self.uncertainty_j:.2g}"
        return f"{head}{self.time:.4g} s, {energy_j:.5g} ± {uncertainty} J{mark}, {power_w:.4g} W"

    def _of(self, scope: str) -> dict[int, float | None]:
        return {energy.meter.index: energy.energy_j for energy in self.meters if energy.meter.scope == scope}

    def _asked(self) -> tuple[MeterEnergy, ...]:
        self.time  # noqa: B018  # raises while the window is open
        if self._cancelled:
            return self._without("cancelled", "The window was cancelled.")
        assert self._native is not None and self._begin is not None and self._end is not None
        for _ in range(round(_GIVE_UP_AFTER_S / _LOOK_FOR_SIGNALS_EVERY_S)):
            found = self._native.energies(self._begin, self._end, _LOOK_FOR_SIGNALS_EVERY_S)
            if found is not None:
                return tuple(_told(place, one) for place, one in zip(self._places, found, strict=True))
        return self._without("counter_stalled", f"The meter did not answer within {_GIVE_UP_AFTER_S:g} s.")

    def _without(self, status: str, message: str) -> tuple[MeterEnergy, ...]:
        return tuple(MeterEnergy(place, status, message, None, None) for place in self._places)


def _told(place: MeterPlace, found: dict[str, Any]) -> MeterEnergy:
    """How far an estimate is from the truth nobody knows, however well its edges are known."""
    uncertainty_j = None if place.estimated else found["half_width_j"]
    return MeterEnergy(place, found["status"], found["message"], found["energy_j"], uncertainty_j)


class MeasuredBlock:
    """After a `with` block: the fields of its measurement."""

    _left: Measurement | None = None

    @property
    def measurement(self) -> Measurement:
        """What the `with` block took. Raises BadInputError before its end, as all fields below do."""
        if self._left is None:
            raise BadInputError("there is no finished `with` block of this monitor: ask after it has ended")
        return self._left

    @property
    def energy_j(self) -> float | None:
        return self.measurement.energy_j

    @property
    def uncertainty_j(self) -> float | None:
        return self.measurement.uncertainty_j

    @property
    def power_w(self) -> float | None:
        return self.measurement.power_w

    @property
    def time_s(self) -> float:
        return self.measurement.time

    @property
    def time(self) -> float:
        return self.measurement.time

    @property
    def gpu_energy(self) -> dict[int, float | None]:
        return self.measurement.gpu_energy

    @property
    def cpu_energy(self) -> dict[int, float | None] | None:
        return self.measurement.cpu_energy

    @property
    def dram_energy(self) -> dict[int, float | None] | None:
        return self.measurement.dram_energy

    @property
    def total_energy(self) -> float | None:
        return self.measurement.total_energy

    @property
    def status(self) -> str:
        return self.measurement.status

    @property
    def message(self) -> str:
        return self.measurement.message


def _time_of(edge: _core.Edge | None, otherwise: str) -> float:
    time_s = edge.time_s if edge is not None else None
    if time_s is None:
        raise BadInputError(f"the window {otherwise}")
    return float(time_s)
