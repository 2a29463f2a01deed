"""The ready models as a list of facts and as a table in Markdown, without making any of them."""

from __future__ import annotations

from typing import Any

from clear_native.models.configurations import PRESETS, Preset

__all__ = ["facts", "markdown"]


def facts() -> list[dict[str, Any]]:
    """One record per model. `longest` is absent where nothing bounds the length."""
    return [{key: value for key, value in _record(preset).items() if value is not None} for preset in PRESETS.values()]


def markdown() -> str:
    """The published ones, as docs/models.md has them."""
    lines = [
        "| name | kind | parameters | tied | on a GPU | length | longest | page |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for preset in PRESETS.values():
        if preset.page is not None:
            tied = {True: "yes", False: "no", None: ""}[preset.tied]
            lines.append(
                f"| `{preset.name}` | {preset.kind} | {preset.parameters:,} | {tied} | {preset.gpu_dtype} | "
                f"{preset.default_length} | {preset.longest() or 'any'} | [{preset.published_as}]({preset.page}) |"
            )
    return "\n".join(lines)


def _record(preset: Preset) -> dict[str, Any]:
    return {
        "name": preset.name,
        "family": preset.family,
        "kind": preset.kind,
        "parameters": preset.parameters,
        "tied": preset.tied,
        "gpu_dtype": preset.gpu_dtype,
        "inputs": preset.inputs,
        "length": preset.default_length,
        "longest": preset.longest(),
        "page": preset.page,
        "package": preset.package.pip_name if preset.package else None,
    }
