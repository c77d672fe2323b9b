#!/usr/bin/env bash
# Starts the service with and without the files of Swagger UI, checks the document against the
# standard, and looks at both pages in Chromium. Pictures stay in .build/pictures.
#
# BIN is the folder of the built programs, PYTHON the virtual environment that scripts/setup made.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

bin=${BIN:-$PWD/.build/release}
python=${PYTHON:-$PWD/.tools/contract}
work=$(mktemp -d)
processes=()
clean_up() {
  local process
  for process in "${processes[@]}"; do kill "$process" 2>/dev/null || true; done
  for process in "${processes[@]}"; do
    timeout 15 tail --pid="$process" -f /dev/null || kill -9 "$process" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap clean_up EXIT

start() { # NAME [DOCS_ASSETS]; leaves its address in `address`
  local port
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  address=http://127.0.0.1:$port
  mkdir "$work/$1"
  "$bin/ops" migrate apply --database "sqlite:///$work/$1/service.sqlite" >"$work/$1/log" 2>&1
  # In a folder of its own it finds no files but those that are named.
  (cd "$work/$1" && exec env DATABASE_URL="sqlite:///$work/$1/service.sqlite" \
    HTTP_HOST=127.0.0.1 HTTP_PORT="$port" APP_SETTINGS=testing DOCS_ASSETS="${2-}" \
    "$bin/app" >>"$work/$1/log" 2>&1) &
  processes+=($!)
  for _ in $(seq 300); do
    if curl -fsS -o /dev/null "$address/readyz" 2>/dev/null; then return; fi
    sleep 0.1
  done
  cat "$work/$1/log" >&2
  exit 1
}

bin=$(realpath "$bin")
start interactive "$PWD/.tools/docs-assets"
interactive=$address
start readable
readable=$address
for name in openapi.json openapi.yaml; do
  curl -fsS -o "$work/$name" "$interactive/$name"
  "$python/bin/openapi-spec-validator" "$work/$name"
done
timeout 300 "$python/bin/python" Tests/browser/docs.py "$interactive" "$readable" \
  "$PWD/.build/pictures"
