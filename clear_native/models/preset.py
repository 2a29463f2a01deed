"""What a ready model is: a model class of transformers and the values of its published configuration."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["HUB", "PackagedWeights", "Preset"]

HUB = "https://huggingface.co/"

Kind = Literal["encoder", "decoder", "encoder-decoder", "mixture of experts", "image", "speech", "state space"]
InputKind = Literal["text", "text pair", "image", "speech"]


@dataclass(frozen=True)
class PackagedWeights:
    """A Python package that carries trained weights: its name for pip, its module, the model's folder in it."""

    pip_name: str
    module: str
    folder: str


@dataclass(frozen=True)
class Preset:
    """A model class and the values of its configuration, as its page on the Hugging Face hub has them.

    `parameters` is the number of weights of the model class, tied ones counted once. `longest_key` names the value of
    the configuration that bounds the length, less `reserved_positions`; None where nothing bounds it. `fixed_length`
    holds for models that always see the same number of positions. On a CPU all run in float32 unless asked otherwise.
    """

    name: str
    family: str
    kind: Kind
    page: str | None  # None for those that nobody published
    model_class: str
    config_class: str
    config: dict[str, Any]
    gpu_dtype: str
    parameters: int | None = None
    inputs: InputKind = "text"
    attention_mask: bool = True  # tokenizers give one
    longest_key: str | None = "max_position_embeddings"
    reserved_positions: int = 0
    fixed_length: int | None = None
    package: PackagedWeights | None = None

    def configuration(self, transformers: Any) -> Any:
        """The configuration as an object of transformers, which changes nested values of what it is given."""
        return getattr(transformers, self.config_class)(**copy.deepcopy(self.config))

    @property
    def published_as(self) -> str | None:
        """Name on the hub, for instance "Qwen/Qwen2.5-3B"."""
        return None if self.page is None else self.page.removeprefix(HUB)

    @property
    def tied(self) -> bool | None:
        """Whether the head to the vocabulary is the token embedding; None without such a head."""
        if self.inputs == "image" or self.model_class == "BertModel":
            return None
        return bool(self.config.get("tie_word_embeddings", True))

    @property
    def default_length(self) -> int:
        return self.fixed_length or 128

    def longest(self, config: Mapping[str, Any] | None = None) -> int | None:
        """Most positions that it takes, by its own configuration or by another of its kind; None if unbounded."""
        if self.fixed_length is not None or self.longest_key is None:
            return self.fixed_length
        found = (self.config if config is None else config).get(self.longest_key)
        return None if found is None else int(found) - self.reserved_positions
