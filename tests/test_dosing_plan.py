"""What is planned for a pass: which second runs, when, and in which modes."""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

import pytest
import torch
from dosing_models import SIZE, Layered, count_forwards, dosed_forward, doses_at, doses_of, found_in
from tiny_models import bert, token_ids
from torch import nn

from clear_native.activation_store.activations import ActivationStore
from clear_native.in_situ.dosed_forward import DosedForward
from clear_native.in_situ.dosing_plan import kinds_of, second_runs

X = torch.randn(2, SIZE, generator=torch.Generator().manual_seed(1))
IDS = token_ids(2, 8)


def test_every_call_is_the_foreign_one_of_one_other() -> None:
    forward = dosed_forward(bert(4), IDS)
    positions = range(len(forward.calls))
    assert sorted(forward.twin_of_call) == list(positions)
    for position, twin in zip(positions, forward.twin_of_call, strict=True):
        call, other = forward.calls[position], forward.calls[twin]
        assert (call.component, type(call.module)) == (other.component, type(other.module))
        assert forward.kind_of_call[position] == forward.kind_of_call[twin]
        if call.component == "attention":
            assert abs(int(call.name.split(".")[3]) - int(other.name.split(".")[3])) == 2
    assert forward.twin_of_call[0] == 0, "where there is no other, itself"
    ups = {kind for call, kind in zip(forward.calls, forward.kind_of_call, strict=True) if call.component == "mlp"}
    assert len(ups) == 2, "intermediate and output"


def order_of(model: nn.Module, doses: dict[str, int], cold: bool = True) -> list[str]:
    order: list[str] = []
    count_forwards(model, order.append)
    forward = DosedForward(ActivationStore.record(model, (X,), {}, found_in(model)), cold)
    order.clear()
    forward.passes(doses_at(forward, doses))()
    return [name for name in order if name.startswith(("mlp", "lm_head"))]


def test_second_runs_come_half_way_to_the_next_call_of_their_kind() -> None:
    """In each layer: shared norm, attention, the norm in it, mlp."""
    forward = dosed_forward(Layered(4), X)
    runs = second_runs(forward.calls, kinds_of(forward.calls), cold=True)
    names = {call.name: (run.call.name, run.after.name) for call, run in zip(forward.calls, runs, strict=True)}
    assert names["mlp.0"] == ("mlp.2", "attention.1")
    assert names["attention.1"] == ("attention.3", "mlp.1")
    assert names["mlp.3"] == ("mlp.1", "shared_norm"), "the next one is in the next pass: through the head, and around"
    assert names["lm_head"] == ("lm_head", "mlp.1"), "the only one of its kind: itself, half a pass later"
    assert names[""] == ("", "")


def test_second_runs_are_made_when_they_are_planned() -> None:
    mlps = [f"mlp.{layer}" for layer in range(4)]
    assert order_of(Layered(4), {"lm_head": 1}) == [*mlps[:2], "lm_head", *mlps[2:], "lm_head"]
    assert order_of(Layered(4), {"mlp.0": 1}) == ["mlp.0", "mlp.2", *mlps[1:], "lm_head"]


def test_a_second_run_comes_also_where_what_it_comes_after_is_skipped() -> None:
    skipped = {"lm_head": 1, "mlp.1": -1, "attention.2": -1, "attention.1": -1, "attention.2.norm": -1}
    assert order_of(Layered(4), skipped).count("lm_head") == 2


def test_warm_second_runs_are_of_the_call_itself() -> None:
    assert order_of(Layered(2), {"mlp.0": 1, "lm_head": 1}, cold=False) == ["mlp.0", "mlp.0", "mlp.1", *["lm_head"] * 2]


class Telling(nn.Linear):
    """Notes the modes in which it runs."""

    def __init__(self) -> None:
        super().__init__(SIZE, SIZE)
        self.modes: set[tuple[torch.dtype, bool]] = set()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        output = super().forward(x)
        self.modes.add((output.dtype, torch.is_inference_mode_enabled()))
        return output


class CastAttention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = Telling()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", enabled=False):
            return self.inner(x)


class Cast(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = CastAttention()
        self.mlp = Telling()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16), torch.inference_mode():
            x = self.attention(x)
            with torch.inference_mode(False):
                return self.mlp(x.clone())


@pytest.mark.parametrize("outside", [False, True])
@pytest.mark.parametrize("other", [-1, 0, 1])
@pytest.mark.parametrize("dose", [-1, 0, 1])
def test_modes_around_calls_are_those_of_the_model(dose: int, other: int, outside: bool) -> None:
    """Also where what set them is skipped, and whatever holds around the pass."""
    model = Cast()
    forward = dosed_forward(model, X, {"attention": "attention", "inner": "*.inner", "mlp": "mlp"})
    modes = [set(model.attention.inner.modes), set(model.mlp.modes)]
    assert [len(seen) for seen in modes] == [1, 1]
    model.attention.inner.modes.clear()
    model.mlp.modes.clear()
    with torch.autocast("cpu", torch.float16, enabled=outside):
        forward.passes(doses_of(forward, attention=dose, inner=1, other=other))()
    assert [model.attention.inner.modes, model.mlp.modes] == modes
