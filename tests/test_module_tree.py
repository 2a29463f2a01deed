"""Flame graphs follow the model's module tree where a report knows the modules of its calls."""

from __future__ import annotations

import dataclasses
import json

import pytest
from realistic_reports import bert_base

from clear_native.report import Report
from clear_native.report.hierarchy import QUANTITIES, Slice, hierarchy
from clear_native.report.html.flame import flames
from clear_native.report.html.hues import INK, hues_of
from clear_native.report.json_file import from_json
from clear_native.report.module_tree import module_tree, tree_of

LAYERS = 2
CALLS = {
    "embedding": ["bert.embeddings"],
    "norm": [
        "bert.embeddings.LayerNorm",
        *(f"bert.encoder.layer.{n}.{part}" for n in range(LAYERS) for part in ("attention.output.LayerNorm", "norm")),
    ],
    "attention": [f"bert.encoder.layer.{n}.attention" for n in range(LAYERS)],
    "mlp": [f"bert.encoder.layer.{n}.mlp" for n in range(LAYERS)],
    "lm_head": ["cls"],
}


def report_of(calls: dict[str, list[str]] = CALLS) -> Report:
    """The n-th call of a component takes n + 1 mJ, and as many ms."""
    found = bert_base()
    parts = {}
    for name, part in found.components.items():
        rows = [
            {"layer": n, "module": module, "energy_j": 1e-3 * (n + 1), "energy_half_width_j": 1e-5, "time_s": 1e-3}
            for n, module in enumerate(calls.get(name, []))
        ]
        parts[name] = dataclasses.replace(part, details=tuple(rows))
    return dataclasses.replace(found, components=parts)


def child(part: Slice, *labels: str) -> Slice:
    for label in labels:
        (part,) = [inner for inner in part.children if inner.label == label]
    return part


def test_modules_hold_their_calls() -> None:
    tree = module_tree(report_of())
    assert tree is not None
    assert [part.label for part in tree.children] == ["bert", "cls"]
    encoder = child(tree, "bert", "encoder")
    assert [part.label for part in encoder.children] == ["layer.0", "layer.1"], "a list of layers is no level"
    layer = child(encoder, "layer.1")
    assert (layer.name, layer.component) == ("bert.encoder.layer.1", None)
    assert [part.label for part in layer.children] == ["attention", "norm", "mlp"]
    attention = child(layer, "attention")
    assert [(part.label, part.component) for part in attention.children] == [
        ("output.LayerNorm", "norm"), ("attention", "attention"),
    ]  # fmt: skip
    assert child(attention, "attention").name == "bert.encoder.layer.1.attention (attention 1)"
    assert attention.energy_j == pytest.approx(4e-3 + 2e-3) and attention.time_s == pytest.approx(2e-3)
    assert attention.energy_half_width_j is None, "intervals of calls are not independent"
    assert child(layer, "mlp").energy_half_width_j == 1e-5
    assert tree.energy_j == hierarchy(report_of()).energy_j


def test_every_level_is_the_sum_of_its_calls() -> None:
    def check(part: Slice) -> None:
        if part.children:
            assert part.energy_j == pytest.approx(sum(inner.energy_j or 0 for inner in part.children))
        for inner in part.children:
            check(inner)

    tree = module_tree(report_of())
    assert tree is not None
    for part in tree.children:
        check(part)
    known = sum(row["energy_j"] for part in report_of().components.values() for row in part.details)
    assert sum(part.energy_j or 0 for part in tree.children) == pytest.approx(known)


def test_components_whose_calls_are_not_told_apart_stand_beside_the_modules() -> None:
    tree = module_tree(report_of({"attention": CALLS["attention"]}))
    assert tree is not None
    others = [name for name in bert_base().components if name != "attention"]
    assert [part.label or part.name for part in tree.children] == ["bert.encoder", *others]
    of_itself = module_tree(report_of({"attention": [""]}))
    assert of_itself is not None and child(of_itself, "attention").name == "attention 0"
    assert module_tree(report_of({})) is None and module_tree(bert_base()) is None
    assert tree_of(report_of(), "FLOPs") == hierarchy(report_of()), "FLOPs are of components"


def test_flame_and_speedscope_follow_the_modules() -> None:
    report = report_of()
    energy, _, flops = flames(report, hues_of(list(report.components)))
    texts = {(part.text, part.depth): part for part in reversed(energy.slices)}
    assert texts["encoder", 2].hue == INK and ("mlp", 4) in texts and energy.depth == 6
    assert "bert.encoder.layer.0.mlp (mlp 0)" in texts["mlp", 4].detail
    assert flops.depth == 2
    file = json.loads(report.to_speedscope())
    names = [frame["name"] for frame in file["shared"]["frames"]]
    deepest = max(file["profiles"][0]["samples"], key=len)
    assert [names[at] for at in deepest][1:4] == ["bert", "bert.encoder", "bert.encoder.layer.0"]
    weights = file["profiles"][0]["weights"]
    assert sum(weights) == pytest.approx(1e6 * (hierarchy(report).energy_j or 0))


def test_modules_are_kept_in_the_file() -> None:
    again = from_json(json.loads(report_of().to_json()))
    assert module_tree(again) == module_tree(report_of())
    assert set(QUANTITIES) == {"joules", "seconds", "FLOPs"}
