"""Results as pandas DataFrames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clear_native.errors import MissingExtraError
from clear_native.report.rows import component_rows

if TYPE_CHECKING:
    from clear_native.report.record import Report

__all__ = ["frame_of", "to_dataframe"]


def to_dataframe(report: Report) -> Any:
    """One row per component. Every row says where its energy comes from: `estimated`, `synthetic_weights`, `model`."""
    return frame_of(component_rows(report), "component")


def frame_of(rows: list[dict[str, Any]], index: str) -> Any:
    """A pandas DataFrame with the column `index` as its index. Raises MissingExtraError without pandas."""
    try:
        import pandas  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ImportError as error:
        raise MissingExtraError("to_dataframe needs pandas: pip install 'clear_native[pandas]'") from error
    return pandas.DataFrame(rows).set_index(index) if rows else pandas.DataFrame()
