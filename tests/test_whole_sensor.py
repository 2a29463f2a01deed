"""`sensor()`: the whole characterization, against a bench with known behaviour, and by a fake processor counter."""

from __future__ import annotations

import dataclasses
import itertools
import json
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import torch
from fake_rapl import drawing, make_zone
from fake_sensor import IDLE_W, LOAD_W, Known, VirtualBench

import clear_native as cn
from clear_native.errors import (
    BadInputError,
    DeviceOutOfMemoryError,
    Interrupted,
    NoDriverError,
    SensorPermissionError,
    SensorUnsupportedError,
)
from clear_native.report.json_file import schema as report_schema
from clear_native.report.sensor import PowerField, Sensor
from clear_native.report.sensor_file import schema
from clear_native.sensor import characterize

TRAITS: dict[str, Any] = {
    "name": "nvml_counter", "scope": "gpu", "device": "GPU-1", "period_s": 0.1, "quantum_j": 0.001,
    "estimated": False, "stated_power_w": None, "has_power_samples": True, "integrates_power": False,
    "averaging_s": None, "domains": [], "note": None,
}  # fmt: skip


def test_everything_of_a_known_sensor_is_found() -> None:
    bench = VirtualBench(Known(look_period_s=0.8e-3))
    found = Sensor(**characterize(bench, TRAITS, 30.0))
    assert found.period_s == pytest.approx(0.1, rel=0.005)
    assert found.quantum_j == pytest.approx(0.001)
    assert found.read_median_s == pytest.approx(0.0025)
    assert found.active_idle_w == pytest.approx(IDLE_W, rel=0.01)
    assert found.load_w == pytest.approx(LOAD_W, rel=0.01)
    assert found["usage"].averaging_s == pytest.approx(1.0, rel=0.05)
    assert found["samples"].counter_ratio == pytest.approx(1.0, rel=0.003)
    assert found.shortest_window_s == pytest.approx(0.02, abs=0.011)
    assert found.look_period_s == pytest.approx(0.8e-3, rel=0.006)
    assert found.notes == ()
    assert bench.kinds[-1][0] == "idle"


def test_what_is_not_there_is_absent() -> None:
    known = Known(sample_period_s=None, instant_period_s=None, usage_averaging_s=None, can_alternate=False)
    found = Sensor(**characterize(VirtualBench(known), {**TRAITS, "note": "an integral"}, 8.0))
    assert [field.name for field in found.fields] == ["counter"]
    assert (found.look_period_s, found.look_s, found.deep_idle_w) == (None, None, None)
    assert "an integral" in found.notes
    for told in (
        "averages over a second is not seen in less than 25 s",
        "part of the time is not seen in less than 19",
    ):
        assert any(told in note for note in found.notes), "8 s are too short to see that"


@pytest.mark.parametrize("max_time_s", [4.0, 18.8, 30.0])
def test_it_takes_the_time_that_it_is_given(max_time_s: float) -> None:
    bench = VirtualBench(Known(look_period_s=0.8e-3))
    characterize(bench, TRAITS, max_time_s)
    deep_idle_s = 0.08 * max_time_s  # which has no bench
    assert 0.6 * max_time_s < bench.now_s() - 100 + deep_idle_s < max_time_s


def test_progress_is_told_while_no_load_runs() -> None:
    bench = VirtualBench(Known())
    told: list[tuple[float, str]] = []
    characterize(bench, TRAITS, 30.0, lambda: told.append((bench.now_s(), bench.kinds[-1][0])))
    assert {kind for _, kind in told} == {"idle"}
    gaps_s = [after[0] - before[0] for before, after in itertools.pairwise(told)]
    assert max(gaps_s) < 8, "a bar that stands still looks like a program that hangs"


FOUND = Sensor(
    meter=cn.report.Meter("nvml_counter", "gpu", "GPU-1"), period_s=0.1, period_jitter_s=0.0012, quantum_j=0.001,
    read_median_s=0.0024, read_p99_s=0.016, active_idle_w=124.0, deep_idle_w=88.0, load_w=695.0,
    fields=(PowerField("samples", 0.02, None, 0.02, None, 1.002), PowerField("usage", 0.1, 1e-6, 0.55, 1.0)),
    shortest_window_s=0.24, look_period_s=0.805e-3, look_s=0.2e-3, notes=("Others were there.",), elapsed_s=20.0,
    environment={"gpu": "NVIDIA H200"},
)  # fmt: skip


def test_the_table() -> None:
    text = " ".join(str(FOUND).split())
    for part in (
        "nvml counter · NVIDIA H200", "reading changes every 100 ms ± 1.2 ms", "a read takes 2.40 ms (p99 16.0 ms)",
        "deep idle 88.0 W", "active idle 124 W", "shortest window for 1 % 240 ms", "for about 200 µs every 805 µs",
        "samples 20.0 ms – 20 ms – 100.2 %", "usage 100 ms 1.00 µs 550 ms 1.0 s –", "! Others were there.",
    ):  # fmt: skip
        assert part in text, part
    assert max(map(len, str(FOUND).splitlines())) <= 100


def test_the_table_of_one_that_tells_little() -> None:
    text = str(Sensor(meter=cn.report.Meter("rapl", "cpu", domains=("package-0",))))
    assert "package-0" in text
    assert "None" not in text


