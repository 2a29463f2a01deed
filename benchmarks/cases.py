"""A case of a benchmark: `model[/layers]:dtype:batchxlength[:padding][@weights]`.

"bert-base:float16:1x128", "qwen2.5-3b/4:...", "llama-3.2-1b:bfloat16:8x128:ragged", "all-minilm-l6-v2:...@package".
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from clear_native.models.configurations import PRESETS, Preset
from clear_native.models.example_inputs import PADDINGS
from clear_native.models.presets import LoadedModel, load

_FORM = re.compile(
    r"(?P<model>[\w.-]+)(/(?P<layers>\d+))?:(?P<dtype>\w+):(?P<batch>\d+)x(?P<length>\d+)"
    r"(:(?P<padding>[a-z]+))?(@(?P<weights>.+))?"
)


@dataclass(frozen=True)
class Case:
    model: str
    dtype: str
    batch: int
    length: int
    layers: int | None = None  # instead of the model's own number
    padding: str = "none"
    weights: str = "random"

    @classmethod
    def parse(cls, text: str) -> Case:
        """Raises ValueError for a text of another form, or a model or padding that there is none of."""
        found = _FORM.fullmatch(text)
        if found is None or found["model"] not in PRESETS or (found["padding"] or "none") not in PADDINGS:
            raise ValueError(
                f"'{text}' is not model[/layers]:dtype:batchxlength[:padding][@weights] with a model of "
                f"{', '.join(PRESETS)} and a padding of {', '.join(PADDINGS)}"
            )
        layers = int(found["layers"]) if found["layers"] else None
        return cls(
            found["model"], found["dtype"], int(found["batch"]), int(found["length"]), layers,
            found["padding"] or "none", found["weights"] or "random",
        )  # fmt: skip

    def __str__(self) -> str:
        padding = "" if self.padding == "none" else f":{self.padding}"
        weights = "" if self.weights == "random" else f"@{self.weights}"
        return f"{self.name}:{self.dtype}:{self.batch}x{self.length}{padding}{weights}"

    @property
    def name(self) -> str:
        return self.model if self.layers is None else f"{self.model}/{self.layers}"

    @property
    def columns(self) -> dict[str, str | int]:
        return {"model": self.name, "dtype": self.dtype, "batch": self.batch, "length": self.length}

    @property
    def origin_of_weights(self) -> str:
        """For a row of results, which names no folder of one machine."""
        return "folder" if Path(self.weights).expanduser().exists() else self.weights

    def load(self, device: str) -> tuple[nn.Module, dict[str, torch.Tensor], LoadedModel]:
        if self.layers is None:
            return self._load(device)
        PRESETS[self.name] = _with_layers(PRESETS[self.model], self.name, self.layers)
        try:
            return self._load(device)
        finally:
            del PRESETS[self.name]

    def _load(self, device: str) -> tuple[nn.Module, dict[str, torch.Tensor], LoadedModel]:
        return load(
            self.name, self.weights, device=device, dtype=self.dtype, batch=self.batch, length=self.length, seed=0,
            padding=self.padding,
        )  # fmt: skip


_DEPTHS = ("num_hidden_layers", "n_layers", "n_layer", "num_layers", "num_decoder_layers", "encoder_layers",
           "decoder_layers", "max_window_layers")  # fmt: skip


def _with_layers(preset: Preset, name: str, layers: int) -> Preset:
    config = {**preset.config, **{key: layers for key in _DEPTHS if key in preset.config}}
    if "layer_types" in config:
        types = config["layer_types"]
        config["layer_types"] = [types[layer % len(types)] for layer in range(layers)]
    return dataclasses.replace(preset, name=name, config=config, parameters=None)
