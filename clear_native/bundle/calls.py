"""The module calls of one forward at which a component begins, and to which of them an exported operator belongs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from clear_native.bundle.tensors_only import MODEL_PATH
from clear_native.errors import ExportFailedError
from clear_native.subject.components import OTHER, ComponentMap

__all__ = ["CallsOfNodes", "ModuleCall", "RecordedCalls"]


@dataclass(frozen=True)
class ModuleCall:
    component: str
    module: str  # its name in the model; "" is the model itself


@dataclass
class RecordedCalls:
    """Calls in order of entry; the first is that of the model itself. As `profile` counts them: a call of a component
    inside a call of the same one is part of that."""

    components: ComponentMap
    calls: list[ModuleCall] = field(default_factory=list)
    entered: dict[str, list[int]] = field(default_factory=dict)
    """By name of a listed module: for each time that it was entered, the number of the call that this was part of."""

    @contextmanager
    def recorded(self, model: nn.Module) -> Iterator[None]:
        """Hooks for one forward of `model`."""
        whole = next((entry.component for entry in self.components if entry.module is model), OTHER)
        self.calls, self.entered = [ModuleCall(whole, "")], {"": [0]}
        open_calls = [0]

        def enter(component: str, name: str) -> Any:
            def hook(*_: object) -> None:
                if self.calls[open_calls[-1]].component == component:
                    number = open_calls[-1]
                else:
                    number = len(self.calls)
                    self.calls.append(ModuleCall(component, name))
                self.entered.setdefault(name, []).append(number)
                open_calls.append(number)

            return hook

        def leave(*_: object) -> None:
            open_calls.pop()

        with ExitStack() as stack:
            for entry in self.components:
                if entry.module is not model:
                    before = entry.module.register_forward_pre_hook(enter(entry.component, entry.name))
                    stack.callback(before.remove)
                    after = entry.module.register_forward_hook(leave, always_call=True)
                    stack.callback(after.remove)
            yield

    @property
    def names(self) -> tuple[str, ...]:
        """Components in the order of their first call, then `other`."""
        called = dict.fromkeys(call.component for call in self.calls if call.component != OTHER)
        return (*called, OTHER) if self.calls[0].component == OTHER else tuple(called)


class CallsOfNodes:
    """Reads from the module stack of an exported operator which call it belongs to: the innermost one."""

    def __init__(self, model: nn.Module, recorded: RecordedCalls) -> None:
        self._recorded = recorded
        listed = {id(entry.module): entry.name for entry in recorded.components}
        named = [(path, listed.get(id(module))) for path, module in model.named_modules(remove_duplicate=False)]
        self._names = {path: name for path, name in named if name is not None}
        paths = list(self._names.values())
        self._shared = {name for name in paths if paths.count(name) > 1}  # reached by several paths
        self._seen: dict[str, dict[str, int]] = {}

    def of(self, stack: Mapping[str, tuple[str, Any]]) -> int:
        """`stack`: nn_module_stack of a node, outermost first, whose keys end in "@n" from a module's second call on.

        Raises ExportFailedError for a call that the eager forward did not make.
        """
        number = 0
        for key, (path, _) in stack.items():
            name = self._names.get(within_model(path))
            if name is not None:
                number = self._call(name, key)
        return number

    def _call(self, name: str, key: str) -> int:
        seen = self._seen.setdefault(name, {})
        turn = seen.setdefault(key, len(seen))
        if name not in self._shared:  # there the key counts the calls, also those in which no operator ran
            turn = int(key.rpartition("@")[2]) if "@" in key else 0
        calls = self._recorded.entered.get(name, [])
        if turn >= len(calls):
            raise ExportFailedError(
                f"module '{name}' was called {turn + 1} times under torch.export, but {len(calls)} times in the eager "
                "forward before it: the model takes another path each time, and a plan can only hold one"
            )
        return calls[turn]


def within_model(path: str) -> str:
    """A module path of an exported program as a name in the model."""
    return path[len(MODEL_PATH) + 1 :] if path.startswith(f"{MODEL_PATH}.") else ""
