"""Does every ready model profile in situ, without settings, with closure, little in `other`, and in a minute?

    python -m benchmarks.models [--max-time 60] [CASE | MODEL | KIND ...]

A case is `model:dtype:batchxlength[:padding][@weights]`; a model, or a kind in quotes ("mixture of experts"), stands
for all its cases of `TABLE`, which is the default. Each runs in a process of its own, and its row is written when it
ends, so the table can be filled over several runs; `--missing` leaves out what this state of the code has measured.
Every attempt stays.
"""

from __future__ import annotations

import math
import statistics
from argparse import Namespace
from typing import Any

from benchmarks import results_file
from benchmarks.cases import Case
from benchmarks.code_version import code_version
from benchmarks.one_profile import measured_case, parser
from benchmarks.own_process import in_own_process, ran_one
from clear_native.models.configurations import PRESETS, Preset

LENGTHS = (128, 512)
CLOSELY = ("bert-base", "llama-3.2-1b")  # with batches, padding and single precision too
TRAINED = "all-minilm-l6-v2:float16:8x128@package"  # beside the same with random weights
CASE_COLUMNS = ("model", "dtype", "batch", "length", "padding", "weights", "method")


def plain_cases(preset: Preset) -> list[str]:
    """One sequence of two lengths, as far as the model goes; images have one."""
    longest = preset.longest() or math.inf
    lengths = [preset.fixed_length] if preset.fixed_length else sorted({min(length, longest) for length in LENGTHS})
    return [f"{preset.name}:{preset.gpu_dtype}:1x{length}" for length in lengths]


def further_cases(preset: Preset) -> list[str]:
    if preset.name not in CLOSELY:
        return []
    half = f"{preset.name}:{preset.gpu_dtype}"
    return [f"{half}:8x128", f"{half}:32x128", f"{half}:8x128:ragged", f"{half}:8x128:holes",
            f"{preset.name}:float32:1x128"]  # fmt: skip


PUBLISHED = tuple(preset for preset in PRESETS.values() if preset.page is not None)
PLAIN = tuple(case for preset in PUBLISHED for case in plain_cases(preset))
FURTHER = (*(case for preset in PUBLISHED for case in further_cases(preset)), TRAINED.partition("@")[0], TRAINED)
TABLE = (*PLAIN, *FURTHER)


def cases_of(text: str) -> list[Case]:
    """Raises ValueError for a text that is neither a case nor a published model or kind."""
    named = {preset.name for preset in PUBLISHED if text in (preset.name, preset.kind)}
    return [case for case in map(Case.parse, TABLE) if case.model in named] if named else [Case.parse(text)]


def row_of(case: Case, measured: dict[str, Any]) -> dict[str, Any]:
    """A profile's columns with what is asked of a model."""
    preset = PRESETS[case.model]
    label = {
        **case.columns, "family": preset.family, "kind": preset.kind, "padding": case.padding,
        "weights": case.origin_of_weights,
    }  # fmt: skip
    if measured.get("components") is None:
        return {**label, **measured}
    share, of = share_of_other(measured)
    return {**label, **measured, "other_share": share, "other_share_of": of}


def share_of_other(row: dict[str, Any]) -> tuple[float | None, str | None]:
    """Component `other`'s share of the model, and of what: its "energy", or its "time" where the energy has no number,
    as below resolution. 0 where no work is outside the components. From `components`, so that it holds for rows that
    are older than the column `other_share_of` too."""
    parts = row.get("components")
    if parts is None:
        return None, None
    if "other" not in parts:
        return 0.0, "energy"
    share, time_s, model_s = parts["other"]["share"], parts["other"].get("time_s"), row.get("model_s")
    if share is not None:
        return share, "energy"
    return (time_s / model_s, "time") if time_s is not None and model_s else (None, None)


def case_of(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[column] for column in CASE_COLUMNS)


