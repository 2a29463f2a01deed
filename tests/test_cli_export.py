"""`clear-native export`: a bundle is written, options reach it, exit codes tell."""

from __future__ import annotations

from pathlib import Path

import pytest
from plan_interpreter import run
from tiny_presets import use_tiny

from clear_native import cli
from clear_native.bundle.reading import read

pytest.importorskip("transformers")
pytest.importorskip("safetensors")

TINY = ["export", "bert-tiny", "--device", "cpu", "--length", "8"]


def test_a_whole_bundle(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "out" / "bert.clear"
    options = ["--batch", "2", "--dtype", "bfloat16", "--components", "block=*.attention", "--out", str(out)]
    assert cli.run([*TINY, *options]) == cli.DONE
    bundle = read(out)
    assert (bundle.manifest.model, bundle.manifest.synthetic_weights) == ("bert-tiny", True)
    assert [(part.name, part.calls) for part in bundle.manifest.components] == [("block", 2), ("other", 1)]
    assert {tuple(tensor.shape) for tensor in bundle.inputs.values()} == {(2, 8)}
    assert bundle.manifest.workload["weights_dtype"] == "torch.bfloat16"
    assert (run(bundle)[0] == bundle.reference[0]).all()
    shown = capsys.readouterr()
    assert f"bert-tiny written to {out}: 2 components, 3 module calls" in shown.out and shown.err == ""


def test_quiet(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.run([*TINY, "--quiet", "--out", str(tmp_path / "x")]) == cli.DONE
    assert capsys.readouterr().out == ""


def test_a_mixture_says_how_its_experts_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_tiny(monkeypatch, "olmoe-1b-7b")
    options = ["export", "olmoe-1b-7b", "--device", "cpu", "--length", "4", "--out", str(tmp_path / "x")]
    assert cli.run(options) == cli.NOT_OK
    assert 'set_experts_implementation("batched_mm")' in capsys.readouterr().err
    assert cli.run([*options, "--experts", "batched_mm", "-q"]) == cli.DONE
    assert cli.run([*options, "--experts", "guess", "-q"]) == cli.BAD_INPUT


@pytest.mark.parametrize(
    "options", [["--length", "9999"], ["--components", "mlp"], ["--weights", "/nowhere"], ["--dtype", "int8"]]
)
def test_bad_input(capsys: pytest.CaptureFixture[str], tmp_path: Path, options: list[str]) -> None:
    assert cli.run([*TINY, "--out", str(tmp_path / "x"), *options]) == cli.BAD_INPUT
    assert "Traceback" not in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_bundle_stays(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    assert cli.run([*TINY, "--out", str(tmp_path / "mine")]) == cli.BAD_INPUT
    assert "is there and is not a bundle" in capsys.readouterr().err
    assert (tmp_path / "mine").read_text() == "mine"
