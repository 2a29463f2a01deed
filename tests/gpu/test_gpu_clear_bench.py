"""`clear-bench run` and `overhead` on a real GPU: plans captured from C++, verified bit for bit, measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from bench_program import run
from family_models import FAMILIES
from torch import nn

import clear_native as cn
from clear_native.report import Report
from clear_native.report.json_file import schema

try:
    import jsonschema
except ModuleNotFoundError:  # a machine with a GPU need not have it; on the CPU the schema is checked too
    jsonschema = None

pytest.importorskip("safetensors")
transformers = pytest.importorskip("transformers")

QUICK = ("--precision", "0.5", "--seed", "7", "--max-time")  # seconds follow
MIXTURES = ("olmoe",)


def small_bert() -> tuple[nn.Module, dict[str, torch.Tensor]]:
    torch.manual_seed(0)
    config = transformers.BertConfig(num_hidden_layers=2, vocab_size=1000)
    model = transformers.BertForMaskedLM(config).to("cuda", torch.float16).eval()
    return model, {"input_ids": torch.randint(0, 1000, (4, 128), device="cuda")}


def of_family(family: str, dtype: torch.dtype) -> tuple[nn.Module, dict[str, torch.Tensor]]:
    model = FAMILIES[family].model().to("cuda", dtype)
    if family in MIXTURES:
        model.set_experts_implementation("batched_mm")  # type: ignore[operator]
    given = FAMILIES[family].inputs()
    return model, {name: t.to("cuda", dtype) if t.is_floating_point() else t.cuda() for name, t in given.items()}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundles") / "bert.clear"
    return cn.export(*small_bert(), path, name="small bert", synthetic_weights=True, progress=False)


@pytest.fixture(scope="module")
def runnable(bundle: Path) -> Path:
    """The bundle, where the plug-in with torch was built with graphs."""
    done = run("run", bundle, "--component", "nothing", timeout_s=120)
    if "plug-in with torch is needed" in done.stderr:
        pytest.skip("the plug-in that runs bundles was not built here")
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "no component with work matches 'nothing'" in done.stderr, done.stderr
    return bundle


def measured(bundle: Path, folder: Path, *options: str, max_time_s: int = 20) -> Report:
    file = folder / "report.json"
    done = run("run", bundle, *QUICK, str(max_time_s), "--verify", "--json", file, *options, timeout_s=240)
    assert done.returncode in (0, 1), done.stderr
    assert done.stdout.startswith("outputs are bit for bit what the model gave\n"), done.stdout + done.stderr
    if jsonschema is not None:
        jsonschema.validate(json.loads(file.read_text("utf-8")), schema())
    report = Report.load(file)
    assert str(report) in done.stdout
    assert report.windows and report.environment["uuid"] and report.meter.scope == "gpu"
    return report


def check_closure(report: Report) -> None:
    assert report.closure is not None and 0.9 < report.closure.ratio < 1.1
    assert report.time_closure is not None and 0.9 < report.time_closure.ratio < 1.1


def test_in_situ_as_a_graph_is_the_default(runnable: Path, tmp_path: Path) -> None:
    report = measured(runnable, tmp_path)
    assert (report.method, report.execution) == ("in_situ", "graph")
    assert report.weighing is not None and report.preserved is not None
    assert report.workload["kept_bytes"] > 0
    assert not [warning for warning in report.warnings if "All buffers are kept" in warning]
    check_closure(report)
    by_python = cn.profile(*small_bert(), precision=0.5, max_time=20, progress=False)
    assert set(report.components) == set(by_python.components)
    assert report.weighing.facts["cache"] == by_python.weighing.facts["cache"]  # type: ignore[union-attr]
    for name, part in by_python.components.items():
        assert (report[name].flops, report[name].bytes) == (part.flops, part.bytes)


@pytest.mark.parametrize("method", ["partition", "isolated"])
def test_other_methods(runnable: Path, tmp_path: Path, method: str) -> None:
    report = measured(runnable, tmp_path, "--method", method)
    assert (report.method, report.execution) == (method, "graph")
    assert {"attention", "mlp", "norm"} <= set(report.components)
    if method == "partition":
        check_closure(report)


def test_eager(runnable: Path, tmp_path: Path) -> None:
    report = measured(runnable, tmp_path, "--execution", "eager")
    assert (report.method, report.execution) == ("in_situ", "eager")
    assert {"attention", "mlp", "norm"} <= set(report.components)


@pytest.mark.parametrize("execution", ["graph", "eager"])
@pytest.mark.parametrize("family", ["gpt2", "llama", "qwen2", "t5", "olmoe"])
def test_plans_give_the_models_bits(runnable: Path, tmp_path: Path, family: str, execution: str) -> None:
    path = cn.export(*of_family(family, torch.bfloat16), tmp_path / "x.clear", progress=False)
    report = measured(path, tmp_path, "--execution", execution, "--method", "partition", max_time_s=8)
    assert report.execution == execution


class Waits(nn.Module):
    """Asks the device for a number in the middle of its forward."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(256, 256)
        self.second = nn.Linear(256, 256)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.first(x)
        return self.second(x * x.mean().cpu())


