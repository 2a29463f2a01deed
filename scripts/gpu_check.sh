#!/usr/bin/env bash
# Everything that needs a GPU, in one go: builds, runs `pytest -m gpu` and the benchmarks asked for by name, prints a
# short table last and leaves its JSON in $OUT (default out/gpu), written as rows come, with one log of everything.
#   scripts/gpu_check.sh [--no-build] [--no-tests] [benchmark ...]    e.g. scripts/gpu_check.sh replay_overhead closure
# --no-build takes the package as it is installed: for a second GPU of the same machine, with OUT of its own and
# CUDA_VISIBLE_DEVICES.
# A benchmark with arguments is one quoted word: scripts/gpu_check.sh "closure --max-time 40 bert-base:float16:1x128"
# GPU_TESTS names test files, all of tests/gpu by default: the whole may take longer than a machine is at hand.
# Without a GPU it builds, collects the tests (all skipped) and says what it would run.
set -uo pipefail
cd "$(dirname "$0")/.."
mkdir -p "${OUT:-out/gpu}"
out="$(cd "${OUT:-out/gpu}" && pwd)"
log="$out/gpu_check.log"
python="${PYTHON:-python3}"
build=yes
[ "${1:-}" = "--no-build" ] && { build=no; shift; }
tests=yes
[ "${1:-}" = "--no-tests" ] && { tests=no; shift; }

: >"$log"
if [ "$build" = yes ]; then
  begin=$(date +%s)
  "$python" -m pip install -q --no-build-isolation --no-deps . >"$log" 2>&1 ||
    { tail -n 60 "$log"; exit 1; }
  echo "built in $(($(date +%s) - begin)) s"
fi
# The checkout would shadow the installed package, and it holds no extension.
checkout="$PWD"
work="$(mktemp -d)"
cp -r tests benchmarks pyproject.toml "$work/"
commit="${CLEAR_GIT_COMMIT:-$(git rev-parse HEAD 2>/dev/null)}"
version="${CLEAR_CODE_VERSION:-$("$python" benchmarks/code_version.py)}"
export CLEAR_RESULTS="$out" CLEAR_GIT_COMMIT="$commit" CLEAR_CODE_VERSION="$version" PYTHONUNBUFFERED=1
mkdir -p "$work/benchmarks/results"
cd "$work"

failed=0
if [ "$tests" = yes ]; then
  # The C++ tests that need a real driver, without torch between.
  (cmake -S "$checkout" -B "$work/native" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCLEAR_BUILD_TESTS=ON \
    -DCLEAR_WITH_PYTHON=OFF && cmake --build "$work/native" --target cuda_gpu_tests) >>"$log" 2>&1 &&
    "$work/native/tests/native/cuda/cuda_gpu_tests" 2>&1 | tee -a "$log" | tail -n 15
  [ "${PIPESTATUS[0]}" = 0 ] || failed=1
  read -r -a files <<<"${GPU_TESTS:-tests/gpu}"
  "$python" -m pytest -m gpu -q --durations=15 "${files[@]}" 2>&1 | tee -a "$log" | tail -n 40
  [ "${PIPESTATUS[0]}" = 0 ] || failed=1
fi
for benchmark in "$@"; do
  read -r -a words <<<"$benchmark"
  if ! "$python" -c 'import torch, sys; sys.exit(not torch.cuda.is_available())'; then
    echo "no GPU: would run benchmarks.${words[*]}"
    continue
  fi
  echo "== ${words[*]}" | tee -a "$log"
  "$python" -m "benchmarks.${words[0]}" "${words[@]:1}" 2>&1 | tee -a "$log" | tail -n 60
  [ "${PIPESTATUS[0]}" = 0 ] || failed=1
done
grep -hE '^(FAILED|ERROR)|[0-9]+ (passed|failed|skipped)' "$log"
exit "$failed"
