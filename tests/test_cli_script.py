"""`clear-native profile script.py:build`: a model of one's own, and one clear line for whatever is wrong with it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from report_fixtures import report

import clear_native
from clear_native import cli, cli_script
from clear_native.errors import BadInputError, DeviceOutOfMemoryError

SCRIPT = """
import torch
from torch import nn
from dataclasses import dataclass
from helper_beside import WIDTH

@dataclass
class Shape:
    width: int = WIDTH

class Model(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.mlp = nn.Linear(width, width)

    def forward(self, x, scale=1.0):
        return self.mlp(x) * scale

def build(batch=2, device="cpu", dtype=torch.float32):
    width = Shape().width
    model = Model(width).to(device, dtype)
    return model, {"x": torch.ones(batch, width, device=device, dtype=dtype), "scale": 2.0}

def alone():
    return Model(4)

def swapped():
    return torch.ones(1, 4), Model(4)

def nothing():
    Model(4)

def raising():
    size = [4]
    return Model(size[1]), None

def exhausting():
    raise torch.OutOfMemoryError("CUDA out of memory")

def leaving():
    raise SystemExit("no data here")

def deep():
    return nn.Linear("four", 4), None

def needing(path):
    return Model(4), None

def everything(**options):
    return Model(4), options

number = 3

if __name__ == "__main__":
    raise RuntimeError("must not run")
"""


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "helper_beside.py").write_text("WIDTH = 4\n")
    path = tmp_path / "mine.py"
    path.write_text(SCRIPT)
    return path


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(SCRIPT.splitlines(), 1) if text in line)


def test_what_the_function_returns_is_profiled(
    script: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: dict[str, Any] = {}

    def profile(model: Any, inputs: Any, **options: Any) -> Any:
        seen.update(options, model=model, inputs=inputs)
        return report()

    monkeypatch.setattr(clear_native, "profile", profile)
    assert cli.run(["profile", f"{script}:build", "--batch", "3", "--dtype", "bf16", "--device", "cpu"]) == cli.DONE
    assert type(seen["model"]).__name__ == "Model"
    assert seen["inputs"]["x"].shape == (3, 4) and seen["inputs"]["x"].dtype is torch.bfloat16
    assert (seen["name"], seen["synthetic_weights"]) == ("mine.py:build", None)
    assert "attention" in capsys.readouterr().out


def test_what_is_not_given_is_the_functions_own(script: Path) -> None:
    _, inputs = cli_script.build(f"{script}:build", {"batch": None, "device": None})
    assert inputs["x"].shape == (2, 4)
    _, options = cli_script.build(f"{script}:everything", {"batch": 5, "weights": "w", "dtype": None})
    assert options == {"batch": 5, "weights": "w"}


WRONG = {
    "gone.py:build": r"'.*gone\.py' is not there: give the file that has build\(\)",
    "mine.py": r"names no function: give FILE:FUNCTION, for instance .*mine\.py:build",
    "mine.py:": "names no function",
    "mine.py:biuld": r"has no function 'biuld': did you mean build\? it has build, alone",
    "mine.py:number": r"has 'number', but that is a int: .*return model, inputs",
    "mine.py:alone": r"mine\.py:alone returned a Model, not a model and its inputs: .*return model, inputs",
    "mine.py:swapped": r"returned \(Tensor, Model\)",
    "mine.py:nothing": "returned None",
    "mine.py:raising": rf"mine\.py, line {line_of('Model(size[1])')}: raising\(\) raised IndexError: list index out of",
    "mine.py:deep": rf"mine\.py, line {line_of('four')}: deep\(\) raised TypeError",
    "mine.py:leaving": r"line \d+: leaving\(\) raised SystemExit: no data here",
    "mine.py:needing": r"cannot be called \(missing a required argument: 'path'\)",
    "syntax.py:build": r"syntax\.py, line 2: SyntaxError",
    "importing.py:build": r"importing\.py, line 1: importing it raised ModuleNotFoundError: No module named 'no_such",
    "folder.py:build": r"is a folder: give the file in it",
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_one_line(script: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    script.with_name("syntax.py").write_text("x = 1\ndef build(:\n")
    script.with_name("importing.py").write_text("import no_such_module\n")
    script.with_name("folder.py").mkdir()
    with pytest.raises(BadInputError, match=WRONG[text]):
        cli_script.build(str(script.with_name(text)), {})
    assert cli.run(["profile", str(script.with_name(text))]) == cli.BAD_INPUT
    error = capsys.readouterr().err
    assert error.startswith("clear-native: ") and error.count("\n") == 1 and "Traceback" not in error


def test_debug_shows_the_line_in_the_traceback(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["profile", f"{script}:raising", "--debug"]) == cli.BAD_INPUT
    error = capsys.readouterr().err
    assert "Traceback" in error and "return Model(size[1]), None" in error


def test_options_that_the_function_does_not_take(script: Path) -> None:
    with pytest.raises(BadInputError, match=r"mine\.py:build does not take --length, --weights"):
        cli_script.build(f"{script}:build", {"batch": 1, "length": 3, "weights": "hub"})


def test_typed_errors_stay_what_they_are(script: Path) -> None:
    with pytest.raises(DeviceOutOfMemoryError, match=r"exhausting\(\) found too little memory"):
        cli_script.build(f"{script}:exhausting", {})
    script.write_text("from clear_native import NoDriverError\ndef build():\n    raise NoDriverError('no GPU')\n")
    assert cli.run(["profile", f"{script}:build"]) == cli.NO_SENSOR


def test_a_name_that_another_module_has_hides_nothing(script: Path) -> None:
    path = script.with_name("torch.py")
    path.write_text("from torch import nn\ndef build():\n    return nn.Linear(2, 2), nn.Parameter()\n")
    assert isinstance(cli_script.build(f"{path}:build", {})[0], torch.nn.Linear)
    assert sys.modules["torch"] is torch


def test_a_whole_profile_of_a_script(script: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "mine.json"
    options = ["--components", "mlp=mlp", "--meter", "estimate:50", "--method", "partition", "--max-time", "2"]
    code = cli.run(["profile", f"{script}:build", *options, "--precision", "0.5", "--out", str(out)])
    assert code in (cli.DONE, cli.NOT_OK), capsys.readouterr().err
    found = clear_native.load(out)
    assert {"mlp", "other"} <= set(found) and found.model == "mine.py:build"
