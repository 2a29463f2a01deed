"""Writes benchmarks/README.md from the committed result files: each figure beside its goal and beside the peer.

python -m benchmarks.make_readme [--check]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import closure, compare, known_ratio, models, protocol_rows

HERE = Path(__file__).parent

Goal = tuple[str, str, str, Callable[[Any], bool], str]


def at_most(limit: float, aim: str = "") -> tuple[str, Callable[[Any], bool]]:
    return f"at most {limit:g}{aim}", lambda value: value <= limit


def at_least(limit: float) -> tuple[str, Callable[[Any], bool]]:
    return f"at least {limit:g}", lambda value: value >= limit


def within(low: float, high: float) -> tuple[str, Callable[[Any], bool]]:
    return f"{low:g} to {high:g}", lambda value: low <= value <= high


def exactly(wanted: Any) -> tuple[str, Callable[[Any], bool]]:
    return f"{wanted}", lambda value: value == wanted


def closure_goals(model: str, time_tolerance: float) -> list[Goal]:
    return [
        ("closure", f"{model}_energy_closure_worst", *within(0.98, 1.02), ""),
        ("closure", f"{model}_time_closure_worst", *within(1 - time_tolerance, 1 + time_tolerance), ""),
    ]


# benchmark, figure, goal in words, whether a value reaches it, what the peer has (CLEAR: arXiv 2510.02810)
GOALS: list[Goal] = [
    *[("replay_overhead", f"{part}_native_over_floor", *at_most(1.05), "")
      for part in ("layernorm", "attention", "mlp", "full")],
    ("replay_overhead", "layernorm_eager_over_native", *at_least(4), "1 (eager Python loop)"),
    ("replay_overhead", "attention_eager_over_native", *at_least(6), "1 (eager Python loop)"),
    ("replay_overhead", "idle_fraction", "below 0.005", lambda value: value < 0.005, ""),
    *closure_goals("bert_base", 0.01),
    *closure_goals("gpt2", 0.01),
    *closure_goals("llama_3_2_1b", 0.01),
    *closure_goals("qwen2_5_3b", 0.02),
    ("closure", "interval_low", *at_least(0.97), ""),
    ("closure", "interval_high", *at_most(1.03), ""),
    ("closure", "cases", *exactly(len(closure.TABLE)), ""),
    ("closure", "failed_profiles", *exactly(0), ""),
    ("time_to_precision", "partition_s", *at_most(30, ", aim 15"), "349 (CLEAR's protocol, 20 trials)"),
    ("time_to_precision", "in_situ_s", *at_most(60, ", aim 20"), "349 (CLEAR's protocol, 20 trials)"),
    ("time_to_precision", "in_situ_s_reached_share", *exactly(1.0), ""),
    ("time_to_precision", "qwen_in_situ_s", *at_most(60), ""),
    ("time_to_precision", "qwen_in_situ_s_reached_share", *exactly(1.0), ""),
    ("time_to_precision", "layers_36_over_4", *at_most(1.3), ""),
    ("repeatability", "method", *exactly("in_situ"), ""),
    ("repeatability", "profiles", *at_least(10), ""),
    ("repeatability", "pooled_cv_upper_percent", *at_most(1), "up to 9.5 (CLEAR, as published)"),
    ("monitor_overhead", "window_us", *at_most(50), ""),
    ("known_ratio", "subjects", *exactly(len(known_ratio.SUBJECTS) + 1), ""),  # swap has a ratio for either block
    ("known_ratio", "share_that_holds", *exactly(1.0), ""),
    ("known_ratio", "widest_half_width_percent", *at_most(3), ""),
    ("compare", "false_alarms_per_100", *at_most(1), ""),
    ("compare", "found_4_percent_per_100", *at_least(95), ""),
    ("compare", "gpu_pairs", *at_least(30), ""),
    ("compare", "gpu_false_alarms", *exactly(0), ""),
    ("loop_overhead", "native_over_python", *at_most(0.5), "1 (eager Python loop)"),
    ("clear_bench", "start_to_window_s", *at_most(3), ""),
    ("clear_bench", "idle_fraction", "below 0.005", lambda value: value < 0.005, ""),
    ("clear_bench", "closure", *within(0.98, 1.02), ""),
    ("clear_bench", "worst_difference_to_profile_percent", *at_most(1.5), ""),
    ("clear_bench", "dram_fraction_of_copy", *at_least(0.9), "1 (copy in torch)"),
    ("clear_bench", "tensor_fraction_of_matmul", *at_least(0.9), "1 (product in torch)"),
    ("clear_bench", "calibrate_spread_percent", *at_most(2), ""),
    ("models", "models", *at_least(len(models.PUBLISHED)), ""),
    ("models", "plain_cases", *exactly(len(models.PLAIN)), ""),
    ("models", "cases", *exactly(len(models.TABLE)), ""),
    ("models", "failed_profiles", *exactly(0), ""),
    ("models", "energy_closure_lowest", *at_least(0.97), ""),
    ("models", "energy_closure_highest", *at_most(1.03), ""),
    ("models", "interval_low", *at_least(0.95), ""),
    ("models", "interval_high", *at_most(1.05), ""),
    ("models", "intervals_unknown", *exactly(0), ""),
    ("models", "other_share_worst", "below 0.1", lambda value: value < 0.1, ""),
    ("models", "other_unknown", *exactly(0), ""),
    ("models", "seconds_median", *at_most(60), ""),
]  # fmt: skip

# what must be known of a figure to read it, from the rows of its benchmark
NOTES: dict[tuple[str, str], Callable[[list[dict[str, Any]]], str]] = {("compare", "gpu_pairs"): compare.pairs_note}

# figures of the peer on our GPU, which benchmarks.protocol_against_ours makes
MISSING = {"protocol_worst_cv_percent": "repeatability", "protocol_s": "time_to_precision"}


def result(name: str) -> dict[str, Any] | None:
    path = HERE / "results" / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def goals() -> list[str]:
    lines = ["| benchmark | figure | measured | goal | reached | peer |", "| --- | --- | --- | --- | --- | --- |"]
    measured = peers()
    for name, figure, goal, reached, printed in GOALS:
        peer = next((text for ending, text in measured.items() if printed.endswith(ending)), printed)
        content = result(name)
        value = content["figures"].get(figure) if content else None
        verdict = "not measured yet" if value is None else "yes" if reached(value) else "**no**"
        shown = "" if value is None else number(value)
        if content and (name, figure) in NOTES and (note := NOTES[name, figure](content["rows"])):
            shown += f" ({note})"
        lines.append(f"| {name} | `{figure}` | {shown} | {goal} | {verdict} | {peer} |")
    return lines


def missing() -> list[str]:
    """What is not beside our figures yet, so that nobody takes its absence for a result."""
    absent = [
        f"`{figure}` ({name})"
        for figure, name in MISSING.items()
        if figure not in ((result(name) or {}).get("figures") or {})
    ]
    if not absent:
        return []
    return [f"The published protocol has not been run by a program here yet: {', '.join(absent)} are absent.", ""]


def peers() -> dict[str, str]:
    """What the peer has in the column beside a figure of ours, once it was measured here."""
    found = {}
    seconds = ((result("time_to_precision") or {}).get("figures") or {}).get("protocol_s")
    if seconds is not None:
        found["(CLEAR's protocol, 20 trials)"] = f"{seconds:.0f} (CLEAR's protocol, 20 trials)"
    worst = ((result("repeatability") or {}).get("figures") or {}).get("protocol_worst_cv_percent")
    if worst is not None:
        found["(CLEAR, as published)"] = f"{worst:.1f} here, up to 9.5 (CLEAR, as published)"
    return found


def table(columns: dict[str, Callable[[dict[str, Any]], str]], rows: list[dict[str, Any]]) -> list[str]:
    lines = [f"| {' | '.join(columns)} |", "| " + " | ".join("---" for _ in columns) + " |"]
    return [*lines, *("| " + " | ".join(cell(row) for cell in columns.values()) + " |" for row in rows), ""]


def column(name: str) -> Callable[[dict[str, Any]], str]:
    return lambda row: "" if row.get(name) is None else number(row[name])


def percent(name: str) -> Callable[[dict[str, Any]], str]:
    def cell(row: dict[str, Any]) -> str:
        ratio, half_width = row.get(name), row.get(f"{name}_half_width")
        if ratio is None:
            return ""
        return f"{100 * ratio:.2f}" + ("" if half_width is None else f" ± {100 * half_width:.2f}")

    return cell


def closure_table(rows: list[dict[str, Any]]) -> list[str]:
    """Every attempt, those of one case together."""
    counted = closure.counted(rows)
    ordered = sorted(rows, key=lambda row: (*map(str, closure.case_of(row)), row["made_at"]))
    return table(
        {
            "model": column("model"), "dtype": column("dtype"), "shape": lambda row: f"{row['batch']}x{row['length']}",
            "method": column("method"), "energy closure, %": percent("energy_closure"),
            "time closure, %": percent("time_closure"), "perturbation, %": percent("perturbation"),
            "doubled / 2x, %": percent("homogeneity"), "rounds": column("rounds"), "seconds": column("seconds"),
            "status": column("status"), "made at": column("made_at"),
            "in the figures": lambda row: "yes" if row in counted else "",
        },
        ordered,
    )  # fmt: skip


def known_ratio_table(rows: list[dict[str, Any]]) -> list[str]:
    """Every attempt, those of one subject together."""
    counted = known_ratio.counted(rows)

    def ratio(row: dict[str, Any]) -> str:
        if row["ratio"] is None:
            return ""
        return f"{row['ratio']:.4f}" + ("" if row["half_width"] is None else f" ± {row['half_width']:.4f}")

    return table(
        {
            "subject": column("subject"), "method": column("method"), "true ratio": column("true_ratio"),
            "ratio": ratio, "holds": lambda row: {True: "yes", False: "**no**", None: ""}[row["holds"]],
            "ratio of times": column("time_ratio"), "seconds": column("seconds"), "status": column("status"),
            "made at": column("made_at"), "in the figures": lambda row: "yes" if row in counted else "",
        },
        sorted(rows, key=lambda row: (row["subject"], row["method"], row["made_at"])),
    )  # fmt: skip


def protocol_table(rows: list[dict[str, Any]]) -> list[str]:
    """Every attempt: millijoules of a pass by the published protocol and by ours."""
    counted = protocol_rows.latest_run(rows)
    return table(
        {
            "case": column("case"), "component": column("component"), "protocol, mJ": column("protocol_mj"),
            "CV, %": column("protocol_cv_percent"), "ours, mJ": column("ours_mj"),
            "half-width, %": column("ours_half_width_percent"), "made at": column("made_at"),
            "in the figures": lambda row: "yes" if row in counted else "",
        },
        rows,
    )  # fmt: skip


def models_table(rows: list[dict[str, Any]]) -> list[str]:
    """Every attempt, those of one case together."""
    counted = models.counted(rows)
    ordered = sorted(rows, key=lambda row: (*map(str, models.case_of(row)), row["made_at"]))

    def other(row: dict[str, Any]) -> str:
        share, of = models.share_of_other(row)
        return "" if share is None else f"{100 * share:.2f}" + (" of time" if of == "time" else "")

    return table(
        {
            "model": column("model"), "kind": column("kind"), "dtype": column("dtype"),
            "shape": lambda row: f"{row['batch']}x{row['length']}",
            "padding": lambda row: "" if row["padding"] == "none" else row["padding"], "weights": column("weights"),
            "method": column("method"), "energy closure, %": percent("energy_closure"),
            "time closure, %": percent("time_closure"), "other, %": other,
            "kernels": column("kernels"), "seconds": column("seconds"), "status": column("status"),
            "made at": column("made_at"), "in the figures": lambda row: "yes" if row in counted else "",
        },
        ordered,
    )  # fmt: skip


TABLES = {
    "models": models_table,
    "closure": closure_table,
    "known_ratio": known_ratio_table,
    "protocol_against_ours": protocol_table,
}


def section(name: str, content: dict[str, Any]) -> list[str]:
    environment = content["environment"]
    where = ", ".join(
        f"{key} {environment[key]}"
        for key in (*(("gpu", "driver", "cuda") if environment.get("gpu") else ("cpu",)), "torch", "power_limit_w")
        if environment.get(key)
    )
    lines = [f"## {name}", "", f"{content['made_at']}: {where}. `{content['command']}`", ""]
    lines += ["| figure | value |", "| --- | --- |"]
    lines += [f"| `{key}` | {number(value)} |" for key, value in content["figures"].items()]
    lines += [f"| rows, all attempts | {len(content['rows'])} |", ""]
    return [*lines, *(TABLES[name](content["rows"]) if name in TABLES else [])]


def page() -> str:
    names = sorted(path.stem for path in (HERE / "results").glob("*.json"))
    head = [
        "# Benchmarks",
        "",
        "Generated by `python -m benchmarks.make_readme` from `results/`, which holds what ran on a real GPU",
        "(`loop_overhead` on a CPU), failed attempts included. Every program here answers one question; run one with",
        "`python -m benchmarks.NAME`.",
        "",
    ]
    body = [line for name in names if (content := result(name)) for line in section(name, content)]
    return "\n".join([*head, *goals(), "", *missing(), *body]).rstrip() + "\n"


def main() -> None:
    path = HERE / "README.md"
    if "--check" in sys.argv:
        sys.exit(0 if path.exists() and path.read_text() == page() else "benchmarks/README.md is not of these results")
    path.write_text(page())


if __name__ == "__main__":
    main()
