"""Bad input of results and of the functions that compare them: each of what their docstrings list."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

import pytest
from protocol_fixtures import good
from report_fixtures import report
from test_report_bench import cold

import clear_native as cn

RESULTS: dict[str, Any] = {"Report": report(), "BenchResult": cold(), "ProtocolResult": good()}
PARTITION = report(method="partition")
BOTH = {"in_situ": report(method="in_situ"), "partition": PARTITION}
RESULTS["MethodComparison"] = cn.compare_methods(BOTH)


@pytest.mark.parametrize("given", [None, 3, [], {}, BOTH["in_situ"], {"in_situ": 3}, {"in_situ": BOTH["in_situ"]},
                                   {"partition": PARTITION, "isolated": PARTITION}, {"in_situ": None, "partition": 1},
                                   {**BOTH, "partition": dataclasses.replace(PARTITION, model="gpt2")}])  # fmt: skip
def test_compare_methods(given: Any) -> None:
    with pytest.raises(cn.BadInputError):
        cn.compare_methods(given)


@pytest.mark.parametrize("reference", [None, 3, "isolated", []])
def test_compare_methods_needs_its_reference(reference: Any) -> None:
    with pytest.raises(cn.BadInputError, match="needs a report of"):
        cn.compare_methods(BOTH, reference)


@pytest.mark.parametrize("given", [None, 3, PARTITION, {"mlp": 3}, {}])
def test_dispatch_tax(given: Any) -> None:
    for pair in ((given, PARTITION.components), (PARTITION.components, given)):
        with pytest.raises(cn.BadInputError):
            cn.dispatch_tax(*pair)


@pytest.mark.parametrize("given", [None, 3, "report.json", cold(), {}])
def test_diagnose(given: Any) -> None:
    with pytest.raises(cn.BadInputError, match="diagnose reads"):
        cn.diagnose(given)
    if given is not None:
        with pytest.raises(cn.BadInputError, match="diagnose reads"):
            cn.diagnose(PARTITION, given)


@pytest.mark.parametrize("other", [PARTITION, good(), dataclasses.replace(PARTITION, model="gpt2")])
def test_diagnose_of_two_that_cannot_be_compared(other: Any) -> None:
    with pytest.raises(cn.BadInputError, match=r"float32 and half|two of a kind|differ in more"):
        cn.diagnose(PARTITION, other)


@pytest.mark.parametrize("name", RESULTS)
def test_paths_that_are_none(name: str, tmp_path: Path) -> None:
    result, cls = RESULTS[name], type(RESULTS[name])
    file = tmp_path / "file"
    file.write_text("3")
    loads = [cn.load, cls.load] if hasattr(cls, "load") else [cn.load]
    for path in (None, 3, tmp_path, "", "\0", object(), file / "below", b"bytes"):
        with pytest.raises(cn.BadInputError):
            result.save(path)
        for load in loads:
            with pytest.raises(cn.BadInputError):
                load(path)
    for load in loads:
        with pytest.raises(cn.BadInputError, match="not there"):
            load(tmp_path / "nothing.json")
    assert file.read_text() == "3" and list(tmp_path.iterdir()) == [file]


def test_a_result_of_another_kind_is_named(tmp_path: Path) -> None:
    for name, result in RESULTS.items():
        result.save(tmp_path / name)
    for name in ("BenchResult", "ProtocolResult", "MethodComparison"):
        with pytest.raises(cn.BadInputError, match=r"of kind '.*', not a report"):
            cn.load(tmp_path / name)
    with pytest.raises(cn.BadInputError, match="got kind"):
        cn.BenchResult.load(tmp_path / "Report")
    with pytest.raises(cn.BadInputError, match="got kind"):
        cn.ProtocolResult.load(tmp_path / "BenchResult")


@pytest.mark.parametrize("data", [None, 3, [], {}, {"kind": "clear_protocol", "schema_version": True},
                                  {"kind": "method_comparison", "schema_version": 1, "reports": 3, "reference": "a"},
                                  {"kind": "method_comparison", "schema_version": 1, "reports": {"a": 3}}])  # fmt: skip
def test_from_dict(data: Any) -> None:
    for cls in (cn.ProtocolResult, cn.MethodComparison):
        with pytest.raises(cn.BadInputError):
            cls.from_dict(data)


@pytest.mark.parametrize("name", RESULTS)
def test_what_a_result_does_not_hold(name: str) -> None:
    for key in ("nothing", 3, None):
        with pytest.raises(KeyError, match="there are"):
            RESULTS[name][key]


def test_one_of_several_variants_has_to_be_named() -> None:
    with pytest.raises(cn.BadInputError, match="2 variants"):
        _ = cold().only


@pytest.mark.parametrize("name", [n for n in RESULTS if hasattr(RESULTS[n], "to_dataframe")])
def test_without_pandas(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="needs pandas: pip install"):
        RESULTS[name].to_dataframe()
