"""Threads, processes and their ends around a profile: nothing is mixed, nothing hangs, nothing aborts."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest
import torch
from faulty_calls import QUICK, Measured, Model, X, state, with_history
from torch import nn

import clear_native as cn

HERE = Path(__file__).parent
BEGIN = f"""
import os, sys, threading, time, warnings
sys.path.insert(0, {str(HERE)!r})
import torch
from faulty_calls import QUICK, Model, X, cn, state
warnings.simplefilter("ignore")
LONG = {{**QUICK, "max_time": 60.0, "precision": 1e-6}}
def until(what):
    while not what():
        time.sleep(0.002)
model = Model()
"""


def ran(program: str, **options: Any) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-c", BEGIN + program], capture_output=True, text=True, timeout=120, env=environment,
        check=False, **options,
    )  # fmt: skip


@pytest.fixture(scope="module")
def measured() -> Measured:
    return Measured()


def during_a_profile(act: Any) -> tuple[Model, list[BaseException]]:
    """Calls `act(model)` in another thread while windows of a profile of `model` run. What it raises, in a list."""
    model, began, over = with_history(), threading.Event(), threading.Event()
    errors: list[BaseException] = []
    before = state(model)

    def other() -> None:
        began.wait(60)
        try:
            act(model)
        except BaseException as error:
            errors.append(error)
        over.set()

    def in_forward() -> None:
        began.set()

    model.before = in_forward
    thread = threading.Thread(target=other)
    thread.start()
    cn.profile(model, X, method="partition", **{**QUICK, "max_time": 3.0})
    thread.join()
    assert over.is_set()
    after = state(model)
    assert [key for key in before if after[key] != before[key]] == []
    return model, errors


@pytest.mark.parametrize(
    "second",
    [
        lambda model: cn.profile(model, X, **QUICK),
        lambda model: cn.profile(Model(), X, **QUICK),
        lambda model: cn.bench(lambda: None, meter="estimate:50", max_time=1.0, device="cpu", progress=False),
        lambda model: cn.clear_protocol(Model(), X, meter="estimate:50", trials=1, repetitions=1, progress=False),
    ],
    ids=["the same model", "another model", "bench", "the protocol"],
)
def test_a_second_measurement_in_this_process_is_refused(second: Any) -> None:
    _, errors = during_a_profile(second)
    assert len(errors) == 1 and isinstance(errors[0], cn.BadInputError)
    assert "a profile in thread 'MainThread' measures on cpu already" in str(errors[0])


def test_a_profile_inside_a_forward_is_refused() -> None:
    model = with_history()
    model.norm.before = lambda: cn.profile(Model(), X, **QUICK)  # type: ignore[assignment, return-value]
    before = state(model)
    with pytest.raises(cn.BadInputError, match="measures on cpu already"):
        cn.profile(model, X, **QUICK)
    assert state(model) == before


def test_after_an_error_the_device_is_free_again(measured: Measured) -> None:
    with pytest.raises(cn.BadInputError):
        cn.profile(Model(), X[:, :3], **QUICK)
    with measured.replayed("partition"):
        assert cn.profile(Model(), X, method="partition", **QUICK).windows


def test_a_profile_in_another_thread_is_a_profile(measured: Measured) -> None:
    model, found = with_history(), []
    before = state(model)

    def run() -> None:
        with measured.replayed("partition"):
            found.append(cn.profile(model, X, method="partition", **QUICK))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found[0].windows
    assert state(model) == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_two_processes_at_once_each_have_a_result(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    done = ran(f"""
children = []
for _ in range(2):
    child = os.fork()
    if child == 0:
        cn.profile(model, X, method="partition", **QUICK).save({str(path)!r})
        sys.exit(0)
    children.append(child)
assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0]
""")
    assert (done.returncode, done.stderr) == (0, "")
    assert [file.name for file in tmp_path.iterdir()] == ["report.json"]
    assert cn.Report.load(path).windows


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_in_the_middle_of_a_profile() -> None:
    """The child may end at once, and may profile itself; the parent goes on."""
    done = ran("""
calls = [0]
model.before = lambda: calls.__setitem__(0, calls[0] + 1)
reports = []
thread = threading.Thread(target=lambda: reports.append(cn.profile(model, X, method="partition", **QUICK)))
thread.start()
until(lambda: calls[0] > 50)
children = []
for profiles in (False, True):
    child = os.fork()
    if child == 0:
        if profiles:
            cn.profile(Model(), X, method="partition", **QUICK)
        sys.exit(7)
    children.append(child)
assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [7, 7]
thread.join()
assert reports[0].windows
""")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_interpreter_may_end_while_a_daemon_thread_measures() -> None:
    """Python stops such threads wherever they are; in the middle of C++ that would abort the process."""
    done = ran("""
calls = [0]
model.before = lambda: calls.__setitem__(0, calls[0] + 1)
threading.excepthook = lambda *_: None
thread = threading.Thread(target=lambda: cn.profile(model, X, **LONG), daemon=True)
thread.start()
until(lambda: calls[0] > 500)
print("over")
""")
    assert (done.returncode, done.stdout, done.stderr) == (0, "over\n", "")


def test_inputs_that_nobody_else_holds_stay_until_the_end_and_no_longer(measured: Measured) -> None:
    x = X.clone()
    gone = weakref.ref(x)
    with measured.replayed("in_situ"):
        holder = [x]
        del x
        report = cn.profile(Model(), holder.pop(), **QUICK)
    assert report.windows
    gc.collect()
    assert gone() is None


def test_inputs_whose_memory_was_freed_are_told(measured: Measured) -> None:
    model, x = with_history(), X.clone()
    x.untyped_storage().resize_(0)
    before = state(model)
    with pytest.raises(cn.BadInputError, match="freed"):
        cn.profile(model, x, **QUICK)
    assert state(model) == before


@pytest.mark.filterwarnings("ignore:not restored:RuntimeWarning")
def test_inputs_whose_memory_is_freed_in_the_middle(measured: Measured) -> None:
    model, x = with_history(), X.clone()
    calls = [0]

    def free() -> None:
        calls[0] += 1
        if calls[0] == 3:
            x.untyped_storage().resize_(0)

    model.norm.before = free  # type: ignore[assignment]
    before = state(model)
    with measured.replayed("partition"), pytest.raises((cn.BadInputError, cn.WorkloadFailedError)):
        cn.profile(model, x, method="partition", **QUICK)
    assert state(model) == before


class Growing(nn.Module):
    """Replaces and adds modules of its own in every forward, as lazily built models do."""

    def __init__(self) -> None:
        super().__init__()
        self.mlp, self.head = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.mlp = nn.Linear(4, 4)
        self.add_module(f"extra{len(self._modules)}", nn.ReLU())
        return self.head(self.mlp(x))


def test_a_model_that_changes_its_own_structure_says_so_and_keeps_no_hook() -> None:
    for method in ("in_situ", "partition", "isolated"):
        model = Growing()
        options = {**QUICK, "max_time": 4.0, "components": {"mlp": "mlp", "head": "head"}}
        report = cn.profile(model, torch.ones(1, 4), method=method, **options)
        assert any("never called as modules" in warning and "mlp" in warning for warning in report.warnings)
        assert "mlp" not in report or report["mlp"].energy_j is None
        assert not any(m._forward_hooks or m._forward_pre_hooks or "forward" in m.__dict__ for m in model.modules())


def test_a_model_with_lazy_parameters_is_told_to_run_once_before() -> None:
    model = nn.Sequential(nn.LazyLinear(4), nn.Linear(4, 4))
    with pytest.raises(cn.BadInputError, match="run it once"):
        cn.profile(model, torch.ones(1, 4), **{**QUICK, "components": {"a": "0", "b": "1"}})
    model(torch.ones(1, 4))
    assert not model[0]._forward_hooks


def test_hooks_of_the_owner_run_as_ever_and_stay(measured: Measured) -> None:
    model, seen = with_history(), []
    model.layers[0].register_forward_hook(lambda module, args, output: seen.append("after") or 2 * output)
    model.layers[0].register_forward_pre_hook(lambda module, args: seen.append("before"))
    with torch.no_grad():
        expected = model(X)
    before = state(model)
    seen.clear()
    with measured.replayed("in_situ"):
        cn.profile(model, X, **QUICK)
    assert state(model) == before
    assert seen.count("before") == seen.count("after") > 5
    with torch.no_grad():
        assert torch.equal(model(X), expected)


def test_a_hook_of_the_owner_that_raises_is_named_and_stays() -> None:
    def fails(*_: object) -> None:
        raise LookupError("in the owner's hook")

    model = with_history()
    model.layers[1].mlp.register_forward_hook(fails)
    before = state(model)
    with pytest.raises(cn.BadInputError, match="in the owner's hook"):
        cn.profile(model, X, **QUICK)
    assert state(model) == before
