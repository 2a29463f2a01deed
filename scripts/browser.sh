#!/usr/bin/env bash
# Chromium for the tests of the page, where it is missing and may be installed. Without it they are skipped, and say so.
set -euo pipefail
command -v chromium >/dev/null && command -v chromedriver >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  (apt-get update -qq && apt-get install -y -qq chromium chromium-driver) >/dev/null 2>&1 || true
fi
command -v chromium >/dev/null || echo "no chromium: tests of the page in a browser are skipped" >&2
