"""The fixture `energy_benchmark` of pytest: measures joules in tests, saves them, and compares with what was saved.

    def test_attention(energy_benchmark):
        energy_benchmark(attention, q, k, v)            # clear_native.bench
    def test_model(energy_benchmark):
        energy_benchmark.profile(model, inputs)         # clear_native.profile

    pytest --energy-save=before
    pytest --energy-compare=before --energy-fail=2%

A package of its own, since pytest imports it in every run: clear_native, and torch with it, only where it is used.
"""

from __future__ import annotations

from typing import Any

import pytest

from clear_native_pytest.run import EnergyRun
from clear_native_pytest.storage import share

__all__ = ["EnergyBenchmark", "energy_benchmark"]

_RUN = pytest.StashKey[EnergyRun]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("energy", "energy of code under test (clear_native)")
    group.addoption("--energy-save", metavar="NAME", help="save what is measured under this name")
    group.addoption("--energy-autosave", action="store_true", help="save under the time of the run")
    group.addoption(
        "--energy-compare", metavar="NAME", nargs="?", const="",
        help="compare with the run saved under this name or number, by default with the last one",
    )  # fmt: skip
    group.addoption(
        "--energy-fail", metavar="SHARE", type=share,
        help="fail a test that is worse by more than this, for instance 2%%; compares with the last run by default",
    )  # fmt: skip
    group.addoption("--energy-storage", metavar="FOLDER", default=".energy_benchmarks", help="default: %(default)s")
    group.addoption("--energy-disable", action="store_true", help="call once what would be measured, without a meter")
    group.addoption("--energy-max-time", metavar="SECONDS", type=float, help="for each measurement")
    group.addoption("--energy-precision", metavar="SHARE", type=share, help="95 %% half-width to reach")
    group.addoption("--energy-meter", metavar="METER", help="as of clear_native.bench: nvml, rapl, estimate:WATTS")
    group.addoption("--energy-allow-different-environment", action="store_true", help="compare all the same")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_RUN] = EnergyRun(config)


class EnergyBenchmark:
    """What the fixture gives. Measures once in a test; options are those of `bench` and `profile`."""

    def __init__(self, run: EnergyRun, test: str) -> None:
        self._run, self._test, self._used = run, test, False

    def __call__(self, fn: Any, *args: Any, **options: Any) -> Any:
        """Energy of one call of `fn(*args)`, or of several variants `{name: fn}`, by `clear_native.bench`.

        Returns its `BenchResult`; with --energy-disable, what one call returns. Fails the test where it is worse than
        what was saved by more than --energy-fail.
        """
        return self._measured("bench", fn, args, options)

    def profile(self, model: Any, inputs: Any, **options: Any) -> Any:
        """Energy of a model and its components, by `clear_native.profile`. Returns its `Report`, else as above."""
        return self._measured("profile", model, (inputs,), options)

    def _measured(self, how: str, subject: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        if self._used:
            pytest.fail("energy_benchmark measures once in a test: write a test for each measurement", pytrace=False)
        self._used = True
        return self._run.measure(self._test, how, subject, args, options)


@pytest.fixture
def energy_benchmark(request: pytest.FixtureRequest) -> EnergyBenchmark:
    """Measures joules of a call or a model, once in a test (clear_native)."""
    return EnergyBenchmark(request.config.stash[_RUN], request.node.nodeid)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    lines = list(config.stash[_RUN].summary())
    if lines:
        terminalreporter.section("energy")
        for line in lines:
            terminalreporter.write_line(line)
