#!/usr/bin/env bash
# Formatting, static checks, types, and whether the stub of the extension still matches it.
set -euo pipefail
cd "$(dirname "$0")/.."
bin="$PWD/${VENV:-.venv}/bin"
export PATH="$bin:$PATH"

ruff check .
ruff format --check .
mypy
mapfile -t native < <(find csrc tests/native -name '*.cpp' -o -name '*.hpp' -o -name '*.cu' -o -name '*.cuh' | LC_ALL=C sort)
clang-format --dry-run -Werror "${native[@]}"
scripts/stubs.sh --check

# clang-tidy needs the compile commands of the extension and of the native tests; only changed files are looked at again.
cmake -S . -B build/tidy -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCLEAR_BUILD_TESTS=OFF \
  -DPython_EXECUTABLE="$bin/python" -Dpybind11_DIR="$(python -m pybind11 --cmakedir)" >/dev/null
mkdir -p build/tidy/checked
mapfile -t headers < <(find csrc -name '*.hpp' -o -name '*.cuh' | LC_ALL=C sort)
common="$(cat .clang-tidy "${headers[@]}" | sha256sum | cut -d' ' -f1)"
find csrc -name '*.cpp' | LC_ALL=C sort | while read -r file; do
  key="$(printf '%s %s' "$common" "$(sha256sum <"$file")" | sha256sum | cut -d' ' -f1)"
  [ -f "build/tidy/checked/$key" ] || printf '%s %s\n' "$file" "$key"
done | xargs -P "$(nproc)" -r -L 1 bash -c \
  'clang-tidy --quiet -p build/tidy --extra-arg=-Wno-unknown-warning-option "$0" 2>/dev/null && touch "build/tidy/checked/$1"'
