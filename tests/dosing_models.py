"""A layered model for tests of doses, and a count of what really ran."""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from clear_native.activation_store.activations import ActivationStore
from clear_native.in_situ.dosed_forward import DosedForward
from clear_native.subject.components import ComponentMap, discover

SIZE = 8


class Attention(nn.Module):
    """Work of its own around a norm that is another component."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(SIZE)
        self.linear = nn.Linear(SIZE, SIZE)

    def forward(self, x: torch.Tensor, scale: float = 1.0) -> torch.Tensor:
        return self.linear(self.norm(x)) * scale


class Layered(nn.Module):
    """Layers of attention and mlp, one norm that all layers share, and a head."""

    def __init__(self, layers: int = 4) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.attention = nn.ModuleList([Attention() for _ in range(layers)])
        self.mlp = nn.ModuleList([nn.Linear(SIZE, SIZE) for _ in range(layers)])
        self.shared_norm = nn.LayerNorm(SIZE)
        self.lm_head = nn.Linear(SIZE, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for attention, mlp in zip(self.attention, self.mlp, strict=True):
            x = x + attention(self.shared_norm(x), scale=0.5)
            x = x + mlp(x)
        return self.lm_head(x)


def found_in(model: nn.Module, components: Any = None) -> ComponentMap:
    if components is None and isinstance(model, Layered):
        components = {
            "attention": lambda name, module: isinstance(module, Attention),
            "norm": ["*.norm", "shared_norm"],
            "mlp": "mlp.*",
            "lm_head": "lm_head",
        }
    return discover(model, components)


def dosed_forward(model: nn.Module, inputs: torch.Tensor, components: Any = None, **kwargs: Any) -> DosedForward:
    return DosedForward(ActivationStore.record(model, (inputs,), kwargs, found_in(model, components)))


def doses_of(forward: DosedForward, **components: int) -> list[int]:
    """Every call of these components at this dose, the others at 0."""
    return [components.get(call.component, 0) for call in forward.calls]


def doses_at(forward: DosedForward, doses: Mapping[str, int]) -> list[int]:
    """By name of the called module; the others at 0."""
    assert set(doses) <= {call.name for call in forward.calls}
    return [doses.get(call.name, 0) for call in forward.calls]


def count_forwards(model: nn.Module, tell: Callable[[str], object] = lambda name: None) -> Counter[str]:
    """From now on, how often the own `forward` of each module runs, whoever calls it; "" is the model."""
    counted: Counter[str] = Counter()

    def counting(name: str, own: Callable[..., Any]) -> Callable[..., Any]:
        def forward(*args: Any, **kwargs: Any) -> Any:
            counted[name] += 1
            tell(name)
            return own(*args, **kwargs)

        return forward

    for name, module in model.named_modules():
        module.__dict__["forward"] = counting(name, module.forward)
    return counted


def counts_of(counted: Counter[str], run: Callable[[], object]) -> Counter[str]:
    """What `run` adds."""
    before = Counter(counted)
    run()
    return counted - before
