"""Random module trees and random rules: every call is in exactly one component, nothing is lost, the order is kept."""

from __future__ import annotations

import fnmatch
from collections import Counter
from typing import Any

import pytest
import torch
from torch import nn

pytest.importorskip("hypothesis")
from hypothesis import given, settings
from hypothesis import strategies as st
from random_models import Node, models

from clear_native.activation_store.activations import ActivationStore
from clear_native.cost.cost import component_costs
from clear_native.errors import BadInputError
from clear_native.subject.components import OTHER, RESERVED_NAMES, ComponentMap, discover

NAMES = st.text(min_size=1, max_size=4).filter(lambda name: bool(name.strip()) and name not in RESERVED_NAMES)
X = torch.zeros(1)


@st.composite
def rules(draw: Any, model: nn.Module) -> dict[str, Any]:
    """Components of modules chosen at random, told by predicates; no module is in two."""
    modules = [module for _, module in model.named_modules()]
    chosen = draw(st.lists(st.sampled_from(modules), min_size=1, unique_by=id))
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    found: dict[str, set[int]] = {}
    for module in chosen:
        found.setdefault(draw(st.sampled_from(names)), set()).add(id(module))
    return {name: lambda _, module, ids=ids: id(module) in ids for name, ids in found.items()}


def component_by_name(model: nn.Module, components: dict[str, Any]) -> dict[int, str]:
    """By the definition: the nearest module around it, itself included, that a rule names; else `other`."""
    named = dict(model.named_modules())
    found = {}
    for name, module in named.items():
        parts = name.split(".") if name else []
        around = [".".join(parts[:length]) for length in range(len(parts), -1, -1)]
        owners = [c for place in around for c, holds in components.items() if holds(place, named[place])]
        found[id(module)] = owners[0] if owners else OTHER
    return found


def forward(model: nn.Module, log: list[Node]) -> list[Node]:
    """Modules in the order in which they began."""
    log.clear()
    model(X)
    return list(log)


@given(st.data())
def test_every_module_is_in_the_component_of_the_nearest_one_around_it(data: st.DataObject) -> None:
    model, _ = data.draw(models())
    components = data.draw(rules(model))
    expected = component_by_name(model, components)
    found = discover(model, components)
    check_map(found)
    assert {id(m): found.component_of(name) for name, m in model.named_modules()} == expected
    assert set(found.names) == set(components)
    for entry in found:  # listed where a component begins, and nowhere below that
        around, _, own = entry.name.rpartition(".")
        assert not own or found.component_of(around) != entry.component or not entry.name


def check_map(found: ComponentMap) -> None:
    assert len({id(entry.module) for entry in found}) == len(found) > 0
    assert len({entry.name for entry in found}) == len(found)


@given(st.data())
def test_every_call_is_replayed_with_its_component_and_with_no_other(data: st.DataObject) -> None:
    """A forward is the sum of the replays: nothing twice, nothing lost."""
    model, log = data.draw(models())
    components = data.draw(rules(model))
    owner = component_by_name(model, components)
    order = forward(model, log)
    store = ActivationStore.record(model, (X,), {}, discover(model, components))
    replayed = {}
    for name in store.names:
        log.clear()
        store.replay(name)()
        replayed[name] = list(log)
    expected: dict[str, list[Node]] = {}
    for module in order:
        expected.setdefault(owner[id(module)], []).append(module)
    assert {name: Counter(map(id, done)) for name, done in replayed.items() if done} == {
        name: Counter(map(id, done)) for name, done in expected.items()
    }
    log.clear()
    store.replay_model()()
    assert list(map(id, log)) == list(map(id, order))


@given(st.data())
def test_calls_are_kept_in_the_order_of_execution(data: st.DataObject) -> None:
    model, log = data.draw(models())
    components = data.draw(rules(model))
    owner = component_by_name(model, components)
    order = forward(model, log)
    parent = {id(child): id(module) for module in model.modules() for child in module.children()}
    store = ActivationStore.record(model, (X,), {}, discover(model, components))
    begins = [m for m in order if m is not model and owner[id(m)] != owner[parent[id(m)]]]
    kept = [call.module for call in store.in_order]
    assert [id(module) for module in kept if module is not model] == [id(module) for module in begins]
    assert kept[0] is model
    assert sum(store.calls(name) for name in store.names) == len(kept)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


@given(st.data())
def test_every_operator_is_counted_once(data: st.DataObject) -> None:
    """Each module does one addition of its own."""
    model, log = data.draw(models())
    components = data.draw(rules(model))
    owner = component_by_name(model, components)
    order = forward(model, log)
    counted = {name: cost.ops for name, cost in component_costs(model, (X,), {}, discover(model, components)).items()}
    assert {name: ops for name, ops in counted.items() if ops} == Counter(owner[id(module)] for module in order)


PATTERNS = st.one_of(
    st.sampled_from(["*", "*.*", "a", "b*", "*.a", "[a]", "?", "*norm", "layers.*", "0.1"]),
    st.text(alphabet="ab*?[].01!", min_size=1, max_size=5),
)


@settings(max_examples=2 * settings.default.max_examples)
@given(st.data())
def test_globs_match_or_say_what_is_wrong(data: st.DataObject) -> None:
    model, _ = data.draw(models())
    globs = data.draw(st.dictionaries(NAMES, st.lists(PATTERNS, min_size=1, max_size=2), min_size=1, max_size=3))
    named = [name for name, _ in model.named_modules() if name]
    hits = {c: [{n for n in named if fnmatch.fnmatchcase(n, p)} for p in patterns] for c, patterns in globs.items()}
    matched = {component: set().union(*found) for component, found in hits.items()}
    claimed = Counter(name for names in matched.values() for name in names)
    usable = all(all(found) for found in hits.values()) and not any(count > 1 for count in claimed.values())
    if not usable:
        with pytest.raises(BadInputError, match=r"no module matches|matches both components"):
            discover(model, globs)
        return
    found = discover(model, globs)
    check_map(found)
    assert set(found.names) == globs.keys()
    for entry in found:
        assert entry.name in matched[entry.component]
    for component, names in matched.items():
        assert {found.component_of(name) for name in names} == {component}


@given(models())
def test_the_built_in_rules_on_any_tree(given_model: tuple[Node, list[Node]]) -> None:
    model, log = given_model
    try:
        found = discover(model)
    except BadInputError as error:
        assert "looks like a known component" in str(error)
        return
    check_map(found)
    store = ActivationStore.record(model, (X,), {}, found)
    done = 0
    for name in store.names:
        log.clear()
        store.replay(name)()
        done += len(log)
    assert done == len(forward(model, log))
