"""A report as a pandas DataFrame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clear_native.errors import MissingExtraError
from clear_native.report.rows import component_rows

if TYPE_CHECKING:
    from clear_native.report.record import Report

__all__ = ["to_dataframe"]


def to_dataframe(report: Report) -> Any:
    """One row per component. Every row says where its energy comes from: `estimated`, `synthetic_weights`, `model`."""
    try:
        import pandas  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ImportError as error:
        raise MissingExtraError("to_dataframe needs pandas: pip install 'clear_native[pandas]'") from error
    rows = component_rows(report)
    return pandas.DataFrame(rows).set_index("component") if rows else pandas.DataFrame()
