"""The meters that an `EnergyMonitor` follows, and where the energy of each goes."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import torch

from clear_native import _core
from clear_native.any_code.measurement import MeterPlace
from clear_native.errors import BadInputError
from clear_native.machine.environment import gpu_uuid
from clear_native.machine.meters import open_meter

__all__ = ["checked_meters", "open_gpu_meters", "places_of"]


def open_gpu_meters(gpu_indices: Sequence[int] | None, meter: str) -> tuple[list[_core.EnergyMeter], list[int]]:
    """A meter for each GPU, as torch counts them (None: all there are); that of the CPU where there are none.

    Raises BadInputError for an index that is not there or comes twice, and what `open_meter` raises.
    """
    present = torch.cuda.device_count() if torch.cuda.is_available() else 0
    indices = list(range(present)) if gpu_indices is None else _checked_indices(gpu_indices, present)
    if not indices:
        return [open_meter(meter, torch.device("cpu"))], []
    devices = [torch.device("cuda", index) for index in indices]
    with ThreadPoolExecutor(len(devices)) as pool:  # each watches its counter for up to half a second
        return list(pool.map(lambda device: open_meter(meter, device), devices)), indices


def checked_meters(meters: Sequence[_core.EnergyMeter]) -> list[_core.EnergyMeter]:
    """Raises BadInputError for what is no list of different meters."""
    if isinstance(meters, _core.EnergyMeter) or not isinstance(meters, Sequence):
        raise BadInputError(f"meters is a list of energy meters, got {type(meters).__name__}")
    for meter in meters:
        if not isinstance(meter, _core.EnergyMeter):
            raise BadInputError(f"meters holds {meter!r}, which is no energy meter; for a meter by name use meter=")
    if len({id(meter) for meter in meters}) < len(meters) or not meters:
        raise BadInputError(f"meters needs at least one meter and none twice, got {len(meters)}")
    return list(meters)


def places_of(meters: Sequence[_core.EnergyMeter], gpu_indices: Sequence[int] | None = None) -> list[MeterPlace]:
    """`gpu_indices`: of those that are GPUs, in order; None: by their UUID where torch knows it, else counted."""
    places: list[MeterPlace] = []
    counted: dict[str, int] = {}
    given = iter(gpu_indices or ())
    known = _indices_by_uuid() if gpu_indices is None and any(m.traits()["scope"] == "gpu" for m in meters) else {}
    for meter in meters:
        traits = meter.traits()
        scope = traits["scope"] if traits["scope"] in ("gpu", "dram") else "cpu"
        index = counted.get(scope, 0)
        counted[scope] = index + 1
        if scope == "gpu":
            index = known.get(traits["device"], next(given, index))
        places.append(MeterPlace(scope, index, traits["name"], traits["device"], traits["estimated"]))
    keys = [(place.scope, place.index) for place in places]
    if len(set(keys)) < len(keys):
        raise BadInputError("two of the meters are of the same device: its energy would count twice")
    return places


def _indices_by_uuid() -> dict[str, int]:
    if not torch.cuda.is_available():
        return {}
    return {gpu_uuid(torch.device("cuda", index)): index for index in range(torch.cuda.device_count())}


def _checked_indices(gpu_indices: Sequence[int], present: int) -> list[int]:
    if isinstance(gpu_indices, (str, bytes)) or not isinstance(gpu_indices, Sequence):
        raise BadInputError(f"gpu_indices is a list of device numbers as torch counts them, got {gpu_indices!r}")
    for index in gpu_indices:
        if isinstance(index, bool) or not isinstance(index, numbers.Integral):
            raise BadInputError(f"gpu_indices holds {index!r}, which is no device number")
        if not 0 <= index < present:
            raise BadInputError(
                f"there is no GPU {index}: torch sees {present}, counted after CUDA_VISIBLE_DEVICES; for the CPU alone "
                "use gpu_indices=[]"
            )
    if len(set(gpu_indices)) < len(gpu_indices):
        raise BadInputError(f"gpu_indices names a GPU twice: {list(gpu_indices)}")
    return [int(index) for index in gpu_indices]
