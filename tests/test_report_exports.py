"""Flame graph and trace hold what their formats demand: speedscope's file format 0.6, Chrome's Trace Event Format.

The schemas here are written from the formats' documentation, and stricter: nothing that it does not name may be there.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from realistic_reports import bert_base, by_methods, estimate, hostile
from report_fixtures import report as small

from clear_native.report import Report
from clear_native.report.record import ModelResult

jsonschema = pytest.importorskip("jsonschema")

NUMBER, TEXT = {"type": "number"}, {"type": "string"}
INDEX = {"type": "integer", "minimum": 0}


def record(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
        "additionalProperties": False,
    }


FRAME = record({"name": TEXT}, file=TEXT, line=NUMBER, col=NUMBER)
SAMPLED = record(
    {
        "type": {"const": "sampled"},
        "name": TEXT,
        "unit": {"enum": ["none", "nanoseconds", "microseconds", "milliseconds", "seconds", "bytes"]},
        "startValue": NUMBER,
        "endValue": NUMBER,
        "samples": {"type": "array", "items": {"type": "array", "items": INDEX, "minItems": 1}},
        "weights": {"type": "array", "items": {"type": "number", "minimum": 0}},
    }
)
SPEEDSCOPE = record(
    {
        "$schema": {"const": "https://www.speedscope.app/file-format-schema.json"},
        "shared": record({"frames": {"type": "array", "items": FRAME}}),
        "profiles": {"type": "array", "items": SAMPLED},
    },
    name=TEXT,
    activeProfileIndex=INDEX,
    exporter=TEXT,
)

PROCESS = {"pid": {"type": "integer"}}
THREAD = {**PROCESS, "tid": {"type": "integer"}}
FACTS = {"type": "object"}
EVENTS = [
    record({"ph": {"const": "X"}, "name": TEXT, "cat": TEXT, "ts": NUMBER, "dur": {"type": "number", "minimum": 0},
            **THREAD}, args=FACTS),
    record({"ph": {"const": "C"}, "name": TEXT, "ts": NUMBER, **PROCESS,
            "args": {"type": "object", "additionalProperties": NUMBER, "minProperties": 1}}),
    record({"ph": {"const": "M"}, "name": {"enum": ["process_name", "thread_name"]}, **THREAD,
            "args": record({"name": TEXT})}),
]  # fmt: skip
TRACE = record(
    {"traceEvents": {"type": "array", "items": {"anyOf": EVENTS}}},
    displayTimeUnit={"enum": ["ms", "ns"]},
    otherData=FACTS,
)

REPORTS: dict[str, Callable[[], Report]] = {
    "bert": bert_base,
    "estimate": estimate,
    "hostile names": hostile,
    "partition": lambda: by_methods().reports["partition"],
    "no layers": small,
    "nothing measured": lambda: Report("nothing", "partition", "graph", bert_base().meter, {}, ModelResult()),
}


def without_constants(text: str) -> Any:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.fixture(params=REPORTS)
def made(request: pytest.FixtureRequest) -> Report:
    return REPORTS[request.param]()


def test_flame_graphs(made: Report) -> None:
    file = without_constants(made.to_speedscope())
    jsonschema.validate(file, SPEEDSCOPE)
    frames = file["shared"]["frames"]
    if file["profiles"]:
        assert file["activeProfileIndex"] < len(file["profiles"])
    for profile in file["profiles"]:
        assert len(profile["samples"]) == len(profile["weights"])
        assert profile["startValue"] <= profile["endValue"]
        assert all(frame < len(frames) for stack in profile["samples"] for frame in stack)
        assert math.isclose(sum(profile["weights"]), profile["endValue"] - profile["startValue"])


def test_traces(made: Report) -> None:
    trace = without_constants(made.to_trace())
    jsonschema.validate(trace, TRACE)
    open_until: list[float] = []
    slices = [event for event in trace["traceEvents"] if event["ph"] == "X"]
    for event in sorted(slices, key=lambda event: (event["ts"], -event["dur"])):
        begin, end = event["ts"], event["ts"] + event["dur"]
        while open_until and open_until[-1] <= begin * (1 + 1e-9):
            open_until.pop()
        assert not open_until or end <= open_until[-1] * (1 + 1e-9), "slices of a thread nest"
        open_until.append(end)
    for name in ("process_name", "thread_name"):
        assert [event["name"] for event in trace["traceEvents"]].count(name) == 1


@pytest.mark.parametrize(("change", "problem"), [({"unit": "joules"}, "joules"), ({"samples": [[]]}, "non-empty")])
def test_the_schema_sees_what_is_wrong(change: dict[str, Any], problem: str) -> None:
    file = json.loads(bert_base().to_speedscope())
    file["profiles"][0].update(change)
    with pytest.raises(jsonschema.ValidationError, match=problem):
        jsonschema.validate(file, SPEEDSCOPE)
