"""Capture takes eager's decisions.

transformers treats a stream under capture as tracing: it then builds explicit attention masks that eager leaves out,
which changes the SDPA backend and the handling of grouped queries. What its mask builders returned in an eager forward
is therefore given back, call by call, under capture. The builders' own kernels (a check of the mask) are not part of a
captured forward; see `docs/method.md`, "Same kernels".
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from clear_native.errors import CaptureFailedError

__all__ = ["EagerDecisions"]

_BUILDERS_MODULE = "transformers.masking_utils"


@dataclass
class EagerDecisions:
    """What the mask builders returned in one eager forward, in order of call and per builder."""

    returned: dict[str, list[Any]] = field(default_factory=dict)

    @contextmanager
    def recorded(self) -> Iterator[None]:
        """Inside, the builders run as always and what they return is kept. Starts afresh."""
        self.returned = {}
        depth = 0

        def wrap(name: str, builder: Callable[..., Any]) -> Callable[..., Any]:
            def recorder(*args: Any, **kwargs: Any) -> Any:
                # A builder may call another one; given back, the outer answers for both, so only the outer counts.
                nonlocal depth
                depth += 1
                try:
                    result = builder(*args, **kwargs)
                finally:
                    depth -= 1
                if depth == 0:
                    self.returned.setdefault(name, []).append(result)
                return result

            return recorder

        with _replaced_builders(wrap):
            yield

    @contextmanager
    def given_back(self) -> Iterator[None]:
        """Inside, each call of a builder returns what it returned in the recorded forward. For one forward."""
        position: dict[str, int] = {}

        def wrap(name: str, builder: Callable[..., Any]) -> Callable[..., Any]:
            def giver(*args: Any, **kwargs: Any) -> Any:
                known = self.returned.get(name, [])
                index = position.get(name, 0)
                position[name] = index + 1
                if index >= len(known):
                    raise CaptureFailedError(
                        f"transformers' {name} was called {index + 1} times in a forward, but {len(known)} times in "
                        "the eager forward before it: the model takes another path each time and has no single graph"
                    )
                return known[index]

            return giver

        with _replaced_builders(wrap):
            yield


@contextmanager
def _replaced_builders(wrap: Callable[[str, Callable[..., Any]], Callable[..., Any]]) -> Iterator[None]:
    """Replaces the builders in every loaded transformers module that has imported them by name."""
    source = sys.modules.get(_BUILDERS_MODULE)
    builders = _builders(source) if source is not None else {}
    replaced: list[tuple[ModuleType, str, Any]] = []
    try:
        for name, builder in builders.items():
            wrapped = wrap(name, builder)
            for module_name, module in list(sys.modules.items()):
                if module_name.startswith("transformers") and getattr(module, "__dict__", {}).get(name) is builder:
                    replaced.append((module, name, builder))
                    setattr(module, name, wrapped)
        yield
    finally:
        for module, name, builder in replaced:
            setattr(module, name, builder)


def _builders(module: ModuleType) -> dict[str, Callable[..., Any]]:
    return {
        name: value
        for name, value in vars(module).items()
        if name.startswith("create_")
        and name.endswith("mask")
        and callable(value)
        and getattr(value, "__module__", "").startswith("transformers")
    }
