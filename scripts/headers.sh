#!/usr/bin/env bash
# Debian's packages of headers that are missing, as root; else CMake fetches them. Arguments: header=package ...
set -euo pipefail
missing=()
for pair in "$@"; do
  [ -e "/usr/include/${pair%%=*}" ] || [ -e "/usr/local/include/${pair%%=*}" ] || missing+=("${pair#*=}")
done
if [ ${#missing[@]} -gt 0 ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  (apt-get update -qq && apt-get install -y -qq "${missing[@]}") >/dev/null 2>&1 || true
fi
