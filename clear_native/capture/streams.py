"""The stream that forwards are captured on."""

from __future__ import annotations

import torch

__all__ = ["capture_stream"]

_of_device: dict[int, torch.cuda.Stream] = {}


def capture_stream(device: torch.device) -> torch.cuda.Stream:
    """One for each device and process: torch keeps cuBLAS's workspace (32 MiB on an H100) of every stream that a matrix
    product ever ran on, so a stream for each profile would take memory with each. Another where a capture never ended.
    """
    index = device.index or 0
    stream = _of_device.get(index)
    if stream is None or _is_capturing(stream):
        stream = torch.cuda.Stream(torch.device("cuda", index))  # type: ignore[no-untyped-call]
        _of_device[index] = stream
    return stream


def _is_capturing(stream: torch.cuda.Stream) -> bool:
    with torch.cuda.stream(stream):
        return torch.cuda.is_current_stream_capturing()
