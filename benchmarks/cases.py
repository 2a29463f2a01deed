"""A case of a benchmark, written `model[/layers]:dtype:batchxlength`: "bert-base:float16:1x128", "qwen2.5-3b/4:..."."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass

import torch
from torch import nn

from clear_native.models.configurations import PRESETS, Preset
from clear_native.models.presets import LoadedModel, load

_FORM = re.compile(r"(?P<model>[\w.-]+)(/(?P<layers>\d+))?:(?P<dtype>\w+):(?P<batch>\d+)x(?P<length>\d+)")


@dataclass(frozen=True)
class Case:
    model: str
    dtype: str
    batch: int
    length: int
    layers: int | None = None  # instead of the model's own number

    @classmethod
    def parse(cls, text: str) -> Case:
        """Raises ValueError for a text of another form, or a model that there is no preset of."""
        found = _FORM.fullmatch(text)
        if found is None or found["model"] not in PRESETS:
            raise ValueError(f"'{text}' is not model[/layers]:dtype:batchxlength with a model of {', '.join(PRESETS)}")
        layers = int(found["layers"]) if found["layers"] else None
        return cls(found["model"], found["dtype"], int(found["batch"]), int(found["length"]), layers)

    def __str__(self) -> str:
        return f"{self.name}:{self.dtype}:{self.batch}x{self.length}"

    @property
    def name(self) -> str:
        return self.model if self.layers is None else f"{self.model}/{self.layers}"

    @property
    def columns(self) -> dict[str, str | int]:
        return {"model": self.name, "dtype": self.dtype, "batch": self.batch, "length": self.length}

    def load(self, device: str) -> tuple[nn.Module, dict[str, torch.Tensor], LoadedModel]:
        if self.layers is not None and self.name not in PRESETS:
            PRESETS[self.name] = _with_layers(PRESETS[self.model], self.name, self.layers)
        return load(self.name, device=device, dtype=self.dtype, batch=self.batch, length=self.length, seed=0)


def _with_layers(preset: Preset, name: str, layers: int) -> Preset:
    counts = [key for key in ("num_hidden_layers", "n_layer", "max_window_layers") if key in preset.config]
    return dataclasses.replace(preset, name=name, config={**preset.config, **dict.fromkeys(counts, layers)})
