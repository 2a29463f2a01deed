"""How the pool for scratch gets in front of the graph's pool, on a stand-in for torch's allocator."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import torch

from clear_native.capture.scratch_buffers import ScratchPool


class Allocator:
    """torch's list of pools: the first one in it that wants an allocation gets it."""

    def __init__(self) -> None:
        self.listed = [(1, 0)]  # a capture is under way
        self.users = {(1, 0): 1, (0, 1): 1}
        self.broken = False

    def begin(self, _device: int, pool: tuple[int, int]) -> None:
        if self.broken and pool == (0, 1):
            raise RuntimeError("broken")
        self.users[pool] += 1
        self.listed.append(pool)

    def end(self, _device: int, pool: tuple[int, int]) -> None:
        if pool not in self.listed:
            raise RuntimeError("not currently recording")
        self.listed.remove(pool)

    def release(self, _device: int, pool: tuple[int, int]) -> None:
        self.users[pool] -= 1


def test_the_pool_is_first_in_torchs_list_only_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    allocator = Allocator()
    monkeypatch.setattr(torch._C, "_cuda_beginAllocateCurrentThreadToPool", allocator.begin, raising=False)
    monkeypatch.setattr(torch._C, "_cuda_endAllocateToPool", allocator.end, raising=False)
    monkeypatch.setattr(torch._C, "_cuda_releasePool", allocator.release, raising=False)
    monkeypatch.setattr(
        torch.cuda, "MemPool", lambda: SimpleNamespace(id=(0, 1), use_count=lambda: allocator.users[(0, 1)])
    )
    monkeypatch.setattr(torch.cuda, "device", lambda _device: nullcontext())
    pool = ScratchPool(torch.device("cuda", 0), (1, 0))
    for _ in range(3):
        pool.enter()
        assert allocator.listed == [(0, 1)]
        pool.leave()
        assert allocator.listed == [(1, 0)]
        assert set(allocator.users.values()) == {1}
        assert pool.stays()
    allocator.broken = True
    with pytest.raises(RuntimeError):
        pool.enter()
    assert allocator.listed == [(1, 0)]
    assert set(allocator.users.values()) == {1}
    assert pool.stays()
    allocator.users[(0, 1)] = 0
    assert not pool.stays()
