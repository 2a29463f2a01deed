"""The table of models to measure, its rows and its figures, from made-up profiles."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
from benchmark_modules import benchmark

from clear_native.models.configurations import PRESETS

cases = benchmark("cases")
make_readme = benchmark("make_readme")
models = benchmark("models")
results_file = benchmark("results_file")


def test_every_published_model_is_in_the_table() -> None:
    published = {name for name, preset in PRESETS.items() if preset.page is not None}
    assert {text.partition(":")[0] for text in models.PLAIN} == published
    assert len(set(models.TABLE)) == len(models.TABLE)
    for text in models.TABLE:
        assert str(cases.Case.parse(text)) == text
    assert {text for text in models.PLAIN if "llama-3.1-8b" in text} == {
        "llama-3.1-8b:bfloat16:1x128", "llama-3.1-8b:bfloat16:1x512",
    }  # fmt: skip
    assert "whisper-small:float16:1x448" in models.PLAIN and "vit-base:float16:1x197" in models.PLAIN


def test_names_and_kinds_stand_for_their_cases() -> None:
    assert [str(case) for case in models.cases_of("vit-base")] == ["vit-base:float16:1x197"]
    assert {case.model for case in models.cases_of("mixture of experts")} == {
        "olmoe-1b-7b", "qwen1.5-moe-a2.7b", "gpt-oss-20b",
    }  # fmt: skip
    bert = [str(case) for case in models.cases_of("bert-base")]
    assert len(bert) == 7 and "bert-base:float16:8x128:holes" in bert and "bert-base:float32:1x128" in bert
    assert [str(case) for case in models.cases_of("gpt2/3:float16:4x64:ragged@hub")] == [
        "gpt2/3:float16:4x64:ragged@hub"
    ]
    for text in ("no-such-model", "bert-base:float16:1x128:left", "bert-tiny"):
        with pytest.raises(ValueError, match="padding of none, ragged, holes"):
            models.cases_of(text)


def test_rows_name_no_folder(tmp_path: Path) -> None:
    row = models.row_of(cases.Case.parse(f"bert-tiny:float32:1x8@{tmp_path}"), {"status": "failed"})
    assert row == {
        "model": "bert-tiny", "dtype": "float32", "batch": 1, "length": 8, "family": "bert", "kind": "encoder",
        "padding": "none", "weights": "folder", "status": "failed",
    }  # fmt: skip
    assert models.row_of(cases.Case.parse(models.TRAINED), {"status": "ok"})["weights"] == "package"


def test_share_of_other() -> None:
    case = cases.Case.parse("gpt2:float16:1x128")
    parts = {"mlp": {"share": 0.9}, "other": {"share": 0.04}}
    assert models.row_of(case, {"components": parts})["other_share"] == 0.04
    assert models.row_of(case, {"components": {"mlp": {"share": 0.9}}})["other_share"] == 0.0
    assert models.row_of(case, {"components": {"other": {"share": None}}})["other_share"] is None
    assert models.row_of(case, {"components": {"other": {"share": None, "time_s": 0.1}}})["other_share"] is None
    assert "other_share" not in models.row_of(case, {"status": "failed"})


def test_share_of_other_of_time_where_its_energy_has_no_number() -> None:
    def found(**other: Any) -> tuple[Any, Any]:
        made = row("gpt2:float16:1x128", components={"other": other}, model_s=0.5)
        return made["other_share"], made["other_share_of"]

    assert found(share=None, time_s=0.01) == (0.02, "time")
    assert found(share=0.04, time_s=0.01) == (0.04, "energy")
    assert found(share=None, time_s=None) == (None, None)
    older = row("gpt2:float16:1x128", components={"other": {"share": None, "time_s": 0.06}}, model_s=0.5)
    older["other_share"] = None
    del older["other_share_of"]
    figures = models.figures([older, row("bert-base:float16:1x128")])
    assert (figures["other_share_worst"], figures["other_of_time"], figures["other_unknown"]) == (0.12, 1, 0)
    assert "| 12.00 of time |" in "\n".join(make_readme.models_table([older]))


def row(text: str, **changed: Any) -> dict[str, Any]:
    measured = {
        "method": "in_situ", "seconds": 30.0, "status": "ok", "energy_closure": 1.0, "kernels": "equal",
        "energy_closure_half_width": 0.01, "time_closure": 0.99, "components": {"other": {"share": 0.01}},
        "made_at": "2026", "code": "1",
    }  # fmt: skip
    return {**models.row_of(cases.Case.parse(text), {**measured, **changed})}


def test_figures() -> None:
    failed = {key: value for key, value in row("gpt2:float16:1x512").items() if "closure" not in key}
    rows = [
        row("bert-base:float16:1x128", energy_closure=0.5, code="0"),
        row("bert-base:float16:1x128", energy_closure=0.98, seconds=20.0),
        row("bert-base:float16:8x128:ragged", energy_closure=1.02, kernels="differ"),
        row("olmoe-1b-7b:bfloat16:1x128", components={"other": {"share": 0.12}}, seconds=70.0),
        row("gpt2:float16:1x128", energy_closure_half_width=None, components={"other": {"share": None}}),
        row("bert-tiny:float32:1x8", energy_closure=0.4),
        row("bert-base:float16:1x512", method="partition", energy_closure=0.1),
        {**failed, "status": "failed", "seconds": 1.0, "kernels": None},
    ]
    found = models.figures(rows)
    assert (found["models"], found["families"], found["cases"], found["plain_cases"]) == (3, 3, 4, 3)
    assert (found["profiles"], found["failed_profiles"]) == (5, 1), "one is of no case of the table"
    assert (found["kernels_differ"], found["kernels_unknown"]) == (1, 1)
    assert (found["energy_closure_lowest"], found["energy_closure_highest"]) == (0.98, 1.02)
    assert (found["interval_low"], found["interval_high"]) == (pytest.approx(0.97), pytest.approx(1.03))
    assert (found["other_share_worst"], found["other_unknown"], found["intervals_unknown"]) == (0.12, 1, 1)
    assert found["other_of_time"] == 0
    assert (found["seconds_median"], found["seconds_worst"]) == (30.0, 70.0)
    assert "trained_over_random" not in found
    assert models.figures([])["models"] == 0


def test_trained_over_random() -> None:
    text = models.TRAINED.partition("@")[0]
    random = row(text, model_j=2.0, model_half_width_j=0.02)
    trained = row(models.TRAINED, model_j=1.8, model_half_width_j=0.018)
    found = models.figures([trained, random])
    assert found["trained_over_random"] == pytest.approx(0.9)
    assert found["trained_over_random_half_width"] == pytest.approx(0.9 * 0.01 * 2**0.5)
    del trained["model_half_width_j"]
    assert models.figures([trained, random]).keys() >= {"trained_over_random"}
    assert "trained_over_random_half_width" not in models.figures([trained, random])
    assert "trained_over_random" not in models.figures([random])


def test_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "code_version", lambda: "1")
    rows = [
        row("gpt2:float16:1x128"),
        row("gpt2:float16:1x512", status="failed"),
        row("bert-base:float16:1x128", code="0"),
    ]
    monkeypatch.setattr(results_file, "earlier_rows", lambda name: rows)
    done = {text: models.is_measured(cases.Case.parse(text), Namespace(method="in_situ")) for text in (
        "gpt2:float16:1x128", "gpt2:float16:1x512", "bert-base:float16:1x128", "gpt2:float16:1x128:ragged",
    )}  # fmt: skip
    assert list(done.values()) == [True, False, False, False]
    assert not models.is_measured(cases.Case.parse("gpt2:float16:1x128"), Namespace(method="partition"))


def test_table_of_the_page() -> None:
    rows = [row("bert-base:float16:8x128:ragged"), row("vit-base:float16:1x197", status="failed")]
    page = "\n".join(make_readme.models_table(rows))
    assert (
        "| bert-base | encoder | float16 | 8x128 | ragged | random | in_situ | 100.00 ± 1.00 | 99.00 | 1.00 |" in page
    )
    assert "| vit-base | image | float16 | 1x197 |  | random |" in page
