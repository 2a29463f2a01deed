"""`clear-bench overhead` on the CPU: components of a bundle in the C++ loop, and what a CPU does not have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import referencing
import torch
from bench_program import run

import clear_native as cn
from clear_native.report.json_file import schema, schema_of

QUICK = ("--precision", "0.5", "--max-time", "1.5", "--meter", "estimate:20", "--seed", "7")


class Block(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = torch.nn.LayerNorm(16)
        self.mlp = torch.nn.Linear(16, 16)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.mlp(self.norm(x))
        return result


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundles") / "block.clear"
    parts = {"norm": "norm", "mlp": "mlp"}
    made = cn.export(Block(), (torch.ones(1, 4, 16),), path, name="block", components=parts, progress=False)
    if "plug-in with torch is needed" in run("overhead", made, "--component", "nothing").stderr:
        pytest.skip("the plug-in that runs bundles was not built here")
    return made


def validate(data: dict[str, Any]) -> None:
    kind = schema_of("overhead", 1)
    resources = [referencing.Resource.from_contents(found) for found in (kind, schema())]
    registry = referencing.Registry().with_resources([(found.id(), found) for found in resources])
    jsonschema.Draft202012Validator(kind, registry=registry).validate(data)


def test_a_cpu_has_the_eager_loop_and_says_so(bundle: Path, tmp_path: Path) -> None:
    file = tmp_path / "new" / "overhead.json"
    done = run("overhead", bundle, *QUICK, "--component", "no*", "--json", file)
    data = json.loads(file.read_text("utf-8"))
    validate(data)
    assert (done.returncode, done.stderr) == (1 if data["statuses"] or data["rows"][0]["statuses"] else 0, "")
    (row,) = data["rows"]
    assert (row["component"], row["way"], row["calls"], row["times_faster"]) == ("norm", "eager_loop", 1, 1.0)
    assert row["energy_j"] == pytest.approx(20 * row["time_s"], rel=0.05)
    assert (data["device"], data["model"], data["seed"]) == ("cpu", "block", 7)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("block · overhead · ") and lines[0].endswith("ESTIMATED: time x 20.0 W")
    assert "only the eager loop was driven" in done.stdout and lines[-1] == f"written to {file}"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--component", "gold"), "no component with work matches 'gold': there are"),
        (("--precision", "0"), "--precision must be above 0"),
        (("--max-time", "0"), "--max-time must be above 0"),
        (("--meter", "nvml"), "reads a GPU, but the model is on cpu"),
        (("--json", "/proc/nowhere/overhead.json"), "cannot be written"),
    ],
)  # fmt: skip
def test_wrong_options(bundle: Path, options: tuple[str, ...], said: str) -> None:
    done = run("overhead", bundle, *options)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, "")
    assert said in line
