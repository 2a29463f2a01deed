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

# The environment is empty but for what the wheel declares: links to VENV, since torch may not be had here once more.
# pip, that of VENV, takes nothing from elsewhere, so it fails where a declared version is not the one there.
pip=("$python" -m pip --python "$place/venv/bin/python" --disable-pip-version-check)
"$python" -m venv --without-pip "$place/venv"
site="$("$place/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
install_with() {
  "$python" scripts/wheel_dependencies.py "$wheel" "$site" "$@"
  "${pip[@]}" install --quiet --no-index "$wheel${1:+[$1]}"
  "${pip[@]}" check
}
export OMP_NUM_THREADS=1

# Each of its files without any extra, which brings more than it is named after.
install_with
(cd "$place" && venv/bin/python) <<'EOF'
import importlib, pathlib, sys
import clear_native
folder = pathlib.Path(clear_native.__file__).parent
assert folder.is_relative_to(sys.prefix), folder
for path in sorted(folder.rglob("*.py")):
    if not path.stem.startswith("__"):
        importlib.import_module(".".join(path.relative_to(folder.parent).with_suffix("").parts))
EOF

install_with models
cd "$place"
export PATH="$place/venv/bin:$PATH"
bash "$checkout/scripts/first_use.sh"
echo "works from its wheel: $(basename "$wheel")"
