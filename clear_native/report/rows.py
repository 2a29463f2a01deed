"""Components as rows of plain values: what CSV, pandas and the raw tables show."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from clear_native.report.record import ComponentResult, ModelResult

if TYPE_CHECKING:
    from clear_native.report.record import Report

__all__ = ["component_rows", "csv_of", "model_rows"]

_LEFT_OUT = {"name", "details", "statuses"}
_FIELDS = [field.name for field in dataclasses.fields(ComponentResult) if field.name not in _LEFT_OUT]


def component_rows(report: Report) -> list[dict[str, Any]]:
    """One row per component. Every row says where its energy comes from: `estimated`, `synthetic_weights`, `model`."""
    return [_row(report, name, part) for name, part in report.components.items()]


def model_rows(report: Report) -> list[dict[str, Any]]:
    """The model with buffers kept, where there is one, and the plain model, as rows of the same columns."""
    parts = {"model, buffers kept": report.preserved, "model": report.full_model}
    return [_row(report, name, part) for name, part in parts.items() if part is not None]


def _row(report: Report, name: str, part: ModelResult) -> dict[str, Any]:
    sides = report.roofline
    return {
        "component": name,
        **{field: getattr(part, field, None) for field in _FIELDS},
        "pj_per_flop": part.pj_per_flop,
        "pj_per_byte": part.pj_per_byte,
        "bound": sides[name].bound if name in sides else None,
        "status": part.status,
        "model": report.model,
        "method": report.method,
        "execution": report.execution,
        "estimated": report.meter.estimated,
        "synthetic_weights": report.synthetic_weights,
    }


def csv_of(reports: Iterable[Report]) -> str:
    """Components and models of all reports as CSV with a header; what is absent is an empty cell."""
    rows = [row for report in reports for row in (*component_rows(report), *model_rows(report))]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
