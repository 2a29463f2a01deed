#!/usr/bin/env bash
# Virtual environment, the right torch, and the package, each only when it is missing or older than its sources.
#   VENV    where the environment is made (default .venv)
#   PYTHON  interpreter to make it with (default python3)
#   EXTRAS  further dependency group of pyproject.toml to install: test, dev or docs
set -euo pipefail
cd "$(dirname "$0")/.."
venv="${VENV:-.venv}"
python="${PYTHON:-python3}"

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }

"$python" - <<'EOF' || { say "Python 3.10 to 3.13 is needed: set PYTHON=/path/to/python3.x"; exit 2; }
import sys
sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))
EOF
command -v c++ >/dev/null || { say "a C++20 compiler is needed (Debian: apt install g++)"; exit 2; }

if [ ! -x "$venv/bin/pip" ]; then
  say "making $venv"
  "$python" -m venv "$venv" || { say "the venv module is needed (Debian: apt install python3-venv)"; exit 2; }
  "$venv/bin/pip" install --quiet --disable-pip-version-check --upgrade "pip>=23.1"  # Debian 12's is older
fi
pip=("$venv/bin/pip" install --quiet --disable-pip-version-check)

if ! "$venv/bin/python" -c 'import torch' 2>/dev/null; then
  if command -v nvidia-smi >/dev/null && nvidia-smi -L >/dev/null 2>&1; then
    say "installing torch with CUDA (some gigabytes)"
    "${pip[@]}" "torch>=2.9"
  else
    say "installing torch for the CPU"
    "${pip[@]}" --retries 1 --extra-index-url https://download.pytorch.org/whl/cpu "torch==2.13.0"
  fi
fi

# One stamp per group of dependencies: the hash of what the group was installed from.
stamp() { printf '%s/.stamp-%s' "$venv" "$1"; }
fresh() { [ -f "$(stamp "$1")" ] && [ "$(cat "$(stamp "$1")")" = "$2" ]; }
hash_of() { cat "$@" | sha256sum | cut -d' ' -f1; }

dependencies="$(hash_of pyproject.toml)"
if ! fresh build "$dependencies"; then
  say "installing build tools and dependencies"
  "${pip[@]}" "scikit-build-core>=0.11" "pybind11>=3.0" "cmake>=3.26" "ninja>=1.11" numpy "nvidia-ml-py>=12" \
    "rich>=13" "typer>=0.12" "transformers>=4.55"
  echo "$dependencies" >"$(stamp build)"
fi
if [ -n "${EXTRAS:-}" ] && ! fresh "$EXTRAS" "$dependencies"; then
  say "installing what $EXTRAS needs"
  mapfile -t packages < <("$venv/bin/python" - "$EXTRAS" <<'EOF'
import sys
try:
    import tomllib
except ImportError:
    from pip._vendor import tomli as tomllib
with open("pyproject.toml", "rb") as file:
    print(*tomllib.load(file)["project"]["optional-dependencies"][sys.argv[1]], sep="\n")
EOF
  )
  "${pip[@]}" "${packages[@]}"
  echo "$dependencies" >"$(stamp "$EXTRAS")"
fi

mapfile -t sources < <(find csrc CMakeLists.txt cmake pyproject.toml clear_native/machine/device_sheets.json -type f | LC_ALL=C sort)
# An editable install maps the names of modules to files: it is old, too, when Python files have come, gone or moved.
built="$( (cat "${sources[@]}"; find clear_native -name '*.py' | LC_ALL=C sort) | sha256sum | cut -d' ' -f1)"
if ! fresh package "$built"; then
  say "building the package"
  scripts/headers.sh nlohmann/json.hpp=nlohmann-json3-dev CLI/CLI.hpp=libcli11-dev
  PATH="$PWD/$venv/bin:$PATH" "${pip[@]}" --no-build-isolation --no-deps --config-settings=build-dir=build/python \
    --config-settings=cmake.define.CLEAR_WERROR="${CLEAR_WERROR:-OFF}" -e .
  echo "$built" >"$(stamp package)"
fi
