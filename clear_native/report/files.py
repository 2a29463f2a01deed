"""Any result file by what it says it is, and what several reports are together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clear_native.errors import BadInputError
from clear_native.report import bench_file, comparison_file, json_file, protocol_file, sensor_file
from clear_native.report.bench import BenchResult
from clear_native.report.comparison import Comparison
from clear_native.report.dispatch_tax import DispatchTax, dispatch_tax
from clear_native.report.methods import MethodComparison, compare_methods
from clear_native.report.protocol import ProtocolResult
from clear_native.report.reading import file_named, object_in
from clear_native.report.record import Report
from clear_native.report.sensor import Sensor

__all__ = ["Together", "load_any", "together"]

Result = Report | MethodComparison | BenchResult | ProtocolResult | Sensor | Comparison


def load_any(path: str | Path) -> Result:
    """Raises BadInputError for a file that is not there, is no result, or is of a schema that cannot be read."""
    data = object_in(path, "result", "save")
    kind = data.get("kind")
    readers: dict[Any, Any] = {
        "method_comparison": MethodComparison.from_dict,
        bench_file.KIND: bench_file.from_json,
        comparison_file.KIND: comparison_file.from_json,
        protocol_file.KIND: protocol_file.from_json,
        sensor_file.KIND: sensor_file.from_json,
    }
    if not isinstance(kind, str) or kind not in readers:
        return json_file.load(path)
    with file_named(path):
        result: Result = readers[kind](data)
    return result


@dataclass(frozen=True)
class Together:
    """Reports as one view shows them: `report` first, the others as its methods or as its eager execution."""

    report: Report
    comparison: MethodComparison | None = None
    eager: Report | None = None

    @property
    def tax(self) -> dict[str, DispatchTax]:
        """By component and "model"; empty where no eager report is known."""
        if self.eager is None:
            return {}
        found = dispatch_tax(self.report.components, self.eager.components)
        return {**found, **dispatch_tax({"model": self.report.full_model}, {"model": self.eager.full_model})}


def together(results: Sequence[Report | MethodComparison]) -> Together:
    """One report, one comparison of methods, reports of several methods, or one report by graph and one in eager.

    Raises BadInputError for anything else.
    """
    if len(results) == 1:
        (only,) = results
        if isinstance(only, MethodComparison):
            return Together(only.reports[only.reference], comparison=only)
        return Together(only)
    reports = [result for result in results if isinstance(result, Report)]
    methods = {report.method: report for report in reports}
    executions = {report.execution: report for report in reports}
    if len(reports) == len(results) == 2 and len(methods) == 1 and set(executions) == {"graph", "eager"}:
        _check_same(executions["graph"], executions["eager"])
        return Together(executions["graph"], eager=executions["eager"])
    if len(reports) == len(results) == len(methods) and "in_situ" in methods:
        comparison = compare_methods(methods)
        return Together(comparison.reports[comparison.reference], comparison=comparison)
    raise BadInputError(
        "these files make no single view: give one report, one comparison of methods, reports of one model by several "
        "methods with in_situ among them, or one report by graph and one in eager execution"
    )


def _check_same(graph: Report, eager: Report) -> None:
    for what, one, other in (
        ("model", graph.model, eager.model),
        ("inputs", graph.workload.get("inputs"), eager.workload.get("inputs")),
        ("device", graph.meter.device, eager.meter.device),
    ):
        if one != other:
            raise BadInputError(f"a dispatch tax needs one {what}, got {one!r} and {other!r}: profile again")
