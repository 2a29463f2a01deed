"""`clear-native env` and `clear-native sensor`: the machine, and the sensor that joules are read from."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from clear_native.cli_completion import one_of
from clear_native.cli_options import Debug, Device, JsonPath, Quiet
from clear_native.cli_output import check_can_be_written, deliver, show

__all__ = ["env", "sensor"]

DONE, NOT_OK = 0, 1


def env(
    device: Device = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    debug: Debug = False,
) -> int:
    """Show what a result would record about this machine.

    For example: clear-native env --json
    """
    from clear_native.machine.environment import collect

    _show(collect(device), as_json)
    return DONE


def sensor(
    device: Device = None,
    meter: Annotated[
        str,
        typer.Option(
            "--meter",
            help="auto, nvml, nvml:counter (samples, ...) or rapl.",
            autocompletion=one_of("auto", "nvml", "nvml:counter", "nvml:samples", "rapl"),
        ),
    ] = "auto",
    max_time: Annotated[float, typer.Option(help="Seconds that measuring may take.")] = 30.0,
    out: JsonPath = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Watch the energy sensor while a load goes on and off: period, latency, lag, idle power, shortest window.

    For example: clear-native sensor --device cuda:0 --json sensor.json
    """
    import clear_native

    check_can_be_written(out=out)
    found = clear_native.sensor(device, meter, max_time, progress=not quiet)
    return DONE if deliver(found, out, quiet) else NOT_OK


def _show(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show(json.dumps(facts, indent=1, ensure_ascii=False))
        return
    for name, fact in facts.items():
        if isinstance(fact, dict):
            show(f"{name}:")
            for inner, value in fact.items():
                show(f"  {inner:24} {_readable(value)}")
        else:
            show(f"{name:24} {_readable(fact)}")


def _readable(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
