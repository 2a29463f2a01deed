"""The published protocol of CLEAR beside ours in situ: the same GPU, the same model, one table.

    python -m benchmarks.protocol_against_ours [--repetitions 10000] [--full 1000] [--trials 20] [--max-time 60] [CASE]

Both cut the model as the published code does (components="clear"); its loops are eager, ours are graphs unless
`--execution eager` is given. As published, BERT-base takes some six minutes; `--repetitions 2000 --trials 5` under one.
Figures of `time_to_precision` and `repeatability` that are the protocol's are renewed too. Every attempt stays.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from benchmarks import protocol_rows, results_file
from benchmarks.cases import Case
from benchmarks.one_profile import options_of, parser
from benchmarks.protocol_rows import BENCHMARK, BERT, MODEL
from benchmarks.time_to_precision import repeatability_figures, seconds_figures


def run(case: Case, given: argparse.Namespace) -> list[dict[str, Any]]:
    """Rows of one run; what failed is a row of the model with status "failed" and the numbers there were."""
    import clear_native as cn

    model, inputs, info = case.load(given.device)
    common = {"components": "clear", "synthetic_weights": True, "name": info.name}
    about: dict[str, Any] = {}
    errors: list[str] = []

    def measured(what: str, measure: Any) -> Any:
        begin = time.perf_counter()
        try:
            found = measure()
        except (cn.ClearNativeError, RuntimeError) as error:
            errors.append(f"{what}: {type(error).__name__}: {error}")
            found = getattr(error, "report", None)
        about[f"{what}_s"] = time.perf_counter() - begin
        print(found, flush=True)
        return found

    ours = measured("ours", lambda: cn.profile(model, inputs, **common, **options_of(given), progress=False))
    numbers = (given.repetitions, given.full, given.trials, given.synchronize)
    protocol = measured(
        "protocol", lambda: cn.clear_protocol(model, inputs, *numbers, **common, meter=given.meter, progress=False)
    )
    if given.keep_reports:
        _keep(case, ours, protocol)
    about |= protocol_rows.of_protocol(protocol) if protocol is not None else {}
    about |= _of_ours(ours, given)
    failed = errors or protocol is None or ours is None
    rows = [{"case": str(case), **row} for row in protocol_rows.rows_of(protocol, ours)]
    for row in rows:
        if row["component"] == MODEL:
            row |= {**about, "status": "failed" if failed else "ok", **({"error": "; ".join(errors)} if errors else {})}
    return rows


def _of_ours(ours: Any, given: argparse.Namespace) -> dict[str, Any]:
    if ours is None:
        return {}
    closure = ours.energy_closure
    return {
        "ours_closure": closure.ratio if closure else None,
        "ours_closure_half_width": closure.half_width if closure else None,
        "ours_method": ours.method, "ours_execution": ours.execution, "ours_rounds": ours.rounds,
        "precision": given.precision, "max_time": given.max_time, "seed": ours.seed,
    }  # fmt: skip


def _keep(case: Case, ours: Any, protocol: Any) -> None:
    kept = results_file.folder() / "reports"
    kept.mkdir(parents=True, exist_ok=True)
    name = str(case).replace("/", "-").replace(":", "_")
    for what, found in (("ours", ours), ("protocol", protocol)):
        if found is not None:
            found.save(kept / f"{name}_{what}_{results_file.now().replace(':', '')}.json")


def main() -> None:
    arguments = parser(__doc__, max_time_s=60.0)
    arguments.add_argument("case", nargs="?", default=BERT, metavar="CASE")
    arguments.add_argument("--repetitions", type=int, default=10_000, help="calls of a module in a trial")
    arguments.add_argument("--full", type=int, default=1_000, help="calls of the whole model in a trial")
    arguments.add_argument("--trials", type=int, default=20)
    arguments.add_argument("--no-synchronize", dest="synchronize", action="store_false", help="as first released")
    given = arguments.parse_args()
    results_file.check_place(given.device)
    try:
        case = Case.parse(given.case)
    except ValueError as error:
        arguments.error(str(error))
    rows = run(case, given)
    results_file.append(BENCHMARK, rows, protocol_rows.figures)
    results_file.renew("time_to_precision", seconds_figures)
    results_file.renew("repeatability", repeatability_figures)
    results_file.show(rows, ["component", "protocol_mj", "protocol_cv_percent", "ours_mj", "ours_half_width_percent"])
    whole = rows[-1]
    results_file.show([whole], ["protocol_capture", "ours_closure", "protocol_s", "protocol_as_published_s", "ours_s",
                                "status"])  # fmt: skip


if __name__ == "__main__":
    main()
