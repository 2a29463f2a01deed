"""A damaged bundle is refused by our error, and never by another; what is refused is refused before it is used."""

from __future__ import annotations

import copy
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import clear_native as cn
from clear_native.bundle import manifest as manifests
from clear_native.bundle.reading import Bundle, read
from clear_native.errors import BadInputError

pytest.importorskip("hypothesis")
pytest.importorskip("safetensors")
from hypothesis import given, settings
from hypothesis import strategies as st

PLAIN = st.one_of(st.text(max_size=8), st.integers(), st.floats(), st.booleans())
ODD = st.one_of(
    st.none(),
    PLAIN,
    st.sampled_from([10**30, -1, 0, 2**63, [], {}, "", "..", "/etc/passwd", "../x", [None], {"v": 0}, {"v": -1},
                     {"l": [{"l": []}]}, {"f": "nan"}, {"dtype": "nn"}, {"device": "meta"}, {"list": [0, 0]}]),
)  # fmt: skip


@pytest.fixture(scope="module")
def whole() -> Iterator[Path]:
    """A bundle with several files, calls, lists and strides."""
    with tempfile.TemporaryDirectory() as folder:
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4), nn.GRU(4, 4))
        inputs = torch.randn(4, 3).t()
        yield cn.export(
            model, inputs, Path(folder, "x.clear"), components={"mlp": "0", "norm": "1", "rnn": "2"}, progress=False
        )


@pytest.fixture
def bundle(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "x.clear"))


