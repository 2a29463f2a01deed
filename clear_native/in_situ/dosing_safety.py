"""Which components can be dosed: calling them twice or not at all must change nothing but the work done.

Writes in place are known from the recording. What else a call may leave behind for later ones (a cache that grows, an
attribute) shows by trying: with all its calls skipped, or all doubled, the model must give the very same outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from clear_native.activation_store.activations import ActivationStore
from clear_native.activation_store.kept_values import tensors_in
from clear_native.in_situ.dosed_forward import DosedForward

__all__ = ["cannot_be_dosed"]


def cannot_be_dosed(store: ActivationStore, forward: DosedForward) -> dict[str, str]:
    """{component: why}. Also holds every component if the model's forward does not bear being dosed at all."""
    found = _by_writes(store)
    trial = _Trial(forward)
    reason = trial.difference(())
    if reason is not None:
        return {name: f"the model's forward cannot be followed: {reason}" for name in store.names} | found
    for name in store.names:
        if name not in found:
            reason = trial.difference([name])
            if reason is not None:
                found[name] = reason
    reason = trial.difference([name for name in store.names if name not in found])
    if reason is not None:  # what each bears alone they do not bear together
        return {name: reason for name in store.names} | found
    return found


def _by_writes(store: ActivationStore) -> dict[str, str]:
    found = {
        name: f"it writes in place to what was there before the forward ({', '.join(written)})"
        for name, written in store.overwrites.items()
    }
    around = {child: call for call in store.in_order for child in call.children}
    for call in store.in_order:
        reasons = {
            f"'{call.name}' writes in place to its inputs": call.writes_to_arguments,
            f"the output of '{call.name}' is written to in place later": call.output_written_later,
        }
        for reason in (reason for reason, holds in reasons.items() if holds):
            for part in (call, around.get(call, call)):  # the one around it makes or takes what is written to
                found.setdefault(part.component, reason)
    return found


@dataclass(frozen=True)
class _Outcome:
    outputs: list[torch.Tensor]

    @classmethod
    def of(cls, value: Any) -> _Outcome:
        return cls([tensor.detach().clone() for tensor in tensors_in(value)])

    def same_as(self, other: _Outcome) -> bool:
        return len(self.outputs) == len(other.outputs) and all(map(_same, self.outputs, other.outputs))

    def as_finite_as(self, other: _Outcome) -> bool:
        return all(tensor.isfinite().all() for tensor in self.outputs) or any(
            not tensor.isfinite().all() for tensor in other.outputs
        )


class _Trial:
    """Passes with doses beside the model's own."""

    def __init__(self, forward: DosedForward) -> None:
        self._calls = forward.calls
        self._forward = forward
        self._expected = _Outcome.of(forward.plain())
        self._repeats = self._still_repeats()

    def difference(self, components: Sequence[str]) -> str | None:
        """What goes wrong when all calls of `components` are doubled, or skipped; None: nothing."""
        for dose, what in ((1, "doubled"), (-1, "skipped")):
            doses = [dose * (call.component in components) for call in self._calls]
            reason = self._difference(self._forward.passes(doses), skips_model=doses[0] == -1)
            if reason is not None:
                return f"with its calls {what}, {reason}" if components else reason
            if not components:
                break
        return None

    def _difference(self, run: Callable[[], Any], skips_model: bool) -> str | None:
        try:
            outcome = _Outcome.of(run())
        except Exception as error:
            return f"it raises {type(error).__name__}: {error}"
        if skips_model:  # there is no output then
            return None
        if not outcome.as_finite_as(self._expected):
            return "the model's outputs are no longer finite"
        if self._repeats and not outcome.same_as(self._expected):
            self._repeats = self._still_repeats()
            if self._repeats:
                return "the model's outputs are others: something that it leaves behind is read later"
        return None

    def _still_repeats(self) -> bool:
        """Whether the model gives the same outputs every time: not with dropout, nor with atomic additions."""
        return all(_Outcome.of(self._forward.plain()).same_as(self._expected) for _ in range(2))


def _same(one: torch.Tensor, two: torch.Tensor) -> bool:
    if one.shape != two.shape or one.dtype != two.dtype:
        return False
    if torch.equal(one, two):
        return True
    return one.is_floating_point() and torch.allclose(one, two, rtol=0, atol=0, equal_nan=True)
