"""Results of a profile: records, files, tables. Knows records and units only, neither torch nor the native engine."""

from clear_native.report.record import (
    Closure,
    ComponentResult,
    Failure,
    Group,
    KernelComparison,
    Meter,
    ModelResult,
    Report,
    Roofline,
    Uncertainty,
    Weighing,
)

__all__ = [
    "Closure",
    "ComponentResult",
    "Failure",
    "Group",
    "KernelComparison",
    "Meter",
    "ModelResult",
    "Report",
    "Roofline",
    "Uncertainty",
    "Weighing",
]
