"""`script.py:build` of the command line: a model of one's own, made by a function in a file."""

from __future__ import annotations

import difflib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from clear_native.errors import BadInputError, ClearNativeError, DeviceOutOfMemoryError
from clear_native.subject.model_guard import is_out_of_memory

__all__ = ["build", "is_script"]

_SHAPE = "such a function ends with `return model, inputs`: an nn.Module, and a tensor, tuple or dict to call it with"


def is_script(text: str) -> bool:
    """Whether `text` names a Python file, with or without the function in it."""
    return text.endswith(".py") or text.rpartition(":")[0].endswith(".py")


def build(text: str, options: Mapping[str, Any]) -> tuple[nn.Module, Any]:
    """The model and its inputs that the function of `text`, "script.py:build", returns.

    Args:
        text: file and function. The file is imported (its `if __name__ == "__main__"` does not run), and its folder is
            searched for what it imports, as Python does for a script.
        options: what was given on the command line, by name: device, dtype, batch, length, weights. The function gets
            those by name, so it must have parameters for them; what was not given it is not given.

    Raises:
        BadInputError for a file that is not there or cannot be imported, a function that is not in it, takes other
            arguments, raises (with the file's line), or returns anything but a model and inputs.
        DeviceOutOfMemoryError where the device does not hold the model.
    """
    path, function = _named(text)
    with_path = f"{path}:{function}"
    found = _function(_imported(path), path, function)
    arguments = _arguments(found, with_path, options)
    try:
        returned = found(**arguments)
    except (Exception, SystemExit) as error:
        raise _explained(error, path, f"{function}()") from error
    return _checked(returned, with_path)


def _named(text: str) -> tuple[Path, str]:
    path, colon, function = text.rpartition(":")
    if not colon or not function:
        given = text.rstrip(":")
        raise BadInputError(f"'{text}' names no function: give FILE:FUNCTION, for instance {given}:build")
    script = Path(path).expanduser()
    if script.is_dir():
        raise BadInputError(f"'{path}' is a folder: give the file in it, with the function that makes the model")
    if not script.is_file():
        raise BadInputError(f"'{path}' is not there: give the file that has {function}(), seen from {Path.cwd()}")
    return script, function


def _imported(path: Path) -> ModuleType:
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    name = f"clear_native_script_{path.stem}"  # no name that another module has
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise BadInputError(f"'{path}' is no Python file: give one whose name ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickle look there
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise _explained(error, path, "importing it") from error
    return module


def _function(module: ModuleType, path: Path, name: str) -> Callable[..., Any]:
    found = getattr(module, name, None)
    if callable(found):
        return found  # type: ignore[no-any-return]
    own = [
        key for key, value in vars(module).items() if inspect.isfunction(value) and value.__module__ == module.__name__
    ]
    close = difflib.get_close_matches(name, own, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    there = f"it has {', '.join(own)}" if own else "it has none"
    what = f"has no function '{name}'" if found is None else f"has '{name}', but that is a {type(found).__name__}"
    raise BadInputError(f"'{path}' {what}: {hint}{there}; {_SHAPE}")


def _arguments(found: Callable[..., Any], named: str, options: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in options.items() if value is not None}
    try:
        signature = inspect.signature(found)
    except (TypeError, ValueError):  # a class or function in C tells none
        return given
    try:
        signature.bind(**given)
    except TypeError as error:
        taken = [name for name, value in signature.parameters.items() if value.kind is not value.VAR_POSITIONAL]
        unknown = [f"--{name}" for name in given if name not in taken]
        if unknown:
            raise BadInputError(
                f"{named} does not take {', '.join(unknown)}: give the function parameters of these names, or leave "
                "the options out"
            ) from error
        raise BadInputError(
            f"{named} cannot be called ({error}): of its parameters only device, dtype, batch, length and weights are "
            "filled in, where the command line gives them; the others need defaults"
        ) from error
    return given


def _explained(error: BaseException, path: Path, doing: str) -> ClearNativeError:
    """As one line: what was raised, and at which line of the script."""
    if isinstance(error, ClearNativeError):
        return error
    if is_out_of_memory(error):
        return DeviceOutOfMemoryError(f"{path}: {doing} found too little memory ({error}): make the model smaller")
    kind = type(error).__name__
    if isinstance(error, SyntaxError):
        return BadInputError(f"{error.filename}, line {error.lineno}: {kind}: {error.msg}")
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).resolve() == path.resolve()]
    frame = (own or list(frames))[-1]
    return BadInputError(
        f"{frame.filename}, line {frame.lineno}: {doing} raised {kind}: {error}; --debug shows the whole traceback"
    )


def _checked(returned: Any, named: str) -> tuple[nn.Module, Any]:
    if isinstance(returned, (tuple, list)) and len(returned) == 2 and isinstance(returned[0], nn.Module):
        return returned[0], returned[1]
    if isinstance(returned, (tuple, list)):
        seen = f"({', '.join(type(part).__name__ for part in returned)})"
    else:
        seen = "None" if returned is None else f"a {type(returned).__name__}"
    raise BadInputError(f"{named} returned {seen}, not a model and its inputs: {_SHAPE}")
