"""Where a measurement was made: device, driver, versions, host. What is not known is absent."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import torch

from clear_native.errors import BadInputError, NoDriverError

__all__ = ["collect", "gpu_uuid", "parse_device"]

_PACKAGES = ("torch", "transformers", "numpy")


def collect(device: torch.device | str | None = None) -> dict[str, Any]:
    """Facts about `device` (default: the current CUDA device if there is one) and its host, units in the names."""
    device = parse_device(device)
    found: dict[str, Any] = {"made_at": datetime.now(timezone.utc).isoformat(timespec="seconds")}
    if device.type == "cuda" and torch.cuda.is_available():
        found |= _gpu(device)
    found |= _versions() | _host()
    return {name: fact for name, fact in found.items() if fact not in (None, "")}


def gpu_uuid(device: torch.device | str) -> str:
    """UUID of the GPU behind a torch device, as NVML writes it.

    Asked of CUDA itself, so that it is right whatever CUDA_VISIBLE_DEVICES hides or reorders.
    """
    uuid = str(torch.cuda.get_device_properties(torch.device(device)).uuid)
    return uuid if uuid.startswith(("GPU-", "MIG-")) else f"GPU-{uuid}"


def parse_device(device: torch.device | str | None) -> torch.device:
    """The device that a text names, if it is there; None: a GPU if torch sees one, else the CPU.

    Raises BadInputError for a text that names none, or an index that is not there; NoDriverError for CUDA without GPU.
    """
    if device is None:
        return torch.device("cuda") if torch.cuda.is_available() else torch.device("cpu")
    try:
        found = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise BadInputError(f"unknown device {device!r}: use 'cpu', 'cuda' or 'cuda:0'") from error
    if found.type not in ("cpu", "cuda"):
        raise BadInputError(f"device '{found}' has no energy meter here: use 'cpu', 'cuda' or 'cuda:0'")
    if found.type == "cuda" and not torch.cuda.is_available():
        why = "torch sees no GPU" if torch.version.cuda else "this torch was built without CUDA"
        raise NoDriverError(f"device '{found}' is not there: {why}; install a driver and a torch with CUDA, or use cpu")
    present = torch.cuda.device_count() if found.type == "cuda" else 1
    if found.index is not None and found.index >= present:
        last = f"the last one is {found.type}:{present - 1}"
        raise BadInputError(f"device '{found}' is not there: {last}, counted after CUDA_VISIBLE_DEVICES")
    return found


def _gpu(device: torch.device) -> dict[str, Any]:
    properties = torch.cuda.get_device_properties(device)
    return {
        "gpu": properties.name,
        "uuid": gpu_uuid(device),
        "compute_capability": f"{properties.major}.{properties.minor}",
        "gpu_memory_bytes": properties.total_memory,
        "l2_bytes": getattr(properties, "L2_cache_size", None),
        "multiprocessors": properties.multi_processor_count,
        "cuda": torch.version.cuda,
        **_from_nvml(gpu_uuid(device)),
    }


def _from_nvml(uuid: str) -> dict[str, Any]:
    """Driver and power limits; nothing where NVML or its Python package is not there."""
    try:
        import pynvml
    except ImportError:
        return {}
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return {}
    try:
        asked = _Asked(pynvml.NVMLError)
        handle = asked(lambda: pynvml.nvmlDeviceGetHandleByUUID(uuid))
        limit_mw = asked(lambda: pynvml.nvmlDeviceGetEnforcedPowerLimit(handle))
        default_mw = asked(lambda: pynvml.nvmlDeviceGetPowerManagementDefaultLimit(handle))
        return {
            "driver": _text(asked(pynvml.nvmlSystemGetDriverVersion)),
            "nvml": _text(asked(pynvml.nvmlSystemGetNVMLVersion)),
            "power_limit_w": None if limit_mw is None else limit_mw / 1e3,
            "default_power_limit_w": None if default_mw is None else default_mw / 1e3,
            "persistence_mode": _flag(asked(lambda: pynvml.nvmlDeviceGetPersistenceMode(handle))),
        }
    finally:
        pynvml.nvmlShutdown()


class _Asked:
    """Calls a question; None where the driver does not answer it."""

    def __init__(self, error: type[Exception]) -> None:
        self._error = error

    def __call__(self, question: Callable[[], Any]) -> Any:
        try:
            return question()
        except self._error:
            return None


def _text(value: Any) -> str | None:
    return value.decode() if isinstance(value, bytes) else value


def _flag(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def _versions() -> dict[str, Any]:
    found: dict[str, Any] = {"python": platform.python_version(), "clear_native": _version("clear-native")}
    return found | {name: _version(name) for name in _PACKAGES}


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _host() -> dict[str, Any]:
    return {
        "cpu": cpu_name(),
        "cores": usable_cores(),
        "torch_threads": torch.get_num_threads(),
        "os": _os_name(),
        "kernel": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "git": git_commit(Path(__file__).parent),
    }


def cpu_name() -> str | None:
    """The processor's name as /proc/cpuinfo has it, else what Python's platform module knows."""
    return next((value for key, value in _lines("/proc/cpuinfo", ":") if key == "model name"), platform.processor())


def usable_cores() -> int | None:
    """Logical cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _os_name() -> str | None:
    name = next((value for key, value in _lines("/etc/os-release", "=") if key == "PRETTY_NAME"), None)
    return name.strip('"') if name else None


def _lines(path: str, separator: str) -> Iterator[tuple[str, str]]:
    with contextlib.suppress(OSError), open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            key, _, value = line.partition(separator)
            yield key.strip(), value.strip()


def git_commit(folder: Path) -> str | None:
    """Commit of the checkout that `folder` is part of, with "-dirty" if tracked files differ from it.

    None for an installed copy, also when its virtual environment lies inside some checkout.
    """
    if _git(folder, "ls-files", "--error-unmatch", "environment.py") is None:
        return None
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    return f"{commit}-dirty" if _git(folder, "status", "--porcelain", "--untracked-files=no") else commit


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True, encoding="utf-8", errors="replace", timeout=10, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
