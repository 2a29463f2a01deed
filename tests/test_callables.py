"""Workloads of callables: what is captured, what Python calls, and what is flushed between calls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from clear_native import _core
from clear_native.any_code.cache_flush import CacheFlush, flush_bytes
from clear_native.any_code.callables import FLUSH, Callables, Capturer, prepare
from clear_native.errors import BadInputError, CaptureFailedError

CPU = torch.device("cpu")


class FakeCapturer(Capturer):
    """Captures what does not sync; a replay is a loop in Python that says what it is made of."""

    def __init__(self) -> None:
        self.captures: list[Any] = []

    def captured(self, run: Any) -> Any:
        self.captures.append(run)
        if run() == "syncs":
            raise CaptureFailedError("it waits for the device")
        return None if getattr(run(), "launches", "yes") == "nothing" else run

    def replayed(self, parts: list[Any]) -> tuple[_core.Workload, dict[str, object]]:
        def all_of_them() -> None:
            for part in parts:
                part()

        replay = {"shape": "chain", "passes_per_launch": 3, "time_per_pass_s": 1e-3 * len(parts)}
        return _core.EagerWorkload(all_of_them, None, 3), replay


class Nothing:
    launches = "nothing"


def with_small_flush(capturer: Capturer | None) -> tuple[Callables, list[str]]:
    """A flush that notes that it ran."""
    ran: list[str] = []

    class Noting(CacheFlush):
        def __call__(self) -> None:
            super().__call__()
            ran.append("flush")

    return Callables(CPU, capturer, Noting(CPU, 4096)), ran


def test_python_calls_every_variant() -> None:
    calls: list[int] = []
    prepared = prepare({"a": calls.append, "b": len}, ([3],), CPU, capturer=None, cold=False)
    assert [(name, role) for name, role, _ in prepared.targets()] == [("a", "component"), ("b", "component")]
    assert prepared.variants["a"].execution == "eager" and prepared.variants["a"].statuses == []
    assert calls and all(call == [3] for call in calls)
    assert prepared.flush_of("a") is None and prepared.share_of_calls() == 1.0
    assert prepare({"a": len}, ([3],), CPU, capturer=None, cold=False).targets()[0][1] == "plain"


def test_cold_calls_have_a_flush_before_each_and_a_flush_alone() -> None:
    prepared, ran = with_small_flush(None)
    prepared.add("a", lambda: ran.append("a"))
    names = [(name, role) for name, role, _ in prepared.targets()]
    assert names == [("a", "plain"), (f"{FLUSH}, eager", "component")]
    assert prepared.flush_of("a") == f"{FLUSH}, eager"
    for (_, _, workload), expected in zip(prepared.targets(), (["flush", "a"], ["flush"]), strict=True):
        ran.clear()
        workload.launch()
        assert ran[: len(expected)] == expected and set(ran) == set(expected)
        assert ran.count("flush") == workload.passes_per_launch
    assert 0 <= prepared.share_of_calls() < 1


def test_what_can_be_captured_is_replayed_with_its_flush() -> None:
    prepared, ran = with_small_flush(FakeCapturer())
    prepared.add("a", lambda: ran.append("a"))
    prepared.add("b", lambda: ran.append("b"))
    assert {variant.execution for variant in prepared.variants.values()} == {"graph"}
    assert list(prepared.flushes) == [f"{FLUSH}, graph"], "one for all"
    ran.clear()
    prepared.variants["b"].workload.launch()
    assert ran == ["flush", "b"] * 3
    assert prepared.share_of_calls() == pytest.approx(0.5)
    assert prepared.warnings == []


def test_what_cannot_be_captured_falls_back_to_python_and_says_so() -> None:
    prepared, ran = with_small_flush(FakeCapturer())
    prepared.add("a", lambda: "syncs")
    prepared.add("b", lambda: ran.append("b"))
    assert prepared.variants["a"].execution == "eager"
    assert prepared.variants["a"].statuses == ["not_capturable", "eager_loop"]
    assert "a is called from Python" in prepared.warnings[0] and "waits for the device" in prepared.warnings[0]
    assert prepared.variants["b"].execution == "graph"
    assert set(prepared.flushes) == {f"{FLUSH}, eager", f"{FLUSH}, graph"}, "each way has its own flush"
    assert prepared.flush_of("a") != prepared.flush_of("b")


def test_what_launches_nothing_is_refused() -> None:
    prepared = Callables(CPU, FakeCapturer(), None)
    with pytest.raises(BadInputError, match=r'launches nothing on cpu.*device="cpu"'):
        prepared.add("a", Nothing)


def test_an_error_of_the_first_call_passes_as_it_is() -> None:
    def fails() -> None:
        raise KeyError("mine")

    for capturer in (None, FakeCapturer()):
        with pytest.raises(KeyError, match="mine"):
            prepare({"a": fails}, (), CPU, capturer=capturer, cold=False)


def test_gradients_do_not_add_up() -> None:
    weight = torch.ones(3, requires_grad=True)
    seen = []

    def backward() -> None:
        (2 * weight).sum().backward()
        seen.append(weight.grad.clone())

    prepared = prepare({"a": backward}, (), CPU, capturer=None, cold=False, grad_to_none=(weight,))
    prepared.targets()[0][2].launch()
    assert len(seen) > 2 and all(torch.equal(grad, torch.full((3,), 2.0)) for grad in seen)


def test_a_flush_writes_twice_the_last_level(tmp_path: Path) -> None:
    for number, (level, size) in enumerate([("1", "32K"), ("2", "1024K"), ("3", "24M")]):
        (tmp_path / f"index{number}").mkdir()
        (tmp_path / f"index{number}" / "level").write_text(level + "\n")
        (tmp_path / f"index{number}" / "size").write_text(size + "\n")
    assert flush_bytes(CPU, tmp_path) == 2 * 24 * 2**20
    (tmp_path / "index2" / "size").write_text("nonsense")
    assert flush_bytes(CPU, tmp_path) == 2 * 2**20
    assert flush_bytes(CPU, tmp_path / "absent") == 128 * 2**20
    flush = CacheFlush(CPU, 4096)
    flush.buffer.fill_(5)
    flush()
    assert flush.bytes == 4096 and not flush.buffer.any()