def test_to_dict_and_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "sensor.json"
    FOUND.save(path)
    data = json.loads(path.read_text("utf-8"))
    assert data == FOUND.to_dict()
    assert data["kind"] == "sensor"
    assert data["fields"][1] == {"name": "usage", "period_s": 0.1, "read_median_s": 1e-6, "lag_s": 0.55,
                                 "averaging_s": 1.0}  # fmt: skip
    assert "look_s" not in dataclasses.replace(FOUND, look_s=None).to_dict()
    assert Sensor.load(path) == FOUND
    assert str(Sensor.load(path)) == str(FOUND)
    with pytest.raises(dataclasses.FrozenInstanceError):
        FOUND.period_s = 1.0  # type: ignore[misc]
    with pytest.raises(KeyError, match="instant"):
        FOUND["instant"]


@pytest.mark.parametrize("sensor", [FOUND, Sensor(meter=cn.report.Meter("rapl", "cpu", domains=("package-0",)))])
def test_every_file_obeys_the_schema_and_comes_back(sensor: Sensor, tmp_path: Path) -> None:
    jsonschema, referencing = pytest.importorskip("jsonschema"), pytest.importorskip("referencing")
    resources = [referencing.Resource.from_contents(found) for found in (schema(), report_schema())]
    registry = referencing.Registry().with_resources([(found.id(), found) for found in resources])
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.Draft202012Validator(schema(), registry=registry).validate(sensor.to_dict())
    sensor.save(tmp_path / "sensor.json")
    assert Sensor.load(tmp_path / "sensor.json") == sensor


def test_every_field_is_in_the_schema() -> None:
    assert {field.name for field in dataclasses.fields(Sensor)} | {"kind"} == schema()["properties"].keys()
    names = {field.name for field in dataclasses.fields(PowerField)}
    assert names == schema()["$defs"]["field"]["properties"].keys()


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    with pytest.raises(BadInputError, match="is not there"):
        Sensor.load(file)
    for text, message in (
        ("{", "not a JSON file"),
        ("[]", "it is not a sensor"),
        ('{"schema_version": 1}', "kind None"),
        ('{"kind": "sensor", "schema_version": 2}', "upgrade clear_native"),
        ('{"kind": "sensor", "schema_version": 1}', "not a whole sensor"),
        (json.dumps({**FOUND.to_dict(), "watts": 1}), "not a whole sensor"),
    ):
        file.write_text(text)
        with pytest.raises(BadInputError, match=message):
            Sensor.load(file)


@pytest.mark.alone
def test_a_processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEAR_RAPL_ROOT", str(tmp_path))
    file = make_zone(tmp_path)
    threads = threading.active_count()
    with drawing(file, power_w=50.0):
        found = cn.sensor("cpu", max_time=4)
    assert found.meter.name == "rapl"
    assert found.active_idle_w == pytest.approx(50, rel=0.1)
    assert found.load_w == pytest.approx(50, rel=0.1)
    assert found.read_median_s is not None
    assert found.deep_idle_w is None
    assert found.environment["cpu"]
    assert threading.active_count() == threads


@pytest.mark.parametrize("meter", ["estimate", "estimate:40", "auto+rapl", "", "power", ["auto"], None])
def test_what_is_no_sensor(meter: Any) -> None:
    with pytest.raises(BadInputError, match="is not one sensor"):
        cn.sensor("cpu", meter)


@pytest.mark.parametrize("max_time", [0, -1, float("nan"), float("inf"), "x", None, 3.9])
def test_no_time(max_time: Any) -> None:
    with pytest.raises(BadInputError, match="max_time"):
        cn.sensor("cpu", max_time=max_time)


@pytest.mark.parametrize("device", ["toaster", "meta", "cpu:9", 1.5])
def test_no_such_device(device: Any) -> None:
    with pytest.raises(BadInputError, match="device"):
        cn.sensor(device)


@pytest.mark.parametrize(
    ("raised", "told"), [(torch.OutOfMemoryError("no"), DeviceOutOfMemoryError), (KeyboardInterrupt(), Interrupted)]
)
def test_what_ends_it_early_ends_the_load_too(
    raised: BaseException, told: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEAR_RAPL_ROOT", str(tmp_path))
    make_zone(tmp_path)
    threads = threading.active_count()

    def characterized(bench: Any, *arguments: Any) -> None:
        bench.start_load()
        raise raised

    monkeypatch.setattr(sys.modules["clear_native.sensor"], "characterize", characterized)
    with pytest.raises(told):
        cn.sensor("cpu", max_time=4)
    assert threading.active_count() == threads


def test_no_sensor_is_a_typed_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SensorUnsupportedError):
        cn.sensor("cpu")
    with pytest.raises(BadInputError, match="reads a GPU"):
        cn.sensor("cpu", "nvml")
    if not torch.cuda.is_available():
        with pytest.raises(NoDriverError):
            cn.sensor("cuda")

    def refuse(meter: str, device: torch.device) -> None:
        raise SensorPermissionError("chmod")

    monkeypatch.setattr(sys.modules["clear_native.sensor"], "open_meter", refuse)
    with pytest.raises(SensorPermissionError):
        cn.sensor("cpu")
