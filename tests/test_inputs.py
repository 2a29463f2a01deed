"""Inputs in every shape that people pass, and the errors for those that cannot be measured."""

from __future__ import annotations

from collections import UserDict
from fractions import Fraction
from typing import Any

import numpy
import pytest
import torch
from tiny_models import bert, llama, token_ids, transformers
from torch import nn

from clear_native.errors import BadInputError
from clear_native.subject.inputs import model_device, normalize, positive, without_cache

CPU = torch.device("cpu")


def test_tensor_tuple_list_dict() -> None:
    model, x = nn.Linear(4, 4), torch.ones(2, 4)
    assert normalize(model, x).args == (x,)
    assert normalize(model, (x, 3)).args == (x, 3)
    assert normalize(model, [x]).args == (x,)
    found = normalize(model, {"input": x})
    assert (found.args, found.kwargs, found.device) == ((), {"input": x}, CPU)


def test_what_a_tokenizer_returns() -> None:
    ids = token_ids()
    encoding = transformers.BatchEncoding({"input_ids": ids, "attention_mask": torch.ones_like(ids)})
    found = normalize(bert(), encoding)
    assert set(found.kwargs) == {"input_ids", "attention_mask"}
    assert bert()(**found.kwargs).logits.shape[:2] == ids.shape
    assert normalize(bert(), UserDict(input_ids=ids)).kwargs == {"input_ids": ids}


def test_paths_of_nested_tensors() -> None:
    x = torch.ones(1)
    found = normalize(nn.Linear(1, 1), ((x, {"deep": [x]}), 5))
    assert [path for path, _ in found.tensors()] == ["args[0][0]", "args[0][1]['deep'][0]"]


def test_inputs_elsewhere_says_which_and_what_to_do() -> None:
    ids = token_ids()
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids, device="meta")}
    with pytest.raises(BadInputError, match=r"'attention_mask' is on meta, the model on cpu.*\.to\('cpu'\)"):
        normalize(bert(), inputs)


def test_model_on_several_devices() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2, device="meta"))
    with pytest.raises(BadInputError, match=r"2 devices \('0\.weight' on cpu, '1\.weight' on meta\)"):
        normalize(model, torch.ones(1, 2))


def test_model_without_weights_on_meta() -> None:
    with pytest.raises(BadInputError, match="meta device"):
        model_device(nn.Linear(2, 2, device="meta"))


def test_model_without_parameters_is_where_its_inputs_are() -> None:
    assert model_device(nn.ReLU()) is None
    assert normalize(nn.ReLU(), torch.ones(2)).device == CPU
    with pytest.raises(BadInputError, match=r"args\[1\]' is on meta, input 'args\[0\]' on cpu"):
        normalize(nn.ReLU(), (torch.ones(2), torch.ones(2, device="meta")))
    with pytest.raises(BadInputError, match="no device to measure"):
        normalize(nn.ReLU(), 3)


@pytest.mark.parametrize("inputs", [None, {1: torch.ones(1)}])
def test_no_arguments(inputs: Any) -> None:
    with pytest.raises(BadInputError):
        normalize(nn.ReLU(), inputs)


@pytest.mark.parametrize("value", [0, -1.0, float("nan"), float("inf"), "0.01", None, True, 10**400, numpy.True_, 1j])
def test_not_positive(value: Any) -> None:
    with pytest.raises(BadInputError, match="precision must be a positive number, got"):
        positive("precision", value)


def test_positive() -> None:
    for value in (0.25, 60, numpy.float32(0.25), numpy.int64(3), Fraction(1, 4)):
        assert positive("max_time", value) == float(value)
        assert type(positive("max_time", value)) is float


def test_no_cache_that_nobody_asked_for() -> None:
    model, ids = llama(), token_ids()
    found = without_cache(model, normalize(model, ids))
    assert found.kwargs == {"use_cache": False}
    assert model(*found.args, **found.kwargs).past_key_values is None
    asked = normalize(model, {"input_ids": ids, "use_cache": True})
    assert without_cache(model, asked) is asked
    plain = normalize(nn.Linear(2, 2), torch.ones(1, 2))
    assert without_cache(nn.Linear(2, 2), plain) is plain
