"""The fixture `energy_benchmark`: measures, saves, compares, and fails a test that takes more energy."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

import clear_native  # noqa: F401  # first here: runs of pytest within this process may not load torch anew
from clear_native_pytest.storage import Storage, file_of, share

pytest_plugins = ["pytester"]

OPTIONS = ("-p", "clear_native_pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "--energy-meter=estimate:10",
           "--energy-max-time=4", "--energy-precision=0.3")  # fmt: skip
TESTS = """
import time

def test_sleep(energy_benchmark):
    found = energy_benchmark(time.sleep, {seconds}, device="cpu")
    assert found.energy_j > 0
"""

PROFILES = """
import time
import torch
from torch import nn

class Sleeping(nn.Module):  # as long on a busy machine
    def forward(self, x):
        time.sleep({seconds})
        return x + 1

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention, self.mlp = Sleeping(), Sleeping()
    def forward(self, x):
        return self.mlp(self.attention(x))

def test_model(energy_benchmark):
    parts = {{"attention": "attention", "mlp": "mlp"}}
    report = energy_benchmark.profile(Model(), torch.zeros(4), components=parts, method="partition")
    assert report["mlp"].energy_j > 0 and report.full_model.energy_j > 0
"""


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests may run in a worker themselves; the runs within them do not."""
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)


def run(pytester: pytest.Pytester, *options: str, seconds: float = 0.002) -> pytest.RunResult:
    pytester.makepyfile(test_energy=TESTS.format(seconds=seconds))
    return pytester.runpytest_inprocess(*OPTIONS, *options)


@pytest.mark.slow
def test_a_run_is_saved_and_the_next_compared(pytester: pytest.Pytester) -> None:
    saved = run(pytester, "--energy-save=before")
    saved.assert_outcomes(passed=1)
    saved.stdout.fnmatch_lines(["*test_sleep: ESTIMATED * mJ*", "saved in *0001_before"])
    folder = pytester.path / ".energy_benchmarks" / "0001_before"
    (file,) = folder.iterdir()
    assert json.loads(file.read_text())["kind"] == "bench"
    worse = run(pytester, "--energy-compare=before", "--energy-fail=20%", seconds=0.006)
    worse.assert_outcomes(failed=1)
    worse.stdout.fnmatch_lines(["*takes more energy than in 0001_before*", "*test_sleep: * worse +* than in 0001_*"])
    told = run(pytester, "--energy-compare", seconds=0.006)
    told.assert_outcomes(passed=1)
    again = run(pytester, "--energy-fail=99%")
    again.assert_outcomes(passed=1)
    assert [path.name for path in folder.parent.iterdir()] == ["0001_before"], "saved only when asked to"


@pytest.mark.slow
def test_a_model_is_profiled_saved_and_compared(pytester: pytest.Pytester) -> None:
    def profile(seconds: float, *options: str) -> pytest.RunResult:
        pytester.makepyfile(test_energy=PROFILES.format(seconds=seconds))
        return pytester.runpytest_subprocess(*OPTIONS, *options)  # a profile loads modules of torch, once in a process

    saved = profile(0.002, "--energy-save=small")
    saved.assert_outcomes(passed=1)
    saved.stdout.fnmatch_lines(["*test_model: ESTIMATED *J*", "saved in *0001_small"])
    (file,) = (pytester.path / ".energy_benchmarks" / "0001_small").iterdir()
    assert json.loads(file.read_text())["method"] == "partition"
    again = profile(0.002, "--energy-compare=small", "--energy-fail=99%")
    again.assert_outcomes(passed=1)
    again.stdout.fnmatch_lines(["*test_model: * than in 0001_small"])
    dearer = profile(0.006, "--energy-compare=small", "--energy-fail=99%")
    dearer.assert_outcomes(failed=1)
    dearer.stdout.fnmatch_lines(["*takes more energy than in 0001_small*", "*test_model: * worse +*"])


def test_nothing_saved_is_an_error_before_any_test(pytester: pytest.Pytester) -> None:
    found = run(pytester, "--energy-fail=2%")
    assert found.ret == pytest.ExitCode.USAGE_ERROR
    found.stderr.fnmatch_lines(["*no saved run 'of any name'*--energy-save=NAME*"])


def test_disabled_it_calls_once(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_once="""
        import sys
        calls = []

        def test_call(energy_benchmark):
            assert energy_benchmark(lambda x: calls.append(x) or "done", 3) == "done"
            assert calls == [3]

        def test_model(energy_benchmark):
            assert energy_benchmark.profile(lambda **inputs: inputs, {"x": 1}) == {"x": 1}
        """
    )
    pytester.runpytest_inprocess(*OPTIONS, "--energy-disable").assert_outcomes(passed=2)


def test_it_measures_once_in_a_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_twice="""
        def test_twice(energy_benchmark):
            energy_benchmark(int)
            energy_benchmark(int)
        """
    )
    found = pytester.runpytest_inprocess(*OPTIONS, "--energy-disable")
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["*measures once in a test*"])


def test_workers_beside_each_other_cannot_measure(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    found = run(pytester)
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["*leave out -n, or use -n 0*"])


def test_the_plug_in_itself_does_not_import_torch(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_light="import sys\ndef test_light():\n    assert 'torch' not in sys.modules\n")
    pytester.runpytest_subprocess(*OPTIONS).assert_outcomes(passed=1)


def test_runs_have_numbers_and_names(tmp_path: Path) -> None:
    names = [Storage(tmp_path).new_run(name).name for name in ("a", "b/c d", "a")]
    assert names == ["0001_a", "0002_b-c-d", "0003_a"]
    (tmp_path / "notes").mkdir()
    storage = Storage(tmp_path)
    assert [storage.run_of(wanted).name for wanted in ("", "a", "1", "b-c-d")] == [
        "0003_a", "0003_a", "0001_a", "0002_b-c-d",
    ]  # fmt: skip
    with pytest.raises(pytest.UsageError, match=r"no saved run 'x'.*there is 0001_a, 0002_b-c-d, 0003_a"):
        storage.run_of("x")


def test_file_names_are_readable_and_different() -> None:
    one, other = file_of("tests/test_a.py::test_x[1/2]"), file_of("tests/test_a.py::test_x[1-2]")
    assert one != other and one.startswith("tests-test_a.py-test_x-1-2.") and len(file_of("x" * 500)) < 120


def test_shares() -> None:
    assert [share(text) for text in ("2%", "0.02", "0")] == [0.02, 0.02, 0.0]
    for text in ("2", "-1%", "x", "nan"):
        with pytest.raises(argparse.ArgumentTypeError):
            share(text)
