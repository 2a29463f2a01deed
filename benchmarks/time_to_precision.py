"""How long a profile takes to reach its precision, and how well ten profiles in ten processes agree.

    python -m benchmarks.time_to_precision [--profiles 10]

Writes `time_to_precision` (seconds) and `repeatability` (coefficient of variation, pooled over the components of 5 % of
the model's energy or more). BERT-base fp16 1x128, random weights, method="partition", precision=0.01.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import results_file

PRECISION = 0.01
LEAST_SHARE = 0.05


def one_profile(out: Path) -> None:
    """In a process of its own: profiles once and writes what the parent needs."""
    import clear_native as cn
    from clear_native.models.presets import load

    model, inputs, info = load("bert-base", device="cuda", dtype="float16", batch=1, length=128, seed=0)
    start = time.perf_counter()
    report = cn.profile(
        model, inputs, method="partition", precision=PRECISION, max_time=120, progress=False, name=info.name,
        synthetic_weights=info.synthetic_weights,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    report.save(out.with_suffix(".report.json"))
    print(report, flush=True)
    components = {
        name: {
            "energy_j": part.energy_j, "half_width_j": part.energy_half_width_j, "time_s": part.time_s,
            "share": part.share, "statuses": list(part.statuses),
        }
        for name, part in report.components.items()
    }  # fmt: skip
    row = {
        "seconds": seconds, "rounds": report.rounds, "model_j": report.full_model.energy_j,
        "energy_closure": report.closure.ratio if report.closure else None,
        "statuses": list(report.statuses), "components": components,
    }  # fmt: skip
    out.write_text(json.dumps(row))


def pooled(profiles: list[dict[str, Any]]) -> dict[str, float]:
    """Pooled coefficient of variation with its upper 95 % bound (chi-square)."""
    names = [name for name, part in profiles[0]["components"].items() if (part["share"] or 0) >= LEAST_SHARE]
    squares, freedom = 0.0, 0
    each: dict[str, float] = {}
    for name in names:
        energies = [profile["components"][name]["energy_j"] for profile in profiles]
        cv = statistics.stdev(energies) / statistics.fmean(energies)
        each[f"cv_percent_{name}"] = cv * 100
        squares += cv**2 * (len(energies) - 1)
        freedom += len(energies) - 1
    pooled_cv = math.sqrt(squares / freedom)
    # The components of one profile share its temperature and drift, so they are not independent: the bound counts the
    # profiles only. With independent components it would be `..._if_independent`.
    bound = pooled_cv * math.sqrt((len(profiles) - 1) / chi_square_quantile(0.05, len(profiles) - 1))
    independent = pooled_cv * math.sqrt(freedom / chi_square_quantile(0.05, freedom))
    return {
        "pooled_cv_percent": pooled_cv * 100,
        "pooled_cv_upper_percent": bound * 100,
        "pooled_cv_upper_percent_if_independent": independent * 100,
        **each,
    }


def chi_square_quantile(probability: float, freedom: int) -> float:
    """Wilson and Hilferty's approximation (1931): within 0.5 % from 9 degrees of freedom on."""
    z = statistics.NormalDist().inv_cdf(probability)
    return freedom * (1 - 2 / (9 * freedom) + z * math.sqrt(2 / (9 * freedom))) ** 3


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--profiles", type=int, default=10)
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one is not None:
        return one_profile(given.one)
    profiles = []
    keep = Path(os.environ.get("CLEAR_RESULTS", tempfile.mkdtemp()))
    for number in range(given.profiles):
        out = Path(tempfile.mkdtemp()) / "profile.json"
        subprocess.run([sys.executable, "-m", "benchmarks.time_to_precision", "--one", str(out)], check=True)
        profiles.append(json.loads(out.read_text()))
        if number == 0:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / "profile_0.report.json").write_text(out.with_suffix(".report.json").read_text())
        print(
            f"profile {number}: {profiles[-1]['seconds']:.1f} s, closure {profiles[-1]['energy_closure']}", flush=True
        )
    rows = [{"method": "partition", "profile": number, **profile} for number, profile in enumerate(profiles)]
    seconds = [profile["seconds"] for profile in profiles]
    results_file.write(
        "time_to_precision",
        [{k: v for k, v in row.items() if k != "components"} for row in rows],
        {"precision": PRECISION, "partition_s": statistics.median(seconds), "partition_s_worst": max(seconds)},
    )
    figures = {"profiles": len(profiles), "method": "partition", **(pooled(profiles) if len(profiles) > 1 else {})}
    results_file.write("repeatability", rows, figures)
    print(json.dumps({"partition_s": statistics.median(seconds), **figures}, indent=1))


if __name__ == "__main__":
    main()
