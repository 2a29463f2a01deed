"""The program clear-bench on a GPU: how soon it measures, what it agrees with, what its calibration reaches.

    python -m benchmarks.clear_bench [--part run] [--part profile] [--part calibrate] [--part peaks] [--max-time 60]

Parts may be run one by one, on several days, and in any order: rows are added, figures are of those with the code
measured last. Each part runs in a process of its own, so that none contends with the next for the GPU.

run        a bundle of the case, exported and measured by `clear-bench run`: start to first window, idling, closure
profile    the same model by `clear_native.profile`: the components that both have are compared
calibrate  `clear-bench calibrate`, again and again: how far runs are apart
peaks      a large copy and a large matrix product in torch: what the calibration's rates are held against
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import torch

import clear_native as cn
from benchmarks import native_program, one_profile, results_file
from benchmarks.cases import Case

PARTS = ("run", "profile", "calibrate", "peaks")
CASE = "bert-base:float16:1x128"
SHARE_OF_MODEL = 0.05  # of components that have to agree
COPY_BYTES = 2 << 30
PRODUCT_SIZE = 8192
REPEATS = 5

Row = dict[str, Any]
T = TypeVar("T")


def apart(run: Callable[..., T], *arguments: object) -> T:
    """In a process that ends: one that has used the GPU would contend for it."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(run, *arguments).result()


def write_bundle(case: str, device: str, bundle: str) -> None:
    model, inputs, info = Case.parse(case).load(device)
    cn.export(model, inputs, bundle, name=info.name, synthetic_weights=info.synthetic_weights, progress=False)


def run_part(given: argparse.Namespace) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder) / "model.clear"
        apart(write_bundle, given.case, given.device, str(bundle))
        begun_s = time.monotonic()  # the clock of the windows
        found = native_program.result_of(
            "run", str(bundle), "--max-time", str(given.max_time), "--meter", given.meter, "--precision",
            str(given.precision),
        )  # fmt: skip
    first_s = found["begun_s"]  # its first window is a probe, which is not among the windows
    replayed = [window for window in found["windows"] if window["target"] != "idle"]
    closure = found.get("energy_closure") or {}
    return {
        "execution": found["execution"], "start_to_window_s": first_s - begun_s,
        "idle_fraction": sum(window["idle_fraction"] for window in replayed) / len(replayed),
        "energy_closure": closure.get("ratio"), "energy_closure_half_width": closure.get("half_width"),
        "time_closure": (found.get("time_closure") or {}).get("ratio"),
        "components": {
            part["name"]: {"energy_j": part.get("energy_j"), "half_width_j": part.get("energy_half_width_j"),
                           "share": part.get("share"), "statuses": part["statuses"]}
            for part in found["components"]
        },
        "status": ", ".join(statuses_of(found, found["components"])) or "ok",
    }  # fmt: skip


def profile_part(given: argparse.Namespace) -> Row:
    options = argparse.Namespace(
        method="in_situ", execution="auto", precision=given.precision, max_time=given.max_time, meter=given.meter,
        seed=None, device=given.device, keep_reports=False,
    )  # fmt: skip
    return one_profile.measured_case(given.case, options)


def calibrate_part(given: argparse.Namespace) -> Row:
    kinds = [word for kind in given.kind for word in ("--kind", kind)]
    found = native_program.result_of("calibrate", "--max-time", str(given.calibrate_time), *kinds, option="--out")
    columns = ("energy_per_unit_j", "energy_per_unit_half_width_j", "units_per_s", "power_w", "bend", "statuses")
    return {
        "static_power_w": found.get("static_power_w"), "occupied_power_w": found.get("occupied_power_w"),
        "rounds": found["rounds"], "seed": found["seed"],
        "kinds": {kind["name"]: {name: kind.get(name) for name in columns} for kind in found["kinds"]},
        "status": ", ".join(statuses_of(found, found["kinds"])) or "ok",
    }  # fmt: skip


