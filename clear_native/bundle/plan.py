"""The exported program as a plan: values, operators in order, and the module call of each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.export.graph_signature import InputKind

from clear_native.bundle.arguments import arguments_of
from clear_native.bundle.calls import CallsOfNodes, within_model
from clear_native.bundle.tensor_files import TensorFile
from clear_native.errors import ExportFailedError

__all__ = ["PLAN_VERSION", "Plan", "plan_of"]

PLAN_VERSION = 1

_CHECKS = (  # of what torch.export already knows; they give nothing and launch nothing that the model needs
    "aten::_assert_tensor_metadata",
    "aten::_assert_async",
    "aten::_assert_scalar",
    "aten::sym_constrain_range",
    "aten::sym_constrain_range_for_size",
)
_TENSORS_OF = (InputKind.PARAMETER, InputKind.BUFFER, InputKind.CONSTANT_TENSOR)


@dataclass
class Plan:
    """`data` is plan.json. `kinds`: of each module call; one kind runs the same operators on the same shapes."""

    data: dict[str, Any]
    weights: TensorFile
    inputs: TensorFile
    reference: TensorFile
    kinds: list[int]


def plan_of(
    program: torch.export.ExportedProgram,
    inputs: tuple[torch.Tensor, ...],
    reference: tuple[torch.Tensor, ...],
    calls: CallsOfNodes,
    components: list[str],
) -> Plan:
    """`components`: of each module call. Raises ExportFailedError for what a plan cannot hold, with its module."""
    writer = _Writer(program, inputs, calls)
    outputs = writer.graph(program.graph_module, None)
    files = TensorFile("o")
    written: list[dict[str, Any]] = []
    for value, tensor in zip(outputs, reference, strict=True):
        written.append({"value": value, "tensor": files.add(tensor, f"output {len(written)}").name})
    data = {
        "plan_version": PLAN_VERSION,
        "values": writer.values,
        "inputs": writer.inputs,
        "constants": writer.constants,
        "nodes": writer.nodes,
        "outputs": written,
    }
    return Plan(data, writer.weights_file, writer.inputs_file, files, writer.kinds(components))


@dataclass
class _Writer:
    program: torch.export.ExportedProgram
    given: tuple[torch.Tensor, ...]
    calls: CallsOfNodes
    values: int = 0
    inputs: list[dict[str, Any]] = field(default_factory=list)
    constants: list[dict[str, Any]] = field(default_factory=list)
    nodes: list[dict[str, Any]] = field(default_factory=list)
    weights_file: TensorFile = field(default_factory=lambda: TensorFile("c"))
    inputs_file: TensorFile = field(default_factory=lambda: TensorFile("i"))
    _value: dict[torch.fx.Node, Any] = field(default_factory=dict)  # a number, or a list of what an operator gave
    _described: dict[int, str] = field(default_factory=dict)  # values: data type, shape and strides
    _work: dict[int, list[str]] = field(default_factory=dict)  # by call

    def graph(self, module: torch.fx.GraphModule, arguments: list[Any] | None) -> list[Any]:
        """Writes a graph and returns the values of its outputs. `arguments`: values given to an inner graph."""
        specs = {spec.arg.name: spec for spec in self.program.graph_signature.input_specs} if arguments is None else {}
        placeholders = iter(arguments or ())
        for node in module.graph.nodes:
            if node.op == "placeholder":
                self._value[node] = next(placeholders) if arguments is not None else self._placeholder(node, specs)
            elif node.op == "output":
                return [self._output(item) for item in node.args[0]]
            elif node.op == "call_function":
                self._call_function(node, module)
            elif node.op != "get_attr" or not isinstance(getattr(module, str(node.target), None), torch.fx.GraphModule):
                raise _unknown(node, f"a {node.op} of '{node.target}'")
        raise AssertionError("an exported graph ends in an output")

    def kinds(self, components: list[str]) -> list[int]:
        """Numbers calls by what they do. The model itself stands in for nothing, so its kind is its own."""
        found: dict[Any, int] = {}
        keys = [(component, tuple(self._work.get(call, ()))) for call, component in enumerate(components)]
        return [found.setdefault(key if call else "", len(found)) for call, key in enumerate(keys)]

    def _new_value(self, example: Any) -> int:
        self._described[self.values] = f"{example.dtype}{list(example.shape)}{list(example.stride())}"
        self.values += 1
        return self.values - 1

    def _placeholder(self, node: torch.fx.Node, specs: Mapping[str, Any]) -> int | None:
        spec = specs[node.name]
        if spec.kind != InputKind.USER_INPUT and not node.users:
            return None  # a weight that this forward does not use
        if spec.kind == InputKind.USER_INPUT:
            tensor = self.given[len(self.inputs)]
            value, file, into, what = self._new_value(tensor), self.inputs_file, self.inputs, "input"
        elif spec.kind in _TENSORS_OF:
            tensor = self._tensor(spec.target)
            value, file, into, what = self._new_value(tensor), self.weights_file, self.constants, "weight"
        else:
            raise _unknown(node, f"an input of the kind {spec.kind.name} ('{spec.target}')")
        stored = file.add(tensor, f"{what} '{within_model(spec.target or '') or len(into)}'")
        item = {"value": value, "tensor": stored.name}
        if stored.strides is not None:
            item["strides"] = stored.strides
        if tensor.requires_grad:  # matmul asks for it to choose its kernel, also where no gradients are made
            item["requires_grad"] = True
        into.append(item)
        return value

    def _tensor(self, target: str) -> torch.Tensor:
        state: Mapping[str, Any] = self.program.state_dict
        tensor = state[target] if target in state else self.program.constants[target]
        if not isinstance(tensor, torch.Tensor):
            raise ExportFailedError(f"'{within_model(target)}' is a {type(tensor).__name__}, a plan holds tensors only")
        return tensor

    def _call_function(self, node: torch.fx.Node, module: torch.fx.GraphModule) -> None:
        target: Any = node.target
        if getattr(target, "__name__", "") == "getitem":
            whole, index = node.args[:2]
            self._value[node] = self._value[whole][index]  # type: ignore[index]
        elif isinstance(target, torch._ops.HigherOrderOperator):
            self._inner(node, module)
        elif not isinstance(target, torch._ops.OpOverload):
            raise _unknown(node, f"'{getattr(target, '__name__', target)}', a value that depends on data,")
        elif target._schema.name in _CHECKS and not node.users:
            return
        elif not target._schema.name.startswith("aten::"):
            raise _unknown(node, f"operator '{target._schema.name}', which is not one of torch's own (aten::),")
        else:
            self._operator(node, target)

    def _inner(self, node: torch.fx.Node, module: torch.fx.GraphModule) -> None:
        """A part of the forward under other settings, which is written where those change nothing here."""
        name = getattr(node.target, "__name__", str(node.target))
        if name == "wrap_with_set_grad_enabled":  # a plan has no gradients
            settings = 1
        elif name == "wrap_with_autocast" and node.args[2] is False:
            settings = 4
        else:
            raise _unknown(node, f"'{name}', a part of the forward that runs under settings of its own,")
        inner = getattr(module, str(node.args[settings].target))  # type: ignore[union-attr]
        self._value[node] = self.graph(inner, [self._value[item] for item in node.args[settings + 1 :]])  # type: ignore[index]

    def _operator(self, node: torch.fx.Node, target: Any) -> None:
        try:
            arguments = arguments_of(node, self._argument)
        except ExportFailedError as error:
            raise _unknown(node, f"operator '{target._schema.name}': {error}; it") from error
        outputs = self._outputs(node, target)
        call = self.calls.of(node.meta.get("nn_module_stack") or {})
        name, overload = target._schema.name, target._schema.overload_name
        self.nodes.append({"op": name, "overload": overload, "args": arguments, "outputs": outputs, "call": call})
        work = [
            name,
            overload,
            self._shapes(arguments),
            self._shapes([{"v": out} for out in outputs if out is not None]),
        ]
        self._work.setdefault(call, []).append(json.dumps(work))

    def _outputs(self, node: torch.fx.Node, target: Any) -> list[Any]:
        returns = target._schema.returns
        example = node.meta.get("val")
        if len(returns) == 1:
            self._value[node] = self._output_of(returns[0], example, _used(node))
            return [_as_out(self._value[node])]
        used = _used(node)
        found = [
            self._output_of(kind, example[place], None) if used is None or place in used else None  # type: ignore[index]
            for place, kind in enumerate(returns)
        ]
        self._value[node] = found
        return [_as_out(value) for value in found]

    def _output_of(self, kind: Any, example: Any, used: set[int] | None) -> Any:
        """A value, a list of values, or None for what is no tensor or is not used."""
        if isinstance(example, torch.Tensor):
            return self._new_value(example)
        if isinstance(kind.type, torch.ListType) and isinstance(example, (list, tuple)):
            return [
                self._new_value(item) if isinstance(item, torch.Tensor) and (used is None or place in used) else None
                for place, item in enumerate(example)
            ]
        return None

    def _argument(self, node: torch.fx.Node) -> Any:
        value = self._value.get(node)
        if isinstance(value, list):
            return {"l": [None if item is None else {"v": item} for item in value]}
        if value is None:
            raise ExportFailedError(f"its argument '{node.name}' is no tensor, but a value that depends on data")
        return {"v": value}

    def _output(self, item: Any) -> Any:
        if isinstance(item, torch.fx.Node) and self._value.get(item) is not None:
            return self._value[item]
        raise ExportFailedError(f"the model returns {item!r}, which is no tensor that an operator of the plan gave")

    def _shapes(self, arguments: Any) -> Any:
        """The same arguments with what a value is in the place of which one it is."""
        if isinstance(arguments, list):
            return [self._shapes(item) for item in arguments]
        if not isinstance(arguments, dict):
            return arguments
        if "v" in arguments:
            value = arguments["v"]
            listed = value["list"] if isinstance(value, dict) else [value]
            return [self._described.get(item) for item in listed]
        return {key: self._shapes(item) if key == "l" else item for key, item in arguments.items()}


def _used(node: torch.fx.Node) -> set[int] | None:
    """Which of several results are read; None: all of them."""
    found: set[int] = set()
    for user in node.users:
        if getattr(user.target, "__name__", "") != "getitem":
            return None
        found.add(user.args[1])  # type: ignore[arg-type]
    return found


def _as_out(value: Any) -> Any:
    return {"list": value} if isinstance(value, list) else value


def _unknown(node: torch.fx.Node, what: str) -> ExportFailedError:
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    path, kind = stack[-1] if stack else ("", "")
    kind = kind if isinstance(kind, str) else getattr(kind, "__name__", str(kind))
    where = f"module '{within_model(path)}' ({kind.rpartition('.')[2]})" if within_model(path) else "the model itself"
    return ExportFailedError(f"{what} in {where} cannot be put in a plan")
