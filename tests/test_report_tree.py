"""Components as a tree: sums of the leaves, nothing twice, what is absent stays absent."""

from __future__ import annotations

from pathlib import Path

import pytest
from family_models import made
from report_fixtures import RESULT, report, target

import clear_native as cn
from clear_native.report import ComponentResult, Report
from clear_native.report.json_file import to_json
from clear_native.report.tree import groups, tree


def part(name: str, energy_j: float | None = 1.0, flops: int | None = 8) -> ComponentResult:
    return ComponentResult(
        name=name, energy_j=energy_j, energy_half_width_j=0.1, time_s=2.0, share=0.25, flops=flops, bytes=4
    )


def parts(*names: str) -> dict[str, ComponentResult]:
    return {name: part(name) for name in names}


LEAVES = (
    "encoder.attention.core", "encoder.attention.q", "encoder.mlp", "decoder.cross_attention", "norm", "other",
)  # fmt: skip


def test_names_make_the_tree() -> None:
    roots = tree(parts(*LEAVES))
    assert [root.name for root in roots] == ["encoder", "decoder", "norm", "other"]
    encoder = roots[0]
    assert [child.name for child in encoder.children] == ["encoder.attention", "encoder.mlp"]
    assert [child.label for child in encoder.children[0].children] == ["core", "q"]
    assert encoder.components == LEAVES[:3]
    assert roots[2].children == ()


def test_a_group_is_the_sum_of_its_leaves() -> None:
    encoder = tree(parts(*LEAVES))[0]
    assert (encoder.energy_j, encoder.time_s, encoder.share) == (3.0, 6.0, 0.75)
    assert (encoder.flops, encoder.bytes) == (24, 12)
    assert encoder.energy_half_width_j == pytest.approx(0.3)
    assert encoder.pj_per_flop == pytest.approx(3e12 / 24)


def test_sums_without_a_part_are_absent() -> None:
    encoder = tree({**parts(*LEAVES), "encoder.mlp": part("encoder.mlp", None)})[0]
    assert encoder.energy_j is None and encoder.pj_per_flop is None
    assert encoder.time_s == 6.0
    assert encoder.children[0].energy_j == 2.0


def test_a_component_may_be_a_group_too() -> None:
    """As of a user's own names: what is left of it counts into its sum."""
    (root,) = tree(parts("attention", "attention.q", "attention.k"))
    assert root.components == ("attention", "attention.q", "attention.k") and root.energy_j == 3.0
    assert [child.name for child in root.children] == ["attention.q", "attention.k"]


def test_every_leaf_is_in_exactly_one_root() -> None:
    inside = [name for root in tree(parts(*LEAVES)) for name in root.components]
    assert sorted(inside) == sorted(LEAVES)


def test_groups_are_what_sums_several() -> None:
    assert [group.name for group in groups(parts(*LEAVES))] == ["encoder", "encoder.attention"]
    assert groups(parts("attention", "mlp")) == ()


def dotted() -> Report:
    names = ["decoder.attention", "decoder.mlp"]
    targets = [*RESULT["targets"][:2], *(target(name, 0.1, 0.0003) for name in names), RESULT["targets"][-1]]
    return report(changes={"targets": targets})


def test_in_the_table_and_in_the_file(tmp_path: Path) -> None:
    made_report = dotted()
    assert "sum of decoder" in str(made_report)
    (group,) = to_json(made_report)["groups"]
    assert group["name"] == "decoder" and group["components"] == ["decoder.attention", "decoder.mlp"]
    assert group["energy_j"] == pytest.approx(0.2)
    made_report.save(tmp_path / "report.json")
    assert cn.load(tmp_path / "report.json").tree == made_report.tree


def test_a_flat_report_says_nothing_of_sums() -> None:
    assert "sum of" not in str(report()) and "groups" not in to_json(report())


def test_a_profile_looked_at_deeper() -> None:
    model, inputs = made("llama")
    found = cn.profile(
        model, inputs, components="deep", method="partition", meter="estimate:50", max_time=2, progress=False
    )
    by_name = {root.name: root for root in found.tree}
    assert [child.label for child in by_name["attention"].children] == ["core", "q_proj", "k_proj", "v_proj", "o_proj"]
    assert by_name["attention"].flops == sum(found[name].flops or 0 for name in by_name["attention"].components)
    assert found.options["components"] == "deep"
