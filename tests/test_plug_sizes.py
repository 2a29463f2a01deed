"""What is taken out of a graph's memory pool, on a stand-in for torch's allocator."""

from __future__ import annotations

import random
from typing import Any

import pytest

from clear_native.capture.kept_buffers import plug_sizes

MIB = 2**20
UNIT = 512


class BestFit:
    """The free blocks of a pool as torch hands them out: the smallest that fits, cut where enough is left."""

    def __init__(self, free: list[tuple[bool, int]]) -> None:
        self.small = [size for small, size in free if small]
        self.large = [size for small, size in free if not small]
        self.new_segments = 0

    def segments(self) -> list[dict[str, Any]]:
        return [
            {
                "segment_type": kind,
                "blocks": [{"size": size, "state": "inactive"}, {"size": UNIT, "state": "active_allocated"}],
            }
            for kind, sizes in (("small", self.small), ("large", self.large))
            for size in sizes
        ]

    def allocate(self, size: int) -> None:
        blocks = self.small if size <= MIB else self.large
        fitting = [block for block in blocks if block >= size]
        if not fitting:
            self.new_segments += 1
            return
        blocks.remove(min(fitting))
        left = min(fitting) - size
        if left >= (UNIT if size <= MIB else MIB + UNIT):
            blocks.append(left)


@pytest.mark.parametrize("seed", range(50))
def test_plugs_take_every_free_block_and_no_new_memory(seed: int) -> None:
    generator = random.Random(seed)
    small = [(True, UNIT * generator.randint(1, 2 * MIB // UNIT)) for _ in range(generator.randint(0, 8))]
    large = [(False, UNIT * generator.randint(MIB // UNIT + 1, 20 * MIB // UNIT)) for _ in range(8)]
    pool = BestFit(generator.sample(small + large, len(small + large)))
    for size in plug_sizes(pool.segments()):
        pool.allocate(size)
    assert pool.small == []
    assert pool.large == []
    assert pool.new_segments == 0


def test_a_free_small_segment_is_taken_in_pieces() -> None:
    assert plug_sizes(BestFit([(True, 2 * MIB)]).segments()) == [MIB, MIB]
    assert plug_sizes(BestFit([(True, MIB + UNIT), (False, 3 * MIB)]).segments()) == [MIB, UNIT, 3 * MIB]


def test_what_is_left_of_a_large_segment_below_its_smallest_request_stays() -> None:
    pool = BestFit([(False, MIB)])
    assert plug_sizes(pool.segments()) == []
