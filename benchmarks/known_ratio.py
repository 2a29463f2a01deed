"""Does a known ratio come out? Blocks of 2, 3 and 5 times the work, blocks in either order, odd and even layers.

    python -m benchmarks.known_ratio [--max-time 40] [SUBJECT ...]

A subject is KIND:N (gemm, memory, launch; block B does N times the work of block A, with its own weights), `swap` (two
independent blocks, energies in one order over those in the other) or `odd_even` (layers of BERT-base, fp16, 1x128). All
by default; each profile runs in a process of its own, and rows are written as they come. Every attempt stays.
"""

from __future__ import annotations

import math
from argparse import Namespace
from typing import Any

from benchmarks import results_file
from benchmarks.cases import Case
from benchmarks.known_models import KINDS, alternating, independent, odd_and_even
from benchmarks.one_profile import measured, parser
from benchmarks.own_process import in_own_process, ran_one

SUBJECTS = (*(f"{kind}:{times}" for kind in KINDS for times in (2, 3, 5)), "swap", "odd_even")
BERT = {"cuda": "bert-base:float16:1x128", "cpu": "bert-tiny:float32:1x16"}
KEPT = ("seconds", "rounds", "planned_rounds", "stop_reason", "seed", "execution", "precision", "max_time", "weighing",
        "energy_closure", "energy_closure_half_width", "time_closure", "homogeneity", "curvature", "model_j", "model_s",
        "precision_reached", "warnings", "components")  # fmt: skip


def arguments_of(subject: str, device: str) -> dict[str, Any]:
    """Arguments of `profile` that are the subject's own. One of `swap` is "swap:ab" or "swap:ba"."""
    if subject == "odd_even":
        model, inputs, info = Case.parse(BERT[device]).load(device)
        return {"model": model, "inputs": inputs, "components": odd_and_even(), "name": f"{info.name}, odd and even"}
    kind, _, argument = subject.partition(":")
    if kind == "swap":
        return independent(argument == "ba", device)
    return alternating(kind, int(argument), device)


def one(subject: str, given: Namespace) -> dict[str, Any]:
    return measured(lambda: arguments_of(subject, given.device), given, subject)


def quotient(above: dict[str, Any] | None, below: dict[str, Any] | None, key: str, half_width_key: str) -> Any:
    """(ratio, half-width of its 95 % interval): relative errors added in quadrature. (None, None) if not known."""
    if not above or not below or above.get(key) is None or not below.get(key):
        return None, None
    ratio = above[key] / below[key]
    errors = [part.get(half_width_key) for part in (above, below)]
    if any(error is None for error in errors):
        return ratio, None
    return ratio, abs(ratio) * math.hypot(errors[0] / above[key], errors[1] / below[key])


def compared(
    true_ratio: float, above: dict[str, Any] | None, below: dict[str, Any] | None, profiles: list[dict[str, Any]]
) -> dict[str, Any]:
    """Columns that set `above` over `below`, two components of the profiles."""
    ratio, half_width = quotient(above, below, "energy_j", "half_width_j")
    time_ratio, time_half_width = quotient(above, below, "time_s", "time_half_width_s")
    statuses = dict.fromkeys(status for profile in profiles for status in profile["status"].split(", "))
    errors = [profile["error"] for profile in profiles if "error" in profile]
    return {
        "true_ratio": true_ratio,
        "ratio": ratio,
        "half_width": half_width,
        "half_width_percent": None if half_width is None else 100 * half_width / ratio,
        "holds": None if half_width is None else abs(ratio - true_ratio) <= half_width,
        "time_ratio": time_ratio,
        "time_half_width": time_half_width,
        "energy_j": [part.get("energy_j") if part else None for part in (above, below)],
        "time_s": [part.get("time_s") if part else None for part in (above, below)],
        "status": ", ".join(status for status in statuses if len(statuses) == 1 or status != "ok"),
        **({"error": "; ".join(errors)} if errors else {}),
    }


def rows_of(subject: str, profiles: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """`swap` has two profiles, one for each order, and a row for each block; the others have one of each."""
    parts = [profile.get("components", {}) for profile in profiles]
    first = profiles[0]
    label = {"subject": subject, "kind": subject.partition(":")[0], "method": first["method"]}
    kept = {key: first[key] for key in KEPT if key in first}
    if subject == "swap":
        kept["seconds"] = sum(profile["seconds"] for profile in profiles)
        kept["components"] = parts
        return [
            {**label, "subject": f"swap {name}", **compared(1.0, parts[0].get(name), parts[1].get(name), profiles),
             **kept}
            for name in ("a", "b")
        ]  # fmt: skip
    above, below = ("odd", "even") if subject == "odd_even" else ("b", "a")
    true_ratio = 1.0 if subject == "odd_even" else float(subject.partition(":")[2])
    return [{**label, **compared(true_ratio, parts[0].get(above), parts[0].get(below), profiles), **kept}]


def case_of(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["subject"], row["method"]


def counted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows that the figures are of: every attempt with the code that the subject was measured with last."""
    return results_file.counted(rows, case_of)


def figures(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Of method "in_situ": how many ratios hold, the widest interval, the largest error, by kind too."""
    in_situ = [row for row in counted(rows) if row["method"] == "in_situ"]
    known = [row for row in in_situ if row["ratio"] is not None]
    found: dict[str, Any] = {
        "subjects": len({row["subject"] for row in known}),
        "ratios": len(in_situ),
        "ratios_hold": sum(row["holds"] is True for row in in_situ),
        "share_that_holds": sum(row["holds"] is True for row in in_situ) / len(in_situ) if in_situ else None,
    }
    widths = [row["half_width_percent"] for row in known if row["half_width_percent"] is not None]
    if widths:
        found["widest_half_width_percent"] = max(widths)
    for kind in dict.fromkeys(row["kind"] for row in known):
        errors = [100 * (row["ratio"] / row["true_ratio"] - 1) for row in known if row["kind"] == kind]
        found[f"{kind}_worst_error_percent"] = max(errors, key=abs)
    return {name: value for name, value in found.items() if value is not None}


def main() -> None:
    arguments = parser(__doc__, max_time_s=40.0)
    arguments.add_argument("subjects", nargs="*", metavar="SUBJECT", help=", ".join(SUBJECTS))
    given = arguments.parse_args()
    if ran_one(given, one):
        return
    results_file.check_place(given.device)
    unknown = [subject for subject in given.subjects if subject not in SUBJECTS]
    if unknown:
        arguments.error(f"unknown subjects {', '.join(unknown)}: there are {', '.join(SUBJECTS)}")
    done: list[dict[str, Any]] = []
    for subject in given.subjects or SUBJECTS:
        names = ("swap:ab", "swap:ba") if subject == "swap" else (subject,)
        rows = rows_of(subject, [in_own_process("known_ratio", name, given) for name in names])
        results_file.append("known_ratio", rows, figures)
        done += rows
    results_file.show(done, ["subject", "method", "true_ratio", "ratio", "half_width", "holds", "time_ratio",
                             "energy_closure", "seconds", "status"])  # fmt: skip


if __name__ == "__main__":
    main()
