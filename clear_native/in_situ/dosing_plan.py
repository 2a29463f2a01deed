"""One pass with its doses, planned: what is to be done at every forward that is reached, in that order."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, TypeAlias

from torch import nn

from clear_native.activation_store.kept_values import KeptValue, is_immutable, tensors_in
from clear_native.activation_store.replayed_call import Surroundings
from clear_native.activation_store.stored_call import StoredCall
from clear_native.errors import BadInputError

__all__ = ["Action", "Forward", "Plan", "SecondRun", "Step", "called_too_often", "kinds_of", "second_runs"]

Forward: TypeAlias = Callable[..., Any]
Action: TypeAlias = Callable[[Forward, tuple[Any, ...], dict[str, Any]], Any] | None
"""Of the module's own forward, positional and keyword arguments; None: just that forward."""
Step: TypeAlias = Callable[[], object]


def kinds_of(calls: Iterable[StoredCall]) -> list[list[StoredCall]]:
    """Calls that do the same work: of one component, by one class of module, with arguments of the same shapes, under
    the same modes. The model's own call is a kind by itself."""
    kinds: dict[tuple[object, ...], list[StoredCall]] = {}
    for position, call in enumerate(calls):
        kinds.setdefault((position == 0, *_kind(call)), []).append(call)
    return list(kinds.values())


@dataclass(frozen=True)
class SecondRun:
    """What a doubled call does once more, and when: the work of `call`, right after `after`."""

    call: StoredCall
    after: StoredCall


