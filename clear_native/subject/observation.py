"""What one forward shows of every module: which operators it runs itself, when, and on what.

Names can be anything; operators cannot. `by_operators` reads from this what a module is whose name says nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

__all__ = ["Observation", "Seen", "observe"]


@dataclass
class Seen:
    """Of one module: names of the operators that it ran itself, in calls of no other module, and its first turn."""

    first: int
    calls: int = 0
    own: Counter[str] = field(default_factory=Counter)


@dataclass
class Observation:
    """By `id` of the module. A module that was not called is not there."""

    modules: dict[int, Seen] = field(default_factory=dict)

    def __contains__(self, module: nn.Module) -> bool:
        return id(module) in self.modules

    def first(self, module: nn.Module) -> int:
        """The turn of the first call of `module`, or of the first one below it where it is not called itself."""
        turns = [self.modules[id(part)].first for part in module.modules() if id(part) in self.modules]
        return min(turns, default=-1)

    def own(self, module: nn.Module) -> Counter[str]:
        """Operators of the module itself."""
        seen = self.modules.get(id(module))
        return seen.own if seen is not None else Counter()

    def under(self, module: nn.Module) -> Counter[str]:
        """Operators of the module and of all below it."""
        return sum((self.own(part) for part in module.modules()), Counter())


def observe(model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Observation:
    """Runs one forward without gradients and watches it. What the forward raises comes out as it is."""
    watch = _Watch()
    with torch.no_grad(), watch.attached(model), watch:
        model(*args, **kwargs)
    return watch.seen


class _Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    supports_higher_order_operators = True

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.seen = Observation()
        self._open: list[Seen] = []
        self._turns = 0

    @contextmanager
    def attached(self, model: nn.Module) -> Iterator[None]:
        with ExitStack() as stack:
            for module in model.modules():
                before = module.register_forward_pre_hook(self._enter)
                stack.callback(before.remove)
                after = module.register_forward_hook(self._leave, always_call=True)
                stack.callback(after.remove)
            yield

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if self._open:
            packet = getattr(func, "_overloadpacket", func)
            self._open[-1].own[getattr(packet, "__name__", str(packet))] += 1
        return func(*args, **(kwargs or {}))

    def _enter(self, module: nn.Module, *_: Any) -> None:
        seen = self.seen.modules.setdefault(id(module), Seen(self._turns))
        seen.calls += 1
        self._turns += 1
        self._open.append(seen)

    def _leave(self, *_: Any) -> None:
        self._open.pop()
