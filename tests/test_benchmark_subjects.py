"""What the benchmarks measure: cases by name, and synthetic models whose ratio is exactly what it is said to be."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch
from benchmark_modules import benchmark
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from clear_native.models.configurations import PRESETS
from clear_native.subject.components import discover

cases = benchmark("cases")
closure = benchmark("closure")
known_models = benchmark("known_models")
known_ratio = benchmark("known_ratio")


def test_case_is_its_text() -> None:
    for text in closure.TABLE:
        assert str(cases.Case.parse(text)) == text
    case = cases.Case.parse("qwen2.5-3b/4:bfloat16:1x128")
    assert case.columns == {"model": "qwen2.5-3b/4", "dtype": "bfloat16", "batch": 1, "length": 128}
    assert str(case) == "qwen2.5-3b/4:bfloat16:1x128"
    case = cases.Case.parse("bert-base:float16:8x128:holes@hub")
    assert (case.padding, case.weights, str(case)) == ("holes", "hub", "bert-base:float16:8x128:holes@hub")


@pytest.mark.parametrize("text", ["bert-base", "bert-base:float16", "nobody:float16:1x128", "bert-base:float16:1x"])
def test_text_that_is_no_case(text: str) -> None:
    with pytest.raises(ValueError, match="layers"):
        cases.Case.parse(text)


@pytest.mark.parametrize("model", ["qwen2.5-tiny", "gpt2-tiny", "bert-tiny", "llama-tiny"])
def test_case_with_another_number_of_layers(model: str) -> None:
    def layers(text: str) -> int:
        model, inputs, _ = cases.Case.parse(text).load("cpu")
        with torch.no_grad():
            model(**inputs)
        return max(len(module) for module in model.modules() if isinstance(module, nn.ModuleList))

    assert layers(f"{model}/5:float32:1x8") == 5
    assert layers(f"{model}:float32:1x8") == 2


@pytest.mark.parametrize("model", ["distilbert", "t5-base", "bart-large", "gpt-oss-20b", "vit-base", "mamba-130m"])
def test_other_families_with_another_number_of_layers(model: str) -> None:
    length = 197 if model == "vit-base" else 8
    whole, half = (
        cases.Case.parse(f"{model}{layers}:float32:1x{length}").load("meta")[2].parameters for layers in ("/4", "/2")
    )
    assert 0 < half < whole
    assert f"{model}/4" not in PRESETS


class Work(TorchDispatchMode):
    """Operators with the shapes of what they take."""

    def __init__(self) -> None:
        super().__init__()
        self.operators: Counter[Any] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        shapes = tuple(tuple(value.shape) for value in args if isinstance(value, torch.Tensor))
        self.operators[func, shapes] += 1
        return func(*args, **(kwargs or {}))


def work(blocks: Any, x: torch.Tensor) -> tuple[Counter[Any], int]:
    with torch.no_grad(), Work() as seen, FlopCounterMode(display=False) as flops:
        for block in blocks:
            x = block(x)
    return seen.operators, flops.get_total_flops()


@pytest.mark.parametrize("times", [2, 3, 5])
@pytest.mark.parametrize("kind", known_models.KINDS)
def test_block_b_does_exactly_so_many_times_the_work(kind: str, times: int) -> None:
    made = known_models.alternating(kind, times, "cpu")
    model, (x,) = made["model"], made["inputs"]
    of_a, flops_of_a = work(model.a, x)
    of_b, flops_of_b = work(model.b, x)
    assert of_a and of_b == Counter({key: times * count for key, count in of_a.items()})
    assert flops_of_b == times * flops_of_a
    assert (flops_of_a > 0) == (kind != "launch")


@pytest.mark.parametrize("kind", known_models.KINDS)
def test_every_unit_has_weights_of_its_own_and_values_keep_their_scale(kind: str) -> None:
    made = known_models.alternating(kind, 5, "cpu")
    model = made["model"]
    parameters = [parameter.data_ptr() for parameter in model.parameters()]
    units = sum(len(block.units) for block in (*model.a, *model.b))
    assert units == known_models.BLOCKS["cpu"] * 6
    assert len(set(parameters)) == len(parameters) == units * known_models.SIZES["cpu"][kind].steps
    out = model(*made["inputs"])
    assert 0.1 < out.std().item() < 10


def test_components_are_all_blocks() -> None:
    made = known_models.alternating("gemm", 2, "cpu")
    found = discover(made["model"], made["components"])
    assert [entry.name for entry in found if entry.component == "a"] == ["a.0", "a.1", "a.2"]
    assert [entry.name for entry in found if entry.component == "b"] == ["b.0", "b.1", "b.2"]


def test_order_of_independent_blocks_changes_no_value() -> None:
    one, other = known_models.independent(False, "cpu"), known_models.independent(True, "cpu")
    calls: list[str] = []
    for name, module in other["model"].named_modules():
        if isinstance(module, known_models.Block):
            module.register_forward_hook(lambda *_, name=name: calls.append(name))
    for left, right in zip(one["model"](*one["inputs"]), other["model"](*other["inputs"]), strict=True):
        assert torch.equal(left, right)
    assert calls == ["b.0", "a.0", "b.1", "a.1", "b.2", "a.2"]


def test_big_units_are_larger_than_any_cache() -> None:
    for kind in ("gemm", "memory"):
        size = known_models.SIZES["cuda"][kind]
        assert size.steps * size.width**2 * 2 >= 60e6


def test_odd_and_even_layers_of_bert() -> None:
    made = known_ratio.arguments_of("odd_even", "cpu")
    found = discover(made["model"], made["components"])
    parts = ("attention", "intermediate", "output")
    for component, layer in (("even", 0), ("odd", 1)):
        names = [name for name, _ in found.modules(component)]
        assert names == [f"bert.encoder.layer.{layer}.{part}" for part in parts]


def test_arguments_of_every_subject() -> None:
    for subject in (*known_ratio.SUBJECTS, "swap:ab", "swap:ba"):
        if subject != "swap":
            assert known_ratio.arguments_of(subject, "cpu").keys() == {"model", "inputs", "components", "name"}
