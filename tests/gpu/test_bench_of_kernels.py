"""`bench` on a real GPU: graphs, the fallback, what a cold cache costs, and ratios that are known."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import clear_native as cn

GIVEN: dict[str, Any] = {"max_time": 25.0, "progress": False}


def square(size: int = 2048, dtype: torch.dtype = torch.bfloat16) -> torch.Tensor:
    return torch.randn(size, size, device="cuda", dtype=dtype)


def test_a_matrix_product() -> None:
    one = square()
    result = cn.bench(torch.matmul, one, one, **GIVEN)
    print(result)
    call = result.only
    assert (call.execution, result.cache) == ("graph", "cold")
    assert result.meter.name.startswith("nvml") and not result.meter.estimated
    assert call.energy_j is not None and call.time_s is not None, call.status
    assert call.power_w == pytest.approx(call.energy_j / call.time_s, rel=0.02)
    assert "kernels_differ" not in call.statuses
    assert result.options["flush_bytes"] >= 2 * torch.cuda.get_device_properties(0).L2_cache_size


def test_twice_the_work_is_twice_the_energy() -> None:
    one = square()

    def once(x: torch.Tensor) -> torch.Tensor:
        return x @ x

    def twice(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x @ x, x @ x

    result = cn.bench({"once": once, "twice": twice, "again": once}, one, cache="warm", **GIVEN)
    print(result)
    doubled, again = result.changes
    assert doubled.energy == pytest.approx(1.0, abs=0.06 + doubled.energy_half_width)
    assert doubled.time == pytest.approx(1.0, abs=0.06 + doubled.time_half_width)
    assert (doubled.energy_verdict, doubled.time_verdict) == ("worse", "worse")
    assert abs(again.energy) <= 0.01 + again.energy_half_width


def test_time_agrees_with_events() -> None:
    one = square(4096)
    result = cn.bench(torch.matmul, one, one, cache="warm", **GIVEN)
    graph = torch.cuda.CUDAGraph()
    torch.matmul(one, one)
    with torch.cuda.graph(graph):
        for _ in range(50):
            torch.matmul(one, one)
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    for _ in range(40):
        graph.replay()  # as hot as the windows were
    begin.record()
    for _ in range(40):
        graph.replay()
    end.record()
    end.synchronize()
    assert result.time_s == pytest.approx(begin.elapsed_time(end) * 1e-3 / 2000, rel=0.06)


def test_a_cold_cache_costs_more() -> None:
    weights = torch.randn(16 * 2**20, device="cuda")  # 64 MB to read
    small = weights[: 4 * 2**20]  # 16 MB: fits into the L2 of any data-center GPU
    warm = cn.bench(torch.sum, small, cache="warm", **GIVEN)
    cold = cn.bench(torch.sum, small, cache="cold", **GIVEN)
    print(warm, cold, sep="\n")
    assert cold.time_s is not None and cold.energy_j is not None, cold.status
    assert cold.energy_j + cold.energy_half_width_j > warm.energy_j
    assert cold.only.with_flush["energy_j"] > cold.energy_j


def test_what_cannot_be_captured_is_called_from_python_and_says_so() -> None:
    one = square(256)

    def waits(x: torch.Tensor) -> torch.Tensor:
        return x * 2 if (x @ x).sum().item() > 0 else x

    for execution in ("auto", "graph"):
        result = cn.bench(waits, one, execution=execution, cache="warm", precision=0.05, **GIVEN)
        assert result.execution == "eager"
        assert {"not_capturable", "eager_loop"} <= set(result.only.statuses)
        assert any("called from Python" in warning for warning in result.warnings)
        assert result.energy_j is not None
    assert torch.cuda.current_stream() == torch.cuda.default_stream()
    again = cn.bench(torch.matmul, one, one, cache="warm", precision=0.05, **GIVEN)
    assert again.execution == "graph", "what failed left torch able to capture"


def test_eager_is_dearer_than_graph_for_small_kernels() -> None:
    small = torch.randn(64, 64, device="cuda")

    def many(x: torch.Tensor) -> torch.Tensor:
        for _ in range(20):
            x = torch.relu(x)
        return x

    graph = cn.bench(many, small, cache="warm", precision=0.05, **GIVEN)
    eager = cn.bench(many, small, cache="warm", precision=0.05, execution="eager", **GIVEN)
    assert (graph.execution, eager.execution) == ("graph", "eager")
    assert eager.time_s > graph.time_s and eager.energy_j > graph.energy_j


def test_a_training_step_with_gradients_set_to_none() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(1024, 1024), torch.nn.ReLU(), torch.nn.Linear(1024, 1024)).cuda()
    inputs = torch.randn(512, 1024, device="cuda")
    parameters = list(model.parameters())

    def step() -> None:
        model(inputs).square().mean().backward()

    result = cn.bench(step, grad_to_none=parameters, cache="warm", precision=0.05, **GIVEN)
    print(result)
    assert result.energy_j is not None and result.time_s is not None
    assert all(parameter.grad is None for parameter in parameters)


def test_a_call_without_gpu_work_is_refused() -> None:
    with pytest.raises(cn.BadInputError, match='device="cpu"'):
        cn.bench(lambda: sum(range(100)), device="cuda", **GIVEN)
