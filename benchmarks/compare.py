"""Does `compare` call the same thing different, and does it find a change? Pairs of profiles on a GPU, and simulated.

    python -m benchmarks.compare [--pairs 30] [--method partition] [--max-time 8] [CASE]
    python -m benchmarks.compare --reports FOLDER...
    python -m benchmarks.compare --simulated build/python/tests/native/core_statistics_tests

Profiles of one case, each in a process of its own; each is compared with the one before it, so 30 pairs are 31
profiles. A run goes on where the last one stopped. `--reports`: every two of the profiles of one case and one GPU that
other benchmarks kept with --keep-reports; nine make 36 pairs, which share profiles. `--simulated`: what the native
tests of a thousand pairs on the simulated device found. Every attempt stays.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks import results_file
from benchmarks.cases import Case
from benchmarks.one_profile import measured_case, parser
from benchmarks.own_process import in_own_process, ran_one

BERT = "bert-base:float16:1x128"
SIMULATED = {"SimulatedPairs": "partition", "SimulatedPairsInSitu": "in_situ"}  # test suites, and what they simulate
FROM_TEST = ("pairs", "false_alarms_per_100", "found_4_percent_per_100")


def compared(before: Path, after: Path) -> dict[str, Any]:
    """Verdicts of one pair; `different` if anything at all is called better or worse. An error if there is none."""
    import clear_native as cn

    try:
        found = cn.compare(before, after)
    except cn.BadInputError as error:
        return {"error": str(error)}
    parts = {name: part.verdict for name, part in found.components.items()}
    verdicts = [found.verdict, *parts.values()]
    return {
        "verdict": found.verdict,
        "change": found.total.change,
        "change_half_width": found.total.change_half_width,
        "components": parts,
        "different": any(verdict in ("better", "worse") for verdict in verdicts),
    }


def pairs_of_reports(paths: Iterable[Path]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """A row of every two whole reports of one model, method and GPU, the earlier one first; and the last environment.
    Raises clear_native.BadInputError for a file that is no report."""
    import clear_native as cn

    reports = sorted(((path, cn.load(path)) for path in paths), key=lambda pair: pair[1].made_at)
    rows = []
    for (before, earlier), (after, later) in itertools.combinations(reports, 2):
        if _same_thing(earlier) != _same_thing(later):
            continue
        rows.append(
            {
                "made_at": later.made_at, "gpu": later.environment.get("gpu"),
                "gpu_uuid": later.environment.get("uuid"), "case": later.model, "method": later.method,
                "earlier_made_at": earlier.made_at, "from_reports": True, **compared(before, after),
            }
        )  # fmt: skip
    return rows, dict(reports[-1][1].environment) if reports else {}


def _same_thing(report: Any) -> tuple[Any, ...]:
    given = {name: report.workload.get(name) for name in ("inputs", "weights_dtype")}
    of = (report.model, report.method, report.execution, report.environment.get("uuid"))
    return (*of, json.dumps(given, sort_keys=True, default=str))


def simulated(program: Path) -> list[dict[str, Any]]:
    """Rows that the native tests have in their properties. Raises subprocess.CalledProcessError if one fails."""
    chosen = ":".join(f"{suite}.*" for suite in SIMULATED)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "found.json"
        subprocess.run(
            [str(program), f"--gtest_filter={chosen}", f"--gtest_output=json:{out}"], check=True, capture_output=True
        )
        suites = json.loads(out.read_text())["testsuites"]
    return [
        {"simulated": True, "method": SIMULATED[suite["name"]], **{name: float(test[name]) for name in FROM_TEST}}
        for suite in suites
        for test in suite["testsuite"]
    ]


def _pairs_of(row: dict[str, Any]) -> tuple[Any, ...]:
    """Rows that are older than the column are of partition."""
    return ("simulated", row.get("method", "partition")) if row.get("simulated") else ("card", row.get("gpu_uuid"))


def figures(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Of the code that each was measured with last: the simulated pairs, and those of each card."""
    found: dict[str, Any] = {}
    counted = _counted(rows)
    for row in counted:
        if row.get("simulated"):  # the worst of the methods
            alarms, told = FROM_TEST[1:]
            found[alarms] = max(row[alarms], found.get(alarms, 0.0))
            found[told] = min(row[told], found.get(told, 100.0))
    pairs = _pairs(counted)
    if pairs:
        found |= {"gpu_pairs": len(pairs), "gpu_false_alarms": sum(row["different"] for row in pairs)}
    return found


