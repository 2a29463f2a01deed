"""How long a profile takes to reach its precision, and how well profiles in processes of their own agree.

    python -m benchmarks.time_to_precision [--method in_situ] [--profiles 10] [CASE ...]

Writes `time_to_precision` (seconds) and, of BERT-base, `repeatability` (coefficient of variation, pooled over the
components of 5 % of the model's energy or more). Random weights, precision=0.01. Cases: BERT-base by default;
`qwen2.5-3b:bfloat16:1x128` and `qwen2.5-3b/4:bfloat16:1x128`, the same with four layers, for what depth costs.
Rows are written as they come, so that ten profiles may be two runs of five. Every attempt stays.
"""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks import results_file
from benchmarks.cases import Case
from benchmarks.one_profile import measured_case, parser
from benchmarks.own_process import in_own_process, ran_one
from benchmarks.pooled_cv import pooled
from benchmarks.protocol_rows import BENCHMARK as PROTOCOL
from benchmarks.protocol_rows import protocol_seconds, protocol_worst_cv

BERT, QWEN, FOUR_LAYERS = "bert-base:float16:1x128", "qwen2.5-3b:bfloat16:1x128", "qwen2.5-3b/4:bfloat16:1x128"
PRECISION = 0.01
BERT_FIGURES = {"partition": "partition_s", "in_situ": "in_situ_s", "isolated": "isolated_s"}


def case_of(row: dict[str, Any]) -> tuple[Any, ...]:
    """Rows from before there were cases are of BERT-base at this precision."""
    return row.get("case", BERT), row["method"], row.get("precision", PRECISION)


def counted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return results_file.counted(rows, case_of)


def seconds_figures(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Median seconds at the precision asked for, and the share of profiles that reached it: what ended at `max_time`
    without reaching it is no time to precision."""
    found: dict[str, Any] = {"precision": PRECISION}
    every = [row for row in counted(rows) if row.get("precision", PRECISION) == PRECISION]
    for method, figure in BERT_FIGURES.items():
        found |= _seconds(figure, [row for row in every if case_of(row)[:2] == (BERT, method)])
    deep = [row for row in every if case_of(row)[:2] == (QWEN, "in_situ")]
    flat = [row for row in every if case_of(row)[:2] == (FOUR_LAYERS, "in_situ")]
    found |= _seconds("qwen_in_situ_s", deep) | _seconds("qwen_4_layers_in_situ_s", flat)
    # The time budget must be the same, and so the code, or the quotient is of something else.
    budgets = {(results_file.version_of(row), row.get("max_time")) for row in [*deep, *flat]}
    if len(budgets) == 1 and "qwen_in_situ_s" in found and "qwen_4_layers_in_situ_s" in found:
        found["layers_36_over_4"] = found["qwen_in_situ_s"] / found["qwen_4_layers_in_situ_s"]
    return found | protocol_seconds(results_file.earlier_rows(PROTOCOL))


def _seconds(figure: str, rows: list[dict[str, Any]]) -> dict[str, float]:
    whole = [row for row in rows if row.get("status") != "failed"]
    if not whole:
        return {}
    seconds = [row["seconds"] for row in whole]
    found = {figure: statistics.median(seconds), f"{figure}_worst": max(seconds)}
    known = [row for row in rows if "precision_reached" in row or row.get("status") == "failed"]
    if known:
        found[f"{figure}_reached_share"] = sum(row.get("precision_reached", False) for row in known) / len(known)
    return found


def repeatability_figures(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Of method "in_situ" once there are rows of it; before, of the last one measured."""
    method = "in_situ" if any(row["method"] == "in_situ" for row in rows) else rows[-1]["method"]
    whole = [row for row in counted(rows) if row["method"] == method and row.get("status") != "failed"]
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in whole:
        groups.setdefault((row["gpu_uuid"], case_of(row), row.get("max_time")), []).append(row)
    gpus = len({row["gpu_uuid"] for row in whole})
    worst = protocol_worst_cv(results_file.earlier_rows(PROTOCOL))
    return {"profiles": len(whole), "method": method, "gpus": gpus, **pooled(list(groups.values())), **worst}


def main() -> None:
    arguments = parser(__doc__, max_time_s=120.0)
    arguments.add_argument("cases", nargs="*", metavar="CASE")
    arguments.add_argument("--profiles", type=int, default=10, help="of each case")
    given = arguments.parse_args()
    if ran_one(given, measured_case):
        return
    results_file.check_place(given.device)
    try:
        cases = [Case.parse(text) for text in given.cases or [BERT]]
    except ValueError as error:
        arguments.error(str(error))
    done = []
    for number in range(given.profiles):
        for case in cases:
            row = {"case": str(case), "profile": number, **in_own_process("time_to_precision", str(case), given)}
            brief = {key: value for key, value in row.items() if key != "components"}
            results_file.append("time_to_precision", [brief], seconds_figures)
            if str(case) == BERT:
                results_file.append("repeatability", [row], repeatability_figures)
            done.append(row)
    results_file.show(done, ["case", "method", "profile", "seconds", "precision_reached", "rounds", "energy_closure",
                             "status"])  # fmt: skip


if __name__ == "__main__":
    main()
