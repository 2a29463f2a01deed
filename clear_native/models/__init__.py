"""Ready models in published shapes, and the rules that tell which module is which component.

from clear_native import models
model, inputs, info = models.load("qwen2.5-3b", weights="random")
"""

from clear_native.models.presets import LoadedModel, load, names

__all__ = ["LoadedModel", "load", "names"]
