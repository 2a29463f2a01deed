"""A bundle read back: every file is compared with its size and checksum before it is used, and nothing of it is run.

The compiled package is code. It is checked like every other file, and never loaded here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from clear_native.bundle.manifest import BUNDLE_VERSION, MANIFEST, sha256
from clear_native.bundle.plan_reading import as_strided, checked_plan
from clear_native.bundle.tensor_files import safetensors
from clear_native.errors import BadInputError
from clear_native.report.reading import NotAsWritten, object_in, record_of, value_of

__all__ = ["Bundle", "files_of", "read", "summary"]

_NEEDED = ("plan.json", "weights.safetensors", "inputs.safetensors", "reference.safetensors")
_AGAIN = "export it again with clear_native.export"


@dataclass(frozen=True)
class Device:
    type: str
    name: str | None = None
    compute_capability: str | None = None


@dataclass(frozen=True)
class Costs:
    flops: int
    flops_dense: int
    bytes: int


@dataclass(frozen=True)
class Component:
    name: str
    calls: int
    flops: int
    flops_dense: int
    bytes: int


@dataclass(frozen=True)
class Call:
    component: int
    module: str
    kind: int


@dataclass(frozen=True)
class FileRecord:
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Manifest:
    bundle_version: int
    made_at: str
    model: str
    clear_native: str
    torch: str
    device: Device
    environment: Mapping[str, Any]
    workload: Mapping[str, Any]
    full_model: Costs
    components: tuple[Component, ...]
    calls: tuple[Call, ...]
    files: Mapping[str, FileRecord]
    threads: int | None = None
    synthetic_weights: bool | None = None
    tolerance: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Bundle:
    """A bundle whose files are whole. Tensors lie on the CPU, with the strides that they had in the model."""

    path: Path
    manifest: Manifest
    plan: dict[str, Any]
    constants: dict[int, torch.Tensor]  # by value
    inputs: dict[int, torch.Tensor]  # by value
    reference: tuple[torch.Tensor, ...]  # in the order of the plan's outputs


def read(path: str | Path) -> Bundle:
    """Raises BadInputError for what is no bundle, of another version, or not as it was written; MissingExtraError
    without safetensors."""
    library = safetensors()
    manifest = _manifest(path)
    folder = Path(path)
    for name, record in manifest.files.items():
        _check_file(folder, name, record)
    plan = _json_of(folder, "plan.json")
    with _as_written(folder):
        checked_plan(plan, calls=len(manifest.calls))
        stored = {
            kind: _tensors(library, folder / f"{kind}.safetensors") for kind in ("weights", "inputs", "reference")
        }
        return Bundle(
            folder,
            manifest,
            plan,
            {item["value"]: _tensor(item, stored["weights"]) for item in plan["constants"]},
            {item["value"]: _tensor(item, stored["inputs"]) for item in plan["inputs"]},
            tuple(_tensor(item, stored["reference"]) for item in plan["outputs"]),
        )


def files_of(path: str | Path) -> tuple[str, ...]:
    """Names of the files that the manifest of a bundle lists. Raises BadInputError where there is no such manifest."""
    return tuple(_manifest(path).files)


def summary(path: str | Path) -> dict[str, Any]:
    """What the manifest says, in short; files are not looked at. Raises BadInputError as `read`."""
    manifest = _manifest(path)
    return {
        "model": manifest.model,
        "components": len(manifest.components),
        "calls": len(manifest.calls),
        "bytes": sum(record.bytes for record in manifest.files.values()),
        "device": manifest.device.name or manifest.device.type,
        "torch": manifest.torch,
    }


def _manifest(path: str | Path) -> Manifest:
    try:
        folder = Path(path)
        is_folder = folder.is_dir()
    except (TypeError, ValueError, OSError) as error:
        raise BadInputError(f"{path!r} is not the path of a bundle ({error}): give the folder that it is") from error
    if not is_folder:
        raise BadInputError(f"no bundle at {path}: give the folder that clear_native.export made")
    _check_place(folder, MANIFEST)
    data = _json_of(folder, MANIFEST)
    version = data.get("bundle_version")
    if version != BUNDLE_VERSION or isinstance(version, bool):
        raise BadInputError(
            f"{path} is of bundle version {_shown(version)}, this clear_native reads {BUNDLE_VERSION}: {_AGAIN}"
        )
    with _as_written(folder):
        manifest: Manifest = record_of(Manifest, data, "the manifest")
        _check_manifest(manifest)
    return manifest


def _check_manifest(manifest: Manifest) -> None:
    for name in manifest.files:
        if not name or name in (".", "..", MANIFEST) or any(sign in name for sign in "/\\:\0"):
            raise NotAsWritten(f"files: {_shown(name)} is not the name of a file inside of the bundle")
    for name in _NEEDED:
        if name not in manifest.files:
            raise NotAsWritten(f"files lacks '{name}'")
    if not manifest.calls:
        raise NotAsWritten("calls is empty: the first one is the model itself")
    for number, call in enumerate(manifest.calls):
        if not 0 <= call.component < len(manifest.components):
            raise NotAsWritten(
                f"calls[{number}].component is {call.component} of {len(manifest.components)} components"
            )
    if manifest.device.type not in ("cpu", "cuda"):
        raise NotAsWritten(f"device.type is {_shown(manifest.device.type)}, neither cpu nor cuda")


def _check_place(folder: Path, name: str) -> Path:
    path = folder / name
    try:
        inside = path.resolve(strict=True).parent == folder.resolve(strict=True)
        is_file = path.is_file()
    except (OSError, RuntimeError) as error:
        raise BadInputError(f"{path} cannot be read ({error}): the bundle is not whole, {_AGAIN}") from error
    if not inside or not is_file:
        raise BadInputError(
            f"{path} leads outside of the bundle or is no file: a bundle holds its files itself, {_AGAIN}"
        )
    return path


def _check_file(folder: Path, name: str, record: FileRecord) -> None:
    path = _check_place(folder, name)
    size = path.stat().st_size
    if size != record.bytes:
        raise BadInputError(
            f"{path} has {size} bytes, the manifest says {record.bytes}: it was cut or changed, {_AGAIN}"
        )
    found = sha256(path)
    if found != record.sha256:
        raise BadInputError(
            f"{path} has the checksum {found}, the manifest says {_shown(record.sha256)}: it was changed, {_AGAIN}"
        )


def _json_of(folder: Path, name: str) -> dict[str, Any]:
    return object_in(folder / name, "part of a bundle", "clear_native.export")


def _tensors(library: Any, path: Path) -> dict[str, torch.Tensor]:
    try:
        found: dict[str, torch.Tensor] = library.load_file(path)
    except Exception as error:  # the library has errors of its own, and passes those of the system on
        raise NotAsWritten(f"{path.name} is no safetensors file ({type(error).__name__}: {error})") from error
    return found


def _tensor(item: Mapping[str, Any], stored: Mapping[str, torch.Tensor]) -> torch.Tensor:
    name = item["tensor"]
    if name not in stored:
        raise NotAsWritten(f"the tensor '{name}' of value {item['value']} is in none of the files")
    strides = value_of(tuple[int, ...] | None, item.get("strides"), f"strides of '{name}'")
    # A copy, since torch aligns what it allocates: MKL's products may round otherwise at other alignments.
    made = stored[name].clone() if strides is None else as_strided(stored[name], list(strides), name)
    wanted = item.get("requires_grad", False)
    if wanted and not (made.is_floating_point() or made.is_complex()):
        raise NotAsWritten(f"'{name}' is of {made.dtype} and cannot require gradients")
    return made.requires_grad_(wanted)


@contextmanager
def _as_written(folder: Path) -> Iterator[None]:
    """What is not as it was written comes out as BadInputError that names the bundle."""
    try:
        yield
    except NotAsWritten as error:
        raise BadInputError(f"{folder} is not a whole bundle ({error}): {_AGAIN}") from error


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
