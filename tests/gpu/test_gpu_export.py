"""Bundles made on a real GPU: the plan, run there operator by operator, gives the model's own bits."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from family_models import FAMILIES
from plan_interpreter import run
from torch import nn

import clear_native as cn
from clear_native.bundle.reading import Bundle, read

pytest.importorskip("safetensors")

MIXTURES = ("olmoe", "gpt_oss", "qwen2_moe")


def on_gpu(family: str, dtype: torch.dtype) -> tuple[nn.Module, dict[str, torch.Tensor]]:
    model = FAMILIES[family].model().to("cuda", dtype)
    if family in MIXTURES:
        model.set_experts_implementation("batched_mm")  # type: ignore[operator]
    given = FAMILIES[family].inputs()
    return model, {name: t.to("cuda", dtype) if t.is_floating_point() else t.cuda() for name, t in given.items()}


def moved(bundle: Bundle) -> Bundle:
    def to_gpu(tensor: torch.Tensor) -> torch.Tensor:
        return tensor.detach().to("cuda").requires_grad_(tensor.requires_grad)

    return dataclasses.replace(
        bundle,
        constants={value: to_gpu(tensor) for value, tensor in bundle.constants.items()},
        inputs={value: to_gpu(tensor) for value, tensor in bundle.inputs.items()},
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("family", ["bert", "gpt2", "llama", "qwen2", "t5", "albert", *MIXTURES])
def test_the_plan_gives_the_models_output(family: str, dtype: torch.dtype, tmp_path: Path) -> None:
    bundle = read(cn.export(*on_gpu(family, dtype), tmp_path / "x.clear", progress=False))
    assert bundle.manifest.device.type == "cuda" and bundle.manifest.threads is None
    major, minor = torch.cuda.get_device_capability()
    assert bundle.manifest.device.compute_capability == f"{major}.{minor}"
    found = run(moved(bundle))
    assert len(found) == len(bundle.reference) > 0
    for one, other in zip(found, bundle.reference, strict=True):
        assert one.is_cuda and torch.equal(one.cpu(), other)


@pytest.mark.parametrize("family", ["bert", "albert", "t5"])
def test_components_are_those_of_profile(family: str, tmp_path: Path) -> None:
    """Captured as a graph: calls, FLOPs and bytes by name."""
    given = on_gpu(family, torch.bfloat16)
    report = cn.profile(*given, method="partition", precision=0.5, max_time=20, progress=False)
    manifest = read(cn.export(*given, tmp_path / "x.clear", progress=False)).manifest
    parts = {part.name: (part.calls, part.flops, part.flops_dense, part.bytes) for part in manifest.components}
    for name, part in report.components.items():
        calls = parts[name][0] if part.calls is None else part.calls  # a graph counts none of `other`
        assert parts[name] == (calls, part.flops, part.flops_dense, part.bytes)
    assert all(bytes_ == 0 for name, (_, _, _, bytes_) in parts.items() if name not in report.components), (
        "no work, no result"
    )
