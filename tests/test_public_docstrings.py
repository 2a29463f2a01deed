"""Every public function and method says in its docstring what it raises, by names that exist."""

from __future__ import annotations

import builtins
import inspect
import re
from typing import Any

import pytest

import clear_native as cn
from clear_native import errors

PUBLIC = {name: getattr(cn, name) for name in cn.__all__ if not name.startswith("__")}
WITH_RAISES = {"EnergyMonitor": cn.EnergyMonitor, "Measurement": cn.Measurement}  # classes that users make or ask
SPECIAL = {"__getitem__", "__call__", "__enter__"}


def public_callables() -> dict[str, Any]:
    found = dict(WITH_RAISES)
    for name, value in PUBLIC.items():
        if not inspect.isclass(value):
            found[name] = value
        elif not issubclass(value, BaseException):
            methods = {key: method for kind in reversed(value.__mro__[:-1]) for key, method in vars(kind).items()}
            for key, method in methods.items():
                plain = inspect.isfunction(method) or isinstance(method, classmethod)
                if plain and (key in SPECIAL or not key.startswith("_")):
                    found[f"{name}.{key}"] = getattr(value, key)
    return found


CALLABLES = public_callables()


def test_there_is_something_to_look_at() -> None:
    assert {"profile", "load", "Report.save", "EnergyMonitor.begin_window", "BenchResult.load"} <= CALLABLES.keys()


@pytest.mark.parametrize("name", CALLABLES)
def test_the_docstring_says_what_is_raised(name: str) -> None:
    text = inspect.getdoc(CALLABLES[name]) or ""
    assert re.search(r"^Raises:$", text, re.MULTILINE), f"{name} has no section Raises"
    section = text.partition("Raises:\n")[2].partition("\n\n")[0]
    named = set(re.findall(r"\b[A-Z]\w*(?:Error|Exception)\b|\bInterrupted\b", section))
    assert named, f"{name} names no error"
    for error in named:
        found = getattr(errors, error, getattr(builtins, error, None))
        assert inspect.isclass(found) and issubclass(found, BaseException), f"{name} names {error}, which is no error"


def test_every_error_is_named_where_it_may_be_raised() -> None:
    text = "".join(inspect.getdoc(value) or "" for value in CALLABLES.values())
    assert {name for name in errors.__all__ if name not in text} == {"ClearNativeError"}  # the base of the others
