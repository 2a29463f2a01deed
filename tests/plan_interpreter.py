"""A bundle's plan run in Python, operator by operator through torch's dispatcher, for tests."""

from __future__ import annotations

from typing import Any

import torch

from clear_native.bundle.reading import Bundle


def run(bundle: Bundle) -> tuple[torch.Tensor, ...]:
    """The outputs of the plan on the inputs of the bundle."""
    values: dict[int, Any] = {**bundle.constants, **bundle.inputs}
    with torch.no_grad():
        for node in bundle.plan["nodes"]:
            namespace, name = node["op"].split("::")
            operator = getattr(getattr(getattr(torch.ops, namespace), name), node["overload"] or "default")
            _keep(node["outputs"], _called(operator, [_value(item, values) for item in node["args"]]), values)
    return tuple(values[output["value"]] for output in bundle.plan["outputs"])


def _called(operator: Any, arguments: list[Any]) -> tuple[Any, ...]:
    parameters = operator._schema.arguments
    assert len(arguments) == len(parameters), "every argument of the schema is written"
    pairs = list(zip(parameters, arguments, strict=True))
    result = operator(
        *[value for parameter, value in pairs if not parameter.kwarg_only],
        **{parameter.name: value for parameter, value in pairs if parameter.kwarg_only},
    )
    return result if len(operator._schema.returns) != 1 else (result,)


def _keep(outputs: list[Any], given: tuple[Any, ...], values: dict[int, Any]) -> None:
    assert len(outputs) == len(given)
    for output, value in zip(outputs, given, strict=True):
        if isinstance(output, dict):
            _keep(output["list"], tuple(value), values)
        elif output is not None:
            values[output] = value


def _value(argument: Any, values: dict[int, Any]) -> Any:
    if not isinstance(argument, dict):
        return argument
    ((key, given),) = argument.items()
    if key == "v":
        return values[given]
    if key == "l":
        return [_value(item, values) for item in given]
    if key == "f":
        return float(given)
    return {"s": str, "device": torch.device}[key](given) if key in ("s", "device") else getattr(torch, given)
