"""
The measuring engine of clear_native. Private: use the functions of the package clear_native.
"""

from __future__ import annotations
import collections.abc
import typing

__all__: list[str] = [
    "Alternation",
    "CPU_CORE_POWER_W",
    "DeviceBench",
    "DosedReplays",
    "DosedWorkloads",
    "EagerDosedWorkloads",
    "EagerWorkload",
    "Edge",
    "EnergyMeter",
    "EnergyMonitor",
    "EstimateMeter",
    "GPU_POWER_W",
    "GraphReplayFactory",
    "IdleWorkload",
    "MeterWithSides",
    "ModelGraph",
    "NvmlMeter",
    "PrimaryContext",
    "RaplMeter",
    "Replay",
    "ReplayFactory",
    "RoundsOptions",
    "ScriptedMeter",
    "SensorBench",
    "Subgraph",
    "WeighingLayout",
    "Workload",
    "calibrate",
    "capture_frontier",
    "characterize",
    "check_meters",
    "deep_idle",
    "deep_idle_share",
    "device_count",
    "differences",
    "draw_rows",
    "empty_edge_s",
    "end_measurements",
    "has_cuda",
    "launch_spin",
    "open_meters",
    "open_nvml_meter",
    "passes_for",
    "run_rounds",
    "run_weighing",
    "second_runs_in_graph",
    "shortest_characterization_s",
    "time_per_pass",
    "twin_shift",
]

class EnergyMeter:
    """
    A source of cumulative energy. Times are seconds of the monotonic clock.
    """
    def operating_point(self) -> typing.Any:
        """
        Clocks, temperature, power and throttle reasons now, or None.
        """
    def other_processes(self) -> int | None:
        """
        Other processes computing on the device, or None.
        """
    def power_samples(self) -> list[tuple[float, float]]:
        """
        [(time_s, power_w)] buffered since the last call, oldest first.
        """
    def read(self) -> tuple[float, float, float]:
        """
        (begin_s, end_s, energy_j): the counter was sampled between the two times.
        """
    def side_traits(self) -> list[typing.Any]:
        """
        Of the meters that are read beside this one.
        """
    def traits(self) -> dict[str, typing.Any]: ...

class MeterWithSides(EnergyMeter):
    """
    One meter that drives a measurement, and others that are read beside it.
    """
    def __init__(self, driving: EnergyMeter, sides: collections.abc.Sequence[EnergyMeter]) -> None: ...

class NvmlMeter(EnergyMeter):
    """
    The energy counter of one NVIDIA GPU.
    """
    def __init__(self, uuid: str) -> None: ...

class EstimateMeter(EnergyMeter):
    """
    No sensor: time times a stated constant power. Everything from it is marked estimated.
    """
    def __init__(
        self, power_w: typing.SupportsFloat | typing.SupportsIndex, scope: str, device: str, note: str = ""
    ) -> None: ...

class RaplMeter(EnergyMeter):
    """
    The energy counters of the processor: all packages and their memory, added up.
    """
    def __init__(self, device: str) -> None: ...

class ScriptedMeter(EnergyMeter):
    """
    A meter whose truth is known. Times are seconds of the monotonic clock.
    """
    def __init__(
        self,
        power_w: collections.abc.Sequence[
            tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex]
        ],
        period_s: typing.SupportsFloat | typing.SupportsIndex = 0.1,
        quantum_j: typing.SupportsFloat | typing.SupportsIndex = 0.001,
        read_s: typing.SupportsFloat | typing.SupportsIndex = 0.0,
        sample_period_s: typing.SupportsFloat | typing.SupportsIndex = 0.0,
        sample_lag_s: typing.SupportsFloat | typing.SupportsIndex = 0.0,
        scope: str = "gpu",
        device: str = "scripted",
        back_at_s: typing.SupportsFloat | typing.SupportsIndex | None = None,
        stalls_at_s: typing.SupportsFloat | typing.SupportsIndex | None = None,
        lost_at_s: typing.SupportsFloat | typing.SupportsIndex | None = None,
    ) -> None:
        """
        power_w: [(from when on, watts)]; period_s: of its counter, 0 for none; the last three: its faults.
        """
    def energy_between_j(
        self, begin_s: typing.SupportsFloat | typing.SupportsIndex, end_s: typing.SupportsFloat | typing.SupportsIndex
    ) -> float:
        """
        The truth.
        """

