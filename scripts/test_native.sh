#!/usr/bin/env bash
# The native tests under ASan and UBSan, the threads under TSan, the thousand simulated profiles at full speed,
# and bundles on torch.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/${VENV:-.venv}/bin:$PATH"

scripts/headers.sh gtest/gtest.h=libgtest-dev nlohmann/json.hpp=nlohmann-json3-dev CLI/CLI.hpp=libcli11-dev

# Only what is run is built, with lines in stack traces and no more, several sources at once: the package's own build
# (scripts/setup.sh) has each by itself.
build() {  # name, build type, sanitizers, targets
  cmake -S . -B "build/$1" -G Ninja -DCMAKE_BUILD_TYPE="$2" -DCLEAR_SANITIZE="$3" -DCLEAR_WERROR=ON -DCMAKE_UNITY_BUILD=ON \
    -DCMAKE_CXX_FLAGS_DEBUG=-g1 -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O2 -g1 -DNDEBUG" \
    -DPython_EXECUTABLE="$PWD/${VENV:-.venv}/bin/python" -DCLEAR_BUILD_TESTS=ON -DCLEAR_WITH_PYTHON=OFF -DCLEAR_CUDA_TARGETS=75 \
    >"build-$1.log" 2>&1 || { cat "build-$1.log"; rm -f "build-$1.log"; exit 1; }
  rm -f "build-$1.log"
  cmake --build "build/$1" --target "${@:4}"
}

build asan Debug address,undefined sanitized_tests
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
ctest --test-dir build/asan --output-on-failure -j "$(nproc)" -L "core|cuda|threads"
build tsan RelWithDebInfo thread thread_tests
ctest --test-dir build/tsan --output-on-failure -j "$(nproc)" -L threads
# At full speed: in the package's own build tree, where all but the tests lies compiled already.
cmake -S . -B build/python -DCLEAR_BUILD_TESTS=ON >/dev/null
cmake --build build/python --target core_statistics_tests torch_tests program_fakes
ctest --test-dir build/python --output-on-failure -j "$(nproc)" -L "statistics|torch"
