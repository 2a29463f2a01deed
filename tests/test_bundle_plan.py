"""Plans of small modules, each with something that a plan has to get right."""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from plan_interpreter import run
from torch import nn

import clear_native as cn
from clear_native.bundle.reading import Bundle, read
from clear_native.errors import BadInputError, ExportFailedError

pytest.importorskip("safetensors")


class Calls(nn.Module):
    """`norm` under two names, called three times; `block` holds a `norm` and is called inside of another block."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4)
        self.again = self.norm
        self.block = nn.Sequential(nn.Linear(4, 4), self.norm, nn.Linear(4, 4))
        self.silent = nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.silent(self.norm(x))
        x = self.block(x)
        return self.silent(self.again(x) + 1)


class Settings(nn.Module):
    """Parts under other settings; operators in place, on views, with lists of tensors and with numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(4, 4)
        self.register_buffer("count", torch.zeros(1))

    def forward(self, x: torch.Tensor, more: dict[str, Any], scale: float) -> dict[str, Any]:
        with torch.autocast("cpu", enabled=False):
            x = self.inner(x)
        with torch.enable_grad():
            x = x * scale
        self.count.add_(1)
        left, _, right = torch.split(x, [1, 1, 2], -1)
        largest, where = x.max(-1)
        stacked = torch.cat(torch.chunk(x, 2, -1))
        stacked.view(-1)[0].mul_(2)
        masked = x.masked_fill(where[:, None] > 1, float("-inf"))
        return {
            "a": left,
            "b": (right, None, largest),
            "c": [stacked, masked, x[where], 3],
            "d": more["y"] + self.count,
        }


class Spare(nn.Module):
    """A weight that the forward does not use."""

    def __init__(self) -> None:
        super().__init__()
        self.used, self.unused = nn.Linear(4, 4), nn.Linear(1000, 1000)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.used(x)


