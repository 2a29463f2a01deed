"""What a shell completes on the command line: names of ready models, and words of options."""

from __future__ import annotations

from collections.abc import Callable

from clear_native.models.configurations import PRESETS

__all__ = ["one_of", "ready_models"]


def ready_models(incomplete: str) -> list[tuple[str, str]]:
    """(name, what it is). Where none fits, the shell completes the names of files: scripts and folders."""
    return [(name, preset.kind) for name, preset in PRESETS.items() if name.startswith(incomplete)]


def one_of(*words: str) -> Callable[[str], list[str]]:
    """Completes one of `words`."""

    def complete(incomplete: str) -> list[str]:
        return [word for word in words if word.startswith(incomplete)]

    return complete
