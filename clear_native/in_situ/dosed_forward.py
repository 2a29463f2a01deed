"""The model's own forward, in which every call of every component runs once, twice or not at all.

For the time of a pass, modules at which components begin have a `forward` of their own that looks up what is to be done
with this very call. The doses of a pass fix the order in which these forwards are reached, so that they share one list
of actions and a step through it is all that an undosed call pays.

**Twice**: the call runs as it is, and a few calls later a foreign call of the same kind runs on its stored inputs
(another layer, so its weights are as cold as they are in the model); its output is dropped. Calls of other components
inside this second run are answered from the activation store: a dose of a component is work of this component alone.

**Skipped**: the call gives its stored output. What it would have called of other components still runs, on their stored
inputs, each with its own dose: leaving out attention must not leave out the norm inside it.

The model itself is a call like any other: its own work, which is in no component, is `other`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from clear_native.activation_store.activations import ActivationStore
from clear_native.activation_store.replayed_call import ReplayedCall
from clear_native.errors import BadInputError
from clear_native.in_situ.dosing_plan import Action, Forward, Plan, called_too_often, kinds_of, second_runs

__all__ = ["DosedForward"]


class DosedForward:
    """Makes passes of the model that `store` was recorded from. Hold it as long as passes run.

    `cold`: the second run is that of a foreign call; else it is the call itself again, at once.
    """

    def __init__(self, store: ActivationStore, cold: bool = True) -> None:
        self.calls = store.in_order
        model = self.calls[0].module
        reached = {module for call in self.calls for module, _ in call.invoked}
        self._positions = {call: position for position, call in enumerate(self.calls)}
        kinds = kinds_of(self.calls)
        kind_numbers = {call: number for number, kind in enumerate(kinds) for call in kind}
        self.kind_of_call = [kind_numbers[call] for call in self.calls]
        """A number for each kind of call, by the position of the call."""
        runs = second_runs(self.calls, kinds, cold)
        self.twin_of_call = [self._positions[run.call] for run in runs]
        """The position of the call whose work a doubled call does once more."""
        self._second_runs = dict(zip(self.calls, runs, strict=True))
        self._whole = ReplayedCall(self.calls[0].replayed_with([])).run
        self._turn = _Turn()
        self._own: dict[nn.Module, Forward] = {module: module.forward for module in (*reached, model)}
        self._tables = [
            (module.__dict__, module.__dict__.get("forward"), _hooked(self._own[module], self._turn))
            for module in reached
        ]
        self._model_is_reached = model in reached

    def plain(self) -> Any:
        """A pass of the model as it is; gives its outputs."""
        with torch.no_grad():
            return self._whole()

    def passes(self, doses: Sequence[int]) -> Callable[[], Any]:
        """A callable that runs one pass whenever it is called, and goes through the passes that `doses` holds in turn.

        `doses[pass * calls + call]`: -1 skipped, 0 once, +1 twice; calls as in `self.calls`. It gives the model's
        outputs, None where the model's own call is skipped.
        """
        of_one = len(self.calls)
        if not doses or len(doses) % of_one or not set(doses) <= {-1, 0, 1}:
            raise BadInputError(
                f"got {len(doses)} doses for {of_one} calls in a pass: give one of -1, 0, +1 for each call of each pass"
            )
        runs = [self._one_pass(doses[begin : begin + of_one]) for begin in range(0, len(doses), of_one)]
        if len(runs) == 1:
            return runs[0]
        turns = 0

        def run() -> Any:
            nonlocal turns
            pass_now = runs[turns % len(runs)]
            turns += 1
            return pass_now()

        return run

    def _one_pass(self, doses: Sequence[int]) -> Callable[[], Any]:
        plan = Plan({call: doses[position] for call, position in self._positions.items()}, self._second_runs, self._own)
        first, *others = plan.of_model(self.calls[0], self._whole, self._model_is_reached)
        turn, tables, actions = self._turn, self._tables, [*plan.actions, called_too_often]

        def run() -> Any:
            at = iter(actions)
            turn.next = at.__next__
            try:
                for table, _, forward in tables:
                    table["forward"] = forward  # past nn.Module.__setattr__, which looks through all its tables first
                with torch.no_grad():
                    output = first()
                    for step in others:
                        step()
            finally:
                for table, before, _ in tables:
                    if before is None:
                        table.pop("forward", None)
                    else:
                        table["forward"] = before
            if next(at, None) is not called_too_often:
                raise BadInputError(
                    "a forward called fewer of its modules than when it was recorded: it depends on something other "
                    "than its inputs, or takes a fast path without hooks (torch.backends.mha.set_fastpath_enabled)"
                )
            return output

        return run


class _Turn:
    """Where in the list of actions the pass is."""

    __slots__ = ("next",)
    next: Callable[[], Action]


def _hooked(own: Forward, turn: _Turn) -> Forward:
    @functools.wraps(own)
    def forward(*args: Any, **kwargs: Any) -> Any:
        action = turn.next()
        if action is None:
            return own(*args, **kwargs)
        return action(own, args, kwargs)

    return forward
