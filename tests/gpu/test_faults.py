"""What cannot work ends in a typed error that says what to do, leaves the model as it was, and the GPU usable."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from typing import Any

import pytest
import torch
from faulty_calls import QUICK, Model, X, at_entry_of, functions_entered, state
from torch import nn

import clear_native as cn


class Syncing(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(64, 64)
        self.gate = Gate()

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        return self.gate(self.first(hidden))


class Gate(nn.Module):
    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        return hidden * 2 if hidden.sum().item() > 0 else hidden


def test_a_forward_that_waits_for_the_device_is_named_and_leaves_everything_usable() -> None:
    model = Syncing().cuda()
    inputs = torch.randn(8, 64, device="cuda")
    with pytest.raises(cn.CaptureFailedError, match="gate") as caught:
        cn.profile(model, inputs, components={"linear": "first", "gate": "gate"}, execution="graph", max_time=5)
    assert 'execution="eager"' in str(caught.value)
    assert "_local_scalar_dense" in str(caught.value) or "item" in str(caught.value)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    with torch.no_grad():
        assert torch.isfinite(model(inputs)).all()
    assert torch.cuda.current_stream() == torch.cuda.default_stream()
    again = nn.Sequential(nn.Linear(64, 64), nn.ReLU()).cuda()
    report = cn.profile(again, inputs, method="partition", components={"linear": "0"}, max_time=4, progress=False)
    assert report["linear"].energy_j is not None


def test_out_of_memory_while_keeping_buffers_says_so(model_of: Any, inputs_of: Any) -> None:
    class Hungry(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleList(nn.ReLU() for _ in range(64))

        def forward(self, hidden: torch.Tensor) -> torch.Tensor:
            for layer in self.layers:
                hidden = layer(hidden + 1)
            return hidden

    inputs = torch.zeros(256, 1024, 1024, device="cuda")  # 1 GiB a tensor: fits with reuse, not with 64 kept
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(8 * 2**30 / total)
    try:
        with pytest.raises(cn.DeviceOutOfMemoryError, match="smaller batch"):
            cn.profile(Hungry().cuda(), inputs, components={"relu": "layers.*"}, max_time=5, progress=False)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
        del inputs
        torch.cuda.empty_cache()
    assert torch.ones(4, device="cuda").sum().item() == 4


def test_ctrl_c_keeps_the_finished_windows(tmp_path: Any) -> None:
    program = """
import clear_native as cn, torch
from clear_native.models.presets import load
model, inputs, _ = load("bert-tiny", device="cuda", dtype="float16")
print("ready", flush=True)
try:
    cn.profile(model, inputs, precision=1e-5, max_time=60, progress=False)
except cn.Interrupted as stopped:
    print("windows", len(stopped.report.windows), flush=True)
"""
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline().strip() == "ready"
    time.sleep(8)
    sent = time.monotonic()
    child.send_signal(signal.SIGINT)
    line = child.stdout.readline().split()
    assert time.monotonic() - sent < 1.5
    assert line[0] == "windows"
    assert int(line[1]) >= 3
    assert child.wait(timeout=30) == 0


GRAPH_STAGES = 12  # functions at which a captured profile is stopped, of all that are entered before its first window


@pytest.mark.parametrize("method", ["in_situ", "partition", "isolated"])
def test_any_stage_before_the_windows_may_be_stopped(method: str) -> None:
    """By Ctrl-C or lack of memory: typed, nothing of the model changed, no memory left behind, the GPU usable."""
    options: dict[str, Any] = {**QUICK, "method": method, "meter": "auto", "execution": "graph", "max_time": 4.0}
    x = X.cuda()

    def first_window(*_: Any) -> Any:
        raise KeyboardInterrupt

    def profiled(model: nn.Module, enter: str | None = None, stop: Any = None) -> BaseException:
        with pytest.MonkeyPatch.context() as patch, pytest.raises((cn.ClearNativeError, cn.Interrupted)) as caught:
            patch.setattr(cn._core, "run_rounds", first_window)
            patch.setattr(cn._core, "run_weighing", first_window)
            with nullcontext() if enter is None else at_entry_of(enter, stop):
                cn.profile(model, x, **options)
        return caught.value

    functions = functions_entered(lambda: profiled(Model().cuda()))[2:]
    model = Model().cuda()
    before = state(model)
    held = []
    for number, function in enumerate(functions[:: max(1, len(functions) // GRAPH_STAGES)]):

        def stop(number: int = number) -> None:
            if number % 2:
                raise torch.OutOfMemoryError("2 GiB")
            signal.raise_signal(signal.SIGINT)

        error = profiled(model, function, stop)
        assert isinstance(error, (cn.Interrupted, cn.DeviceOutOfMemoryError)), f"{function}: {error!r}"
        after = state(model)
        assert [key for key in before if after[key] != before[key]] == [], function
        assert torch.cuda.current_stream() == torch.cuda.default_stream(), function
        del error
        gc.collect()
        torch.cuda.synchronize()
        held.append(torch.cuda.memory_allocated())
    assert max(held[2:]) - min(held[2:]) < 2**24, held
    with torch.no_grad():
        assert torch.isfinite(model(x)).all()


def test_a_second_profile_on_the_same_gpu_is_refused() -> None:
    inner: list[BaseException] = []
    model, other = Model().cuda(), Model().cuda()

    def profile_again() -> None:
        if not inner:
            with pytest.raises(cn.BadInputError, match="measures on cuda:0 already") as caught:
                cn.profile(other, X.cuda(), **{**QUICK, "meter": "auto"})
            inner.append(caught.value)

    model.before = profile_again
    options = {**QUICK, "meter": "auto", "execution": "eager", "method": "partition", "max_time": 6.0}
    cn.profile(model, X.cuda(), **options)
    assert len(inner) == 1


def test_the_gpu_is_found_by_its_uuid_whatever_is_visible() -> None:
    program = (
        "import torch; from clear_native.machine.environment import gpu_uuid; from clear_native import _core;"
        "uuid = gpu_uuid(torch.device('cuda', 0)); print(uuid, _core.NvmlMeter(uuid).read()[2] > 0)"
    )

    def seen(visible: str | None) -> list[str]:
        environment = {k: v for k, v in os.environ.items() if k != "CUDA_VISIBLE_DEVICES"}
        if visible is not None:
            environment["CUDA_VISIBLE_DEVICES"] = visible
        return subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        ).stdout.split()

    uuid, readable = seen(None)
    assert readable == "True"
    assert seen("0") == [uuid, "True"]
    assert seen(uuid) == [uuid, "True"]


def test_an_unknown_uuid_is_refused() -> None:
    with pytest.raises(cn.SensorUnsupportedError):
        cn._core.NvmlMeter("GPU-00000000-0000-0000-0000-000000000000")
