"""What a report can be made into: text of several formats, a page, figures. Each format has a file of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from clear_native.report.record import Report

__all__ = ["Views"]


class Views:
    """The methods of `Report` that show it. What takes a path returns the text too, and writes it, at once or not at
    all, where a path is given."""

    def to_dataframe(self) -> Any:
        """A pandas DataFrame with one row per component, indexed by name.

        Raises:
            MissingExtraError without pandas.
        """
        from clear_native.report.data_frame import to_dataframe

        return to_dataframe(_report(self))

    def to_csv(self, path: str | Path | None = None) -> str:
        """One row per component and two of the model; SI units, as the column names say; absent is empty.

        Raises:
            BadInputError for a path that cannot be one of a file; OSError where the system cannot write it.
        """
        from clear_native.report.rows import csv_of

        return _written(csv_of([_report(self)]), path)

    def to_markdown(self, path: str | Path | None = None) -> str:
        """A table for an issue or a README; names from the model are escaped.

        Raises:
            BadInputError for a path that cannot be one of a file; OSError where the system cannot write it.
        """
        from clear_native.report.markdown import to_markdown

        return _written(to_markdown(_report(self)), path)

    def to_json(self, path: str | Path | None = None) -> str:
        """The whole report, as `save` writes it.

        Raises:
            BadInputError for a path that cannot be one of a file; OSError where the system cannot write it.
        """
        from clear_native.report.json_file import as_text, to_json

        return _written(as_text(to_json(_report(self))), path)

    def to_html(
        self,
        path: str | Path | None = None,
        *,
        eager: Report | None = None,
        grid_intensity_g_per_kwh: float | None = None,
        price_per_kwh: float | None = None,
        currency: str = "",
        source: str = "given by the caller",
    ) -> str:
        """One self-contained page that opens offline. `eager`: the same model in eager execution, for the dispatch tax.

        `grid_intensity_g_per_kwh` and `price_per_kwh` add CO2 and cost, with the `source` that they are from.

        Raises:
            BadInputError for an eager report of something else, for an intensity or price that is no number from 0 on,
                and for a path that cannot be one of a file; OSError where the system cannot write it.
        """
        from clear_native.report.files import together
        from clear_native.report.html.page import page
        from clear_native.report.rates import Prices

        prices = Prices(grid_intensity_g_per_kwh, price_per_kwh, currency, source)
        return _written(page(together([_report(self)] if eager is None else [_report(self), eager]), prices), path)

    def to_speedscope(self, path: str | Path | None = None) -> str:
        """A flame graph of joules, seconds and FLOPs for https://www.speedscope.app.

        Raises:
            BadInputError for a path that cannot be one of a file; OSError where the system cannot write it.
        """
        from clear_native.report.json_file import as_text
        from clear_native.report.speedscope import to_speedscope

        return _written(as_text(to_speedscope(_report(self))), path)

    def to_trace(self, path: str | Path | None = None) -> str:
        """One pass as a trace for Perfetto or chrome://tracing, with the energy of every slice.

        Raises:
            BadInputError for a path that cannot be one of a file; OSError where the system cannot write it.
        """
        from clear_native.report.json_file import as_text
        from clear_native.report.trace import to_trace

        return _written(as_text(to_trace(_report(self))), path)

    def plot(self, kind: str = "components", ax: Any = None) -> Any:
        """A matplotlib figure: "components" with intervals, or "layers".

        Raises:
            MissingExtraError without matplotlib; BadInputError for another kind, or a report without layers.
        """
        from clear_native.report.plot import plot

        return plot(_report(self), kind, ax)

    @property
    def tokens_per_joule(self) -> float | None:
        """Tokens that a pass takes in over the energy of the plain model; None where the inputs are no tokens."""
        from clear_native.report.rates import tokens_per_joule

        return tokens_per_joule(_report(self))

    @property
    def joules_per_request(self) -> float | None:
        """Energy of the plain model over the sequences (images, ...) of a pass."""
        from clear_native.report.rates import joules_per_request

        return joules_per_request(_report(self))

    def _repr_html_(self) -> str:
        """A compact table, for notebooks."""
        from clear_native.report.html.notebook import notebook_table

        return notebook_table(_report(self))


def _report(shown: Views) -> Report:
    """Only reports have these methods."""
    return cast("Report", shown)


def _written(text: str, path: str | Path | None) -> str:
    from clear_native.report.writing import write_text

    if path is not None:
        write_text(text, path)
    return text
