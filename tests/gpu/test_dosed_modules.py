"""In situ with eager execution on a real GPU: the doses change the work done, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import nn

from clear_native import _core
from clear_native.activation_store.kept_values import tensors_in
from clear_native.capture.kernel_lists import launches
from clear_native.execution import Prepared
from clear_native.in_situ import eager_dosing
from clear_native.machine.environment import gpu_uuid
from clear_native.subject.components import discover
from clear_native.subject.inputs import normalize, without_cache
from clear_native.subject.model_guard import unchanged

DEVICE = torch.device("cuda")


@contextmanager
def prepared(model: nn.Module, inputs: dict[str, Any], cache: str = "auto") -> Iterator[Prepared]:
    arguments = without_cache(model, normalize(model, inputs))
    with torch.no_grad(), unchanged(model, tensors_in((arguments.args, arguments.kwargs))):
        yield eager_dosing.prepare(model, arguments, discover(model), idle=True, cache=cache)


def test_every_component_can_be_dosed(
    family: str, model_of: Callable[[str], nn.Module], inputs_of: Callable[..., dict[str, Any]]
) -> None:
    model = model_of(family)
    with prepared(model, inputs_of()) as found:
        assert found.dosing is not None
        assert found.dosing.unsafe == {}
        assert {"attention", "mlp", "norm", "other"} <= set(found.dosing.layout.components)
        assert found.dosing.facts["cache"] in ("cold", "warm")
        assert found.dosing.facts["l2_bytes"]


def test_doses_add_and_take_away_whole_calls(
    family: str, model_of: Callable[[str], nn.Module], inputs_of: Callable[..., dict[str, Any]]
) -> None:
    """Kernels launched: plain and followed alike; with everything doubled, twice as many; outputs bit for bit."""
    model, inputs = model_of(family), inputs_of()
    with prepared(model, inputs, "cold") as found:
        _, forward = found.owner  # type: ignore[misc]
        expected = [tensor.clone() for tensor in tensors_in(forward.plain())]
        plain = launches(forward.plain, DEVICE).kernels
        calls = len(forward.calls)
        assert launches(forward.passes([0] * calls), DEVICE).kernels == plain
        twice = launches(forward.passes([1] * calls), DEVICE).kernels
        assert sorted(twice) == sorted(plain * 2)
        assert launches(forward.passes([-1] * calls), DEVICE).kernels == ()
        draw = torch.Generator().manual_seed(0)
        for _ in range(4):
            doses = [0, *(torch.randint(-1, 2, (calls - 1,), generator=draw).tolist())]
            outputs = tensors_in(forward.passes(doses)())
            assert all(map(torch.equal, outputs, expected))


@pytest.mark.slow
def test_components_sum_to_the_followed_model(
    model_of: Callable[[str], nn.Module], inputs_of: Callable[..., dict[str, Any]]
) -> None:
    model = model_of("bert")
    with prepared(model, inputs_of()) as found:
        assert found.dosing is not None
        options = _core.RoundsOptions()
        options.max_time_s = 60
        options.seed = 2
        meter = _core.NvmlMeter(gpu_uuid(DEVICE))
        dosing = found.dosing
        result = _core.run_weighing(meter, found.targets, dosing.layout, dosing.workloads, options)
        for what in ("energy_closure", "time_closure"):
            closure = result[what]
            assert abs(closure["ratio"] - 1) < max(0.1, closure["half_width"]), (what, closure)
            assert closure["half_width"] < 0.4, (what, closure)  # Python's pace wanders
        assert abs(result["perturbation"]["ratio"]) < 0.1
        assert 0.9 < result["weighing"]["time_homogeneity"]["ratio"] < 1.1
    assert all("forward" not in module.__dict__ for module in model.modules())