def pairs_note(rows: list[dict[str, Any]]) -> str:
    """What `gpu_pairs` are where they are all of the profiles that were kept: such pairs share profiles, so their
    verdicts go together. Empty where each profile was compared with the one before it alone."""
    pairs = _pairs(_counted(rows))
    sharing = [row for row in pairs if row.get("from_reports")]
    if not sharing:
        return ""
    kept: dict[tuple[Any, ...], set[str]] = {}
    for row in sharing:
        of = (row["gpu_uuid"], row["case"], row["method"])
        kept.setdefault(of, set()).update((row["earlier_made_at"], row["made_at"]))
    counts = " and ".join(str(len(profiles)) for profiles in kept.values())
    some = "" if len(sharing) == len(pairs) else f"{len(sharing)} of them "
    return f"{some}every two of {counts} kept profiles of one card each: they share profiles, so are not independent"


def _counted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return results_file.counted(rows, _pairs_of)


def _pairs(counted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in counted if "different" in row]


def run_pairs(case: Case, given: argparse.Namespace) -> list[dict[str, Any]]:
    given.keep_reports = True
    reports = results_file.folder() / "reports"
    done: list[dict[str, Any]] = []
    before: Path | None = None
    while len([row for row in done if "different" in row]) < given.pairs and len(done) < 2 * given.pairs + 1:
        row = in_own_process("compare", str(case), given)
        brief = {key: row[key] for key in ("seconds", "status", "model_j", "energy_closure", "seed") if key in row}
        after = next(iter(reports.glob(f"*_{row.get('seed')}.json")), None) if row.get("status") != "failed" else None
        if before is not None and after is not None:
            brief |= compared(before, after)
            before.unlink()
        before = after or before  # what failed stands between the two of a pair, and nothing more
        done.append({"case": str(case), "method": given.method, "max_time": given.max_time, **brief})
        results_file.append("compare", [done[-1]], figures)
    if before is not None:
        before.unlink()
    return done


def main() -> None:
    arguments = parser(__doc__, max_time_s=8.0)
    arguments.set_defaults(method="partition")
    arguments.add_argument("case", nargs="?", default=BERT, metavar="CASE")
    arguments.add_argument("--pairs", type=int, default=30)
    arguments.add_argument("--simulated", type=Path, metavar="PROGRAM", help="the native statistics tests")
    arguments.add_argument("--reports", type=Path, nargs="+", metavar="FOLDER", help="compare what is there already")
    given = arguments.parse_args()
    if ran_one(given, measured_case):
        return
    if given.reports:
        rows, environment = pairs_of_reports(path for folder in given.reports for path in folder.glob("*.json"))
        results_file.append("compare", rows, figures, environment)
        results_file.show(rows, ["case", "method", "verdict", "change", "change_half_width", "different", "error"])
        return
    if given.simulated:
        rows = simulated(given.simulated)
        results_file.append("compare", rows, figures, results_file.last_environment("compare"))  # a simulation has none
        results_file.show(rows, ["method", *FROM_TEST])
        return
    results_file.check_place(given.device)
    try:
        case = Case.parse(given.case)
    except ValueError as error:
        arguments.error(str(error))
    results_file.show(run_pairs(case, given), ["case", "method", "verdict", "change", "different", "seconds", "status"])


if __name__ == "__main__":
    main()
