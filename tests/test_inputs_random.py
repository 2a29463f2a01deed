"""Random nested inputs: each tensor is found once, and one in the wrong place is told by its path."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

pytest.importorskip("hypothesis")
from hypothesis import given
from hypothesis import strategies as st

from clear_native.errors import BadInputError
from clear_native.subject.inputs import normalize, not_negative, positive, whole_number

MODEL = nn.Linear(2, 2)
NAMES = st.text(min_size=1, max_size=3)
TENSORS = st.builds(torch.zeros, st.integers(0, 3))
LEAVES = st.one_of(TENSORS, st.none(), st.booleans(), st.integers(), st.text(max_size=3))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.lists(inner, max_size=3).map(tuple), st.dictionaries(NAMES, inner, max_size=3)
    ),
    max_leaves=8,
)


def tensors_of(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return [tensor for item in inner for tensor in tensors_of(item)]


@given(VALUES.filter(lambda value: value is not None))
def test_inputs_of_every_shape_become_arguments(value: Any) -> None:
    found = normalize(MODEL, value)
    if isinstance(value, dict):
        assert (found.args, found.kwargs) == ((), value)
    else:
        assert found.kwargs == {}
        assert list(found.args) == (list(value) if isinstance(value, (list, tuple)) else [value])
    named = found.tensors()
    assert [id(tensor) for _, tensor in named] == [id(tensor) for tensor in tensors_of(value)]
    assert len({path for path, _ in named}) == len(named)
    scope = {"args": found.args, **found.kwargs}
    for path, tensor in named:
        head, bracket, rest = path.partition("[")
        if head in scope and head.isidentifier():  # a path is what a user would write
            assert eval(f"scope[head]{bracket}{rest}", {"scope": scope, "head": head}) is tensor


@given(VALUES, VALUES)
def test_a_tensor_elsewhere_is_told_by_its_path(before: Any, after: Any) -> None:
    away = torch.zeros(1, device="meta")
    with pytest.raises(BadInputError, match=r"input 'args\[1\]\[1\]\['here'\]' is on meta, the model on cpu"):
        normalize(MODEL, (before, [after, {"here": away}]))


ANYTHING = st.one_of(VALUES, st.floats(), st.integers(-(10**400), 10**400), st.complex_numbers(), st.binary())


@given(ANYTHING)
def test_numbers_are_numbers_or_are_refused(value: Any) -> None:
    for check, least in ((positive, 0.0), (not_negative, -1e-300), (whole_number, 0)):
        try:
            found = check("it", value)
        except BadInputError as error:
            assert str(error).startswith("it must be")
            fine = isinstance(value, (int, float)) and not isinstance(value, bool) and least < value <= 1e308
            assert not fine or (check is whole_number and isinstance(value, float)), value
        else:
            assert least < found < float("inf") or (check is whole_number and found >= 1)
            assert found == value
