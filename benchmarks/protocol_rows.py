"""Rows of `protocol_against_ours`: a run of the published protocol beside a profile of ours, and the figures of them.

A run is one row per component and one of the whole model, which also holds what is true of the run: `protocol_capture`,
`protocol_s`, `ours_s` and its settings. Rows of one run have one `made_at`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.pooled_cv import LEAST_SHARE

if TYPE_CHECKING:
    from clear_native import ProtocolResult, Report

BENCHMARK = "protocol_against_ours"
BERT = "bert-base:float16:1x128"
MODEL = "model"  # the row of the whole
PUBLISHED = {"repetitions": 10_000, "full_model_repetitions": 1_000, "trials": 20, "pause_s": 0.5}

Row = dict[str, Any]


def rows_of(protocol: ProtocolResult | None, ours: Report | None) -> list[Row]:
    """Energies in mJ per pass. Components that only one of the two has a number for have a row all the same."""
    names = dict.fromkeys([*(protocol or ()), *(ours.components if ours else ())])
    rows = [_row(name, (protocol.components if protocol else {}).get(name),
                 (ours.components if ours else {}).get(name)) for name in names]  # fmt: skip
    rows.append(_row(MODEL, protocol.full_model if protocol else None, ours.full_model if ours else None))
    return rows


def of_protocol(result: ProtocolResult) -> Row:
    """What is true of a whole run of the protocol."""
    return {
        "protocol_capture": result.capture,
        "protocol_time_capture": result.time_capture,
        "protocol_s": result.elapsed_s,
        "protocol_as_published_s": as_published_s(result),
        "diagnoses": [
            {"name": found.name, "component": found.component, "seen": found.seen} for found in result.diagnoses
        ],
        **{name: result.options[name] for name in (*PUBLISHED, "synchronize")},
    }


def as_published_s(result: ProtocolResult) -> float | None:
    """How long the run takes with the published numbers of trials and calls, at the time per call that it had."""
    total_s = 0.0
    parts = [(part, PUBLISHED["repetitions"]) for part in result.components.values()]
    for part, calls in [*parts, (result.full_model, PUBLISHED["full_model_repetitions"])]:
        for loop in part.loops:
            if loop.time_per_call_s is None:
                return None
            total_s += PUBLISHED["trials"] * (PUBLISHED["pause_s"] + calls * loop.time_per_call_s)
    return total_s


def latest_run(rows: list[Row], case: str = BERT) -> list[Row]:
    """Rows of the last run of a case in which the protocol came to its end and ours to a number; empty if none did."""
    whole = [row for row in rows if row["component"] == MODEL and row.get("case") == case
             and row.get("status") != "failed"]  # fmt: skip
    return [row for row in rows if whole and row["made_at"] == whole[-1]["made_at"] and row["case"] == case]


def figures(rows: list[Row]) -> dict[str, Any]:
    """Of BERT-base, the last run that came to its end; and how many did not, of any case."""
    found: dict[str, Any] = {"failed_runs": sum(row.get("status") == "failed" for row in rows)}
    run = latest_run(rows)
    for row in run:
        if row["component"] == MODEL:
            names = ("protocol_capture", "protocol_s", "ours_s", "protocol_as_published_s", "ours_closure",
                     "trials", "repetitions", "synchronize")  # fmt: skip
            found |= {name: row[name] for name in names if row.get(name) is not None}
    return found | protocol_worst_cv(rows) | _ours_widest(run)


def protocol_seconds(rows: list[Row]) -> dict[str, Any]:
    """`protocol_s` of `time_to_precision`: a run with the published numbers. If the last one had others, what it would
    take with those, which `protocol_s_projected` says."""
    model = next((row for row in latest_run(rows) if row["component"] == MODEL), None)
    if model is None:
        return {}
    if all(model.get(name) == value for name, value in PUBLISHED.items()):
        return {"protocol_s": model["protocol_s"], "protocol_s_projected": False}
    if model.get("protocol_as_published_s") is None:
        return {}
    return {"protocol_s": model["protocol_as_published_s"], "protocol_s_projected": True}


def protocol_worst_cv(rows: list[Row]) -> dict[str, float]:
    """Of the components that have at least 5 % of the model's energy, as ours are judged."""
    run = latest_run(rows)
    whole_mj = next((row.get("protocol_mj") for row in run if row["component"] == MODEL), None)
    if not whole_mj:
        return {}
    spreads = [
        row["protocol_cv_percent"]
        for row in run
        if row.get("protocol_cv_percent") is not None and row["component"] != MODEL
        and row["protocol_mj"] >= LEAST_SHARE * whole_mj
    ]  # fmt: skip
    return {"protocol_worst_cv_percent": max(spreads)} if spreads else {}


def _ours_widest(run: list[Row]) -> dict[str, float]:
    widths = [row["ours_half_width_percent"] for row in run if row.get("ours_half_width_percent") is not None]
    return {"ours_widest_half_width_percent": max(widths)} if widths else {}


def _row(name: str, protocol: Any, ours: Any) -> Row:
    cv = protocol.cv if protocol is not None else None
    energy_j = ours.energy_j if ours is not None else None
    half_width_j = ours.energy_half_width_j if ours is not None else None
    known = energy_j is not None and energy_j > 0 and half_width_j is not None
    return {
        "component": name,
        "protocol_mj": _milli(protocol.energy_j if protocol is not None else None),
        "protocol_cv_percent": None if cv is None else 100 * cv,
        "protocol_ms": _milli(protocol.time_s if protocol is not None else None),
        "ours_mj": _milli(energy_j),
        "ours_half_width_percent": 100 * half_width_j / energy_j if known else None,
        "ours_ms": _milli(ours.time_s if ours is not None else None),
        "ours_status": ours.status if ours is not None else None,
    }


def _milli(value: float | None) -> float | None:
    return None if value is None else 1e3 * value
