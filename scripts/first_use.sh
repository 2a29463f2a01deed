#!/usr/bin/env bash
# What the installed package's first user does, on any machine: energies are an estimate here, which says so.
set -euo pipefail
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
cd "$place"
export OMP_NUM_THREADS=1

clear-native --version
clear-native models >models.txt
[ "$(wc -l <models.txt)" -gt 20 ]
# 1 is: done, but a status is not ok
clear-native profile bert-tiny --device cpu --length 8 --meter estimate:50 --method partition --precision 0.5 \
  --max-time 3 --quiet --out tiny.json --html tiny.html || [ $? -eq 1 ]
clear-native report tiny.json >tiny.txt
grep -q ESTIMATED tiny.txt
grep -qi '<!doctype html>' tiny.html
if command -v clear-bench >clear_bench.txt; then  # it is of the same environment, and shows the same
  [ "$(dirname "$(cat clear_bench.txt)")" = "$(dirname "$(command -v clear-native)")" ]
  clear-bench report tiny.json | diff - tiny.txt
fi
