"""A report as a figure for papers, drawn by matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clear_native.errors import BadInputError, MissingExtraError

if TYPE_CHECKING:
    from clear_native.report.record import Report

__all__ = ["KINDS", "plot"]

KINDS = ("components", "layers")


def plot(report: Report, kind: str = "components", ax: Any = None) -> Any:
    """`kind`: "components" (bars with 95 % intervals) or "layers" (energy of each call, per component).

    Draws into `ax`, or into a figure of its own that belongs to no window; returns the figure. Raises BadInputError for
    another kind, or where the report has no numbers for it; MissingExtraError without matplotlib.
    """
    if kind not in KINDS:
        raise BadInputError(f"there is no plot '{kind}': use {' or '.join(KINDS)}")
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("plot needs matplotlib: pip install 'clear_native[plot]'") from error
    if ax is None:
        ax = Figure(figsize=(6.4, 3.6), layout="constrained").subplots()
    _components(report, ax) if kind == "components" else _layers(report, ax)
    ax.set_title(_title(report), fontsize="medium", parse_math=False)
    return ax.figure


def _title(report: Report) -> str:
    marks = [report.model, "random weights" if report.synthetic_weights else ""]
    marks.append("ESTIMATED energies" if report.meter.estimated else "")
    return " · ".join(mark for mark in marks if mark)


def _components(report: Report, ax: Any) -> None:
    known = [(name, part) for name, part in report.components.items() if part.energy_j is not None]
    if not known:
        raise BadInputError("no component of this report has an energy: nothing to plot")
    positions = range(len(known))
    ax.barh(
        positions,
        [1e3 * part.energy_j for _, part in known if part.energy_j is not None],
        xerr=[1e3 * (part.energy_half_width_j or 0.0) for _, part in known],
        capsize=3,
    )
    ax.set_yticks(positions, [name for name, _ in known], parse_math=False)
    ax.invert_yaxis()
    ax.set_xlabel("energy per pass in mJ, with 95 % intervals")


def _layers(report: Report, ax: Any) -> None:
    drawn = False
    for name, part in report.components.items():
        rows = [row for row in part.details if "energy_j" in row and "layer" in row]
        calls = [(row["layer"], 1e3 * row["energy_j"], 1e3 * row.get("energy_half_width_j", 0.0)) for row in rows]
        if calls:
            layers, energies_mj, half_widths_mj = zip(*calls, strict=True)
            ax.errorbar(layers, energies_mj, yerr=half_widths_mj, marker="o", markersize=3, capsize=2, label=name)
            drawn = True
    if not drawn:
        raise BadInputError('this report has no energies per layer: method="in_situ" measures them')
    legend = ax.legend(fontsize="small")
    for text in legend.get_texts():
        text.set_parse_math(False)
    ax.set_xlabel("call within a pass")
    ax.set_ylabel("energy in mJ, with 95 % intervals")
