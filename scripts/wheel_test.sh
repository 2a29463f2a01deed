#!/usr/bin/env bash
# Builds a wheel for this Python, installs it into a fresh environment, and uses it there as its first user would.
#   VENV    environment with torch and the build tools (default .venv, as scripts/setup.sh makes it)
#   BUILD   build folder that is reused (default build/wheel)
#   WHEELS  where the wheel is left (default dist)
set -euo pipefail
cd "$(dirname "$0")/.."
checkout="$PWD"
python="$PWD/${VENV:-.venv}/bin/python"
build="${BUILD:-build/wheel}"
wheels="${WHEELS:-dist}"
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT

rm -f "$wheels"/clear_native-*.whl
PATH="$(dirname "$python"):$PATH" "$python" -m pip wheel --quiet --disable-pip-version-check --no-build-isolation \
  --no-deps --config-settings=build-dir="$build" --wheel-dir "$wheels" .
wheel="$(ls "$wheels"/clear_native-*.whl)"
"$python" scripts/wheel_contents.py "$wheel"

# torch and the other dependencies are seen through a .pth file; what is installed editable there is not.
"$python" -m venv "$place/venv"
site="$("$place/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
"$python" -c 'import sys; print(*(path for path in sys.path if path.endswith("-packages")), sep="\n")' >"$site/torch.pth"
"$place/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-index "$wheel"

cd "$place"
export PATH="$place/venv/bin:$PATH" OMP_NUM_THREADS=1
[[ "$(python -c 'import clear_native; print(clear_native.__file__)')" == "$place/venv/"* ]]
bash "$checkout/scripts/first_use.sh"
echo "works from its wheel: $(basename "$wheel")"
