"""`profile` as its users call it, on the CPU: what it reports, what it refuses, and that it leaves no trace."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from test_report_json import validator
from tiny_models import FAMILIES, LAYERS, bert, token_ids
from torch import nn

import clear_native as cn
from clear_native.errors import BadInputError, Interrupted, NoDriverError, WorkloadFailedError

QUICK: dict[str, Any] = {
    "method": "partition", "precision": 0.5, "max_time": 1.5, "meter": "estimate:50", "progress": False, "seed": 7,
}  # fmt: skip


@pytest.mark.parametrize("mask", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_report_of_every_family(family: str, mask: bool, tmp_path: Path) -> None:
    model, ids = FAMILIES[family](), token_ids()
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)} if mask else ids
    before = state(model)
    found = cn.profile(model, inputs, **{**QUICK, "max_time": 4.0})
    assert state(model) == before
    assert set(found) - {"rotary"} == {"embedding", "norm", "attention", "mlp", "lm_head", "other"}
    assert ("rotary" in found) == (family in ("llama", "qwen2"))
    assert (found.seed, found.execution, found.method, found.meter.estimated) == (7, "eager", "partition", True)
    assert found["attention"].calls == LAYERS
    whole = found.full_model
    assert whole.time_s is not None and whole.time_s > 0
    assert whole.energy_j == pytest.approx(50 * whole.time_s, rel=0.2)
    assert whole.flops == sum(part.flops or 0 for part in found.components.values()) > 0
    assert all(part.time_s is None or 0 < part.time_s < 1 for part in found.components.values())
    assert found["norm"].flops == 0
    assert len(found.workload["inputs"]) == 1 + mask
    assert found.windows
    path = tmp_path / "report.json"
    found.save(path)
    data = json.loads(path.read_text("utf-8"))
    validator().validate(data)
    assert cn.Report.load(path)["mlp"] == found["mlp"]


def test_numbers_of_numpy_are_numbers() -> None:
    options = {**QUICK, "precision": numpy.float32(0.5), "max_time": numpy.float64(0.3), "seed": numpy.int64(3)}
    found = cn.profile(
        nn.Linear(4, 4), torch.ones(1, 4), **{**options, "components": {"mlp": lambda name, _: not name}}
    )
    assert (found.seed, found.options["precision"], type(found.seed)) == (3, 0.5, int)


def with_history() -> nn.Module:
    model = bert().train()
    model.get_submodule("bert.encoder.layer.0").eval()
    parameter = next(model.parameters())
    parameter.requires_grad_(False)
    parameter.grad = torch.ones_like(parameter)
    model.register_forward_hook(lambda module, args, output: output)
    return model


def state(model: nn.Module) -> dict[str, Any]:
    hooks = ("_forward_pre_hooks", "_forward_hooks", "_forward_hooks_always_called", "_forward_hooks_with_kwargs")
    return {
        "hooks": [dict(getattr(module, table)) for module in model.modules() for table in hooks],
        "forward": [module.__dict__.get("forward") for module in model.modules()],
        "training": [module.training for module in model.modules()],
        "parameters": [(p.requires_grad, None if p.grad is None else id(p.grad)) for p in model.parameters()],
        "contents": [p.sum().item() if p.device.type != "meta" else None for p in model.parameters()],
        "grad_mode": torch.is_grad_enabled(),
        "rng": (torch.get_rng_state().tolist(), random.getstate(), numpy.random.get_state()[1].tolist()),  # type: ignore[index]
    }


def raising(*_: Any) -> None:
    raise ZeroDivisionError("in the model")


def on_two_devices(model: nn.Module) -> None:
    model.get_submodule("cls").to("meta")


def breaks_inside(model: nn.Module) -> None:
    model.get_submodule("bert.encoder.layer.1.attention.self").register_forward_pre_hook(raising)


IDS = token_ids()
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "inputs None": ({"inputs": None}, "inputs is None"),
    "inputs on meta": ({"inputs": IDS.to("meta")}, r"is on meta, the model on cpu"),
    "inputs not ids": ({"inputs": IDS + 10**6}, "forward raised IndexError in module '.*word_embeddings'"),
    "unknown argument": ({"inputs": {"ids": IDS}}, "forward raised|ids"),
    "nothing matches": ({"components": {"mlp": "*.nothing"}}, "no module matches"),
    "overlap": ({"components": {"a": "*.attention", "b": "*.attention"}}, "matches both"),
    "empty": ({"components": {}}, "components is empty"),
    "reserved": ({"components": {"idle": "*.attention"}}, "reserved"),
    "list": ({"components": ["*.attention"]}, "components is a list"),
    "text": ({"components": "*.attention"}, "names no grouping: use .clear."),
    "predicate": ({"components": {"a": raising}}, "predicate of component 'a' raised ZeroDivisionError for module ''"),
    "truth": ({"components": {"a": lambda *_: torch.ones(2)}}, "predicate of component 'a' raised RuntimeError"),
    "precision 0": ({"precision": 0}, "precision must be a positive number"),
    "precision -1": ({"precision": -1}, "precision must be a positive number"),
    "precision nan": ({"precision": float("nan")}, "precision must be a positive number"),
    "precision text": ({"precision": "0.01"}, "precision must be a positive number"),
    "max_time 0": ({"max_time": 0}, "max_time must be a positive number"),
    "max_time inf": ({"max_time": float("inf")}, "max_time must be a positive number"),
    "method": ({"method": "guess"}, "unknown method"),
    "execution": ({"execution": ["eager"]}, "unknown execution"),
    "graph": ({"execution": "graph"}, "replays CUDA graphs"),
    "meter": ({"meter": "wattmeter"}, "unknown meter"),
    "meter watts": ({"meter": "estimate:-1"}, "positive power"),
    "meter number": ({"meter": 5}, "meter must be a string"),
    "meter nvml": ({"meter": "nvml"}, "reads a GPU"),
    "seed -1": ({"seed": -1}, "seed must be a whole number"),
    "seed large": ({"seed": 2**64}, "seed must be a whole number"),
    "seed float": ({"seed": 1.0}, "seed must be a whole number"),
    "seed bool": ({"seed": True}, "seed must be a whole number"),
    "name": ({"name": 5}, "name is the model's name"),
    "synthetic": ({"synthetic_weights": "yes"}, "synthetic_weights is True, False or None"),
}


def refused(model: nn.Module, arguments: dict[str, Any], match: str) -> BaseException:
    before = state(model)
    with pytest.raises(BadInputError, match=match) as caught:
        cn.profile(model, **{**QUICK, "inputs": IDS, **arguments})
    assert state(model) == before
    assert caught.value.report is None
    return caught.value


@pytest.mark.parametrize("what", BAD)
def test_bad_input(what: str) -> None:
    arguments, match = BAD[what]
    refused(with_history(), arguments, match)


def test_the_cause_of_a_predicates_error_is_kept() -> None:
    error = refused(bert(), {"components": {"a": raising}}, "predicate")
    assert isinstance(error.__cause__, ZeroDivisionError)


@pytest.mark.parametrize(
    ("damage", "match"),
    [
        (on_two_devices, "on 2 devices"),
        (lambda model: model.to("meta"), "holds no weights"),
        (breaks_inside, r"ZeroDivisionError in module 'bert.encoder.layer.1.attention.self' \(\w+\): in the model"),
    ],
)
def test_bad_model(damage: Callable[[nn.Module], None], match: str) -> None:
    model = with_history()
    damage(model)
    refused(model, {}, match)


@pytest.mark.parametrize("model", [None, bert, "bert-base"])
def test_no_model(model: Any) -> None:
    with pytest.raises(BadInputError, match=r"expected a torch\.nn\.Module"):
        cn.profile(model, IDS)


@pytest.mark.filterwarnings("ignore:`torch.jit")
def test_scripted_models_are_refused() -> None:
    scripted = torch.jit.trace(nn.Linear(2, 2), torch.ones(1, 2))
    with pytest.raises(BadInputError, match=r"no module call can be seen\. Pass the nn\.Module"):
        cn.profile(scripted, torch.ones(1, 2))
    function = torch.jit.trace(lambda x: x + 1, torch.ones(1, 2))
    with pytest.raises(BadInputError, match="ScriptFunction: inside TorchScript"):
        cn.profile(function, torch.ones(1, 2))


class Layers(nn.Module):
    def __init__(self, forward: Callable[[Any, torch.Tensor], Any]) -> None:
        super().__init__()
        self.attention, self.mlp, self.norm = nn.Linear(4, 4), nn.Linear(4, 4), nn.LayerNorm(4)
        self._forward, self.calls = forward, 0

    def forward(self, x: torch.Tensor) -> Any:
        self.calls += 1
        return self._forward(self, x)


def test_ctrl_c_before_the_first_window() -> None:
    def forward(self: Any, x: torch.Tensor) -> Any:
        raise KeyboardInterrupt

    model = Layers(forward)
    before = state(model)
    with pytest.raises(Interrupted) as caught:
        cn.profile(model, torch.ones(1, 4), **QUICK)
    assert caught.value.report is None
    assert state(model) == before


def test_ctrl_c_after_the_last_window_keeps_them(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def collect(device: torch.device) -> dict[str, Any]:
        asked.append(device)
        if len(asked) == 1:
            raise KeyboardInterrupt
        return {}

    monkeypatch.setattr("clear_native.machine.environment.collect", collect)
    with pytest.raises(Interrupted) as caught:
        cn.profile(Layers(lambda self, x: self.mlp(x)), torch.ones(1, 4), **QUICK)
    assert caught.value.report.windows
    assert caught.value.report.stop_reason == "interrupted"


def test_inputs_that_the_forward_writes_to_leave_as_they_came() -> None:
    x = torch.arange(4.0).reshape(1, 4)
    cn.profile(Layers(lambda self, x: self.mlp(x.add_(1))), x, **QUICK)
    assert x.tolist() == [[0, 1, 2, 3]]


def test_module_that_raises_inside_one_that_catches_it() -> None:
    def forward(self: Any, x: torch.Tensor) -> Any:
        try:
            self.attention(x[:, :3])
        except RuntimeError:
            x = self.norm(x)
        return self.mlp(x)

    found = cn.profile(Layers(forward), torch.ones(1, 4), **QUICK)
    assert {name: part.calls for name, part in found.components.items() if name != "other"} == {"norm": 1, "mlp": 1}


def test_model_that_fails_while_it_is_measured() -> None:
    def forward(self: Any, x: torch.Tensor) -> Any:
        if self.calls > 40:
            raise ZeroDivisionError("tired")
        return self.mlp(x)

    with pytest.raises(WorkloadFailedError, match="tired"):
        cn.profile(Layers(forward), torch.ones(1, 4), **QUICK)


def test_cuda_without_a_gpu_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from clear_native.machine.environment import parse_device

    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(NoDriverError, match="'cuda:0' is not there"):
        parse_device("cuda:0")
    assert parse_device(None) == torch.device("cpu") == parse_device("cpu")
