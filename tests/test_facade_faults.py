"""What goes wrong inside a profile: an exception, Ctrl-C or lack of memory at any stage and in any module. It comes out
typed, nothing of the model is changed, and what was measured is not lost."""

from __future__ import annotations

import itertools
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import torch
from faulty_calls import (
    COMPONENTS,
    METHODS,
    PLACES,
    QUICK,
    FailsAt,
    Measured,
    Model,
    X,
    at_entry_of,
    functions_entered,
    state,
    with_history,
)  # fmt: skip
from torch import nn

import clear_native as cn


@pytest.fixture(scope="module")
def measured() -> Measured:
    return Measured()


def ended(run: Callable[[], object], model: nn.Module, before: dict[str, Any]) -> BaseException | None:
    """The error that `run` ends in, if any; the model must be as it was in both cases."""
    error: BaseException | None = None
    try:
        run()
    except BaseException as caught:
        error = caught
    after = state(model)
    assert [key for key in before if after[key] != before[key]] == [], repr(error)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    return error


def stopped_everywhere(measured: Measured, method: str, stop: Callable[[], None]) -> dict[str, BaseException | None]:
    """{function: how a profile ended in which `stop` was called when this function was first entered}.

    Of every six functions one, another one for each method: most are of all methods.
    """
    found: dict[str, BaseException | None] = {}

    def profiled(model: nn.Module) -> cn.Report:
        with measured.replayed(method):
            report = cn.profile(model, X, method=method, **QUICK)
        assert isinstance(report, cn.Report)
        return report

    def stopped_in(function: str, model: nn.Module) -> None:
        with at_entry_of(function, stop):
            profiled(model)

    functions = functions_entered(lambda: profiled(Model()))
    assert functions[:2] == ["clear_native.profile.profile", "clear_native.finishing.endings_typed"]
    for function in functions[2 + METHODS.index(method) :: 6]:  # before those two nothing has begun
        model = with_history()
        before = state(model)
        found[function] = ended(lambda: stopped_in(function, model), model, before)  # noqa: B023
    return found


def after_the_last_window(found: dict[str, BaseException | None]) -> dict[str, BaseException | None]:
    """Those entered while the report is made; some of report/ are entered before."""
    names = list(found)
    first = next(number for number, name in enumerate(names) if name.startswith("clear_native.report.from_rounds."))
    return {name: found[name] for name in names[first:]}


def report_of(error: BaseException | None) -> Any:
    return getattr(error, "report", None)


@pytest.mark.parametrize("method", METHODS)
def test_ctrl_c_at_any_function(measured: Measured, method: str) -> None:
    found = stopped_everywhere(measured, method, lambda: signal.raise_signal(signal.SIGINT))
    assert len(found) > 25
    assert {name: error for name, error in found.items() if not isinstance(error, cn.Interrupted)} == {}
    late = after_the_last_window(found)
    assert len(late) > 2
    assert [name for name, error in late.items() if report_of(error) is None] == []


@pytest.mark.parametrize("method", METHODS)
def test_out_of_memory_at_any_function(measured: Measured, method: str) -> None:
    errors = itertools.cycle([torch.OutOfMemoryError("2 GiB"), MemoryError(), RuntimeError("can't allocate memory: 5")])

    def stop() -> None:
        raise next(errors)

    found = stopped_everywhere(measured, method, stop)
    wrong = {name: raised for name, raised in found.items() if raised and not isinstance(raised, cn.ClearNativeError)}
    assert wrong == {}
    kinds = Counter(type(raised).__name__ for raised in found.values())
    assert kinds["DeviceOutOfMemoryError"] > 15
    assert kinds["BadInputError"] == 0, "too little memory is no fault of the arguments"
    late = after_the_last_window(found)
    assert len(late) > 2
    assert [name for name, raised in late.items() if raised is not None and report_of(raised) is None] == []


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("method", METHODS)
def test_an_exception_of_any_module_at_any_call(measured: Measured, method: str, place: str) -> None:
    """First forwards: bad input, the module named. Later ones, before windows: the workload failed, or the component is
    measured alone. After them: a warning, and the whole report."""
    endings: list[str] = []
    for at in (1, 2, 3, 5, 8, 13, 21, 34, 55, 89):
        model = with_history()
        fails = FailsAt(at, ZeroDivisionError("tired"))
        model.get_submodule(place).before = fails  # type: ignore[assignment]
        before = state(model)
        reports: list[cn.Report] = []

        def run(model: nn.Module = model, reports: list[cn.Report] = reports) -> None:
            with measured.replayed(method):
                reports.append(cn.profile(model, X, method=method, **QUICK))

        error = ended(run, model, before)
        if fails.calls < at:
            assert error is None
            break
        assert error is None or isinstance(error, (cn.BadInputError, cn.WorkloadFailedError)), repr(error)
        assert error is None or "ZeroDivisionError" in str(error) or "tired" in str(error)
        if error is None:
            assert any("tired" in warning for warning in reports[0].warnings) or "measured_alone" in str(reports[0])
        endings.append(type(error).__name__)
    named = "the model itself" if not place else f"module '{place}'"
    assert endings[0] == "BadInputError", named
    assert len(endings) >= 5