def second_runs(calls: Sequence[StoredCall], kinds: Iterable[Sequence[StoredCall]], cold: bool) -> list[SecondRun]:
    """For each of `calls`. Warm: the call itself, at once. Cold: the one of its kind that is half of them away, so that
    its weights are cold, half-way to where a call of this kind comes next, so that its code is: at once after one of
    its own kind a run is some per cent cheaper. Each call is the second run of exactly one.

    The model itself, the first call, is always its own: `other` is work on activations, not on weights.
    """
    if not cold:
        return [SecondRun(call, call) for call in calls]
    inner = calls[1:]
    places = {call: place for place, call in enumerate(inner)}
    runs = {calls[0]: SecondRun(calls[0], calls[0])}
    for kind in kinds:
        for at, call in enumerate(kind):
            if call in places:
                to_next = (places[kind[(at + 1) % len(kind)]] - places[call] - 1) % len(inner) + 1
                after = inner[(places[call] + to_next // 2) % len(inner)]
                runs[call] = SecondRun(kind[(at + len(kind) // 2) % len(kind)], after)
    return [runs[call] for call in calls]


def _kind(call: StoredCall) -> tuple[object, ...]:
    args, kwargs = call.arguments.get()
    tensors = tuple((tensor.shape, tensor.dtype) for tensor in tensors_in((args, kwargs)))
    return call.component, type(call.module), len(args), tuple(kwargs), tensors, call.surroundings


class Plan:
    """Follows one pass as its doses make it go, and notes the action of every forward in the order they are reached."""

    def __init__(
        self,
        doses: Mapping[StoredCall, int],
        second_runs: Mapping[StoredCall, SecondRun],
        own: Mapping[nn.Module, Forward],
    ) -> None:
        self.actions: list[Action] = []
        self._doses = doses
        self._own = own
        self._more_after: dict[StoredCall, list[StoredCall]] = {}
        for call, dose in doses.items():
            if dose == 1:
                self._more_after.setdefault(second_runs[call].after, []).append(second_runs[call].call)

    def of_model(self, model: StoredCall, whole: Step, is_reached: bool) -> list[Step]:
        """What a pass consists of. `whole` calls the model; `is_reached`: something inside the model calls it too."""
        through_itself: list[Action] = [None] if is_reached else []
        dose = self._doses[model]
        if dose == -1:
            return [_no_output, *(self._by_hand(child, None) for child in model.children)]
        self.actions += through_itself
        self._runs(model)
        if dose == 0:
            return [whole]
        self.actions += through_itself
        self._answered(model)
        return [whole, whole]

    def _reached(self, call: StoredCall) -> None:
        """The forward around `call` calls its module."""
        at = len(self.actions)
        self.actions.append(None)
        own = self._own[call.module]
        if self._doses[call] == -1:
            children = [self._by_hand(child, call.surroundings) for child in call.children]
            self.actions[at] = _Skip(call, own, [*children, *self._more(call)])
            return
        self._runs(call)
        more = self._more(call)
        if more:
            self.actions[at] = _RunThen(call, own, more)

    def _runs(self, call: StoredCall) -> None:
        for _, child in call.invoked:
            if child is None:
                self.actions.append(None)
            else:
                self._reached(child)

    def _answered(self, call: StoredCall) -> None:
        for _, child in call.invoked:
            self.actions.append(None if child is None else _Answer(child, self._own[child.module]))

    def _more(self, call: StoredCall) -> list[Step]:
        """Second runs that come after `call`."""
        return [self._second_run(second, call.surroundings) for second in self._more_after.get(call, ())]

    def _second_run(self, call: StoredCall, around: Surroundings) -> Step:
        forward = self._own[call.module]
        if _wants_module(call.module):
            self.actions.append(None)
            forward = call.module
        self._answered(call)
        return _inside(call.surroundings, around, [_repeat(forward, call.arguments)])

    def _by_hand(self, call: StoredCall, around: Surroundings | None) -> Step:
        """`call` made on its stored inputs, since what would have called it is skipped."""
        if _wants_module(call.module):
            self._reached(call)
            return _inside(call.surroundings, around, [_repeat(call.module, call.arguments)])
        if self._doses[call] == -1:
            steps = [self._by_hand(child, call.surroundings) for child in call.children]
        else:
            self._runs(call)
            steps = [_repeat(self._own[call.module], call.arguments)]
        return _inside(call.surroundings, around, [*steps, *self._more(call)])


class _RunThen:
    def __init__(self, call: StoredCall, own: Forward, steps: Iterable[Step]) -> None:
        self._call, self._own, self._steps = call, own, tuple(steps)

    def __call__(self, own: Forward, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if own is not self._own:
            raise _other_module(self._call)
        output = own(*args, **kwargs)
        for step in self._steps:
            step()
        return output


class _Skip:
    def __init__(self, call: StoredCall, own: Forward, steps: Iterable[Step]) -> None:
        assert call.output is not None
        self._call, self._own, self._steps, self._output = call, own, tuple(steps), call.output

    def __call__(self, own: Forward, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if own is not self._own:
            raise _other_module(self._call)
        for step in self._steps:
            step()
        return self._output.get()


class _Answer(_Skip):
    def __init__(self, call: StoredCall, own: Forward) -> None:
        super().__init__(call, own, ())


def called_too_often(own: Forward, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    raise BadInputError(
        "a forward called more of its modules than when it was recorded: it depends on something other than its "
        "inputs, make it deterministic"
    )


def _other_module(call: StoredCall) -> BadInputError:
    return BadInputError(
        f"a forward called another module where it called '{call.name}' when it was recorded: it depends on something "
        "other than its inputs, make it deterministic"
    )


def _wants_module(module: nn.Module) -> bool:
    """Stored arguments are those before the owner's own hooks, which may change them."""
    return bool(module._forward_pre_hooks)


def _repeat(forward: Forward, kept: KeptValue) -> Step:
    args, kwargs = kept.get()
    if not kept.is_set_back and is_immutable(args) and is_immutable(tuple(kwargs.values())):
        return functools.partial(forward, *args, **kwargs)

    def repeat() -> object:
        args, kwargs = kept.get()
        return forward(*args, **kwargs)

    return repeat


def _inside(surroundings: Surroundings, around: Surroundings | None, steps: Sequence[Step]) -> Step:
    if surroundings == around or (around is None and surroundings.plain):
        return steps[0] if len(steps) == 1 else functools.partial(_in_turn, steps)

    def run() -> None:
        with ExitStack() as stack:
            surroundings.enter_exactly_in(stack)
            _in_turn(steps)

    return run


def _no_output() -> None:
    """Stands for the call of a model that is skipped."""


def _in_turn(steps: Sequence[Step]) -> None:
    for step in steps:
        step()