class Edge:
    """
    The moment at which a window begins or ends.
    """
    def wait_for_time(self, timeout_s: typing.SupportsFloat | typing.SupportsIndex) -> bool:
        """
        Whether time_s is known by then.
        """
    @property
    def aligned(self) -> bool:
        """
        Whether it is at a change of the first meter.
        """
    @property
    def time_s(self) -> float | None:
        """
        None while it waits for a change of the meter.
        """

class EnergyMonitor:
    """
    Follows meters on threads of its own, so that edges of windows cost microseconds.
    """
    def __init__(self, meters: collections.abc.Sequence[EnergyMeter]) -> None: ...
    def close(self) -> None:
        """
        No more edges.
        """
    def energies(self, begin: Edge, end: Edge, timeout_s: typing.SupportsFloat | typing.SupportsIndex) -> typing.Any:
        """
        [{status, message, energy_j, half_width_j}] per meter; None where one does not know by then.
        """
    def mark(self, aligned: bool = False) -> Edge:
        """
        Now, or the next change of the first meter.
        """
    def stop(self) -> None:
        """
        The same, and its threads end at once.
        """

class Workload:
    """
    Something that can be run again and again.
    """
    def drain(self) -> None:
        """
        Return when everything launched is done.
        """
    def launch(self) -> None:
        """
        Enqueue one launch.
        """
    def odometer(self) -> tuple[float, float]:
        """
        (time_s, passes): so many passes were done at that time of the monotonic clock.
        """
    @property
    def passes_per_launch(self) -> float: ...

class EagerWorkload(Workload):
    """
    A Python callable, called on this thread.
    """
    def __init__(
        self,
        run: typing.Any,
        synchronize: typing.Any = None,
        passes_per_launch: typing.SupportsInt | typing.SupportsIndex = 1,
    ) -> None: ...

class IdleWorkload(Workload):
    """
    Nothing runs; its passes are seconds.
    """
    def __init__(self) -> None: ...

