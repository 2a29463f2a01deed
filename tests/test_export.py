"""`export` of published architectures: the plan gives the model's output bit for bit, with the parts of `profile`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import torch
from family_models import FAMILIES
from plan_interpreter import run
from test_profile import state, with_history
from tiny_models import token_ids
from torch import nn

import clear_native as cn
from clear_native.bundle.reading import Bundle, read
from clear_native.bundle.tensor_files import TensorFile
from clear_native.errors import BadInputError, Interrupted

jsonschema = pytest.importorskip("jsonschema")
pytest.importorskip("safetensors")

MIXTURES = ("olmoe",)


@cache
def made(family: str) -> tuple[nn.Module, dict[str, torch.Tensor]]:
    model, inputs = FAMILIES[family].model(), FAMILIES[family].inputs()
    if family in MIXTURES:
        model.set_experts_implementation("batched_mm")  # type: ignore[operator]
    return model, inputs


@pytest.fixture(scope="module")
def bundle_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Bundle]:
    """Exported once for all tests."""

    @cache
    def exported(family: str) -> Bundle:
        folder = tmp_path_factory.mktemp(family) / f"{family}.clear"
        return read(cn.export(*made(family), folder, synthetic_weights=True, progress=False))

    return exported


def schema(name: str) -> Any:
    file = resources.files("clear_native.bundle") / "schema" / f"{name}-1.schema.json"
    return jsonschema.Draft202012Validator(json.loads(file.read_text("utf-8")))


def same_bits(one: torch.Tensor, other: torch.Tensor) -> bool:
    return one.dtype == other.dtype and torch.equal(one, other)


@pytest.mark.filterwarnings("error::RuntimeWarning")  # which tells that other operators run than in eager
@pytest.mark.parametrize("family", ["bert", "gpt2", "llama", "qwen2", "t5", "albert", "olmoe"])
def test_the_plan_gives_the_models_output(family: str, bundle_of: Callable[[str], Bundle]) -> None:
    model, inputs = made(family)
    bundle = bundle_of(family)
    with torch.no_grad():
        direct = model(**inputs, use_cache=False) if family != "bert" and family != "albert" else model(**inputs)
    assert same_bits(direct.logits, bundle.reference[0]), "the reference is the untouched model's"
    found = run(bundle)
    assert len(found) == len(bundle.reference) == (2 if family == "t5" else 1)  # and the encoder's states
    assert all(same_bits(one, other) for one, other in zip(found, bundle.reference, strict=True))
    for name in ("manifest", "plan"):
        schema(name).validate(json.loads((bundle.path / f"{name}.json").read_text("ascii")))
    assert bundle.manifest.synthetic_weights is True and bundle.manifest.threads == torch.get_num_threads()
    assert bundle.manifest.torch == torch.__version__.partition("+")[0]


@pytest.mark.parametrize("family", ["albert", "t5"])
def test_components_are_those_of_profile(family: str, bundle_of: Callable[[str], Bundle]) -> None:
    report = cn.profile(
        *made(family), method="partition", precision=0.9, max_time=1.0, meter="estimate:50", progress=False
    )
    manifest = bundle_of(family).manifest
    assert [part.name for part in manifest.components] == list(report.components)
    for part in manifest.components:
        expected = report[part.name]
        assert (part.calls, part.flops, part.flops_dense, part.bytes) == (
            expected.calls, expected.flops, expected.flops_dense, expected.bytes,
        )  # fmt: skip
        assert part.calls == sum(manifest.components[call.component] == part for call in manifest.calls)
    whole = report.full_model
    assert (manifest.full_model.flops, manifest.full_model.bytes) == (whole.flops, whole.bytes)


def test_a_layer_that_is_called_twice_is_two_calls_of_one_kind(bundle_of: Callable[[str], Bundle]) -> None:
    bundle = bundle_of("albert")
    attention = [call for call in bundle.manifest.calls if call.module.endswith("attention")]
    assert len(attention) == 2 and attention[0] == attention[1]
    numbers = [number for number, call in enumerate(bundle.manifest.calls) if call.module.endswith("attention")]
    operators = [[node["op"] for node in bundle.plan["nodes"] if node["call"] == number] for number in numbers]
    assert operators[0] == operators[1] and operators[0].count("aten::linear") == 4
    assert "aten::layer_norm" not in operators[0], "the norm inside of it is a call of its own"


def test_tied_weights_are_stored_once(bundle_of: Callable[[str], Bundle]) -> None:
    bundle = bundle_of("qwen2")
    names = [item["tensor"] for item in bundle.plan["constants"]]
    parameters = {id(parameter) for parameter in made("qwen2")[0].parameters()}
    stored = (bundle.path / "weights.safetensors").stat().st_size
    assert len(set(names)) == len(parameters) + 1  # and the rotary frequencies
    assert stored < 1.2 * sum(p.numel() * p.element_size() for p in made("qwen2")[0].parameters()) + 4096


def test_eagers_mask_decisions_are_in_the_plan(tmp_path: Path) -> None:
    """Without padding, eager hands no mask to attention; under torch.export alone transformers builds one."""
    model, inputs = made("llama")
    ids = inputs["input_ids"]
    for name in ("full", "padded"):
        given = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
        if name == "padded":
            given["attention_mask"][:, :3] = 0
        bundle = read(cn.export(model, given, tmp_path / name, progress=False))
        assert all(same_bits(one, other) for one, other in zip(run(bundle), bundle.reference, strict=True))
        attention = [n for n in bundle.plan["nodes"] if n["op"] == "aten::scaled_dot_product_attention"]
        assert [node["args"][3] is None for node in attention] == [name == "full"] * 2


def test_the_model_is_left_as_it_was(tmp_path: Path) -> None:
    model = with_history()
    before = state(model)
    with pytest.warns(RuntimeWarning, match="its output is not the model's bit for bit"):  # dropout is on
        cn.export(model, token_ids(), tmp_path / "x.clear", progress=False)
    assert state(model) == before


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def raising(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("clear_native.bundle.manifest.file_records", raising)


def small() -> tuple[nn.Module, torch.Tensor]:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4)), torch.ones(2, 4)


def exported(path: Path, **options: Any) -> Path:
    return cn.export(*small(), path, components={"mlp": "0", "norm": "1"}, progress=False, **options)


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt(), RuntimeError("can't allocate memory")])
def test_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """What was there before stays, and nothing is left beside it."""
    path = exported(tmp_path / "x.clear", name="first")
    expected = {KeyboardInterrupt: Interrupted, RuntimeError: cn.DeviceOutOfMemoryError}.get(type(error), OSError)
    with monkeypatch.context() as patch:
        failing(patch, error)
        with pytest.raises(expected):
            exported(path, name="second")
    assert [item.name for item in tmp_path.iterdir()] == ["x.clear"]
    assert read(path).manifest.model == "first"
    exported(path, name="second")
    assert [item.name for item in tmp_path.iterdir()] == ["x.clear"]
    assert read(path).manifest.model == "second"


def test_a_bundle_that_cannot_be_replaced_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, replace = exported(tmp_path / "x.clear", name="first"), os.replace

    def refuses_the_new_one(source: Any, target: Any) -> None:
        if str(source).endswith(".tmp"):
            raise OSError("refused")
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refuses_the_new_one)
        with pytest.raises(OSError, match="refused"):
            exported(path, name="second")
    assert [item.name for item in tmp_path.iterdir()] == ["x.clear"]
    assert read(path).manifest.model == "first"


def test_the_same_memory_is_stored_once() -> None:
    file, tensor = TensorFile("c"), torch.arange(6.0).reshape(2, 3)
    names = [file.add(view, "it").name for view in (tensor, tensor.detach(), tensor.t(), tensor[:1], tensor.clone())]
    assert names == ["c0", "c0", "c1", "c2", "c3"]


def test_what_is_no_bundle_is_not_replaced(tmp_path: Path) -> None:
    file, folder, with_more = tmp_path / "file", tmp_path / "folder", exported(tmp_path / "more.clear")
    file.write_text("mine")
    folder.mkdir()
    (with_more / "notes.txt").write_text("mine")
    link = tmp_path / "link"
    link.symlink_to(with_more)
    before = sorted(tmp_path.rglob("*"))
    for path in (file, folder, with_more, link):
        with pytest.raises(BadInputError, match="is there and is not a bundle"):
            exported(path)
    assert sorted(tmp_path.rglob("*")) == before and (with_more / "notes.txt").read_text() == "mine"


def test_a_folder_above_is_made(tmp_path: Path) -> None:
    assert read(exported(tmp_path / "a" / "b" / "x.clear")).manifest.model == "Sequential"
