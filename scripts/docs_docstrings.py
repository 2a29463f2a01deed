"""Griffe extension: the sections "Returns:" and "Raises:" of this project's docstrings, and links to its pages.

They are sentences ("A `Report`: joules, ...", "BadInputError for a folder; ..."), which say more than the usual
"type: what" and are therefore misunderstood by the parser.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import griffe

_SECTION = re.compile(r"^(Returns|Raises):[ \t]*\n((?:[ \t]+.*\n?|\n)+)", re.MULTILINE)
_PAGE = re.compile(r"`?docs/(\w+)\.md`?")
_PAGES = Path(__file__).parents[1] / "docs"


class ReadableDocstrings(griffe.Extension):
    """Rewrites docstrings before they are parsed."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """An entry begins at the section's own indentation; what is indented more goes on with it."""
        if obj.docstring is not None:
            text = _SECTION.sub(_in_words, obj.docstring.value + "\n").rstrip("\n")
            obj.docstring.value = _PAGE.sub(_linked, text)


def _in_words(section: re.Match[str]) -> str:
    text = textwrap.dedent(section[2])
    if section[1] == "Returns":
        return f"**Returns**\n\n{text}\n"
    entries: list[str] = []
    for line in text.splitlines():
        if line.startswith((" ", "\t")) and entries:
            entries[-1] += f" {line.strip()}"
        elif line.strip():
            entries.append(re.sub(r"\b([A-Z]\w*Error|Interrupted)\b", r"`\1`", line.strip()))
    return "**Raises**\n\n" + "".join(f"- {entry}\n" for entry in entries) + "\n"


def _linked(page: re.Match[str]) -> str:
    """As seen from docs/api, as a file, so that mkdocs looks at the link too."""
    if not (_PAGES / f"{page[1]}.md").is_file():
        raise FileNotFoundError(f"a docstring names {page[0]}, which is not there")
    return f"[{page[1].replace('_', ' ')}](../{page[1]}.md)"
