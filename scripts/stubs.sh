#!/usr/bin/env bash
# Writes clear_native/_core.pyi from the built extension; with --check only says whether it has drifted.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/${VENV:-.venv}/bin:$PATH"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

PYTHONPATH="$PWD" pybind11-stubgen clear_native._core --output-dir "$folder" --exit-code >/dev/null
generated="$folder/clear_native/_core.pyi"
# Dicts of the engine hold records; pybind11 has no name for what is in them.
sed -i -E 's/-> dict:/-> dict[str, typing.Any]:/; s/-> list:/-> list[typing.Any]:/; s/-> tuple:/-> tuple[typing.Any, ...]:/' "$generated"
ruff format --quiet --no-cache --config pyproject.toml "$generated"
committed=clear_native/_core.pyi
if ! PYTHONPATH="$PWD" python -c 'from clear_native import _core; import sys; sys.exit(not _core.has_cuda)'; then
  [ "${1:-}" = "--check" ] || { echo "built without CUDA: write the stub where nvcc is" >&2; exit 1; }
  # The committed stub covers the CUDA part too: compare what both have.
  python scripts/common_stub.py clear_native/_core.pyi "$generated" >"$folder/committed.pyi"
  python scripts/common_stub.py "$generated" "$generated" >"$folder/generated.pyi"
  committed="$folder/committed.pyi"
  generated="$folder/generated.pyi"
fi
if [ "${1:-}" = "--check" ]; then
  diff -u "$committed" "$generated" || {
    echo "clear_native/_core.pyi has drifted from the extension: run scripts/stubs.sh and commit the result" >&2
    exit 1
  }
else
  cp "$generated" clear_native/_core.pyi
fi
