"""Copies and sets on a real GPU: other names in a graph than in eager, and no difference of kernels."""

from __future__ import annotations

import torch

from clear_native.capture.kernel_lists import compare_launches, launches

DEVICE = torch.device("cuda")


def test_copies_are_no_kernels() -> None:
    sizes = (1, 3, 1024, 4099, 1 << 20, (1 << 24) + 5)
    pairs = [(torch.empty(size, device=DEVICE), torch.randn(size, device=DEVICE)) for size in sizes]
    last = torch.ones(7, device=DEVICE)

    def run() -> None:
        for to, source in pairs:
            to.copy_(source)
        last.add_(1)

    run()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        run()
    eager, captured = launches(run, DEVICE), launches(graph.replay, DEVICE)
    print(eager.memory, captured.memory)
    assert len(eager.kernels) == len(captured.kernels) == 1
    assert len(eager.memory) == len(sizes) and captured.memory
    found = compare_launches(eager, eager, captured)
    assert found.difference() == {}
    assert (found.eager_memory, found.captured_memory) == (eager.memory, captured.memory)