class RoundsOptions:
    """
    How long and how precisely to measure; seconds and ratios.
    """
    def __init__(self) -> None: ...
    @property
    def chain_windows(self) -> int: ...
    @chain_windows.setter
    def chain_windows(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None: ...
    @property
    def dosed_duration_s(self) -> float: ...
    @dosed_duration_s.setter
    def dosed_duration_s(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None: ...
    @property
    def dosed_lead_in_s(self) -> float: ...
    @dosed_lead_in_s.setter
    def dosed_lead_in_s(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None: ...
    @property
    def dosed_max_duration_s(self) -> float: ...
    @dosed_max_duration_s.setter
    def dosed_max_duration_s(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None: ...
    @property
    def duration_s(self) -> float: ...
    @duration_s.setter
    def duration_s(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None: ...
    @property
    def fraction(self) -> float: ...
    @fraction.setter
    def fraction(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None: ...
    @property
    def largest_fraction(self) -> float: ...
    @largest_fraction.setter
    def largest_fraction(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None: ...
    @property
    def lead_in_max_s(self) -> float: ...
    @lead_in_max_s.setter
    def lead_in_max_s(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None: ...
    @property
    def lead_in_min_s(self) -> float: ...
    @lead_in_min_s.setter
    def lead_in_min_s(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None: ...
    @property
    def max_rounds(self) -> int: ...
    @max_rounds.setter
    def max_rounds(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None: ...
    @property
    def max_time_s(self) -> float: ...
    @max_time_s.setter
    def max_time_s(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None: ...
    @property
    def min_rounds(self) -> int: ...
    @min_rounds.setter
    def min_rounds(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None: ...
    @property
    def near_lead_in_max_s(self) -> float: ...
    @near_lead_in_max_s.setter
    def near_lead_in_max_s(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None: ...
    @property
    def pairs_per_round(self) -> int: ...
    @pairs_per_round.setter
    def pairs_per_round(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None: ...
    @property
    def pilot_rounds(self) -> int: ...
    @pilot_rounds.setter
    def pilot_rounds(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None: ...
    @property
    def precision(self) -> float: ...
    @precision.setter
    def precision(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None: ...
    @property
    def precision_of_model(self) -> float: ...
    @precision_of_model.setter
    def precision_of_model(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None: ...
    @property
    def reference_duration_s(self) -> float: ...
    @reference_duration_s.setter
    def reference_duration_s(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None: ...
    @property
    def seed(self) -> int: ...
    @seed.setter
    def seed(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None: ...
    @property
    def uniform_pairs(self) -> int: ...
    @uniform_pairs.setter
    def uniform_pairs(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None: ...

class ReplayFactory:
    """
    Makes replays of one thing in the shapes it can take.
    """

class Alternation:
    """
    A load that went on and off for equal times, and when it ran.
    """
    def __init__(
        self,
        period_s: typing.SupportsFloat | typing.SupportsIndex,
        begin_s: typing.SupportsFloat | typing.SupportsIndex,
        end_s: typing.SupportsFloat | typing.SupportsIndex,
    ) -> None: ...
    @property
    def begin_s(self) -> float: ...
    @property
    def end_s(self) -> float: ...
    @property
    def period_s(self) -> float:
        """
        The true one.
        """

class SensorBench:
    """
    A device with its sensor and a load. Times are of one monotonic clock.
    """
    def __init__(self) -> None: ...
    def alternate(self, period_s: float, duration_s: float) -> Alternation | None:
        """
        Runs a load that goes on and off so; None: it cannot.
        """
    def field_names(self) -> list[str]:
        """
        Of the power fields beside it, to be polled.
        """
    def field_power_w(self, name: str) -> float | None:
        """
        Watts; None where there is no such field after all.
        """
    def now_s(self) -> float: ...
    def read(self) -> tuple[float, float, float]:
        """
        (begin_s, end_s, energy_j) of the meter.
        """
    def samples(self) -> list[tuple[float, float]]:
        """
        [(time_s, mean watts since the sample before)] that the driver buffered since the last call.
        """
    def sleep(self, duration_s: typing.SupportsFloat | typing.SupportsIndex) -> None: ...
    def start_load(self) -> float:
        """
        When it began.
        """
    def stop_load(self) -> float:
        """
        When the device was idle again.
        """

class DeviceBench(SensorBench):
    """
    A real device, whose load Python adds: start_load, stop_load, alternate where it can.
    """
    def __init__(self, meter: EnergyMeter, gpu_uuid: str | None = None) -> None: ...

class WeighingLayout:
    """
    Which calls of a pass can be dosed, and whose they are.
    """
    def __init__(
        self,
        components: collections.abc.Sequence[str],
        component_of_call: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex | None],
        passes: typing.SupportsInt | typing.SupportsIndex,
        twin_of_call: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex] | None = None,
        kind_of_call: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex] | None = None,
    ) -> None:
        """
        component_of_call: per call of a pass in order, None for one that always runs once; twin_of_call: the call that runs as the second one where a call runs twice, None for the call itself; kind_of_call: equal numbers for calls of a component that do the same work, None where all of them do.
        """
    @property
    def component_of_call(self) -> list[int | None]: ...
    @property
    def components(self) -> list[str]: ...
    @property
    def kind_of_call(self) -> list[int]: ...
    @property
    def passes(self) -> int: ...
    @property
    def twin_of_call(self) -> list[int]: ...

class DosedWorkloads:
    """
    Makes dosed runs of a model.
    """

class EagerDosedWorkloads(DosedWorkloads):
    """
    make(doses) returns a callable that does one pass of the model.
    """
    def __init__(
        self, make: typing.Any, synchronize: typing.Any = None, passes: typing.SupportsInt | typing.SupportsIndex = 1
    ) -> None: ...

class PrimaryContext:
    """
    The device's context, shared with torch.
    """
    @staticmethod
    def of_ordinal(ordinal: typing.SupportsInt | typing.SupportsIndex) -> PrimaryContext: ...
    @property
    def properties(self) -> dict[str, typing.Any]: ...

class ModelGraph:
    """
    The CUDA graph of one forward, with the nodes of every module call.
    """
    def __init__(
        self,
        context: PrimaryContext,
        graph: typing.SupportsInt | typing.SupportsIndex,
        spans: collections.abc.Sequence[
            tuple[
                str,
                typing.SupportsInt | typing.SupportsIndex | None,
                collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
                collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
            ]
        ],
        max_nodes: typing.SupportsInt | typing.SupportsIndex = 200000,
    ) -> None:
        """
        graph: an integer handle, borrowed; spans: (label, parent, entry frontier, exit frontier).
        """
    @property
    def edge_count(self) -> int: ...
    @property
    def nodes(self) -> list[typing.Any]:
        """
        In a deterministic topological order.
        """
    @property
    def programmatic_edge_count(self) -> int: ...
    @property
    def segments(self) -> list[typing.Any]:
        """
        (span or None, begin, end): runs of nodes of one span.
        """

class Subgraph:
    """
    Some nodes of a model graph.
    """
    def __init__(
        self, graph: ModelGraph, nodes: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex]
    ) -> None:
        """
        nodes: indices into graph.nodes.
        """
    @property
    def nodes(self) -> list[int]: ...

class Replay(Workload):
    """
    An instantiated graph of K passes.
    """
    def __init__(
        self,
        stream: typing.SupportsInt | typing.SupportsIndex,
        parts: collections.abc.Sequence[Subgraph],
        shape: str = "chain",
        passes_per_launch: typing.SupportsInt | typing.SupportsIndex = 1,
        time_per_pass_s: typing.SupportsFloat | typing.SupportsIndex | None = None,
        queue_depth: typing.SupportsInt | typing.SupportsIndex = 4,
        calibrate: bool = True,
    ) -> None:
        """
        calibrate: learn from a launch where in a pass the odometer counts; without, nothing runs before launch().
        """
    def request_stop(self) -> None:
        """
        Any thread: a WHILE loop ends after the turn it is in.
        """
    @property
    def marks_per_pass(self) -> int: ...
    @property
    def nodes_per_launch(self) -> int: ...

class GraphReplayFactory(ReplayFactory):
    """
    Makes replays of a sequence of subgraphs, which is one pass.
    """
    def __init__(
        self, stream: typing.SupportsInt | typing.SupportsIndex, parts: collections.abc.Sequence[Subgraph]
    ) -> None: ...

class DosedReplays(DosedWorkloads):
    """
    Replays of a chain of calls in which some run twice and some not at all.
    """
    def __init__(
        self,
        stream: typing.SupportsInt | typing.SupportsIndex,
        calls: collections.abc.Sequence[Subgraph],
        second: collections.abc.Sequence[
            tuple[typing.SupportsInt | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex]
        ],
        passes: typing.SupportsInt | typing.SupportsIndex = 8,
    ) -> None:
        """
        second: for each call (what runs as its second run, after which place of the pass it does).
        """
    def changed(self) -> int:
        """
        How many watched buffers differ from what they were.
        """
    def make(self, doses: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex]) -> Workload:
        """
        The model with its calls dosed: per cell (pass times call) -1 skipped, 0 once, 1 twice.
        """
    def run_once(self, doses: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex]) -> None:
        """
        The unrolled passes of these doses, once.
        """
    def set_restores(self, restores: bool) -> None:
        """
        True: a pass of the chain is run before changed() looks.
        """
    def time_calls(
        self,
        kind_of_call: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        skipped: collections.abc.Sequence[bool],
    ) -> None:
        """
        Times one call of each kind alone, but for the skipped ones: doses are then drawn so that they beat little with the sensor. Data that calls change in place is left changed.
        """
    def watch(
        self,
        buffers: collections.abc.Sequence[
            tuple[typing.SupportsInt | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex]
        ],
    ) -> list[int]:
        """
        buffers: (address, bytes) that no dose may change; the indices of those that cannot be judged are returned.
        """
    @property
    def calls(self) -> int: ...
    @property
    def passes(self) -> int: ...
    @property
    def time_per_pass_s(self) -> float: ...

def calibrate(
    factory: ReplayFactory,
    min_launch_s: typing.SupportsFloat | typing.SupportsIndex = 0.002,
    max_passes: typing.SupportsInt | typing.SupportsIndex = 4096,
) -> tuple[typing.Any, ...]:
    """
    (workload, chosen, tried): K and the faster shape of replay.
    """

def capture_frontier(stream: typing.SupportsInt | typing.SupportsIndex) -> list[int]:
    """
    Handles of the nodes that the next captured node would depend on.
    """

def characterize(
    bench: SensorBench,
    integrates_power: bool,
    note: str,
    max_time_s: typing.SupportsFloat | typing.SupportsIndex,
    between: typing.Any = None,
) -> dict[str, typing.Any]:
    """
    What a bench tells of its sensor, as a dict; `between` is called now and then while no load runs.
    """

def check_meters(names: collections.abc.Sequence[str], is_gpu: bool, called: str) -> None:
    """
    Whether these meters could be read together here.
    """

def deep_idle(meter: EnergyMeter, duration_s: typing.SupportsFloat | typing.SupportsIndex) -> tuple[typing.Any, ...]:
    """
    (power_w, notes) of a device that nothing has a context on; None where it could not be seen.
    """

def device_count() -> int: ...
def differences(
    before: collections.abc.Sequence[
        tuple[
            typing.SupportsFloat | typing.SupportsIndex,
            typing.SupportsFloat | typing.SupportsIndex,
            typing.SupportsFloat | typing.SupportsIndex,
        ]
    ],
    after: collections.abc.Sequence[
        tuple[
            typing.SupportsFloat | typing.SupportsIndex,
            typing.SupportsFloat | typing.SupportsIndex,
            typing.SupportsFloat | typing.SupportsIndex,
        ]
    ],
    spread_between_runs: typing.SupportsFloat | typing.SupportsIndex,
    family_error: typing.SupportsFloat | typing.SupportsIndex,
) -> list[typing.Any]:
    """
    Do means differ? Each is (mean, half-width of its 95 % interval, degrees of freedom). A dict for each pair: value, half_width, relative, relative_half_width, p_value, told_apart (Holm).
    """

def draw_rows(
    layout: WeighingLayout,
    fraction: typing.SupportsFloat | typing.SupportsIndex,
    seed: typing.SupportsInt | typing.SupportsIndex,
    round: typing.SupportsInt | typing.SupportsIndex,
) -> list[typing.Any]:
    """
    [(pair, sign, doses, component doses)]: the rows of one round.
    """

def empty_edge_s(
    context: PrimaryContext,
    stream: typing.SupportsInt | typing.SupportsIndex,
    nodes: typing.SupportsInt | typing.SupportsIndex = 1000,
    repeats: typing.SupportsInt | typing.SupportsIndex = 20,
) -> float:
    """
    Seconds that one empty kernel node takes in a chain of such.
    """

def end_measurements() -> int:
    """
    Ends what runs, as if by Ctrl-C; how many calls still run without the GIL. For the interpreter's end.
    """

def launch_spin(
    context: PrimaryContext,
    stream: typing.SupportsInt | typing.SupportsIndex,
    duration_s: typing.SupportsFloat | typing.SupportsIndex,
    blocks: typing.SupportsInt | typing.SupportsIndex = 1,
    threads: typing.SupportsInt | typing.SupportsIndex = 32,
) -> None:
    """
    A kernel that burns so many seconds; can be captured.
    """

def open_meters(
    names: collections.abc.Sequence[str],
    is_gpu: bool,
    uuid: str,
    cpu: str,
    called: str,
    cores: typing.SupportsInt | typing.SupportsIndex,
) -> EnergyMeter:
    """
    The first drives a measurement, the others are read beside it.
    """

def open_nvml_meter(uuid: str, which: str = "auto") -> EnergyMeter:
    """
    A GPU's sensor: 'counter', 'samples', 'instant', 'usage', or 'auto' for the first of these that it has.
    """

def passes_for(time_per_pass_s: typing.SupportsFloat | typing.SupportsIndex) -> int:
    """
    Unrolled passes that doses spread over; even.
    """

def run_rounds(
    meter: EnergyMeter,
    targets: collections.abc.Sequence[tuple[str, str, Workload]],
    options: RoundsOptions,
    progress: typing.Any = None,
) -> dict[str, typing.Any]:
    """
    Windows of all targets [(name, role, workload)] in rounds of random order; the result as a dict.
    """

def run_weighing(
    meter: EnergyMeter,
    references: collections.abc.Sequence[tuple[str, str, Workload]],
    layout: WeighingLayout,
    dosed: DosedWorkloads,
    options: RoundsOptions,
    progress: typing.Any = None,
) -> dict[str, typing.Any]:
    """
    Rounds of references [(name, role, workload)] and of dosed windows; the result as a dict.
    """

def second_runs_in_graph(
    kind_of_call: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex], cold: bool
) -> list[tuple[int, int]]:
    """
    For each call of a chain: (the call that runs as its second run, the place of the pass after which it does).
    """

def time_per_pass(
    workload: Workload,
    min_s: typing.SupportsFloat | typing.SupportsIndex = 0.02,
    min_launches: typing.SupportsInt | typing.SupportsIndex = 3,
) -> float:
    """
    Seconds per pass, after a warm-up launch.
    """

def twin_shift(count: typing.SupportsInt | typing.SupportsIndex) -> int:
    """
    How many calls of its kind away the second run of each of `count` calls is.
    """

CPU_CORE_POWER_W: float = 10.0
GPU_POWER_W: float = 300.0
__version__: str = "0.1.0"
deep_idle_share: float = 0.08
has_cuda: bool = True
shortest_characterization_s: float = 4.0
