"""Ready models in the exact shapes of published ones, with random or trained weights, and inputs for them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from clear_native.errors import BadInputError
from clear_native.machine.environment import parse_device
from clear_native.models.configurations import PRESETS, Preset
from clear_native.models.example_inputs import example_inputs, padded
from clear_native.models.random_weights import with_random_weights
from clear_native.models.trained_weights import with_trained_weights

__all__ = ["LoadedModel", "load", "load_preset", "named_dtype", "names", "needed_transformers"]

_SHORT = {"fp16": "float16", "bf16": "bfloat16", "fp32": "float32", "fp64": "float64", "half": "float16",
          "fp8": "float8_e4m3fn"}  # fmt: skip
_COMPUTED_IN = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
_CAPABILITY = {torch.bfloat16: (8, 0)}  # first compute capability with such arithmetic; the others all have it


@dataclass(frozen=True)
class LoadedModel:
    """What was loaded. `synthetic_weights`: random, not trained; such weights draw another power than trained ones."""

    name: str
    family: str
    weights: str
    synthetic_weights: bool
    parameters: int
    device: str
    dtype: str
    batch: int
    length: int
    seed: int
    padding: str = "none"


def names() -> list[str]:
    return list(PRESETS)


def load(
    name: str,
    weights: str = "random",
    device: torch.device | str | None = None,
    dtype: torch.dtype | str | None = None,
    batch: int = 1,
    length: int | None = None,
    seed: int = 0,
    padding: str = "none",
) -> tuple[nn.Module, dict[str, torch.Tensor], LoadedModel]:
    """A model in evaluation mode, inputs for it as a tokenizer (or a processor) gives them, and what they are.

    Args:
        name: one of `names()`; docs/models.md has them all.
        weights: "random"; "hub" for the trained ones from the Hugging Face hub; "package" for those that an installed
            Python package carries; or a folder, or another name on the hub.
        device: default CUDA if there is one, else the CPU. "meta" gives shapes without weights.
        dtype: default float16 or bfloat16 on a GPU, as the model is usually run, float32 on a CPU.
        batch, length: sequences, and tokens of each, which are random; default length 128. Images have the one length
            of their model, speech has `length` tokens in the decoder.
        seed: of weights and inputs. The global random state is left alone.
        padding: "none"; "ragged" for sequences of several lengths; "holes" for masked tokens inside them too.

    Raises BadInputError for an unknown name, device, data type, shape or padding, a length above the model's, a data
    type that the device lacks, weights that are not there, cannot be reached or are not whole, and if transformers is
    not installed; NoDriverError for CUDA without a GPU; DeviceOutOfMemoryError where the model does not fit.
    """
    return load_preset(_preset(name), weights, device, dtype, batch, length, seed, padding)


def load_preset(
    preset: Preset,
    weights: str = "random",
    device: torch.device | str | None = None,
    dtype: torch.dtype | str | None = None,
    batch: int = 1,
    length: int | None = None,
    seed: int = 0,
    padding: str = "none",
) -> tuple[nn.Module, dict[str, torch.Tensor], LoadedModel]:
    """`load` of a model that need not be among the ready ones."""
    target = torch.device("meta") if str(device) == "meta" else parse_device(device)
    kind = _dtype(dtype, preset, target)
    length = preset.default_length if length is None else length
    _check_shape(preset, batch, length, preset.longest())
    transformers = needed_transformers()
    with _own_random_state(seed, target):
        if weights == "random":
            model = with_random_weights(preset, transformers, target, kind)
        else:
            model = with_trained_weights(preset, weights, transformers, target, kind)
    config: Any = model.config
    _check_shape(preset, batch, length, preset.longest(config.to_dict()))
    with _own_random_state(seed, target):  # anew, so that inputs are the same for all weights
        inputs = padded(example_inputs(preset, config, batch, length, target, kind), config, padding)
    info = LoadedModel(
        name=preset.name,
        family=preset.family,
        weights=weights,
        synthetic_weights=weights == "random",
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        device=str(target),
        dtype=str(kind).removeprefix("torch."),
        batch=batch,
        length=length,
        seed=seed,
        padding=padding,
    )
    return model.eval(), inputs, info


def _preset(name: str) -> Preset:
    if name in PRESETS:
        return PRESETS[name]
    known = {key.lower(): preset.name for preset in PRESETS.values() for key in _names_of(preset)}
    wanted = str(name).lower()
    close = difflib.get_close_matches(wanted, known, n=4, cutoff=0.5)
    near = list(dict.fromkeys(known[key] for key in close))[:3]
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    raise BadInputError(f"unknown model '{name}': {hint}there are {', '.join(PRESETS)}")


def _names_of(preset: Preset) -> tuple[str, ...]:
    page = preset.published_as
    return (preset.name,) if page is None else (preset.name, page, page.rpartition("/")[2])


def named_dtype(wanted: torch.dtype | str) -> torch.dtype:
    """What "fp16" or "float16" stands for. Raises BadInputError for what is no floating point type."""
    found = wanted if isinstance(wanted, torch.dtype) else getattr(torch, _SHORT.get(wanted, wanted), None)
    if not isinstance(found, torch.dtype) or not found.is_floating_point:
        raise BadInputError(f"unknown data type '{wanted}': use float16, bfloat16 or float32")
    return found


def _dtype(dtype: torch.dtype | str | None, preset: Preset, device: torch.device) -> torch.dtype:
    found = named_dtype(dtype or (preset.gpu_dtype if device.type == "cuda" else "float32"))
    if found not in _COMPUTED_IN:
        raise BadInputError(
            f"the layers of {preset.name} do not compute in {str(found).removeprefix('torch.')}: "
            "use float16, bfloat16 or float32"
        )
    _check_device_has(found, device)
    return found


def _check_device_has(dtype: torch.dtype, device: torch.device) -> None:
    needed = _CAPABILITY.get(dtype)
    if needed is None or device.type != "cuda" or torch.version.hip:
        return
    there = torch.cuda.get_device_capability(device)
    if there < needed:
        raise BadInputError(
            f"{torch.cuda.get_device_name(device)} (compute capability {there[0]}.{there[1]}) has no "
            f"{str(dtype).removeprefix('torch.')} arithmetic, which needs {needed[0]}.{needed[1]}: "
            "use float16 or float32"
        )


def _check_shape(preset: Preset, batch: int, length: int, longest: int | None) -> None:
    if batch < 1 or length < 1:
        raise BadInputError(f"batch and length must be at least 1, got {batch} and {length}")
    if preset.fixed_length is not None and length != preset.fixed_length:
        raise BadInputError(
            f"{preset.name} always sees {preset.fixed_length} positions, got length {length}: leave the length out"
        )
    if longest is not None and length > longest:
        raise BadInputError(f"{preset.name} takes at most {longest} tokens, got length {length}: make it shorter")


def needed_transformers() -> Any:
    try:
        import transformers
    except ImportError as error:
        raise BadInputError("the ready models need transformers: pip install 'clear_native[models]'") from error
    return transformers


@contextmanager
def _own_random_state(seed: int, device: torch.device) -> Iterator[None]:
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(seed)
        yield
