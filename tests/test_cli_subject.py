"""MODEL as a folder or a name on the hub, and inputs from a file."""

from __future__ import annotations

import functools
import io
import json
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from rich.console import Console
from tiny_presets import use_tiny

from clear_native import cli, cli_subject
from clear_native.cli_subject import subject
from clear_native.errors import BadInputError
from clear_native.models import presets
from clear_native.models.found import preset_of
from clear_native.progress import Progress

transformers = pytest.importorskip("transformers")


def saved(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    use_tiny(monkeypatch, name)
    model, _, _ = presets.load(name, device="cpu", seed=7)
    model.save_pretrained(folder)  # type: ignore[operator]
    return model


@pytest.mark.parametrize("quiet", [True, False])
def test_loading_is_shown_unless_quiet(monkeypatch: pytest.MonkeyPatch, quiet: bool) -> None:
    use_tiny(monkeypatch, "bert-base")
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    monkeypatch.setattr(cli_subject, "Progress", functools.partial(Progress, console=console))
    subject("bert-base", device="cpu", length=8, quiet=quiet)
    assert isinstance(console.file, io.StringIO)
    assert ("loading bert-base" in console.file.getvalue()) is not quiet


@pytest.mark.parametrize(
    ("name", "kind", "inputs"),
    [
        ("bert-base", "encoder", {"input_ids": (1, 8), "attention_mask": (1, 8)}),
        ("gpt2", "decoder", {"input_ids": (1, 8), "attention_mask": (1, 8)}),
        ("t5-base", "encoder-decoder", {"input_ids": (1, 8), "attention_mask": (1, 8), "decoder_input_ids": (1, 8)}),
        ("vit-base", "image", {"pixel_values": (1, 3, 32, 32)}),
        ("whisper-small", "speech", {"input_features": (1, 80, 40), "decoder_input_ids": (1, 8)}),
    ],
)
def test_a_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, kind: str, inputs: dict[str, tuple[int, ...]]
) -> None:
    model = saved(name, tmp_path / "mine", monkeypatch)
    found = preset_of(str(tmp_path / "mine"), transformers)
    assert (found.kind, found.name, found.model_class) == (kind, "mine", type(model).__name__)
    length = None if kind == "image" else 8
    loaded = subject(str(tmp_path / "mine"), device="cpu", length=length)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), loaded.model.parameters(), strict=True))
    assert {key: tuple(value.shape) for key, value in loaded.inputs.items()} == inputs
    assert (loaded.name, loaded.synthetic_weights) == ("mine", False)
    loaded.model(**loaded.inputs)
    random = subject(str(tmp_path / "mine"), weights="random", device="cpu", length=length)
    assert random.synthetic_weights
    assert not all(torch.equal(a, b) for a, b in zip(model.parameters(), random.model.parameters(), strict=True))


def test_lengths_are_bound_by_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    saved("roberta-base", tmp_path, monkeypatch)
    with pytest.raises(BadInputError, match="takes at most 512 tokens, got length 513"):
        subject(str(tmp_path), device="cpu", length=513)


def change(folder: Path, **changed: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))


def test_what_no_model_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"has no config\.json"):
        subject(str(tmp_path), device="cpu")
    for text in (str(tmp_path / "gone"), "./gone", "a/b/c"):
        with pytest.raises(BadInputError, match=r"no folder .*OWNER/NAME on the hub"):
            subject(text, device="cpu")
    saved("bert-base", tmp_path, monkeypatch)
    change(tmp_path, architectures=["SomebodysModel"])
    with pytest.raises(BadInputError, match=r"of class SomebodysModel, which transformers .*script\.py:build"):
        subject(str(tmp_path), device="cpu")
    change(tmp_path, architectures=["Wav2Vec2Model"])
    with pytest.raises(BadInputError, match=r"begin with input_values, .*script\.py:build"):
        subject(str(tmp_path), device="cpu")
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(BadInputError, match="cannot be read"):
        subject(str(tmp_path), device="cpu")


def test_names_on_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    for text in ("google-bert/bert-base-uncased", "nobody/such-a-model"):
        with pytest.raises(BadInputError, match=rf"no weights at '{text}'.*hub cannot be reached"):
            subject(text, device="cpu")
    use_tiny(monkeypatch, "bert-base")
    found = subject("google-bert/bert-base-uncased", weights="random", device="cpu", length=8)
    assert (found.name, found.synthetic_weights) == ("bert-base", True)


IDS = {"input_ids": torch.tensor([[1, 2, 3]]), "attention_mask": torch.tensor([[1, 1, 0]])}


def written(folder: Path, kind: str) -> Path:
    path = folder / f"inputs.{kind}"
    if kind == "pt":
        torch.save(IDS, path)
    elif kind == "npz":
        numpy.savez(path, **{name: ids.numpy() for name, ids in IDS.items()})  # type: ignore[arg-type]
    else:
        path.write_text(json.dumps({name: ids.tolist() for name, ids in IDS.items()}))
    return path


@pytest.mark.parametrize("kind", ["pt", "npz", "json"])
def test_inputs_from_a_file(tmp_path: Path, kind: str) -> None:
    found = subject("bert-tiny", device="cpu", inputs=written(tmp_path, kind))
    assert found.inputs.keys() == IDS.keys()
    assert all(torch.equal(found.inputs[name], ids) for name, ids in IDS.items())
    found.model(**found.inputs)


def test_numbers_with_a_point_get_the_data_type_of_the_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_tiny(monkeypatch, "vit-base")
    torch.save((torch.zeros(2, 3, 32, 32), [torch.ones(1)]), tmp_path / "image.pt")
    found = subject("vit-base", device="cpu", dtype="bfloat16", inputs=tmp_path / "image.pt")
    assert found.inputs[0].dtype is torch.bfloat16 and found.inputs[1][0].dtype is torch.bfloat16


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone.pt", None, "is not there"),
        ("broken.pt", b"no tensors", "cannot be read"),
        ("broken.npz", b"no arrays", "cannot be read"),
        ("list.json", b"[1, 2]", "holds a list: expected an object of lists by name"),
        ("ragged.json", b'{"input_ids": [[1], [2, 3]]}', "cannot be read"),
        ("inputs.txt", b"hello", "of an unknown kind"),
    ],
)
def test_inputs_that_are_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    arguments = ["profile", "bert-tiny", "--device", "cpu", "--inputs", str(tmp_path / name)]
    assert cli.run(arguments) == cli.BAD_INPUT
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_inputs_have_their_own_batch(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="leave --batch and --length out"):
        subject("bert-tiny", batch=2, inputs=written(tmp_path, "pt"))
