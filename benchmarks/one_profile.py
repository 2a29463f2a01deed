"""One profile as a row: measured in a process of its own, and a row all the same if it fails."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from benchmarks import own_process, results_file
from benchmarks.cases import Case

if TYPE_CHECKING:
    from clear_native.report.closure import Closure
    from clear_native.report.record import Report


def parser(doc: str | None, max_time_s: float) -> argparse.ArgumentParser:
    """With the options that every program hands on to `clear_native.profile`."""
    made = argparse.ArgumentParser(description=(doc or "").partition("\n")[0])
    made.add_argument("--method", default="in_situ", choices=("in_situ", "partition", "isolated"))
    made.add_argument("--execution", default="auto", choices=("auto", "graph", "eager"))
    made.add_argument("--max-time", type=float, default=max_time_s, help="seconds for each profile")
    made.add_argument("--precision", type=float, default=0.01)
    made.add_argument("--device", default="cuda", choices=("cuda", "cpu"), help="cpu: to try the program")
    made.add_argument("--meter", default="auto")
    made.add_argument("--seed", type=int, help="of the order of windows; drawn for each profile by default")
    made.add_argument("--keep-reports", action="store_true", help="whole reports, beside the results")
    own_process.add_arguments(made)
    return made


def options_of(given: argparse.Namespace) -> dict[str, Any]:
    return {
        "method": given.method, "execution": given.execution, "precision": given.precision,
        "max_time": given.max_time, "meter": given.meter, "seed": given.seed,
    }  # fmt: skip


def measured(make: Callable[[], dict[str, Any]], given: argparse.Namespace, subject: str) -> dict[str, Any]:
    """`make()` gives the arguments of `profile` that are the subject's own: model, inputs, name, components.

    An error of the product, or too little memory, makes a row with status "failed".
    """
    import clear_native as cn

    start = time.perf_counter()
    row: dict[str, Any] = {key: value for key, value in options_of(given).items() if key not in ("meter", "seed")}
    report: Report | None = None
    try:
        arguments = make()
        start = time.perf_counter()
        report = cn.profile(**{"synthetic_weights": True, **arguments}, **options_of(given), progress=False)
    except (cn.ClearNativeError, RuntimeError) as error:
        report = getattr(error, "report", None)
        row |= {"seconds": time.perf_counter() - start, **(facts(report) if report else {})}
        return {**row, "status": "failed", "error": f"{type(error).__name__}: {error}"}
    row["seconds"] = time.perf_counter() - start
    print(report, flush=True)
    if given.keep_reports:
        kept = results_file.folder() / "reports"
        kept.mkdir(parents=True, exist_ok=True)
        name = subject.replace("/", "-").replace(":", "_")
        report.save(kept / f"{name}_{given.method}_{report.seed}.json")
    return {**row, **facts(report)}


def measured_case(subject: str, given: argparse.Namespace) -> dict[str, Any]:
    """`measured`, of a subject that is a case."""
    case = Case.parse(subject)

    def subject_of_profile() -> dict[str, Any]:
        model, inputs, info = case.load(given.device)
        return {
            "model": model, "inputs": inputs, "name": info.name, "synthetic_weights": info.synthetic_weights
        }  # fmt: skip

    return measured(subject_of_profile, given, subject)


def facts(report: Report) -> dict[str, Any]:
    """Columns of a row: ratios, joules, seconds."""
    weighing = report.weighing
    parts = report.components.values()
    found: dict[str, Any] = {
        **_ratio("energy_closure", report.energy_closure),
        **_ratio("time_closure", report.time_closure),
        **_ratio("perturbation", report.perturbation),
        **_ratio("homogeneity", weighing.homogeneity if weighing else None),
        **_ratio("time_homogeneity", weighing.time_homogeneity if weighing else None),
        **_ratio("curvature", weighing.curvature if weighing else None),
        "interactions_rms": weighing.interactions_rms if weighing else None,
        "measured_s": report.elapsed_s,
        "rounds": report.rounds,
        "planned_rounds": report.planned_rounds,
        "stop_reason": report.stop_reason,
        "precision_reached": all(part.precision_reached for part in parts),
        "status": ", ".join(report.all_statuses) or "ok",
        "seed": report.seed,
        "execution": report.execution,
        "model_j": report.full_model.energy_j,
        "model_half_width_j": report.full_model.energy_half_width_j,
        "model_s": report.full_model.time_s,
        "preserved_j": report.preserved.energy_j if report.preserved else None,
    }
    if weighing is not None:
        found["weighing"] = {
            "fraction": weighing.fraction, "passes": weighing.passes, "pairs": weighing.pairs, **weighing.facts,
            "operating_points": {name: dict(point) for name, point in weighing.operating_points.items()},
        }  # fmt: skip
    if report.kernels is not None:
        found["kernels"] = "differ" if report.kernels.difference() else "equal"
    found["warnings"] = list(report.warnings)
    found["components"] = {
        name: {
            "energy_j": part.energy_j, "half_width_j": part.energy_half_width_j, "time_s": part.time_s,
            "time_half_width_s": part.time_half_width_s, "share": part.share, "statuses": list(part.statuses),
        }
        for name, part in report.components.items()
    }  # fmt: skip
    return found


def _ratio(name: str, found: Closure | None) -> dict[str, float | None]:
    return {name: found.ratio if found else None, f"{name}_half_width": found.half_width if found else None}