def test_an_exception_in_the_comparison_of_kernels_costs_the_comparison_alone(measured: Measured) -> None:
    model = Model()
    with measured.replayed("partition"), pytest.MonkeyPatch.context() as patch:
        patch.setattr("clear_native.partition.eager_execution.compare", FailsAt(1, KeyError("x")))
        report = cn.profile(model, X, method="partition", **QUICK)
    assert report.windows and report.kernels is None
    assert any("could not be compared: KeyError" in warning for warning in report.warnings)


def test_out_of_memory_while_it_is_measured_keeps_the_windows() -> None:
    for calls in (3_000, 10_000, 30_000, 100_000):  # how many come before the first window ends is the machine's affair
        model = Model()
        model.layers[1].mlp.before = FailsAt(calls, torch.OutOfMemoryError("2 GiB"))
        before = state(model)
        with pytest.raises(cn.DeviceOutOfMemoryError, match="2 GiB") as caught:
            cn.profile(model, X, method="partition", **{**QUICK, "max_time": 20.0, "precision": 1e-4})
        assert state(model) == before
        kept = caught.value.report
        assert kept.stop_reason == "failed" and kept.failure.kind == "DeviceOutOfMemoryError"
        if kept.windows:
            return
    pytest.fail("no window was kept, however late the memory ran out")


def test_ctrl_c_in_the_second_method_keeps_the_first(measured: Measured) -> None:
    def run_rounds(*_: Any) -> Any:
        raise KeyboardInterrupt

    model = with_history()
    before = state(model)
    with measured.replayed("in_situ"), pytest.MonkeyPatch.context() as patch, pytest.raises(cn.Interrupted) as caught:
        patch.setattr(cn._core, "run_rounds", run_rounds)
        cn.profile(model, X, method="all", **QUICK)
    assert state(model) == before
    assert caught.value.report is None
    assert list(caught.value.finished) == ["in_situ"] and caught.value.finished["in_situ"].windows


def test_ctrl_c_after_the_last_window_of_a_bench_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clear_native.any_code.callables.Callables.compare_kernels", FailsAt(1, KeyboardInterrupt()))
    with pytest.raises(cn.Interrupted) as caught:
        cn.bench(
            lambda: time.sleep(0.002), meter="estimate:50", max_time=1.5, precision=0.5, device="cpu", progress=False
        )
    assert caught.value.report.windows and caught.value.report.stop_reason == "interrupted"


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("2 GiB"), MemoryError()], ids=["device", "host"])
def test_out_of_memory_in_the_protocol_keeps_whole_trials(error: Exception) -> None:
    model = with_history()
    before = state(model)
    options: dict[str, Any] = {"repetitions": 5, "full_model_repetitions": 2, "trials": 3, "pause_s": 0.0}
    with pytest.raises(cn.DeviceOutOfMemoryError) as caught, pytest.MonkeyPatch.context() as patch:
        patch.setattr("clear_native.protocol.trials.Trials._look_for_others", FailsAt(4, error))
        cn.clear_protocol(model, X, components=COMPONENTS, meter="estimate:50", progress=False, **options)
    assert state(model) == before
    assert sum(part.trials for part in caught.value.report.components.values()) == 4


def test_ctrl_c_while_everything_is_put_back(measured: Measured) -> None:
    """At every fifth call there, not only at the first of each function."""
    for at in range(1, 600, 5):
        model = with_history()
        before, seen = state(model), 0

        def watch(frame: Any, event: str, _: object, at: int = at) -> None:
            nonlocal seen
            if event == "call" and frame.f_globals.get("__name__") == "clear_native.subject.model_guard":
                seen += 1
                if seen == at:
                    signal.raise_signal(signal.SIGINT)

        def run(model: nn.Module = model, watch: Any = watch) -> None:
            with measured.replayed("partition"):
                sys.setprofile(watch)
                try:
                    cn.profile(model, X, method="partition", **QUICK)
                finally:
                    sys.setprofile(None)

        error = ended(run, model, before)
        if seen < at:
            break
        assert isinstance(error, cn.Interrupted)
    assert at > 50
