"""Bad input of the functions that measure: each of what their docstrings list raises what they say."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

import clear_native as cn

LINEAR, X = nn.Linear(2, 2), torch.ones(1, 2)
NAN = math.nan


class Reads:
    """Like a meter, but for what it is told to read or to be."""

    def __init__(self, reading: Any, traits: Any = None) -> None:
        self.reading, self.given = reading, traits or {"name": "mine", "scope": "gpu"}

    def read(self) -> Any:
        return self.reading

    def traits(self) -> Any:
        return self.given

    def other_processes(self) -> int | None:
        return None


class LacksOthers:
    def read(self) -> tuple[float, float, float]:
        return 0.0, 0.0, 0.0

    def traits(self) -> dict[str, Any]:
        return {}


def profile(model: Any = LINEAR, inputs: Any = X, **options: Any) -> Any:
    named = {"components": {"mlp": lambda name, _: not name}, "meter": "estimate:50", "progress": False}
    return cn.profile(model, inputs, **{**named, "method": "partition", **options})


def bench(fn: Any = lambda: None, *args: Any, **options: Any) -> Any:
    return cn.bench(fn, *args, **{"device": "cpu", "progress": False, "max_time": 1.0, **options})


def protocol(model: Any = LINEAR, inputs: Any = X, **options: Any) -> Any:
    named = {"components": {"mlp": lambda name, _: not name}, "meter": "estimate:50", "progress": False}
    few = {"repetitions": 1, "full_model_repetitions": 1, "trials": 1, "pause_s": 0.0}
    return cn.clear_protocol(model, inputs, **{**named, **few, **options})


NUMBERS = {"text": "0.1", "bool": True, "NaN": NAN, "inf": math.inf, "0": 0, "-1": -1.0, "None": None, "huge": 10**400}
# (what is called, its argument, bad values by what is wrong with them)
VALUES: list[tuple[Callable[..., Any], str, dict[str, Any]]] = [
    *((profile, name, NUMBERS) for name in ("precision", "max_time")),
    *((bench, name, NUMBERS) for name in ("precision", "max_time")),
    (bench, "same_within", {key: value for key, value in NUMBERS.items() if value is not None}),
    (protocol, "pause_s", {key: value for key, value in NUMBERS.items() if key != "0"}),
    *((protocol, name, {**NUMBERS, "fraction": 1.5, "huge": 1e30})
      for name in ("repetitions", "full_model_repetitions", "trials")),
    *((called, "seed", {"-1": -1, "large": 2**64, "float": 1.0, "bool": True, "text": "1"})
      for called in (profile, bench)),
    *((called, "progress", {"text": "no", "number": 1, "None": None}) for called in (profile, bench, protocol)),
    (protocol, "synchronize", {"text": "no", "None": None}),
    *((called, "meter", {"unknown": "sundial", "None": None, "number": 5, "empty": "", "watts": "estimate:NaN",
                         "minus": "estimate:-5", "gpu": "nvml", "object": object()})
      for called in (profile, bench, protocol)),
    (profile, "meter", {"no list": [], "list": [3], "twice": "auto+auto"}),
    (protocol, "meter", {"lacks a method": LacksOthers(), "traits": Reads((0, 0, 0), {"volts": 3}),
                         "no traits": Reads((0, 0, 0), 3)}),
    *((called, "inputs", {"None": None, "elsewhere": torch.ones(1, 2, device="meta"), "keys": {3: X},
                          "unknown": {"what": X}, "shape": torch.ones(3), "too many": (X, X), "text": "hello"})
      for called in (profile, protocol)),
    *((called, "model", {"None": None, "class": nn.Linear, "text": "bert-base", "function": len,
                         "meta": nn.Linear(2, 2, device="meta"), "several devices": nn.ModuleList(
                             [LINEAR, nn.Linear(2, 2, device="meta")]), "no forward": nn.Module()})
      for called in (profile, protocol)),
    *((called, "components", {"nothing": {"mlp": "*.no"}, "empty": {}, "list": ["*"], "number": 3, "text": "mine",
                              "reserved": {"other": "*"}, "no name": {"": "*"}, "number as name": {3: "*"},
                              "no glob": {"mlp": 3}, "no globs": {"mlp": []}, "bytes": {"mlp": b"*"},
                              "predicate": {"mlp": lambda: True}, "never": {"mlp": lambda *_: False}})
      for called in (profile, protocol)),
    (profile, "components", {"no rule holds": None}),
    *((called, "name", {"number": 3}) for called in (profile, protocol)),
    *((called, "synthetic_weights", {"text": "yes", "number": 1}) for called in (profile, protocol)),
    *((called, what, {"unknown": "guess", "None": None, "list": ["eager"]})
      for called, what in ((profile, "method"), (profile, "execution"), (profile, "cache"), (bench, "execution"),
                           (bench, "cache"), (bench, "return_mode"))),
    (profile, "execution", {"no GPU": "graph"}), (bench, "execution", {"no GPU": "graph"}),
    (bench, "fn", {"None": None, "number": 3, "none": {}, "no callable": {"a": 3}, "name": {3: len}, "empty": {"": len},
                   "ours": {"flush of the cache": len}}),
    (bench, "device", {"unknown": "tpu", "object": object(), "float": 1.5}),
    (bench, "grad_to_none", {"tensor": X, "number": 3, "no tensor": [3], "text": "x"}),
]  # fmt: skip
CASES = {
    f"{called.__name__} {name} {what}": (called, name, value)
    for called, name, values in VALUES
    for what, value in values.items()
}


@pytest.mark.parametrize("case", CASES)
def test_bad_arguments(case: str) -> None:
    called, name, value = CASES[case]
    with pytest.raises(cn.BadInputError) as caught:
        called(**{name: value})
    assert caught.value.report is None and len(str(caught.value)) > 20


@pytest.mark.parametrize("reading", [None, 3, (0.0, 0.0), (0.0, 0.0, NAN), ("a", "b", "c"), (0.0, math.inf, 0.0)])
def test_a_meter_that_reads_no_numbers(reading: Any) -> None:
    with pytest.raises(cn.SensorFaultError, match="expected \\(begin_s, end_s, energy_j\\)"):
        protocol(meter=Reads(reading))


def test_a_time_too_short_for_a_design() -> None:
    with pytest.raises(cn.BadInputError, match="max_time is"):
        profile(method="in_situ", max_time=1e-3)
