"""`clear-bench sensor` on a processor whose counter is a file: the table and the file are those of clear-native."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import referencing
from bench_program import run
from fake_rapl import drawing, make_zone

from clear_native.report.json_file import schema as report_schema
from clear_native.report.sensor import Sensor
from clear_native.report.sensor_file import schema

NO_DRIVER = {"CLEAR_NVML_LIBRARY": "/nowhere.so"}


def test_the_table_and_the_file_of_clear_native(tmp_path: Path) -> None:
    file = tmp_path / "sensor.json"
    counter = make_zone(tmp_path)
    environment = {"CLEAR_RAPL_ROOT": str(tmp_path), **NO_DRIVER}
    with drawing(counter, power_w=50.0):
        done = run("sensor", "--max-time", "4", "--json", file, environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    found = Sensor.load(file)
    assert done.stdout == f"{found}\nwritten to {file}\n"
    assert (found.meter.name, found.meter.domains) == ("rapl", ("package-0",))
    assert found.load_w == pytest.approx(50, rel=0.2)
    assert found["counter"].name == "counter"
    resources = [referencing.Resource.from_contents(found) for found in (schema(), report_schema())]
    registry = referencing.Registry().with_resources([(found.id(), found) for found in resources])
    validator = jsonschema.Draft202012Validator(schema(), registry=registry)
    validator.validate(json.loads(file.read_text("utf-8")))


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--max-time", "1"), 2, "at least 4"),
        (("--device", "tpu"), 2, "unknown device 'tpu'"),
        (("--device", "cuda:x"), 2, "unknown device 'cuda:x'"),
        (("--device", "cpu", "--meter", "estimate:5"), 2, "is not one sensor"),
        (("--device", "cpu", "--meter", "auto+rapl"), 2, "is not one sensor"),
        (("--device", "cpu", "--meter", "nvml"), 2, "reads a GPU, but the model is on cpu"),
        (("--device", "cpu", "--meter", "sun"), 2, "unknown meter"),
        (("--json", "/proc/nowhere/sensor.json"), 2, "cannot be written"),
        ((), 3, "The processor offers no energy counter"),
        (("--device", "cuda"), 3, ""),
    ],
)  # fmt: skip
def test_what_cannot_be_looked_at(options: tuple[str, ...], code: int, said: str) -> None:
    done = run("sensor", *options, environment=NO_DRIVER)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (code, "")
    assert said in line
