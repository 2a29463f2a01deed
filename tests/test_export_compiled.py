"""`export(compiled=True)`: the compiled model is tried before it is written; a real compilation takes a minute."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import torch
import torch._inductor
from bench_program import run
from torch import nn

import clear_native as cn
from clear_native.bundle.compiled import tolerance
from clear_native.bundle.reading import read
from clear_native.errors import ExportFailedError
from clear_native.report import Report

pytest.importorskip("safetensors")


def exported(path: Path) -> Path:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    return cn.export(model, torch.ones(2, 4), path, components={"mlp": "0"}, compiled=True, progress=False)


def stand_in(monkeypatch: pytest.MonkeyPatch, off_by: float = 0.0, error: Exception | None = None) -> None:
    """A compiler that writes a word, and a package that gives what the exported program does, and more."""
    programs: list[torch.export.ExportedProgram] = []

    def compile_and_package(program: Any, package_path: str) -> str:
        if error is not None:
            raise error
        programs.append(program)
        return str(Path(package_path).write_text("code"))

    def load(path: str) -> Any:
        return lambda *inputs: [tensor + off_by for tensor in programs[-1].module()(*inputs)]

    monkeypatch.setattr(torch._inductor, "aoti_compile_and_package", compile_and_package)
    monkeypatch.setattr(torch._inductor, "aoti_load_package", load)


def test_the_package_is_a_file_of_the_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch, off_by=1e-4)
    bundle = read(exported(tmp_path / "x"))
    assert (bundle.path / "compiled.pt2").read_text() == "code" and "compiled.pt2" in bundle.manifest.files
    assert bundle.manifest.tolerance == {"rtol": 1e-3, "atol": 1e-3}


def test_another_output_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch, off_by=0.01)
    with pytest.raises(ExportFailedError, match="output 0 of the compiled model is not the model's own"):
        exported(tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "expected"),
    [(RuntimeError("no compiler\nlong"), ExportFailedError), (RuntimeError("can't allocate memory"), MemoryError)],
)
def test_what_cannot_be_compiled_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, expected: type[Exception]
) -> None:
    stand_in(monkeypatch, error=error)
    with pytest.raises(cn.DeviceOutOfMemoryError if expected is MemoryError else expected) as caught:
        exported(tmp_path / "x")
    assert "long" not in str(caught.value) and list(tmp_path.iterdir()) == []


def test_tolerance_is_that_of_the_coarsest_output() -> None:
    kinds = [torch.float64, torch.float32, torch.bfloat16]
    found = [tolerance((torch.ones(1, dtype=kind), torch.ones(1, dtype=torch.int64)))["rtol"] for kind in kinds]
    assert found == sorted(found) and found[0] < found[1] < found[2]
    assert tolerance((torch.ones(1, dtype=torch.float64), torch.ones(1, dtype=torch.float16)))["atol"] == found[2]
    assert tolerance((torch.ones(1, dtype=torch.int64),)) == {"rtol": 0.0, "atol": 0.0}


@pytest.mark.skipif("CLEAR_COMPILE" not in os.environ, reason="a compilation takes a minute: CLEAR_COMPILE=1 runs it")
def test_a_real_package_runs(tmp_path: Path) -> None:
    bundle = read(exported(tmp_path / "x"))
    package = torch._inductor.aoti_load_package(str(bundle.path / "compiled.pt2"))
    found = package(*[tensor.detach() for tensor in bundle.inputs.values()])
    assert bundle.manifest.tolerance is not None
    assert torch.allclose(found[0] if isinstance(found, (list, tuple)) else found, bundle.reference[0], atol=1e-3)
    file = tmp_path / "report.json"
    options = ("--execution", "compiled", "--verify", "--meter", "estimate:20", "--precision", "0.5", "--max-time", "5")
    done = run("run", bundle.path, *options, "--json", file)
    if "plug-in with torch is needed" in done.stderr:
        pytest.skip("the plug-in that runs bundles was not built here")
    assert done.returncode in (0, 1) and "compiled.pt2, which is code" in done.stderr, done.stderr
    assert done.stdout.startswith("outputs are within tolerance of what the model gave\n")
    report = Report.load(file)
    assert report.execution == "compiled" and not report.components and report.full_model.energy_j
