"""Device limits: published or measured, never guessed; and on which side of the roofline a component is."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from report_fixtures import report
from tiny_models import bert, token_ids

import clear_native as cn
from clear_native.machine.device_limits import VARIABLE, device_limits, product_dtype
from clear_native.report import ModelResult, Report
from clear_native.report.json_file import to_json
from clear_native.report.roofline import DeviceLimits, roofline

LIMITS = DeviceLimits(flops_per_s=100.0, bytes_per_s=10.0, dtype="float16", source="a sheet")


@pytest.fixture(autouse=True)
def no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.mark.parametrize(
    ("flops", "moved", "bound", "least_s"),
    [(2000, 100, "compute", 20.0), (500, 100, "memory", 10.0), (0, 5, "memory", 0.5)],
)
def test_the_slower_of_the_two_binds(flops: int, moved: int, bound: str, least_s: float) -> None:
    side = roofline(ModelResult(flops=flops, bytes=moved, time_s=40.0), LIMITS)
    assert side is not None
    assert (side.bound, side.least_time_s, side.reached) == (bound, least_s, least_s / 40)
    assert (side.flops_per_byte, side.ridge_flops_per_byte) == (flops / moved, 10.0)


@pytest.mark.parametrize(
    ("part", "limits"),
    [
        (ModelResult(flops=1, bytes=1), None),
        (ModelResult(flops=1), LIMITS),
        (ModelResult(bytes=1), LIMITS),
        (ModelResult(flops=0, bytes=0), LIMITS),
    ],
)
def test_what_is_not_known_has_no_side(part: ModelResult, limits: DeviceLimits | None) -> None:
    assert roofline(part, limits) is None


def test_an_unmeasured_time_leaves_what_was_reached_absent() -> None:
    side = roofline(ModelResult(flops=1, bytes=1), LIMITS)
    assert side is not None and side.reached is None


def with_limits() -> Report:
    return dataclasses.replace(report(), limits=LIMITS)


def test_reports_tell_it_in_every_view(tmp_path: Path) -> None:
    made = with_limits()
    assert {name: side.bound for name, side in made.roofline.items()} == {
        name: "compute" if part.flops and part.flops > 10 * (part.bytes or 0) else "memory"
        for name, part in made.components.items()
        if part.bytes
    }
    assert "bound by memory: norm" in str(made)
    assert "limits (published): 100 FLOP/s in float16, 10.0 B/s" in str(made)
    assert to_json(made)["roofline"]["norm"]["bound"] == "memory"
    made.save(tmp_path / "report.json")
    assert cn.load(tmp_path / "report.json").roofline == made.roofline
    assert list(made.to_dataframe()["bound"]) == [made.roofline[name].bound for name in made]


def test_without_limits_nothing_is_said() -> None:
    made = report()
    assert made.roofline == {} and "bound by" not in str(made)
    assert not {"limits", "roofline"} & set(to_json(made))


def test_picojoules_per_byte() -> None:
    part = ModelResult(energy_j=2e-6, bytes=1000)
    assert part.pj_per_byte == pytest.approx(2000)
    assert ModelResult(energy_j=1.0).pj_per_byte is None and ModelResult(bytes=1).pj_per_byte is None
    norm = report()["norm"]
    assert norm.energy_j is not None and norm.bytes is not None
    assert norm.pj_per_byte == pytest.approx(1e12 * norm.energy_j / norm.bytes)
    assert list(report().to_dataframe()["pj_per_byte"])[1] == norm.pj_per_byte


H200 = {"gpu": "NVIDIA H200", "uuid": "GPU-1"}


def test_published_limits_are_dense_ones_of_the_data_type() -> None:
    half, tf32, single = (device_limits(H200, dtype) for dtype in ("bfloat16", "tf32", "float32"))
    assert half is not None and tf32 is not None and single is not None
    assert half == {
        "flops_per_s": 989.5e12, "bytes_per_s": 4.8e12, "dtype": "bfloat16", "measured": False,
        "source": "https://www.nvidia.com/en-us/data-center/h200/",
    }  # fmt: skip
    assert half["flops_per_s"] == pytest.approx(2 * tf32["flops_per_s"], rel=1e-3)
    assert single["flops_per_s"] == 67e12


@pytest.mark.parametrize(
    ("environment", "dtype"),
    [({"gpu": "NVIDIA H300"}, "float16"), ({}, "float32"), (H200, "float64"), (H200, None), ({"cpu": "x"}, "float32")],
)
def test_what_nobody_knows_is_absent(environment: dict[str, str], dtype: str | None) -> None:
    assert device_limits(environment, dtype) is None


def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Path:
    path = tmp_path / "device.json"
    path.write_text(text)
    monkeypatch.setenv(VARIABLE, str(path))
    return path


FILE = {"uuid": "GPU-1", "bytes_per_s": 4.2e12, "flops_per_s": {"bfloat16": 8e14}}


def test_a_measured_file_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = measured(tmp_path, monkeypatch, json.dumps(FILE))
    assert device_limits(H200, "bfloat16") == {
        "flops_per_s": 8e14, "bytes_per_s": 4.2e12, "dtype": "bfloat16", "source": str(path), "measured": True,
    }  # fmt: skip
    of_another_type = device_limits(H200, "float32")
    of_another_device = device_limits({**H200, "uuid": "GPU-2"}, "bfloat16")
    assert of_another_type is not None and not of_another_type["measured"]
    assert of_another_device is not None and not of_another_device["measured"]


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"uuid": "GPU-1", "bytes_per_s": "x", "flops_per_s": {}}'])
def test_a_file_that_is_none(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured(tmp_path, monkeypatch, text)
    with pytest.raises(cn.BadInputError, match=f"{VARIABLE} names .*unset the variable"):
        device_limits(H200, "bfloat16")


def test_a_profile_survives_such_a_file_and_warns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured(tmp_path, monkeypatch, "{")
    monkeypatch.setattr("clear_native.finishing.environments.collect", lambda device: {"gpu": "NVIDIA H200"})
    made = cn.profile(bert(1), token_ids(), method="partition", meter="estimate:9", max_time=1, progress=False)
    assert made.limits is None and any(VARIABLE in warning for warning in made.warnings)


def test_a_profile_carries_the_limits_of_its_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clear_native.finishing.environments.collect", lambda device: {"gpu": "NVIDIA H200"})
    made = cn.profile(bert(1), token_ids(), method="partition", meter="estimate:9", max_time=1, progress=False)
    assert made.limits is not None and made.limits.dtype == "float32"
    assert made.roofline["attention"].bound in ("compute", "memory")


def test_products_of_single_precision_weights_on_a_gpu_may_be_in_tf32(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu, cpu = torch.device("cuda"), torch.device("cpu")
    monkeypatch.setattr(torch.backends.cuda, "matmul", SimpleNamespace(allow_tf32=True))
    assert (product_dtype(torch.float32, gpu), product_dtype(torch.float32, cpu)) == ("tf32", "float32")
    monkeypatch.setattr(torch.backends.cuda, "matmul", SimpleNamespace(allow_tf32=False))
    assert product_dtype(torch.float32, gpu) == "float32"
    assert (product_dtype(torch.bfloat16, gpu), product_dtype(None, gpu)) == ("bfloat16", None)
