"""Empties a device's last-level cache of whatever was in it, before every call that is to find it cold."""

from __future__ import annotations

from pathlib import Path

import torch

__all__ = ["CacheFlush", "flush_bytes"]

_TIMES_THE_CACHE = 2  # what is written once more than fits drives out everything, whatever the replacement
_UNKNOWN_GPU_BYTES = 256_000_000  # what `triton.testing.do_bench` writes
_UNKNOWN_CPU_BYTES = 128 * 2**20
_AT_MOST_BYTES = 2**30


class CacheFlush:
    """A call writes zeros to a buffer twice as large as the cache, as `triton.testing.do_bench` does with its own."""

    def __init__(self, device: torch.device, size_bytes: int | None = None) -> None:
        size_bytes = flush_bytes(device) if size_bytes is None else size_bytes
        self.buffer = torch.empty(size_bytes // 4, dtype=torch.int32, device=device)

    @property
    def bytes(self) -> int:
        return self.buffer.numel() * self.buffer.element_size()

    def __call__(self) -> None:
        self.buffer.zero_()


def flush_bytes(device: torch.device, caches: Path = Path("/sys/devices/system/cpu/cpu0/cache")) -> int:
    """Bytes to write so that nothing of before is left in the cache."""
    if device.type == "cuda":
        l2_bytes = int(getattr(torch.cuda.get_device_properties(device), "L2_cache_size", 0))
        return _TIMES_THE_CACHE * l2_bytes or _UNKNOWN_GPU_BYTES
    found = _last_level_bytes(caches)
    return min(_AT_MOST_BYTES, _TIMES_THE_CACHE * found) if found else _UNKNOWN_CPU_BYTES


def _last_level_bytes(caches: Path) -> int:
    """Of the last level that Linux lists; 0 where it lists none."""
    sizes: dict[int, int] = {}
    for index in caches.glob("index*"):
        try:
            level, size = int((index / "level").read_text()), (index / "size").read_text().strip()
            sizes[level] = int(size.rstrip("KMG")) * {"K": 2**10, "M": 2**20, "G": 2**30}.get(size[-1:], 1)
        except (OSError, ValueError):
            continue
    return sizes[max(sizes)] if sizes else 0
