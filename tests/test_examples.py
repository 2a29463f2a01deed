"""Every program of examples/, on a CPU and with the estimate, each in as little time as it can do with."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import clear_native
from clear_native.errors import BadInputError

FOLDER = Path(__file__).parents[1] / "examples"
WRITES = {
    "compare_a_change": ("before.json", "after.json"),
    "energy_of_any_code": ("any-code.json",),
    "how_wrong_is_isolated_replay": ("six-blocks-by-all-methods.json",),
    "joules_per_token": ("tokens.html", "tokens.speedscope.json"),
    "profile_your_model": ("four-blocks.json",),
}


def hurried(measure: Callable[..., Any], shares: int) -> Callable[..., Any]:
    """The same measurement on the estimate, in the first of some short times that a round of it fits into."""

    def measured(*args: Any, **options: Any) -> Any:
        own_s = options.pop("max_time")
        for time_s in (1.0, 2.0, 4.0, 8.0, 16.0, own_s):
            try:
                return measure(*args, **options, max_time=shares * time_s, meter="estimate:20", progress=False)
            except BadInputError as error:
                if "max_time" not in str(error) or time_s == own_s:
                    raise
        raise AssertionError("no time was left")

    return measured


def test_each_is_tested() -> None:
    assert {path.stem for path in FOLDER.glob("*.py")} == WRITES.keys()
    assert len(WRITES) >= 5


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITES)
def test_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    if name == "joules_per_token":
        pytest.importorskip("transformers")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    all_methods = name == "how_wrong_is_isolated_replay"
    monkeypatch.setattr(clear_native, "profile", hurried(clear_native.profile, 3 if all_methods else 1))
    monkeypatch.setattr(clear_native, "bench", hurried(clear_native.bench, 1))
    runpy.run_path(str(FOLDER / f"{name}.py"), run_name="__main__")
    assert "ESTIMATED" in capsys.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == set(WRITES[name])
    for result in tmp_path.glob("*.json"):
        if "speedscope" not in result.name:
            assert clear_native.report.files.load_any(result) is not None
