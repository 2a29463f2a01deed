"""A simple load for a device, to look at how its sensor behaves: the rest of such a bench is native."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import torch

from clear_native import _core
from clear_native.errors import WorkloadFailedError
from clear_native.machine.environment import gpu_uuid

__all__ = ["CpuBench", "GpuBench", "uuid_without_context"]

_SIDE = {"cuda": 4096, "cpu": 512}  # of the square matrices that are multiplied
_AHEAD = 8  # of these are launched before they are waited for: the load ends soon after it is told to
_PERIODS_IN_GRAPH = 16
_BURST_SIDE = 2048  # of the matrices of an alternating load: some 25 µs each on an H200


class _Bench(_core.DeviceBench):
    """A load of matrix products on a thread, that goes on until it is told to stop."""

    def __init__(self, meter: _core.EnergyMeter, device: torch.device, uuid: str | None) -> None:
        super().__init__(meter, uuid)
        self._device = device
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._failure: Exception | None = None
        dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
        self._factor = torch.randn(_SIDE[device.type], _SIDE[device.type], device=device, dtype=dtype)
        self._product = torch.empty_like(self._factor)

    def start_load(self) -> float:
        self._stop.clear()
        self._work()  # before its time counts: libraries are loaded at first use
        begun = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(begun,), name="clear_native load", daemon=True)
        self._thread.start()
        begun.wait()
        return self.now_s()

    def stop_load(self) -> float:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        end_s = self.now_s()
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise WorkloadFailedError(
                f"the load that was to show the sensor ended early ({failure}): see that nothing else uses the device, "
                "and measure again"
            ) from failure
        return end_s

    def _run(self, begun: threading.Event) -> None:
        begun.set()
        try:
            while not self._stop.is_set():
                self._work()
        except Exception as error:  # told by stop_load, on the thread that can be told
            self._failure = error

    def _work(self) -> None:
        for _ in range(_AHEAD if self._device.type == "cuda" else 1):
            torch.mm(self._factor, self._factor, out=self._product)
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)


class CpuBench(_Bench):
    """The processor: all threads that torch uses multiply matrices."""

    def __init__(self, meter: _core.EnergyMeter) -> None:
        super().__init__(meter, torch.device("cpu"), None)


class GpuBench(_Bench):
    """A GPU, whose load can also alternate within a millisecond: products in turn with a kernel that only waits."""

    def __init__(self, meter: _core.EnergyMeter, device: torch.device) -> None:
        super().__init__(meter, device, gpu_uuid(device))
        self._burst = torch.randn(_BURST_SIDE, _BURST_SIDE, device=device, dtype=torch.bfloat16)
        self._burst_out = torch.empty_like(self._burst)
        self._product_s: float | None = None

    def alternate(self, period_s: float, duration_s: float) -> _core.Alternation | None:
        if not _core.has_cuda:
            return None
        with torch.cuda.device(self._device):
            if self._product_s is None:
                self._product_s = self._time_product_s()
            products = max(1, round(period_s / 2 / self._product_s))
            graph = self._capture(products, period_s - products * self._product_s)
            torch.cuda.synchronize()
            replays = max(1, round(duration_s / (period_s * _PERIODS_IN_GRAPH)))
            begin_s = self.now_s()
            took_s = self._took_s(graph, replays)
        return _core.Alternation(took_s / (replays * _PERIODS_IN_GRAPH), begin_s, self.now_s())

    def _time_product_s(self) -> float:
        """Within a graph, as they run later, at the clocks of a device that works."""
        graph = self._capture(64, 0.0)
        graph.replay()
        return self._took_s(graph, 1) / (64 * _PERIODS_IN_GRAPH)

    def _took_s(self, graph: torch.cuda.CUDAGraph, replays: int) -> float:
        """By the GPU's own clock."""
        cuda: Any = torch.cuda  # its events have no types
        first, last = cuda.Event(enable_timing=True), cuda.Event(enable_timing=True)
        first.record()
        for _ in range(replays):
            graph.replay()
        last.record()
        cuda.synchronize()
        return float(first.elapsed_time(last)) * 1e-3

    def _capture(self, products: int, pause_s: float) -> torch.cuda.CUDAGraph:
        context = _core.PrimaryContext.of_ordinal(torch.cuda.current_device())
        torch.mm(self._burst, self._burst, out=self._burst_out)  # before capture: libraries and kernels are loaded
        _core.launch_spin(context, torch.cuda.current_stream().cuda_stream, 1e-6)
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            for _ in range(_PERIODS_IN_GRAPH):
                for _ in range(products):
                    torch.mm(self._burst, self._burst, out=self._burst_out)
                if pause_s > 0:
                    _core.launch_spin(context, torch.cuda.current_stream().cuda_stream, pause_s)
        return graph


def uuid_without_context(index: int) -> str | None:
    """UUID of a CUDA device as CUDA_VISIBLE_DEVICES numbers them, without making a context on it; None where libcuda
    does not tell.
    """
    try:
        cuda = ctypes.CDLL(os.environ.get("CLEAR_CUDA_LIBRARY") or "libcuda.so.1")
    except OSError:
        return None
    device, raw = ctypes.c_int(), (ctypes.c_ubyte * 16)()
    for call in _calls(cuda, index, device, raw):
        if call() != 0:
            return None
    text = bytes(raw).hex()
    return f"GPU-{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _calls(
    cuda: ctypes.CDLL, index: int, device: ctypes.c_int, raw: ctypes.Array[ctypes.c_ubyte]
) -> Iterator[Callable[[], int]]:
    yield lambda: int(cuda.cuInit(0))
    yield lambda: int(cuda.cuDeviceGet(ctypes.byref(device), index))
    yield lambda: int(cuda.cuDeviceGetUuid(raw, device))
