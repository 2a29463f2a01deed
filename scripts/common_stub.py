"""Prints those top-level definitions of a stub that another stub has too, without docstrings.

python scripts/common_stub.py STUB OTHER
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path


def definitions(path: str) -> dict[str, ast.stmt]:
    body = ast.parse(Path(path).read_text()).body
    return {node.name: node for node in body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}


def main() -> None:
    wanted = definitions(sys.argv[2])
    for name, node in definitions(sys.argv[1]).items():
        if name in wanted:
            print(ast.unparse(node))


if __name__ == "__main__":
    main()