def waiting(folder: Path) -> Path:
    parts = {"first": "first", "second": "second"}
    model, x = Waits().cuda().eval(), torch.randn(64, 256, device="cuda")
    return cn.export(model, (x,), folder / "x.clear", components=parts, progress=False)


def test_a_forward_that_waits_is_measured_eagerly(runnable: Path, tmp_path: Path) -> None:
    path = waiting(tmp_path)
    report = measured(path, tmp_path, "--method", "partition")
    assert report.execution == "eager" and "not_capturable" in report.all_statuses
    (why,) = [warning for warning in report.warnings if warning.startswith("Measured in eager execution")]
    assert "aten::" in why and "the model itself" in why
    done = run("run", path, "--execution", "graph", timeout_s=120)
    assert done.returncode == 1 and "cannot be captured into a CUDA graph" in done.stderr and "aten::" in done.stderr


def driven(bundle: Path, folder: Path, *options: str) -> dict[str, Any]:
    file = folder / "overhead.json"
    done = run("overhead", bundle, *QUICK, "20", "--json", file, *options, timeout_s=240)
    assert done.returncode in (0, 1), done.stderr
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    assert found["device"] == "cuda:0" and found["environment"]["uuid"]
    return found


def test_components_driven_in_every_way(runnable: Path, tmp_path: Path) -> None:
    found = driven(runnable, tmp_path, "--component", "norm", "--component", "mlp")
    faster = {(row["component"], row["way"]): row["times_faster"] for row in found["rows"]}
    ways = ("eager_loop", "launch", "unrolled", "while_loop")
    assert set(faster) == {(name, way) for name in ("norm", "mlp") for way in ways}
    assert faster["norm", "unrolled"] > 1.5 and faster["norm", "while_loop"] > 1.5
    assert found["notes"] == []


def test_a_forward_that_waits_is_driven_by_the_loop_alone(runnable: Path, tmp_path: Path) -> None:
    found = driven(waiting(tmp_path), tmp_path)
    assert {row["way"] for row in found["rows"]} == {"eager_loop"}
    (note,) = found["notes"]
    assert note.startswith("only the eager loop was driven, since ") and "aten::" in note


def test_a_compiled_model(runnable: Path, tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(256, 256), nn.ReLU()).cuda().eval()
    given = (torch.randn(64, 256, device="cuda"),)
    path = cn.export(model, given, tmp_path / "x.clear", components={"mlp": "0"}, compiled=True, progress=False)
    file = tmp_path / "report.json"
    done = run("run", path, *QUICK, "20", "--execution", "compiled", "--verify", "--json", file, timeout_s=120)
    assert done.returncode in (0, 1) and "which is code" in done.stderr, done.stderr
    assert done.stdout.startswith("outputs are within tolerance of what the model gave\n")
    report = Report.load(file)
    assert report.execution == "compiled" and report.full_model.energy_j


def test_a_bundle_of_another_gpu_is_refused(runnable: Path, tmp_path: Path) -> None:
    copy = tmp_path / "other.clear"
    copy.mkdir()
    for file in runnable.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    manifest = json.loads((copy / "manifest.json").read_text("utf-8"))
    manifest["device"]["compute_capability"] = "5.0"
    (copy / "manifest.json").write_text(json.dumps(manifest))
    done = run("run", copy, timeout_s=120)
    assert done.returncode == 2 and "Export again on this GPU" in done.stderr
