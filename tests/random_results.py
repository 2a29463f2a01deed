"""Random results of every kind, as hypothesis draws them: what a file has to hold, and come back with."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from clear_native.report import Report
from clear_native.report.bench import BenchResult, Call
from clear_native.report.protocol import ProtocolComponent, ProtocolLoop, ProtocolResult
from clear_native.report.record import ComponentResult, Meter
from clear_native.report.side_meters import SideMeter, SideResult

# Joules and seconds of anything from a single operator to a day, both signs (energy above idle may be negative).
NUMBERS = st.one_of(st.floats(-1e9, 1e9), st.sampled_from([0.0, -0.0, 5e-324, 1e-300, 0.1, 1e16]))
COUNTS = st.one_of(st.integers(0, 2**64 - 1), st.integers(0, 3))
TEXTS = st.text(max_size=8)  # of all planes, control characters too
NAMES = st.one_of(st.sampled_from(["norm", "attention", "[/b]", ":smile:", "a b", "µ ± 层"]), TEXTS.filter(bool))
SINGLES = st.one_of(TEXTS, NUMBERS, COUNTS, st.booleans())
PLAIN = st.recursive(
    SINGLES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=5
)
FACTS = st.dictionaries(TEXTS, PLAIN, max_size=3)
INPUTS = st.fixed_dictionaries({"shape": st.lists(st.integers(0, 9), max_size=3), "dtype": TEXTS})
WORKLOADS = st.fixed_dictionaries(
    {}, optional={"inputs": st.dictionaries(TEXTS, INPUTS, max_size=2), "weights_dtype": TEXTS, "device": TEXTS}
)
POSITIVE = st.floats(1e-9, 1e9)
WINDOWS = st.lists(
    st.fixed_dictionaries(
        {"target": TEXTS, "ticks": st.lists(st.lists(NUMBERS, min_size=3, max_size=3), max_size=2), "status": TEXTS},
        optional={
            "energy_per_pass_j": POSITIVE,
            "passes": POSITIVE,
            "operating_point": st.dictionaries(TEXTS, NUMBERS),
        },
    ),
    max_size=2,
).map(tuple)


def named(kind: type, name: str = "name", **fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """{name: record of that name}."""
    records = st.lists(record(kind, **{name: NAMES}, **fixed), max_size=3, unique_by=lambda one: getattr(one, name))
    return records.map(lambda found: {getattr(one, name): one for one in found})


def record(kind: Any, **fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A record with every field of its type; `fixed`: strategies of some."""
    hints = typing.get_type_hints(kind)
    fields = {f.name: fixed[f.name] if f.name in fixed else _of(hints[f.name]) for f in dataclasses.fields(kind)}
    return st.builds(kind, **fields)


def _of(hint: Any) -> st.SearchStrategy[Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return st.one_of(*(st.none() if option is type(None) else _of(option) for option in arguments))
    if dataclasses.is_dataclass(hint):
        return record(hint)
    if origin is tuple or origin is Sequence:
        return st.lists(_of(arguments[0]), max_size=2).map(tuple)
    if origin is Mapping:
        return st.dictionaries(NAMES, _of(arguments[1]), max_size=2)
    return {str: TEXTS, bool: st.booleans(), int: COUNTS, float: NUMBERS, Any: PLAIN}[hint]


SIDES = st.builds(SideMeter, meter=record(Meter), results=st.dictionaries(NAMES, record(SideResult), max_size=2))
REPORTS = record(
    Report, components=named(ComponentResult), workload=WORKLOADS, windows=WINDOWS,
    sides=st.lists(SIDES, max_size=1).map(tuple), schema_version=st.just(1),
)  # fmt: skip
BENCHES = record(BenchResult, variants=named(Call), windows=WINDOWS, schema_version=st.just(1))


@st.composite
def _loops(draw: Any) -> ProtocolLoop:
    readings = st.floats(0, 1e6)
    trials = draw(st.lists(st.tuples(readings, readings), max_size=3))
    return ProtocolLoop(
        draw(TEXTS), draw(st.integers(1, 10**6)), draw(st.integers(0, 100)),
        tuple(energy_j for energy_j, _ in trials), tuple(time_s for _, time_s in trials),
        draw(st.sampled_from(["module", "store"])),
    )  # fmt: skip


LOOPS = st.lists(_loops(), max_size=2).map(tuple)
PROTOCOLS = record(
    ProtocolResult, components=named(ProtocolComponent, loops=LOOPS), full_model=record(ProtocolComponent, loops=LOOPS),
    workload=WORKLOADS, schema_version=st.just(1),
)  # fmt: skip
KINDS: dict[str, tuple[type[Any], st.SearchStrategy[Any]]] = {
    "report": (Report, REPORTS),
    "bench": (BenchResult, BENCHES),
    "protocol": (ProtocolResult, PROTOCOLS),
}
