"""Typed errors. Each message says what was seen, what was expected and what to do.

The native engine throws one C++ exception with an error kind; the bindings translate each kind once to the class of the
same name here. Python code raises the same classes, so a caller needs to know only these.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "BadInputError",
    "CaptureFailedError",
    "ClearNativeError",
    "CudaError",
    "DeviceLostError",
    "DeviceOutOfMemoryError",
    "ExportFailedError",
    "Interrupted",
    "MigUnsupportedError",
    "MissingExtraError",
    "NoDriverError",
    "SensorFaultError",
    "SensorPermissionError",
    "SensorUnsupportedError",
    "WorkloadFailedError",
]


class ClearNativeError(Exception):
    """Base of every error that clear_native raises on purpose.

    `report` holds what was finished before the error, as a `Report` with its raw windows, or None. `finished` has the
    whole reports made before that one, where a call makes several: {method or cache: report}.
    """

    def __init__(self, *args: object, report: Any = None) -> None:
        super().__init__(*args)
        self.report = report
        self.finished: dict[str, Any] = {}


class BadInputError(ClearNativeError, ValueError):
    """The caller's arguments or model cannot be used as they are."""


class NoDriverError(ClearNativeError):
    """libcuda or libnvidia-ml is not on this machine."""


class SensorUnsupportedError(ClearNativeError):
    """This device has no such sensor, or there is no device with this UUID."""


class SensorPermissionError(ClearNativeError):
    """The sensor exists but this user may not read it."""


class SensorFaultError(ClearNativeError):
    """The sensor's reading goes back or stands still."""


class MigUnsupportedError(ClearNativeError):
    """The device is a MIG instance, or is partitioned into such: its energy counter covers the whole GPU."""


class DeviceLostError(ClearNativeError):
    """The GPU fell off the bus, or its context is broken."""


class DeviceOutOfMemoryError(ClearNativeError):
    """The device's memory does not hold what has to be kept."""


class CaptureFailedError(ClearNativeError):
    """The work cannot be held in a CUDA graph, or its graph cannot be copied."""


class CudaError(ClearNativeError):
    """Any other failure of the CUDA driver."""


class MissingExtraError(ClearNativeError, ImportError):
    """A Python package that only this function needs is not installed."""


class ExportFailedError(ClearNativeError):
    """The model's forward cannot be written as a plan, or not be compiled."""


class WorkloadFailedError(ClearNativeError):
    """The model raised during the measurement, after it had run before; the message holds its error."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a measurement. `report` holds the finished windows, or None if there were none; `finished` as of
    the other errors."""

    def __init__(self, *args: object, report: Any = None) -> None:
        super().__init__(*args)
        self.report = report
        self.finished: dict[str, Any] = {}