def damaged(whole: Path, change: Callable[[Path], None]) -> Bundle | None:
    """The bundle after the change; None where it was refused."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(shutil.copytree(whole, Path(folder, "x.clear")))
        change(path)
        try:
            return read(path)
        except BadInputError as error:
            assert str(path) in str(error)
            return None


def rewritten(path: Path, name: str, data: Any) -> None:
    """With the checksum that belongs to it, so that the contents themselves are looked at."""
    (path / name).write_text(json.dumps(data))
    if name != manifests.MANIFEST:
        manifest = json.loads((path / manifests.MANIFEST).read_text())
        manifest["files"] = manifests.file_records(path)
        rewritten(path, manifests.MANIFEST, manifest)


def with_damage(data: st.DataObject, value: Any) -> Any:
    """One value somewhere inside replaced, removed or doubled."""
    value = copy.deepcopy(value)
    at = value
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        if not keys:
            return value
        key = data.draw(st.sampled_from(keys))
        inside = at[key]
        if isinstance(inside, (dict, list)) and inside and data.draw(st.integers(0, 4)):
            at = inside
            continue
        how = data.draw(st.sampled_from(["replace", "replace", "remove", "add"]))
        if how == "replace":
            at[key] = data.draw(ODD)
        elif how == "remove":
            del at[key]
        elif isinstance(at, dict):
            at[data.draw(st.text(max_size=5))] = inside
        else:
            at.append(inside)
        return value


@pytest.mark.parametrize("name", ["manifest.json", "plan.json"])
def test_random_damage_to_the_values_is_refused_or_harmless(whole: Path, name: str) -> None:
    valid = json.loads((whole / name).read_text())
    refused = 0

    @settings(max_examples=3 * settings.default.max_examples)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        nonlocal refused
        broken = with_damage(data, valid)
        found = damaged(whole, lambda path: rewritten(path, name, broken))
        refused += found is None
        if found is not None:
            assert len(found.reference) == len(found.plan["outputs"])
            assert found.plan["values"] >= len(found.inputs) + len(found.constants)

    check()
    assert refused > settings.default.max_examples


@pytest.mark.parametrize(
    "name", ["manifest.json", "plan.json", "weights.safetensors", "inputs.safetensors", "reference.safetensors"]
)
def test_any_other_byte_is_noticed(whole: Path, name: str) -> None:
    """Cut, longer or changed. In the manifest, which has no checksum, a change may be harmless."""
    before = (whole / name).read_bytes()

    @given(st.integers(0, len(before) - 1), st.binary(min_size=0, max_size=4))
    def check(place: int, put: bytes) -> None:
        for after in (before[:place] + put, before[:place] + put + before[place + len(put) :], before + put):
            found = damaged(whole, lambda path, after=after: (path / name).write_bytes(after))  # type: ignore[misc]
            assert found is None or after == before or name == manifests.MANIFEST

    check()


def test_a_tensor_file_with_the_right_checksum_may_be_none(whole: Path) -> None:
    """What wrote the checksum may have written anything."""

    @given(st.sampled_from(["weights", "inputs", "reference"]), st.binary(max_size=64))
    def check(kind: str, contents: bytes) -> None:
        def change(path: Path) -> None:
            (path / f"{kind}.safetensors").write_bytes(contents)
            rewritten(path, "plan.json", json.loads((path / "plan.json").read_text()))

        assert damaged(whole, change) is None

    check()


def edited(path: Path, edit: Callable[[dict[str, Any]], None]) -> Path:
    manifest = json.loads((path / manifests.MANIFEST).read_text())
    edit(manifest)
    rewritten(path, manifests.MANIFEST, manifest)
    return path


@pytest.mark.parametrize(
    "name",
    ["../plan.json", "/etc/passwd", "..", ".", "", "a/b", "a\\b", "C:x", "manifest.json", "x\0y", "sub/../plan.json"],
)
def test_names_that_lead_elsewhere_are_refused(bundle: Path, name: str) -> None:
    def edit(manifest: dict[str, Any]) -> None:
        manifest["files"][name] = manifest["files"]["plan.json"]

    with pytest.raises(BadInputError, match="not the name of a file inside"):
        read(edited(bundle, edit))


@pytest.mark.parametrize("name", ["plan.json", "manifest.json"])
def test_links_that_lead_outside_are_refused(bundle: Path, tmp_path: Path, name: str) -> None:
    outside = tmp_path / name
    shutil.move(bundle / name, outside)
    (bundle / name).symlink_to(outside)
    with pytest.raises(BadInputError, match="leads outside"):
        read(bundle)


def test_folders_and_missing_files_are_refused(bundle: Path, tmp_path: Path) -> None:
    (bundle / "plan.json").unlink()
    with pytest.raises(BadInputError, match="cannot be read"):
        read(bundle)
    (bundle / "plan.json").mkdir()
    with pytest.raises(BadInputError, match="is no file"):
        read(bundle)
    for path in (tmp_path / "nothing", tmp_path / "x.clear" / "manifest.json", tmp_path, "a\0b", 3):
        with pytest.raises(BadInputError):
            read(path)  # type: ignore[arg-type]


@pytest.mark.parametrize("version", [0, 2, "1", True, None, 1.5])
def test_other_versions_are_refused(bundle: Path, version: Any) -> None:
    with pytest.raises(BadInputError, match="export it again"):
        read(edited(bundle, lambda manifest: manifest.update(bundle_version=version)))


def test_the_message_tells_what_was_changed(bundle: Path) -> None:
    contents = bytearray((bundle / "weights.safetensors").read_bytes())
    contents[-1] ^= 1
    (bundle / "weights.safetensors").write_bytes(contents)
    with pytest.raises(BadInputError, match=r"weights.safetensors has the checksum .* export it again"):
        read(bundle)


@pytest.mark.parametrize(
    ("strides", "said"),
    [([1], "do not fit"), ([-1, 1], "do not fit"), ([2**70, 1], "do not fit"), ([2**40, 1], "reach over far more"),
     ([1, "a"], "whole number"), ("x", "list")],
)  # fmt: skip
def test_strides_are_checked_before_memory_is_taken(bundle: Path, strides: Any, said: str) -> None:
    plan = json.loads((bundle / "plan.json").read_text())
    plan["inputs"][0]["strides"] = strides
    rewritten(bundle, "plan.json", plan)
    with pytest.raises(BadInputError, match=said):
        read(bundle)


def twice(plan: dict[str, Any]) -> None:
    plan["constants"][1]["value"] = plan["constants"][0]["value"]


def too_early(plan: dict[str, Any]) -> None:
    plan["nodes"][0]["args"][0] = {"v": plan["values"] - 1}


def beyond(plan: dict[str, Any]) -> None:
    plan["nodes"][-1]["outputs"] = [plan["values"]]


def more_than_there_are(plan: dict[str, Any]) -> None:
    plan["values"] += 1


def another_library(plan: dict[str, Any]) -> None:
    plan["nodes"][0]["op"] = "os::system"


def no_such_call(plan: dict[str, Any]) -> None:
    plan["nodes"][0]["call"] = 99


@pytest.mark.parametrize(
    ("damage", "said"),
    [(twice, "is defined twice"), (too_early, "is used before it is defined"), (beyond, "but the plan has"),
     (more_than_there_are, "and defines"), (another_library, "not an operator of aten"),
     (no_such_call, "99 of 4 calls")],
)  # fmt: skip
def test_a_plan_that_does_not_hold_together_is_refused(
    bundle: Path, damage: Callable[[dict[str, Any]], None], said: str
) -> None:
    plan = json.loads((bundle / "plan.json").read_text())
    damage(plan)
    rewritten(bundle, "plan.json", plan)
    with pytest.raises(BadInputError, match=said):
        read(bundle)
