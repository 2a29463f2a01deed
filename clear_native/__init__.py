"""How many joules each part of a transformer costs, on the GPU at hand, inside the running model.

import clear_native as cn
report = cn.profile(model, inputs)
print(report)
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

try:
    from clear_native import _core
except ImportError as error:  # a checkout without its extension
    raise ImportError(
        "the native part of clear_native is not built: run `pip install .` in the checkout, and import from another "
        f"folder than the checkout unless it was installed with -e ({error})"
    ) from error

from clear_native.any_code.measurement import Measurement
from clear_native.any_code.monitor import EnergyMonitor
from clear_native.bench import bench
from clear_native.clear_protocol import clear_protocol
from clear_native.compare import compare
from clear_native.errors import (
    BadInputError,
    CaptureFailedError,
    ClearNativeError,
    CudaError,
    DeviceLostError,
    DeviceOutOfMemoryError,
    ExportFailedError,
    Interrupted,
    MigUnsupportedError,
    MissingExtraError,
    NoDriverError,
    SensorFaultError,
    SensorPermissionError,
    SensorUnsupportedError,
    WorkloadFailedError,
)
from clear_native.export import export
from clear_native.profile import profile
from clear_native.report import Report
from clear_native.report.bench import BenchResult
from clear_native.report.comparison import Compared, Comparison
from clear_native.report.diagnoses import diagnose
from clear_native.report.diagnosis import Diagnosis
from clear_native.report.dispatch_tax import dispatch_tax
from clear_native.report.methods import MethodComparison, compare_methods
from clear_native.report.protocol import ProtocolResult
from clear_native.report.sensor import Sensor
from clear_native.sensor import sensor

try:
    __version__ = version("clear-native")
except PackageNotFoundError:
    __version__ = str(_core.__version__)

load = Report.load

__all__ = [
    "BadInputError",
    "BenchResult",
    "CaptureFailedError",
    "ClearNativeError",
    "Compared",
    "Comparison",
    "CudaError",
    "DeviceLostError",
    "DeviceOutOfMemoryError",
    "Diagnosis",
    "EnergyMonitor",
    "ExportFailedError",
    "Interrupted",
    "Measurement",
    "MethodComparison",
    "MigUnsupportedError",
    "MissingExtraError",
    "NoDriverError",
    "ProtocolResult",
    "Report",
    "Sensor",
    "SensorFaultError",
    "SensorPermissionError",
    "SensorUnsupportedError",
    "WorkloadFailedError",
    "__version__",
    "bench",
    "clear_protocol",
    "compare",
    "compare_methods",
    "diagnose",
    "dispatch_tax",
    "export",
    "load",
    "profile",
    "sensor",
]
