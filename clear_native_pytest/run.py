"""What one run of pytest measured, saved and compared."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clear_native_pytest.storage import Storage, file_of

__all__ = ["EnergyRun"]


class EnergyRun:
    """Results by test, in order. Folders are looked up when pytest starts, and made when something is to be saved."""

    def __init__(self, config: pytest.Config) -> None:
        self._option = config.getoption
        self._is_worker = hasattr(config, "workerinput") or "PYTEST_XDIST_WORKER" in os.environ
        folder = Path(config.rootpath, config.getoption("--energy-storage"))
        self._storage = Storage(folder)
        compare, fail = config.getoption("--energy-compare"), config.getoption("--energy-fail")
        wanted = "" if compare is None and fail is not None else compare
        self._before = None if wanted is None or self._disabled else self._storage.run_of(wanted)
        self._saved: Path | None = None
        self._lines: list[str] = []

    @property
    def _disabled(self) -> bool:
        return bool(self._option("--energy-disable"))

    def measure(self, test: str, how: str, subject: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Measures, saves and compares; see `EnergyBenchmark`."""
        if self._disabled:
            return _called(how, subject, args)
        if self._is_worker:
            pytest.fail("energy cannot be measured while other tests run: leave out -n, or use -n 0", pytrace=False)
        import clear_native

        result = getattr(clear_native, how)(subject, *args, **{**self._defaults(), **options})
        name = self._option("--energy-save")
        if name is None and self._option("--energy-autosave"):
            name = f"{datetime.datetime.now():%Y%m%d-%H%M%S}"
        if name is not None:
            self._saved = self._saved or self._storage.new_run(name)
            result.save(self._saved / file_of(test))
        self._compare(test, result)
        return result

    def _defaults(self) -> dict[str, Any]:
        given = {
            "max_time": self._option("--energy-max-time"),
            "precision": self._option("--energy-precision"),
            "meter": self._option("--energy-meter"),
        }
        return {name: value for name, value in given.items() if value is not None} | {"progress": False}

    def _compare(self, test: str, result: Any) -> None:
        import clear_native

        told = _told(result)
        before = self._before / file_of(test) if self._before is not None else None
        if before is None or not before.is_file():
            self._lines.append(f"{test}: {told}" + (" · nothing saved to compare with" if before is not None else ""))
            return
        threshold = self._option("--energy-fail")
        try:
            found = clear_native.compare(
                before, result, allow_different_environment=self._option("--energy-allow-different-environment")
            )
        except clear_native.BadInputError as error:
            self._lines.append(f"{test}: {told} · not compared: {error}")
            if threshold is not None:
                pytest.fail(f"not compared with {before.parent.name}: {error}", pytrace=False)
            return
        change, half_width = found.total.change, found.total.change_half_width
        by = "" if change is None or half_width is None else f" {100 * change:+.1f} ± {100 * half_width:.1f} %"
        self._lines.append(f"{test}: {told} · {found.verdict}{by} than in {before.parent.name}")
        if threshold is not None and found.regression(threshold):
            pytest.fail(f"takes more energy than in {before.parent.name}:\n{found}", pytrace=False)

    def summary(self) -> Iterator[str]:
        yield from self._lines
        if self._saved is not None:
            yield f"saved in {self._saved}"


def _called(how: str, subject: Any, args: tuple[Any, ...]) -> Any:
    """One call, as the measurement would make it."""
    if how == "bench":
        found = {name: fn(*args) for name, fn in subject.items()} if isinstance(subject, dict) else subject(*args)
        return found
    (inputs,) = args
    if isinstance(inputs, dict):
        return subject(**inputs)
    return subject(*inputs) if isinstance(inputs, tuple) else subject(inputs)


def _told(result: Any) -> str:
    from clear_native.report.units import with_interval

    whole = result.full_model if hasattr(result, "full_model") else next(iter(result.variants.values()))
    estimated = "ESTIMATED " if result.meter.estimated else ""
    return f"{estimated}{with_interval(whole.energy_j, whole.energy_half_width_j, 'J')}"