class Folds(nn.Module):
    """matmul chooses its kernel by whether the second matrix requires gradients."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(10, 64, generator=torch.Generator().manual_seed(0)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.linear(x.transpose(1, 2), self.weight)


def exported(model: nn.Module, inputs: Any, path: Path, **options: Any) -> Bundle:
    options = {"components": {"all": lambda name, _: name != ""}, "progress": False, **options}
    return read(cn.export(model, inputs, path, **options))


def assert_gives_the_models_output(bundle: Bundle) -> None:
    found = run(bundle)
    assert len(found) == len(bundle.reference)
    for one, other in zip(found, bundle.reference, strict=True):
        assert one.dtype == other.dtype and torch.equal(one, other)


def test_calls(tmp_path: Path) -> None:
    parts = {"norm": "norm", "block": "block", "silent": "silent"}
    bundle = exported(Calls(), torch.randn(2, 4), tmp_path / "x", components=parts)
    assert_gives_the_models_output(bundle)
    names = [part.name for part in bundle.manifest.components]
    calls = [(names[call.component], call.module) for call in bundle.manifest.calls]
    assert calls == [
        ("other", ""), ("norm", "norm"), ("silent", "silent"), ("block", "block"), ("norm", "norm"), ("norm", "norm"),
        ("silent", "silent"),
    ]  # fmt: skip
    nodes = [(node["op"].removeprefix("aten::"), node["call"]) for node in bundle.plan["nodes"]]
    assert nodes == [
        ("layer_norm", 1), ("linear", 3), ("layer_norm", 4), ("linear", 3), ("layer_norm", 5), ("add", 0)
    ]  # fmt: skip
    kinds = [call.kind for call in bundle.manifest.calls]
    assert kinds[1] == kinds[4] == kinds[5] and kinds[2] == kinds[6] and len(set(kinds)) == 4


def test_the_whole_model_as_a_component(tmp_path: Path) -> None:
    bundle = exported(nn.Linear(4, 4), torch.ones(1, 4), tmp_path / "x", components={"mlp": lambda name, _: not name})
    assert [part.name for part in bundle.manifest.components] == ["mlp"]
    assert [(call.component, call.module) for call in bundle.manifest.calls] == [(0, "")]


def test_kinds_differ_by_shape(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 4), nn.Linear(4, 8), nn.Linear(8, 8))
    bundle = exported(model, torch.ones(2, 4), tmp_path / "x", components={"mlp": "*"})
    kinds = [call.kind for call in bundle.manifest.calls]
    assert kinds[1] == kinds[3] and len(set(kinds)) == 4


def test_settings_lists_and_operators_in_place(tmp_path: Path) -> None:
    model = Settings()
    given = {"x": torch.randn(4, 4), "more": {"y": torch.arange(3)}, "scale": 1.5}
    bundle = exported(model, given, tmp_path / "x")
    assert len(bundle.reference) == 7 and len(bundle.inputs) == 2
    assert_gives_the_models_output(bundle)
    assert model.count == 0 and next(iter(bundle.constants.values())).shape == (4, 4)
    assert torch.equal(bundle.reference[-1], torch.arange(3) + 1.0), "the plan starts from the buffer as it came"
    call = next(number for number, call in enumerate(bundle.manifest.calls) if call.module == "inner")
    assert [node["op"] for node in bundle.plan["nodes"] if node["call"] == call] == ["aten::linear"]
    fills = [node["args"] for node in bundle.plan["nodes"] if node["op"] == "aten::masked_fill"]
    assert fills[0][2] == {"f": "-inf"}


def test_other_operators_than_in_eager_are_told(tmp_path: Path) -> None:
    """torch.export does not take the fast path of nn.TransformerEncoder."""
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    model = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False).eval()
    with pytest.warns(RuntimeWarning, match=r"aten\.\w+\.\w+ runs \d+ times instead of 0"):
        exported(model, torch.randn(1, 3, 8), tmp_path / "x", components={"layer": "layers.0"})


def test_what_the_forward_does_not_use_is_left_out(tmp_path: Path) -> None:
    bundle = exported(Spare(), torch.ones(2, 4), tmp_path / "x", components={"mlp": "*used"})
    assert [part.name for part in bundle.manifest.components] == ["mlp", "other"]
    assert sorted(tuple(tensor.shape) for tensor in bundle.constants.values()) == [(4,), (4, 4)]
    assert (bundle.path / "weights.safetensors").stat().st_size < 1000
    assert_gives_the_models_output(bundle)


def test_what_kernels_are_chosen_by_is_kept(tmp_path: Path) -> None:
    x = torch.randn(2, 64, 8, generator=torch.Generator().manual_seed(1))
    for trained in (True, False):
        model = Folds().requires_grad_(trained)
        bundle = exported(model, x, tmp_path / str(trained), components={"mlp": lambda name, _: not name})
        assert [item.get("requires_grad", False) for item in bundle.plan["constants"]] == [trained]
        assert_gives_the_models_output(bundle)


@pytest.mark.parametrize(
    "x",
    [
        torch.randn(4, 3).t(), torch.randn(1, 4).expand(3, 4), torch.randn(3, 1).expand(3, 4),
        torch.randn(3, 8)[:, ::2], torch.randn(0, 4), torch.randn(3, 1, 4).transpose(0, 1),
    ],
    ids=["transposed", "expanded rows", "expanded columns", "apart", "empty", "size one"],
)  # fmt: skip
def test_strides_come_back(tmp_path: Path, x: torch.Tensor) -> None:
    bundle = exported(nn.Sequential(nn.Linear(4, 4)), x, tmp_path / "x")
    found = bundle.inputs[bundle.plan["inputs"][0]["value"]]
    assert torch.equal(found, x) and (x.is_contiguous() or found.stride() == x.stride())
    assert_gives_the_models_output(bundle)


@pytest.mark.filterwarnings("ignore:Complex modules")
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64, torch.complex64])
def test_data_types(tmp_path: Path, dtype: torch.dtype) -> None:
    bundle = exported(nn.Sequential(nn.Linear(4, 4)).to(dtype), torch.ones(2, 4, dtype=dtype), tmp_path / "x")
    assert bundle.reference[0].dtype == dtype
    assert_gives_the_models_output(bundle)


class Branches(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + 1 if x.sum() > 0 else x


class Counts(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[x > 0].sum() * x.nonzero().shape[0]


class Own(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.ops.clear_tests.twice(x)


class Autocast(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return x @ x.T


@torch.library.custom_op("clear_tests::twice", mutates_args=())
def twice(x: torch.Tensor) -> torch.Tensor:
    return 2 * x


@twice.register_fake
def _(x: torch.Tensor) -> torch.Tensor:
    return torch.empty_like(x)


@pytest.mark.parametrize(
    ("module", "said"),
    [
        (Branches(), r"module '0.0' \(Branches\) cannot be put in a plan .*must not depend on the values"),
        (Own(), r"operator 'clear_tests::twice', .* in module '0.0' \(Own\)"),
        (Autocast(), r"'wrap_with_autocast', .* in module|'wrap_with_autocast', .* in the model"),
        (Counts(), r"cannot be put in a plan"),
    ],
)
def test_what_a_plan_cannot_hold_is_named(tmp_path: Path, module: nn.Module, said: str) -> None:
    model = nn.Sequential(nn.Sequential(module))
    with pytest.raises(ExportFailedError, match=said) as caught:
        exported(model, torch.ones(2, 2), tmp_path / "x", components={"part": "0"})
    assert "measure with clear_native.profile" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_mixture_is_told_the_way_out(tmp_path: Path) -> None:
    from family_models import FAMILIES

    model, inputs = FAMILIES["olmoe"].model(), FAMILIES["olmoe"].inputs()
    for now, named in (("grouped_mm", "operator 'transformers::"), ("eager", "Experts")):
        model.set_experts_implementation(now)  # type: ignore[operator]
        with pytest.raises(ExportFailedError) as caught:
            cn.export(model, inputs, tmp_path / "x", progress=False)
        assert named in str(caught.value) and 'set_experts_implementation("batched_mm")' in str(caught.value)


X = torch.ones(2, 4)


class Holder:
    def __init__(self) -> None:
        self.tensor = X


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"path": 3}, "the path of a folder"),
        ({"path": "/proc/nowhere/x.clear"}, "cannot be written"),
        ({"path": "a\0b"}, "cannot be written"),
        ({"compiled": 1}, "compiled is True or False"),
        ({"progress": "yes"}, "progress is True or False"),
        ({"name": 3}, "name is"),
        ({"synthetic_weights": "no"}, "synthetic_weights is"),
        ({"model": print}, "expected a torch.nn.Module"),
        ({"inputs": None}, "inputs is None"),
        ({"inputs": (X, Holder())}, "is a Holder, which holds tensors"),
        ({"inputs": torch.ones(2, 5)}, "own forward raised RuntimeError in module '0'"),
        ({"inputs": X.as_strided((2, 4), (1, 1))}, "overlap in part"),
        ({"inputs": torch.ones(2, 1000)[:, ::250]}, "lie far apart"),
        ({"components": {"a": "*.nothing"}}, "no module matches"),
    ],
)
def test_bad_input(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    given = {"model": nn.Sequential(nn.Linear(4, 4)), "inputs": X, "path": tmp_path / "x", "components": {"a": "0"}}
    with pytest.raises((BadInputError, ExportFailedError), match=said):
        cn.export(**{**given, **change}, **({} if "progress" in change else {"progress": False}))
    assert list(tmp_path.iterdir()) == []


def test_autocast_around_it_is_refused(tmp_path: Path) -> None:
    with torch.autocast("cpu", torch.bfloat16), pytest.raises(BadInputError, match="autocast is on"):
        exported(nn.Sequential(nn.Linear(4, 4)), X, tmp_path / "x")
