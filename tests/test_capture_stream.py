"""Captures share one stream per device: cuBLAS's workspaces stay with every stream that there ever was."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
import torch

from clear_native.capture import streams


class Stream:
    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.capturing = False


@pytest.fixture(autouse=True)
def _fake_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    current: list[Stream] = []

    def stream(chosen: Stream) -> nullcontext[None]:
        current[:] = [chosen]
        return nullcontext()

    monkeypatch.setattr(streams, "_of_device", {})
    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "stream", stream)
    monkeypatch.setattr(torch.cuda, "is_current_stream_capturing", lambda: current[0].capturing)


def test_one_for_each_device() -> None:
    first = streams.capture_stream(torch.device("cuda"))
    assert streams.capture_stream(torch.device("cuda:0")) is first
    other = streams.capture_stream(torch.device("cuda:1"))
    assert other is not first and other.device == torch.device("cuda:1")


def test_another_where_a_capture_never_ended() -> None:
    broken = streams.capture_stream(torch.device("cuda"))
    broken.capturing = True  # type: ignore[attr-defined]
    fresh = streams.capture_stream(torch.device("cuda"))
    assert fresh is not broken
    assert streams.capture_stream(torch.device("cuda")) is fresh
