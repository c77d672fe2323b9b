#!/usr/bin/env bash
# Rolls out twice on this machine, once well and once badly, and looks at the pages of both in
# Chromium, and at those that the tests wrote: with ten probes, with very many, with a long cause.
# Pictures stay in .build/pictures.
#
# BIN is the folder of the built programs, PYTHON the virtual environment that scripts/setup made,
# ROLLOUT_PAGES the folder that `ROLLOUT_PAGES=... swift test --filter RolloutPageTests` filled.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

bin=$(realpath "${BIN:-$PWD/.build/release}")
python=${PYTHON:-$PWD/.tools/contract}
pages=${ROLLOUT_PAGES:-$PWD/.build/pages}
work=$(mktemp -d)
ops() { (cd "$work" && exec "$bin/ops" "$@"); }
clean_up() {
  ops rollout --env local --stop >"$work/stop.txt" 2>&1 || cat "$work/stop.txt" >&2
  rm -rf "$work"
}
trap clean_up EXIT

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$work/platform.yaml" <<YAML
service: { name: slipway, image: ghcr.io/example/slipway, port: 8080 }
environments:
  local:
    target: local
    port: $port
    rollout: { probeRate: 40, consecutive: 20, minReady: 1s, soak: 1s }
YAML
ops rollout --env local >"$work/first.txt"
ops rollout --env local --set-env LOG_LEVEL=debug --report good >"$work/good.txt"
code=0
ops rollout --env local --set-env LOG_FORMAT=xml --report bad >"$work/bad.txt" || code=$?
[ "$code" = 12 ] || { cat "$work/bad.txt" >&2; exit 1; }
for name in good bad; do cp "$work/$name/rollout.html" "$work/real-$name.html"; done
[ -f "$pages/many.html" ] || { echo "report: no pages of the tests in $pages" >&2; exit 1; }

timeout 300 "$python/bin/python" Tests/browser/report.py "$PWD/.build/pictures" \
  "$work"/real-*.html "$pages"/*.html
