"""A model of transformers that is no ready one: what a folder, or a page on the hub, says it is."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from clear_native.errors import BadInputError
from clear_native.models.preset import HUB, InputKind, Kind, Preset
from clear_native.models.trained_weights import explained, quiet

__all__ = ["preset_of"]

_OTHERWISE = "make model and inputs in a function, and profile script.py:build"
_POSITIONS = ("max_position_embeddings", "n_positions")
# RoBERTa and its kind begin to count positions behind the padding token's id, which is 1.
_TWO_RESERVED = frozenset({"roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "mpnet", "ibert", "data2vec-text"})


def preset_of(source: str, transformers: Any) -> Preset:
    """Class, configuration and kind of inputs of the model in the folder `source`, or at OWNER/NAME on the hub.

    On a GPU it runs in the half precision that its configuration names, else in bfloat16.

    Raises BadInputError for a folder without config.json, a page that cannot be reached, a model class that
    transformers itself lacks, and inputs of an unknown kind.
    """
    folder = Path(source).expanduser()
    local = folder.is_dir()
    if local and not (folder / "config.json").is_file():
        raise BadInputError(f"'{source}' has no config.json: give a folder that save_pretrained wrote")
    with quiet(transformers), explained(source, local):
        config, _ = transformers.PretrainedConfig.get_config_dict(str(folder) if local else source)
    names = config.get("architectures") or []
    model_class = next((found for name in names if (found := getattr(transformers, name, None)) is not None), None)
    if model_class is None:
        raise BadInputError(
            f"'{source}' is a model of class {', '.join(names) or 'unknown'}, which transformers itself does not have: "
            f"{_OTHERWISE}"
        )
    inputs = _inputs(source, model_class, config)
    dtype = config.get("dtype") or config.get("torch_dtype")
    return Preset(
        name=folder.resolve().name if local else source,
        family=str(config.get("model_type", "")),
        kind=_kind(inputs, model_class.__name__),
        page=None if local else f"{HUB}{source}",
        model_class=model_class.__name__,
        config_class=model_class.config_class.__name__,
        config={key: value for key, value in config.items() if key not in ("architectures", "model_type")},
        gpu_dtype=dtype if dtype in ("float16", "bfloat16") else "bfloat16",
        inputs=inputs,
        attention_mask="attention_mask" in inspect.signature(model_class.forward).parameters,
        longest_key=next((key for key in _POSITIONS if key in config), None) if inputs == "text" else None,
        reserved_positions=2 if config.get("model_type") in _TWO_RESERVED else 0,
        fixed_length=_patches(config) if inputs == "image" else None,
    )


def _inputs(source: str, model_class: Any, config: dict[str, Any]) -> InputKind:
    first = getattr(model_class, "main_input_name", "input_ids")
    if first == "input_ids":
        pair = model_class.config_class(**config).is_encoder_decoder
        return "text pair" if pair else "text"
    if first == "pixel_values" and {"image_size", "patch_size", "num_channels"} <= config.keys():
        return "image"
    if first == "input_features" and {"max_source_positions", "num_mel_bins"} <= config.keys():
        return "speech"
    raise BadInputError(f"inputs of '{source}' begin with {first}, for which there are no examples: {_OTHERWISE}")


def _kind(inputs: InputKind, model_class: str) -> Kind:
    if inputs == "image" or inputs == "speech":
        return inputs
    if inputs == "text pair":
        return "encoder-decoder"
    return "decoder" if model_class.endswith(("CausalLM", "LMHeadModel")) else "encoder"


def _patches(config: dict[str, Any]) -> int:
    """Positions of an image: its patches, and the one that stands for all of it."""
    size, patch = _pair(config["image_size"]), _pair(config["patch_size"])
    return (size[0] // patch[0]) * (size[1] // patch[1]) + 1


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (int(value[0]), int(value[1]))
