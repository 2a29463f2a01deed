"""Every error kind of the native engine has a Python class of the name that the engine gives it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from clear_native import errors

HEADER = Path(__file__).parents[1] / "csrc" / "core" / "errors.hpp"


ONLY_OF_PYTHON = {"ClearNativeError", "ExportFailedError", "MissingExtraError"}


def kinds() -> list[str]:
    body = re.search(r"enum class ErrorKind \{(.*?)\};", HEADER.read_text(), re.DOTALL)
    assert body is not None
    return re.findall(r"^\s*(\w+),", body.group(1), re.MULTILINE)


def class_name(kind: str) -> str:
    camel = "".join(part.capitalize() for part in kind.split("_"))
    return camel if camel.endswith("Error") or camel == "Interrupted" else f"{camel}Error"


def test_every_kind_has_its_class() -> None:
    assert len(kinds()) >= 11
    assert {class_name(kind) for kind in kinds()} == set(errors.__all__) - ONLY_OF_PYTHON


@pytest.mark.parametrize("name", errors.__all__)
def test_carries_a_partial_report(name: str) -> None:
    cls = getattr(errors, name)
    assert cls("what").report is None
    partial = object()
    error = cls("what was seen", report=partial)
    assert error.report is partial
    assert str(error) == "what was seen"


def test_bases() -> None:
    assert issubclass(errors.BadInputError, ValueError)
    assert issubclass(errors.Interrupted, KeyboardInterrupt)
    assert not issubclass(errors.Interrupted, Exception), "`except Exception` must not swallow Ctrl-C"
    for name in set(errors.__all__) - {"Interrupted"}:
        assert issubclass(getattr(errors, name), errors.ClearNativeError)
