"""The activation store: every call of every component can be made again, on the inputs it had in the model.

Used on the CPU and for eager execution, where there is no graph whose nodes could be replayed. Hooks keep the inputs of
each module call at which a component begins, in order of call.

**A component's own work, nothing else.** When a call is replayed, calls of *other* components inside it are answered
with the outputs that they had, at the cost of a Python call. So a norm inside an attention block is work of `norm`
alone, the components do not overlap, and no difference of two noisy numbers is taken. `other` is measured in the same
way: the whole model with every component answered. A call of the same component inside one is part of it.

Replays keep surroundings that change kernels (autocast, inference mode) and run without gradients.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from clear_native.activation_store.kept_values import KeptValue, PriorWrites, tensors_in
from clear_native.activation_store.replayed_call import ReplayedCall, Surroundings
from clear_native.activation_store.stored_call import StoredCall, Watched
from clear_native.errors import BadInputError
from clear_native.subject.components import OTHER, ComponentMap
from clear_native.subject.model_guard import contents_kept

__all__ = ["ActivationStore", "one_after_another"]


class ActivationStore:
    """Holds the calls of one forward of `model`. Made by `record`; drop it to free the activations."""

    def __init__(self, calls: list[StoredCall], components: ComponentMap, overwrites: dict[str, list[str]]) -> None:
        for call in calls:
            call.watched.clear()  # or what was copied would be held twice
        self._calls = calls
        self._components = components
        self.overwrites = overwrites
        """{component: names of parameters, buffers and inputs that it writes to in place}: they were there before the
        forward. Parameters and buffers drift from replay to replay; inputs are set back, which costs a copy each time.
        Empty for a forward that only reads them."""

    @classmethod
    def record(
        cls, model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], components: ComponentMap
    ) -> ActivationStore:
        """Runs the model once, or twice if something writes in place to what must be kept.

        The contents of `args` and `kwargs` are put back after each run.
        """
        first = _Recorder(model, components, {})
        random_state = _random_state(args, kwargs)
        first.run(args, kwargs)
        if not first.overwritten:
            return cls(first.calls, components, first.overwrites)
        _set_random_state(random_state)
        second = _Recorder(model, components, first.overwritten)
        second.run(args, kwargs)
        if [call.name for call in second.calls] != [call.name for call in first.calls]:
            raise BadInputError(
                "two forwards on the same inputs called different modules, so that their calls cannot be replayed: "
                "make the forward deterministic (model.eval() switches off layer dropout)"
            )
        return cls(second.calls, components, first.overwrites)

    @property
    def names(self) -> tuple[str, ...]:
        """Components that were called, in the order of their first call, then `other`."""
        called = dict.fromkeys(call.component for call in self._calls if call.component != OTHER)
        return (*called, OTHER) if any(call.component == OTHER for call in self._calls) else tuple(called)

    @property
    def never_called(self) -> list[str]:
        """Names of modules at which a component begins but that the forward did not call as modules.

        A leaf whose every weight another called module has too (a tied table) is no loss and is not among them.
        """
        called = {id(call.module) for call in self._calls}
        at_work = {id(weight) for call in self._calls for weight in call.module.parameters(recurse=False)}
        return [
            entry.name
            for entry in self._components
            if id(entry.module) not in called and not _only_tied(entry.module, at_work)
        ]

    @property
    def in_order(self) -> tuple[StoredCall, ...]:
        """Every call of the forward, in the order in which they began; the first is that of the model itself."""
        return tuple(self._calls)

    def calls(self, component: str) -> int:
        """How often `component` is called in one pass."""
        return sum(call.component == component for call in self._calls)

    def replay(self, component: str) -> Callable[[], None]:
        """One pass of `component`: all its calls in order, without the calls of other components inside them."""
        return one_after_another(self.replayed_calls(component))

    def replayed_calls(self, component: str) -> list[ReplayedCall]:
        """The calls of `component` in order, each by itself, without those of other components inside it."""
        chosen = [call for call in self._calls if call.component == component]
        if not chosen:
            raise BadInputError(
                f"component '{component}' was never called in this forward: the model calls {', '.join(self.names)}"
            )
        return [ReplayedCall(call.replayed_with(call.children)) for call in chosen]

    def replay_model(self) -> Callable[[], None]:
        """One pass of the whole model, nothing left out."""
        return one_after_another([ReplayedCall(self._calls[0].replayed_with([]))])


@dataclass
class _Open:
    """A module that was entered and not left yet."""

    module: nn.Module
    call: StoredCall | None  # None: part of the call around it
    handled: BaseException | None  # what was being handled at entry: another one at the exit has ended the call


_Slot = tuple[int, str]  # number of the call, "in" or "out"
_Writes = dict[_Slot, tuple[frozenset[int], frozenset[int]]]  # positions to copy, positions to refresh


def _both(one: _Writes, other: _Writes) -> _Writes:
    found = dict(one)
    for slot, (copied, refreshed) in other.items():
        copied_before, refreshed_before = one.get(slot, (frozenset(), frozenset()))
        found[slot] = (copied | copied_before, refreshed | refreshed_before)
    return found


class _Recorder:
    """Hooks on the model for one forward."""

    def __init__(self, model: nn.Module, components: ComponentMap, writes: _Writes) -> None:
        self.calls: list[StoredCall] = []
        self._model = model
        self._writes = writes
        self._numbers = itertools.count()
        self._open: list[_Open] = []
        self.overwritten: _Writes = {}  # what a second run must copy
        self.overwrites: dict[str, list[str]] = {}  # by component: what was there before the forward
        self._begins = {id(entry.module): (entry.name, entry.component) for entry in components}
        self._modules = [entry.module for entry in components]
        if id(model) not in self._begins:
            self._begins[id(model)] = ("", OTHER)
            self._modules.append(model)

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        given = [(f"input {position}", tensor) for position, tensor in enumerate(tensors_in((args, kwargs)))]
        watch = PriorWrites(
            [*self._model.named_parameters(), *self._model.named_buffers(), *given], self._component_now
        )
        with torch.no_grad(), contents_kept(tensor for _, tensor in given), self._hooked(), watch:
            self._model(*args, **kwargs)
            by_the_forward = self._overwritten()
        self.overwritten = _both(by_the_forward, self._overwritten())  # putting inputs back writes to what was kept
        self.overwrites = watch.found

    def _overwritten(self) -> _Writes:
        found: _Writes = {}
        for call in self.calls:
            for slot in ("in", "out"):
                watched = [item for item in call.watched if item.slot == slot]
                copied = frozenset(item.position for item in watched if item.written())
                refreshed = frozenset(item.position for item in watched if item.written_by_call)
                if copied:
                    found[call.number, slot] = (copied, refreshed)
        return found

    @contextmanager
    def _hooked(self) -> Iterator[None]:
        with ExitStack() as stack:
            for module in self._modules:
                before = module.register_forward_pre_hook(self._enter, prepend=True, with_kwargs=True)
                stack.callback(before.remove)
                after = module.register_forward_hook(self._leave, prepend=True, always_call=True)
                stack.callback(after.remove)
            yield

    def _enter(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        name, component = self._begins[id(module)]
        around = self._around()
        if around is not None and around.component == component:
            around.invoked.append((module, None))
            self._open.append(_Open(module, None, sys.exc_info()[1]))
            return
        number = next(self._numbers)
        writes = self._writes.get((number, "in"), (frozenset(), frozenset()))
        arguments = KeptValue((args, kwargs), *writes)
        call = StoredCall(number, name, component, module, Surroundings.now(), arguments)
        call.writes_to_arguments = bool(writes[1])
        call.watched = Watched.all_in("in", (args, kwargs))
        if around is not None:
            around.invoked.append((module, call))
        self.calls.append(call)
        self._open.append(_Open(module, call, sys.exc_info()[1]))

    def _leave(self, module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        if all(entry.module is not module for entry in self._open):
            return  # another hook raised before `_enter`
        while self._open[-1].module is not module:  # left by something that torch does not call hooks for
            self._discard(self._open.pop().call)
        left = self._open.pop()
        call = left.call
        if call is None:
            return
        if sys.exc_info()[1] is not left.handled:
            self._discard(call)
            return
        for item in (*call.watched, *(item for child in call.children for item in child.watched if item.slot == "out")):
            item.written_by_call = item.written()
        if self._around() is not None:  # somebody may have to be answered with it
            writes = self._writes.get((call.number, "out"), (frozenset(), frozenset()))
            call.output = KeptValue(output, *writes)
            call.output_written_later = bool(writes[0])
            call.watched += Watched.all_in("out", output)

    def _discard(self, call: StoredCall | None) -> None:
        """A call that raised. If its caller goes on, what was done in it is the caller's own work."""
        if call is None:
            return
        self.calls = [other for other in self.calls if other is not call]
        around = self._around()
        if around is not None:
            around.dissolve(call)

    def _around(self) -> StoredCall | None:
        return next((entry.call for entry in reversed(self._open) if entry.call is not None), None)

    def _component_now(self) -> str:
        around = self._around()
        return OTHER if around is None else around.component


def one_after_another(calls: Sequence[ReplayedCall]) -> Callable[[], None]:
    """Makes the calls in order, without gradients."""

    def run() -> None:
        with torch.no_grad():
            for call in calls:
                call.run()

    return run


def _only_tied(module: nn.Module, at_work: set[int]) -> bool:
    weights = {id(weight) for weight in module.parameters(recurse=False)}
    return bool(weights) and weights <= at_work and next(module.children(), None) is None


def _random_state(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[torch.device, torch.Tensor]:
    states = {torch.device("cpu"): torch.get_rng_state()}
    for tensor in tensors_in((args, kwargs)):
        if tensor.device.type == "cuda":
            states[tensor.device] = torch.cuda.get_rng_state(tensor.device)
    return states


def _set_random_state(states: dict[torch.device, torch.Tensor]) -> None:
    for device, state in states.items():
        if device.type == "cuda":
            torch.cuda.set_rng_state(state, device)
        else:
            torch.set_rng_state(state)
