"""Any callable captured by itself as a CUDA graph, on eager's own decisions."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import torch

from clear_native import _core
from clear_native.capture.capture import Capture, capture_plain, warm_up
from clear_native.capture.eager_decisions import EagerDecisions

__all__ = ["CapturedRun", "captured_run"]


@dataclass(frozen=True)
class CapturedRun:
    """What was captured. Holds all that its graph reads."""

    run: Callable[[], object]
    times: int  # in a row, in one pass
    decisions: EagerDecisions
    capture: Capture

    def parts(self) -> list[_core.Subgraph]:
        nodes = list(range(len(self.capture.model_graph.nodes)))
        return [_core.Subgraph(self.capture.model_graph, nodes)] * self.times

    def run_as_captured(self) -> None:
        with self.decisions.given_back():
            self.run()

    def replay(self) -> None:
        self.capture.torch_graph.replay()


def captured_run(
    run: Callable[[], object], stream: torch.cuda.Stream, context: _core.PrimaryContext, times: int = 1
) -> CapturedRun | None:
    """None if `run` launches nothing on the device of the stream. What its first, eager call raises passes as it is.

    Raises CaptureFailedError, DeviceOutOfMemoryError.
    """
    decisions = EagerDecisions()
    with torch.cuda.device(stream.device):
        torch.cuda.synchronize()  # what the run reads was written on another stream
        with torch.cuda.stream(stream), decisions.recorded():
            run()
        stream.synchronize()

        def decided() -> None:
            with decisions.given_back():
                run()

        warm_up(decided, stream)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="The CUDA Graph is empty")
            capture = capture_plain(decided, stream, context)
        if not capture.model_graph.nodes:
            return None
        capture.replay_once()
    return CapturedRun(run, times, decisions, capture)
