"""Do the components sum to the model? Energy and time closure of the models of the table, with their intervals.

    python -m benchmarks.closure [--method in_situ] [--max-time 60] [--repeats 1] [CASE ...]

A case is `model:dtype:batchxlength`, all of `TABLE` by default; each runs in a process of its own, and its row is
written when it ends, so the table can be filled over several runs. Every attempt stays.
"""

from __future__ import annotations

from typing import Any

from benchmarks import results_file
from benchmarks.cases import Case
from benchmarks.one_profile import measured_case, parser
from benchmarks.own_process import in_own_process, ran_one

TABLE = (
    "bert-base:float16:1x128", "bert-base:float16:8x128",
    "gpt2:float16:1x512",
    "llama-3.2-1b:bfloat16:1x128", "llama-3.2-1b:bfloat16:1x1024",
    "qwen2.5-3b:bfloat16:1x128", "qwen2.5-3b:bfloat16:1x512", "qwen2.5-3b:bfloat16:1x2048",
)  # fmt: skip
CASE_COLUMNS = ("model", "dtype", "batch", "length", "method")


def case_of(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[column] for column in CASE_COLUMNS)


def counted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows that the figures are of: every attempt with the code that the case was measured with last."""
    return results_file.counted(rows, case_of)


def figures(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Of method "in_situ", by model and for all: the closure farthest from 1, and how far the intervals reach."""
    in_situ = [row for row in counted(rows) if row["method"] == "in_situ"]
    measured_ones = [row for row in in_situ if row.get("energy_closure") is not None]
    found: dict[str, Any] = {
        "cases": len({case_of(row) for row in measured_ones} & {_table_case(text) for text in TABLE}),
        "profiles": len(in_situ),
        "failed_profiles": sum(row["status"] == "failed" for row in in_situ),
        "intervals_unknown": sum(row.get("energy_closure_half_width") is None for row in in_situ),
    }
    for model in dict.fromkeys(row["model"] for row in measured_ones):
        of_model = [row for row in measured_ones if row["model"] == model]
        found |= _extremes(of_model, model.replace("-", "_").replace(".", "_") + "_")
    return found | _extremes(measured_ones, "")


def _extremes(rows: list[dict[str, Any]], prefix: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for name in ("energy_closure", "time_closure"):
        ratios = [row[name] for row in rows if row.get(name) is not None]
        if ratios:
            found[f"{prefix}{name}_worst"] = max(ratios, key=lambda ratio: abs(ratio - 1))
    known = [row for row in rows if row.get("energy_closure_half_width") is not None]
    if known:
        intervals = [(row["energy_closure"], row["energy_closure_half_width"]) for row in known]
        found[f"{prefix}interval_low"] = min(ratio - half_width for ratio, half_width in intervals)
        found[f"{prefix}interval_high"] = max(ratio + half_width for ratio, half_width in intervals)
    return found


def _table_case(text: str) -> tuple[Any, ...]:
    return (*Case.parse(text).columns.values(), "in_situ")


def main() -> None:
    arguments = parser(__doc__, max_time_s=60.0)
    arguments.add_argument("cases", nargs="*", metavar="CASE")
    arguments.add_argument("--repeats", type=int, default=1, help="profiles of each case")
    given = arguments.parse_args()
    if ran_one(given, measured_case):
        return
    results_file.check_place(given.device)
    try:
        cases = [Case.parse(text) for text in given.cases or TABLE]
    except ValueError as error:
        arguments.error(str(error))
    done = []
    for case in [case for _ in range(given.repeats) for case in cases]:
        done.append({**case.columns, **in_own_process("closure", str(case), given)})
        results_file.append("closure", [done[-1]], figures)
    results_file.show(done, [*CASE_COLUMNS, "energy_closure", "energy_closure_half_width", "time_closure",
                             "perturbation", "homogeneity", "rounds", "seconds", "status"])  # fmt: skip


if __name__ == "__main__":
    main()