def peaks_part(given: argparse.Namespace) -> Row:
    source = torch.empty(COPY_BYTES, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    copy_s = seconds_of(lambda: target.copy_(source))
    left, right = (torch.randn(PRODUCT_SIZE, PRODUCT_SIZE, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    product_s = seconds_of(lambda: left @ right)
    return {
        "copy_bytes_per_s": 2 * COPY_BYTES / copy_s, "matmul_bf16_flops_per_s": 2 * PRODUCT_SIZE**3 / product_s,
        "status": "ok",
    }  # fmt: skip


def seconds_of(run: Callable[[], object], calls: int = 50) -> float:
    """Of a call, back to back; the best of some loops, since a peak is what can be reached."""
    best_s = float("inf")
    for _ in range(REPEATS):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        run()
        begin.record()
        for _ in range(calls):
            run()
        end.record()
        end.synchronize()
        best_s = min(best_s, begin.elapsed_time(end) / 1e3 / calls)
    return best_s


def statuses_of(found: dict[str, Any], parts: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys([*found["statuses"], *(status for part in parts for status in part["statuses"])]))


def figures(rows: list[Row]) -> dict[str, Any]:
    """Worst, or mean, of the rows of every part with the code measured last; failed ones have no numbers."""
    counted = results_file.counted(rows, lambda row: (row["part"], row["case"]))
    by_part = {part: [row for row in counted if row["part"] == part] for part in PARTS}
    good = {part: [row for row in found if row["status"] != "failed"] for part, found in by_part.items()}
    found: dict[str, Any] = {"failed": len(counted) - sum(len(part) for part in good.values())}
    if good["run"]:
        found["start_to_window_s"] = max(row["start_to_window_s"] for row in good["run"])
        found["idle_fraction"] = max(row["idle_fraction"] for row in good["run"])
        closures = [row["energy_closure"] for row in good["run"] if row["energy_closure"] is not None]
        if closures:
            found["closure"] = max(closures, key=lambda closure: abs(closure - 1))
    if good["run"] and good["profile"]:
        found |= differences(good["run"][-1]["components"], good["profile"][-1]["components"])
    return found | calibration_figures(good["calibrate"], good["peaks"])


def differences(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """Of the components that have a share of the model to speak of, in both."""
    percents = [
        100 * abs(part["energy_j"] / theirs[name]["energy_j"] - 1)
        for name, part in ours.items()
        if (part["share"] or 0) >= SHARE_OF_MODEL and part["energy_j"] and theirs.get(name, {}).get("energy_j")
    ]
    return {"worst_difference_to_profile_percent": max(percents), "compared": len(percents)} if percents else {}


def calibration_figures(calibrations: list[Row], peaks: list[Row]) -> dict[str, Any]:
    """Of the GPU that was calibrated last: another card is another device."""
    last = calibrations[-1:]
    calibrations = [row for row in calibrations if row["gpu_uuid"] == last[0]["gpu_uuid"]]
    peaks = [row for row in peaks if last and row["gpu_uuid"] == last[0]["gpu_uuid"]]
    found: dict[str, Any] = {"calibrations": len(calibrations)}
    rates = {
        kind: [row["kinds"].get(kind, {}).get("units_per_s") for row in calibrations]
        for kind in ("dram_read", "tensor_bf16")
    }
    known = {kind: [rate for rate in values if rate] for kind, values in rates.items()}
    if peaks and known["dram_read"]:
        found["dram_fraction_of_copy"] = min(known["dram_read"]) / peaks[-1]["copy_bytes_per_s"]
    if peaks and known["tensor_bf16"]:
        found["tensor_fraction_of_matmul"] = min(known["tensor_bf16"]) / peaks[-1]["matmul_bf16_flops_per_s"]
    spreads = [spread for kind in kinds_of(calibrations) for spread in spreads_of(calibrations, kind)]
    powers = [row["static_power_w"] for row in calibrations if row["static_power_w"] is not None]
    spreads += [spread_percent(powers)] if len(powers) > 1 else []
    if spreads:
        found["calibrate_spread_percent"] = max(spreads)
    return found


def kinds_of(calibrations: list[Row]) -> list[str]:
    return list(dict.fromkeys(kind for row in calibrations for kind in row["kinds"]))


def spreads_of(calibrations: list[Row], kind: str) -> list[float]:
    """Of what a unit costs and of how many it reaches, where two runs have them."""
    spreads = []
    for column in ("energy_per_unit_j", "units_per_s"):
        values = [row["kinds"].get(kind, {}).get(column) for row in calibrations]
        known = [value for value in values if value is not None]
        spreads += [spread_percent(known)] if len(known) > 1 else []
    return spreads


def spread_percent(values: list[float]) -> float:
    """From the least to the most, in per cent of their mean."""
    return 100 * (max(values) - min(values)) / abs(sum(values) / len(values))


def row_of(part: str, given: argparse.Namespace) -> Row:
    """A failure is a row too."""
    case = given.case if part in ("run", "profile") else ""
    run = {"run": run_part, "profile": profile_part, "calibrate": calibrate_part, "peaks": peaks_part}[part]
    begun_s = time.perf_counter()
    row: Row = {"part": part, "case": case}
    try:
        row |= apart(run, given)
    except (cn.ClearNativeError, RuntimeError) as error:
        row |= {"status": "failed", "error": f"{type(error).__name__}: {error}"}
    return {**row, "seconds": time.perf_counter() - begun_s}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--part", action="append", choices=PARTS, help="may come again, in this order; all by default")
    parser.add_argument("--case", default=CASE, help="model:dtype:batchxlength, for run and profile")
    parser.add_argument("--kind", action="append", default=[], help="loads to calibrate, as clear-bench takes them")
    parser.add_argument("--max-time", type=float, default=60.0, help="seconds of run and of profile")
    parser.add_argument("--calibrate-time", type=float, default=150.0, help="seconds of a calibration")
    parser.add_argument("--precision", type=float, default=0.01)
    parser.add_argument("--meter", default="auto")
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"), help="cpu: to try run and profile")
    given = parser.parse_args()
    results_file.check_place(given.device)
    rows = []
    for part in given.part or PARTS:
        rows.append(row_of(part, given))
        apart(results_file.append, "clear_bench", rows[-1:], figures)  # it asks the GPU what it is
    results_file.show(rows, ["part", "case", "status", "seconds", "start_to_window_s", "energy_closure", "error"])


if __name__ == "__main__":
    main()
