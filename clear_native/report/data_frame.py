"""A report as a pandas DataFrame."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from clear_native.report.record import ComponentResult

if TYPE_CHECKING:
    from clear_native.report.record import Report

__all__ = ["to_dataframe"]

_LEFT_OUT = {"name", "details", "statuses"}


def to_dataframe(report: Report) -> Any:
    """One row per component. Every row says where its energy comes from: `estimated`, `synthetic_weights`, `model`."""
    try:
        import pandas  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ImportError as error:
        raise ImportError("to_dataframe needs pandas: pip install 'clear_native[pandas]'") from error
    fields = [field.name for field in dataclasses.fields(ComponentResult) if field.name not in _LEFT_OUT]
    sides = report.roofline
    rows = [
        {
            "component": name,
            **{field: getattr(part, field) for field in fields},
            "pj_per_flop": part.pj_per_flop,
            "pj_per_byte": part.pj_per_byte,
            "bound": sides[name].bound if name in sides else None,
            "status": part.status,
            "model": report.model,
            "estimated": report.meter.estimated,
            "synthetic_weights": report.synthetic_weights,
        }
        for name, part in report.components.items()
    ]
    return pandas.DataFrame(rows).set_index("component") if rows else pandas.DataFrame()
