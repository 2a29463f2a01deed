"""Writes docs/schema.md from the JSON Schemas of result files: every field with its type, unit and meaning.

python scripts/schema_page.py [--check]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SCHEMAS = ROOT / "clear_native" / "report" / "schema"
PAGE = ROOT / "docs" / "schema.md"

Schema = Mapping[str, Any]

_HEAD = """# Result files

Generated from `clear_native/report/schema/` by `scripts/schema_page.py`; do not edit.

Every result is one JSON object. Names end in the unit: `_j` joules, `_s` seconds, `_w` watts, `_mhz` megahertz, `_c`
degrees Celsius. What is not known is absent: never `null`, never 0. `schema_version` changes when a field changes its
meaning or goes away; files of older versions load (`clear_native/report/older_versions.py`), files of newer ones are
refused. Energies are of one pass of the model, half-widths of 95 % intervals.

`clear-native profile --method all` writes an object of kind `method_comparison`: `reports` by method, each as below,
and what follows from them.
"""

_TITLES = {
    "report-1": "Report of `profile`",
    "bench-1": "Result of `bench`",
    "protocol-1": "Result of `clear_protocol`",
    "sensor-1": "Result of `sensor`",
    "device-1": "Device file of `clear-bench calibrate`",
    "overhead-1": "Result of `clear-bench overhead`",
    "comparison-1": "Result of `compare`",
}


def page() -> str:
    parts = [_HEAD]
    for name, title in _TITLES.items():
        schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8"))
        parts += [f"\n## {title}\n\n{schema['description']}\n", *_section(schema)]
        for part, definition in sorted(schema.get("$defs", {}).items()):
            described = definition.get("description")
            parts += [f"\n### {name.partition('-')[0]}: {part}\n", f"\n{described}\n" if described else ""]
            parts += _section(definition)
    return "".join(part for part in parts if part)


def _section(schema: Schema) -> Iterator[str]:
    """A table of all fields; those within plain objects and lists of objects are named with a dot."""
    yield "\n| field | type | needed | meaning |\n| --- | --- | --- | --- |\n"
    for name, needed, field in _fields("", schema):
        yield f"| `{name}` | {_type(field)} | {'yes' if needed else ''} | {_escaped(_meaning(field))} |\n"


def _fields(prefix: str, schema: Schema) -> Iterator[tuple[str, bool, Schema]]:
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        yield f"{prefix}{name}", name in required, field
        yield from _within(f"{prefix}{name}", field)


def _within(name: str, field: Schema) -> Iterator[tuple[str, bool, Schema]]:
    yield from _fields(f"{name}.", field)
    more = field.get("additionalProperties")
    if isinstance(more, dict) and "$ref" in more:
        yield f"{name}.*", False, more
    for inner, label in ((field.get("items"), f"{name}[]"), (more if isinstance(more, dict) else None, f"{name}.*")):
        if inner is not None and ("properties" in inner or isinstance(inner.get("additionalProperties"), dict)):
            yield label, False, inner
            yield from _within(label, inner)


def _type(field: Schema) -> str:
    if "$ref" in field:
        file, _, path = field["$ref"].partition("#")
        target = path.rpartition("/")[2] or Path(file).name.partition("-")[0]
        return f"{target} (of a report)" if file else target
    if "const" in field:
        return f"`{json.dumps(field['const'])}`"
    if "enum" in field:
        return ", ".join(f"`{json.dumps(value)}`" for value in field["enum"])
    kinds = field.get("type", "any")
    text = " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
    if text == "array" and "items" in field:
        return f"array of {_type(field['items'])}"
    return text + _limits(field)


def _limits(field: Schema) -> str:
    words = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤"}
    found = [f"{sign} {field[key]}" for key, sign in words.items() if key in field]
    return f", {' and '.join(found)}" if found else ""


def _meaning(field: Schema) -> str:
    parts = [field.get("description", "")]
    if "pattern" in field:
        parts.append(f"matches `{field['pattern']}`")
    return "; ".join(part for part in parts if part)


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main(arguments: list[str]) -> int:
    text = page()
    if "--check" in arguments:
        return 0 if PAGE.exists() and PAGE.read_text("utf-8") == text else 1
    PAGE.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
