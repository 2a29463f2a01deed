"""`bench` on a CPU: that it measures right what is known, and refuses what it cannot measure."""

from __future__ import annotations

import math
import signal
import statistics
import threading
import time
from functools import partial
from typing import Any

import pytest
import torch

import clear_native as cn
from clear_native import _core
from clear_native.any_code import cache_flush
from clear_native.errors import BadInputError

QUICK: dict[str, Any] = {"meter": "estimate:50", "precision": 0.5, "max_time": 4.0, "progress": False, "device": "cpu"}


def lasts(seconds: float) -> None:
    time.sleep(seconds)


def test_one_callable() -> None:
    result = cn.bench(lasts, 0.004, **QUICK)
    assert (list(result), result.execution, result.cache) == (["lasts"], "eager", "warm")
    assert result.meter.estimated and "ESTIMATED" in str(result)
    assert result.rounds >= 2 and result.environment["torch"]
    for window in result.windows:
        assert window["time_per_pass_s"] >= 0.004
        assert window["energy_per_pass_j"] == pytest.approx(50 * window["time_per_pass_s"])
    # A machine so busy that a mean is smaller than its scatter leaves no number, and says so.
    assert result.status == "below_resolution" or result.energy_j == pytest.approx(50 * result.time_s, rel=0.02)
    assert result.status == "below_resolution" or result.power_w == pytest.approx(50, rel=0.02)


def test_one_number() -> None:
    power_w = cn.bench(lasts, 0.004, return_mode="power", **QUICK)
    assert power_w is None or power_w == pytest.approx(50, rel=0.02)


@pytest.mark.alone  # windows of an eighth of a second: where calls are held up within them, each is some per cent off
def test_with_a_meter_whose_truth_is_known() -> None:
    meter = _core.ScriptedMeter([(time.monotonic() - 5.0, 240.0)], period_s=0.02, read_s=0.0005)
    result = cn.bench(lasts, 0.004, **{**QUICK, "meter": meter})
    powers_w = [w["energy_per_pass_j"] / w["time_per_pass_s"] for w in result.windows if w["status"] == "ok"]
    assert powers_w and statistics.median(powers_w) == pytest.approx(240, rel=0.05)
    assert result.meter.name == "scripted" and not result.meter.estimated


def test_variants_are_interleaved_and_compared() -> None:
    variants = {"short": partial(lasts, 0.002), "long": partial(lasts, 0.006), "again": partial(lasts, 0.002)}
    result = cn.bench(variants, **{**QUICK, "max_time": 12.0}, same_within=0.9, seed=5)
    assert list(result) == ["short", "long", "again"] and result.seed == 5
    by_round: dict[int, list[str]] = {}
    for window in result.windows:
        by_round.setdefault(window["round"], []).append(window["target"])
    orders = [tuple(order) for order in by_round.values() if len(order) == 3]
    assert all(sorted(order) == sorted(result) for order in orders) and len(set(orders)) > 1
    long, again = result.changes
    assert (long.variant, long.reference, again.variant) == ("long", "short", "again")
    assert long.energy is None or long.energy > 0
    assert "better" not in (long.energy_verdict, long.time_verdict)


def test_cold_takes_the_flush_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_flush, "flush_bytes", lambda device: 2**20)
    result = cn.bench(lasts, 0.02, **{**QUICK, "cache": "cold", "max_time": 8.0})
    flush, call = result.flushes["eager"], result.only
    assert result.cache == "cold" and result.options["flush_bytes"] == 2**20
    assert {window["target"] for window in result.windows} == {"lasts", "flush of the cache, eager"}
    assert 0 < flush["time_s"] < 0.02 < call.with_flush["time_s"]
    if call.time_s is None or call.energy_j is None:  # as above
        assert "below_resolution" in call.statuses
        return
    assert call.time_s == pytest.approx(call.with_flush["time_s"] - flush["time_s"])
    assert call.energy_half_width_j == pytest.approx(
        math.hypot(call.with_flush["energy_half_width_j"], flush["energy_half_width_j"])
    )


def test_gradients_come_back() -> None:
    weight = torch.ones(3, requires_grad=True)
    weight.grad = before = torch.full((3,), 7.0)
    cn.bench(lambda: (2 * weight).sum().backward(), grad_to_none=[weight], **{**QUICK, "max_time": 1.5})
    assert weight.grad is before


def test_what_raises_at_first_and_what_raises_later() -> None:
    def fails() -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        cn.bench(fails, **QUICK)
    begun_s = time.monotonic()

    def fails_later() -> None:
        time.sleep(0.002)
        if time.monotonic() > begun_s + 1.5:
            raise ValueError("later")

    with pytest.raises(cn.WorkloadFailedError, match="later") as caught:
        cn.bench(fails_later, **QUICK)
    report = caught.value.report
    assert isinstance(report, cn.BenchResult)
    assert (report.stop_reason, report.status.partition(",")[0]) == ("failed", "failed")
    assert report.windows and report.failure.kind == "WorkloadFailedError"


def test_ctrl_c_keeps_what_was_finished() -> None:
    threading.Timer(1.5, signal.raise_signal, [signal.SIGINT]).start()
    with pytest.raises(cn.Interrupted) as caught:
        cn.bench(lasts, 0.002, **{**QUICK, "max_time": 30.0, "precision": 1e-4})
    assert caught.value.report.stop_reason == "interrupted"
    assert caught.value.report.windows and "Interrupted after" in str(caught.value.report)


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"fn": None}, "must be a callable"),
        ({"fn": {}}, "no variants"),
        ({"fn": {"": len}}, "name is a string"),
        ({"fn": {3: len}}, "name is a string"),
        ({"fn": {"flush of the cache, graph": len}}, "of your own"),
        ({"fn": {"a": 3}}, "'a' is no callable"),
        ({"precision": 0}, "precision must be a positive number"),
        ({"max_time": -1}, "max_time must be a positive number"),
        ({"execution": "lazy"}, "unknown execution"),
        ({"execution": "graph"}, "replays CUDA graphs"),
        ({"cache": "hot"}, "unknown cache"),
        ({"return_mode": "median"}, "unknown return_mode"),
        ({"fn": {"a": len, "b": len}, "return_mode": "energy"}, "one number, but there are 2"),
        ({"same_within": 0}, "same_within must be a positive number"),
        ({"meter": "sundial"}, "unknown meter"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"grad_to_none": torch.ones(1)}, "list of tensors"),
        ({"grad_to_none": [3]}, "no tensor"),
        ({"device": "tpu"}, "device"),
    ],
)
def test_wrong_arguments_are_told(given: dict[str, Any], match: str) -> None:
    arguments = {**QUICK, **given}
    fn = arguments.pop("fn", lambda: None)
    with pytest.raises(BadInputError, match=match):
        cn.bench(fn, **arguments)


def test_where_the_arguments_are_is_what_is_measured() -> None:
    from clear_native.any_code.bench_request import checked

    def where(fn: Any, *args: Any) -> str:
        return str(checked(fn, args, 0.01, 1.0, "auto", "auto", None, "result", None, None, 0).device)

    assert where(torch.nn.Linear(2, 2)) == "cpu"
    assert where(len, {"x": [torch.ones(1)]}) == "cpu"
    meta = torch.ones(1, device="meta")
    assert where(len, (meta, torch.ones(1))) == "cpu"
