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

# clang-tidy needs the compile commands of all but the tests. It reads several sources at once, as the package's build
# does, and looks only at what has changed since.
cmake -S . -B build/tidy -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCLEAR_BUILD_TESTS=OFF -DCMAKE_UNITY_BUILD=ON \
  -DPython_EXECUTABLE="$bin/python" -Dpybind11_DIR="$(python -m pybind11 --cmakedir)" >/dev/null
mkdir -p build/tidy/checked
python scripts/tidy_units.py build/tidy | while read -r file key; do
  [ -f "build/tidy/checked/$key" ] || printf '%s %s\n' "$file" "$key"
done | xargs -P "$(nproc)" -r -L 1 bash -c \
  'clang-tidy --quiet -p build/tidy --extra-arg=-Wno-unknown-warning-option "$0" 2>/dev/null && touch "build/tidy/checked/$1"'
