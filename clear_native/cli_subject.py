"""What the argument MODEL stands for: a ready model, one on the hub or in a folder, or a function of a script."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from clear_native import cli_script
from clear_native.errors import BadInputError
from clear_native.machine.environment import parse_device
from clear_native.progress import Progress
from clear_native.subject.inputs import model_device

__all__ = ["Subject", "subject"]

_FORMATS = ".pt (torch.save), .npz (arrays by name) or .json (lists by name)"


@dataclass(frozen=True)
class Subject:
    """What is measured. `synthetic_weights` is None where nobody knows."""

    model: nn.Module
    inputs: Any
    name: str
    synthetic_weights: bool | None


def subject(
    text: str,
    weights: str | None = None,
    device: str | None = None,
    dtype: str | None = None,
    batch: int | None = None,
    length: int | None = None,
    seed: int | None = None,
    inputs: Path | None = None,
    quiet: bool = True,
) -> Subject:
    """The model that `text` names, and its inputs; None: not given on the command line. Shows that it loads, on a
    terminal, unless `quiet`.

    Raises what `clear_native.models.load` and `cli_script.build` raise, and BadInputError for a file of inputs that is
    not there, cannot be read, or comes with a batch or length.
    """
    if inputs is not None and (batch is not None or length is not None):
        raise BadInputError("--inputs says what goes in: leave --batch and --length out")
    with Progress(enabled=not quiet, at_once=True) as shown:
        shown.stage(f"loading {text}")
        return _loaded_subject(text, weights, device, dtype, batch, length, seed, inputs)


def _loaded_subject(
    text: str, weights: str | None, device: str | None, dtype: str | None, batch: int | None, length: int | None,
    seed: int | None, inputs: Path | None,
) -> Subject:  # fmt: skip
    if cli_script.is_script(text):
        found = _of_script(text, weights, device, dtype, batch, length)
    else:
        found = _of_transformers(text, weights, device, dtype, 1 if batch is None else batch, length, seed or 0)
    if inputs is None:
        return found
    return Subject(found.model, _read(inputs, found.model), found.name, found.synthetic_weights)


def _of_script(
    text: str, weights: str | None, device: str | None, dtype: str | None, batch: int | None, length: int | None
) -> Subject:
    from clear_native.models.presets import named_dtype

    options = {
        "device": None if device is None else parse_device(device),
        "dtype": None if dtype is None else named_dtype(dtype),
        "batch": batch,
        "length": length,
        "weights": weights,
    }
    model, inputs = cli_script.build(text, options)
    return Subject(model, inputs, Path(text).name, None)


def _of_transformers(
    text: str, weights: str | None, device: str | None, dtype: str | None, batch: int, length: int | None, seed: int
) -> Subject:
    from clear_native.models import presets
    from clear_native.models.configurations import PRESETS
    from clear_native.models.found import preset_of

    published = {preset.published_as: preset for preset in PRESETS.values() if preset.published_as is not None}
    if text in PRESETS or not ("/" in text or Path(text).is_dir()):
        model, inputs, info = presets.load(text, weights or "random", device, dtype, batch, length, seed)
    elif text in published:
        model, inputs, info = presets.load(published[text].name, weights or "hub", device, dtype, batch, length, seed)
    else:
        folder = Path(text).expanduser()
        if not folder.is_dir() and (folder.is_absolute() or text.startswith((".", "~")) or text.count("/") != 1):
            raise BadInputError(
                f"no folder '{text}': give one with a config.json, OWNER/NAME on the hub, or a ready model"
            )
        preset = preset_of(text, presets.needed_transformers())
        source = str(folder) if folder.is_dir() else text
        model, inputs, info = presets.load_preset(preset, weights or source, device, dtype, batch, length, seed)
    return Subject(model, inputs, info.name, info.synthetic_weights)


def _read(path: Path, model: nn.Module) -> Any:
    """Inputs as they lie in a file, where the model is; numbers with a point in the data type of the model."""
    if not path.is_file():
        raise BadInputError(f"--inputs {path} is not there: give a file, {_FORMATS}")
    try:
        found = _loaded(path)
    except BadInputError:
        raise
    except Exception as error:  # a broken file raises whatever its reader stumbles over
        why = " ".join(f"{type(error).__name__}: {error}".split())[:160]
        raise BadInputError(f"--inputs {path} cannot be read ({why}): give {_FORMATS}") from error
    dtype = next((parameter.dtype for parameter in model.parameters() if parameter.is_floating_point()), None)
    return _placed(found, model_device(model) or torch.device("cpu"), dtype)


def _loaded(path: Path) -> Any:
    if path.suffix in (".pt", ".pth"):
        return torch.load(path, map_location="cpu", weights_only=True)
    if path.suffix == ".npz":
        import numpy

        with numpy.load(path, allow_pickle=False) as arrays:
            return {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    if path.suffix == ".json":
        values = json.loads(path.read_text("utf-8"))
        if not isinstance(values, dict):
            raise BadInputError(f"--inputs {path} holds a {type(values).__name__}: expected an object of lists by name")
        return {name: torch.tensor(value) for name, value in values.items()}
    raise BadInputError(f"--inputs {path} is of an unknown kind: give {_FORMATS}")


def _placed(value: Any, device: torch.device, dtype: torch.dtype | None) -> Any:
    if isinstance(value, torch.Tensor):
        return value.to(device, dtype if value.is_floating_point() else None)
    if isinstance(value, dict):
        return {name: _placed(part, device, dtype) for name, part in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(_placed(part, device, dtype) for part in value)
    return value