def counted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows that the figures are of: every attempt with the code that the case was measured with last."""
    return results_file.counted(rows, case_of)


def figures(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Of the cases of `TABLE`, in situ: how many models are there, and the farthest of each thing asked for.
    What else was tried stays as rows."""
    table = set(map(_table_case, TABLE))
    in_situ = [row for row in counted(rows) if case_of(row) in table]
    known = [row for row in in_situ if row.get("energy_closure") is not None]
    good = {case_of(row) for row in known if row["status"] != "failed"}
    tables = {"cases": TABLE, "plain_cases": PLAIN}
    found: dict[str, Any] = {name: len(good & set(map(_table_case, table))) for name, table in tables.items()}
    found |= {
        "models": len({row["model"] for row in known} & {preset.name for preset in PUBLISHED}),
        "families": len({row["family"] for row in known}),
        "profiles": len(in_situ),
        "failed_profiles": sum(row["status"] == "failed" for row in in_situ),
        "kernels_differ": sum(row.get("kernels") == "differ" for row in in_situ),
        "kernels_unknown": sum(row.get("kernels") is None for row in in_situ),
    }
    found |= _extremes(known)
    seconds = [row["seconds"] for row in in_situ if row["status"] != "failed"]
    if seconds:
        found |= {"seconds_median": statistics.median(seconds), "seconds_worst": max(seconds)}
    return found | trained_over_random(in_situ)


def _extremes(rows: list[dict[str, Any]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name in ("energy_closure", "time_closure"):
        ratios = [row[name] for row in rows if row.get(name) is not None]
        if ratios:
            found |= {f"{name}_lowest": min(ratios), f"{name}_highest": max(ratios)}
    widths = [row["energy_closure_half_width"] for row in rows]
    found["intervals_unknown"] = widths.count(None)
    edges = [(row["energy_closure"], width) for row, width in zip(rows, widths, strict=True) if width is not None]
    if edges:
        found["interval_low"] = min(ratio - width for ratio, width in edges)
        found["interval_high"] = max(ratio + width for ratio, width in edges)
    others = [share_of_other(row) for row in rows]
    found["other_unknown"] = others.count((None, None))
    found["other_of_time"] = sum(of == "time" for _, of in others)
    shares = [share for share, _ in others if share is not None]
    return {**found, "other_share_worst": max(shares)} if shares else found


def trained_over_random(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Energy of the whole model with trained weights over that with random ones, and its half-width."""
    wanted = Case.parse(TRAINED)
    alike = [row for row in rows if row["padding"] == "none" and row.get("model_j") and
             all(row[name] == value for name, value in wanted.columns.items())]  # fmt: skip
    random = [row for row in alike if row["weights"] == "random"]
    trained = [row for row in alike if row["weights"] != "random"]
    if not random or not trained:
        return {}
    above, below = trained[-1], random[-1]
    ratio = above["model_j"] / below["model_j"]
    widths = [row.get("model_half_width_j") for row in (above, below)]
    if None in widths:
        return {"trained_over_random": ratio}
    half_width = ratio * math.hypot(widths[0] / above["model_j"], widths[1] / below["model_j"])
    return {"trained_over_random": ratio, "trained_over_random_half_width": half_width}


def _table_case(text: str) -> tuple[Any, ...]:
    case = Case.parse(text)
    return (*case.columns.values(), case.padding, case.origin_of_weights, "in_situ")


def is_measured(case: Case, given: Namespace) -> bool:
    """Whether this state of the code has a profile of it that did not fail."""
    wanted = (*case.columns.values(), case.padding, case.origin_of_weights, given.method)
    return any(
        case_of(row) == wanted and row["status"] != "failed" and row.get("code") == code_version()
        for row in results_file.earlier_rows("models")
    )


def main() -> None:
    arguments = parser(__doc__, max_time_s=60.0)
    arguments.add_argument("cases", nargs="*", metavar="CASE")
    arguments.add_argument("--missing", action="store_true", help="only what is not measured yet with this code")
    given = arguments.parse_args()
    if ran_one(given, measured_case):
        return
    results_file.check_place(given.device)
    try:
        cases = [case for text in given.cases or TABLE for case in cases_of(text)]
    except ValueError as error:
        arguments.error(str(error))
    done = []
    for case in cases:
        if given.missing and is_measured(case, given):
            continue
        done.append(row_of(case, in_own_process("models", str(case), given)))
        results_file.append("models", [done[-1]], figures)
    results_file.show(done, [*CASE_COLUMNS, "energy_closure", "energy_closure_half_width", "time_closure",
                             "other_share", "other_share_of", "kernels", "rounds", "seconds", "status"])  # fmt: skip


if __name__ == "__main__":
    main()
