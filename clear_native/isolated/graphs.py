"""The model and components of it, each captured by itself as a CUDA graph, and replayed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import torch

from clear_native import _core
from clear_native.capture.captured_run import CapturedRun, captured_run
from clear_native.capture.kernel_lists import Launches, compare_launches, launches
from clear_native.capture.streams import capture_stream
from clear_native.errors import BadInputError
from clear_native.isolated.calls import RepeatedCalls
from clear_native.report import KernelComparison

__all__ = ["IsolatedGraphs", "Made", "not_in_the_model"]

Made: TypeAlias = tuple[_core.Workload, dict[str, object]]  # and how it is replayed, for the report


@dataclass
class IsolatedGraphs:
    """Captures one after the other on the stream of captures. Keep it alive while what it made runs."""

    device: torch.device
    model: CapturedRun | None = None
    components: dict[str, list[CapturedRun]] = field(default_factory=dict)
    stream: torch.cuda.Stream = field(init=False)
    context: _core.PrimaryContext = field(init=False)

    def __post_init__(self) -> None:
        self.context = _core.PrimaryContext.of_ordinal(self.device.index or 0)
        self.stream = capture_stream(self.device)

    def make_plain(self, forward: Callable[[], object]) -> Made:
        """Replays of the whole model. Raises BadInputError if it launches nothing, CaptureFailedError,
        DeviceOutOfMemoryError."""
        self.model = self._captured(forward)
        if self.model is None:
            raise BadInputError(f"the model launches nothing on {self.device}: there is nothing to measure")
        return self._replays([self.model])

    def make_component(self, name: str, parts: Sequence[RepeatedCalls]) -> Made | None:
        """Replays of all `parts`, one pass; None if they launch nothing. Raises CaptureFailedError,
        DeviceOutOfMemoryError."""
        found = [self._captured(part.once(), part.times) for part in parts]
        launching = [captured for captured in found if captured is not None]
        if not launching:
            return None
        made = self._replays(launching)
        self.components[name] = launching
        return made

    def compare_kernels(self) -> KernelComparison | None:
        """The first comparison that finds a difference, of: the whole model captured against eager; the components
        captured against themselves in eager; the components against the model in eager.

        Hooks, with which the calls were recorded, switch off some modules' fast paths, and capture may change what
        depends on it: either way what is replayed alone would be another model's component. None without CUPTI, and
        where the model or all components could not be captured.
        """
        alone = [captured for name in self.components for captured in self.components[name]]
        if self.model is None or not alone:
            return None

        def repeated(once: Callable[[CapturedRun], None]) -> Launches:
            def all_of_a_pass() -> None:
                for part in alone:
                    for _ in range(part.times):
                        once(part)

            return launches(all_of_a_pass, self.device)

        model = self.model
        with torch.cuda.device(self.device), torch.cuda.stream(self.stream):
            eager = launches(model.run, self.device)
            given = launches(model.run_as_captured, self.device)
            captured = launches(model.replay, self.device)
            by_itself, replayed = repeated(CapturedRun.run_as_captured), repeated(CapturedRun.replay)
        if not (eager and captured and by_itself and replayed):
            return None
        whole = compare_launches(eager, given, captured)
        parts = compare_launches(by_itself, by_itself, replayed)
        return next((found for found in (whole, parts) if found.difference()), not_in_the_model(eager, replayed))

    def _captured(self, run: Callable[[], object], times: int = 1) -> CapturedRun | None:
        return captured_run(run, self.stream, self.context, times)

    def _replays(self, found: list[CapturedRun]) -> Made:
        parts = [part for captured in found for part in captured.parts()]
        workload, chosen, _ = _core.calibrate(_core.GraphReplayFactory(self.stream.cuda_stream, parts))
        return workload, chosen


def not_in_the_model(eager: Launches, replayed: Launches) -> KernelComparison:
    """Differs where components launch kernels that the model does not, or more often. What runs in no component is no
    difference: it is not replayed."""
    known = Launches(tuple((Counter(eager.kernels) & Counter(replayed.kernels)).elements()), eager.memory)
    return compare_launches(known, known, replayed)
