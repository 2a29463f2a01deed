"""manifest.json: what is in a bundle, where it was made, and the checksum of every file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from clear_native.bundle.calls import RecordedCalls
from clear_native.cost.cost import Cost

__all__ = ["BUNDLE_VERSION", "MANIFEST", "call_records", "component_records", "device_record", "file_records", "sha256",
           "whole_model", "write_json"]  # fmt: skip

BUNDLE_VERSION = 1
MANIFEST = "manifest.json"
_CHUNK_BYTES = 1 << 20


def device_record(device: torch.device, environment: Mapping[str, Any]) -> dict[str, Any]:
    """The device that operators were chosen for. A name that is not known is absent."""
    if device.type == "cuda":
        named = {"name": environment.get("gpu"), "compute_capability": environment.get("compute_capability")}
    else:
        named = {"name": environment.get("cpu")}
    return {"type": device.type, **{key: value for key, value in named.items() if value}}


def component_records(recorded: RecordedCalls, costs: Mapping[str, Cost]) -> list[dict[str, Any]]:
    """In the order of a report."""
    counts = [call.component for call in recorded.calls]
    return [{"name": name, "calls": counts.count(name), **_numbers(costs.get(name, Cost()))} for name in recorded.names]


def call_records(recorded: RecordedCalls, kinds: Sequence[int]) -> list[dict[str, Any]]:
    place = {name: index for index, name in enumerate(recorded.names)}
    return [
        {"component": place[call.component], "module": call.module, "kind": kind}
        for call, kind in zip(recorded.calls, kinds, strict=True)
    ]


def whole_model(costs: Mapping[str, Cost]) -> dict[str, int]:
    return _numbers(sum(costs.values(), Cost()))


def file_records(folder: Path) -> dict[str, dict[str, Any]]:
    """Checksum and size of every file in the folder."""
    files = sorted(path for path in folder.iterdir() if path.name != MANIFEST)
    return {path.name: {"sha256": sha256(path), "bytes": path.stat().st_size} for path in files}


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def write_json(data: Mapping[str, Any], path: Path, indent: int | None = None) -> None:
    """ASCII, so that no reader needs to know an encoding."""
    separators = None if indent else (",", ":")
    path.write_text(json.dumps(data, indent=indent, separators=separators, allow_nan=False) + "\n", "ascii")


def _numbers(cost: Cost) -> dict[str, int]:
    return {"flops": cost.flops, "flops_dense": cost.flops_dense, "bytes": cost.bytes}
