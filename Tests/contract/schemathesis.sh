#!/usr/bin/env bash
# Schemathesis asks a running service everything that its document allows and forbids, with every
# check, on SQLite and on PostgreSQL. What is expected otherwise stands in schemathesis.toml.
#
# BIN is the folder of the built programs, PYTHON the virtual environment that scripts/setup made.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

bin=${BIN:-$PWD/.build/release}
python=${PYTHON:-$PWD/.tools/contract}
work=$(mktemp -d)
processes=()
. Tests/faults/lib/postgres.bash

clean_up() {
  local process
  for process in "${processes[@]}"; do kill "$process" 2>/dev/null || true; done
  # What hangs in its stop is what the run was to find; it must not hang the run too.
  for process in "${processes[@]}"; do
    timeout 15 tail --pid="$process" -f /dev/null || kill -9 "$process" 2>/dev/null || true
  done
  stop_postgres
  mkdir -p .build/schemathesis
  cp "$work"/*.log .build/schemathesis 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT

wait_for() { # ADDRESS
  for _ in $(seq 300); do
    if curl -fsS -o /dev/null "$1" 2>/dev/null; then return; fi
    sleep 0.1
  done
  echo "schemathesis: $1 does not answer" >&2
  exit 1
}

start_upstream() {
  mkfifo "$work/upstream"
  python3 Tests/Support/upstream_double.py >"$work/upstream" &
  processes+=($!)
  read -r upstream <"$work/upstream"
}

start_service() { # NAME DATABASE-URL
  port=$(free_port)
  "$bin/ops" migrate apply --database "$2" >"$work/$1.log" 2>&1
  DATABASE_URL=$2 HTTP_HOST=127.0.0.1 HTTP_PORT=$port APP_SETTINGS=testing LOG_FORMAT=json \
    JWT_SECRET=$secret PAGEVIEWS_BASE_URL=$upstream "$bin/app" >>"$work/$1.log" 2>&1 &
  processes+=($!)
  wait_for "http://127.0.0.1:$port/readyz"
}

check() { # NAME DATABASE-URL
  printf -- '-- %s\n' "$1"
  start_service "$1" "$2"
  (
    cd "$work"
    SLIPWAY_TOKEN=$token timeout --kill-after=30 1200 \
      "$python/bin/python" "$python/bin/schemathesis" --config-file "$OLDPWD/Tests/contract/schemathesis.toml" run \
      "http://127.0.0.1:$port/openapi.json" --no-color --seed 20261102 "${arguments[@]}"
  )
  if grep -E '"level":"error"' "$work/$1.log"; then
    echo "schemathesis: $1: the service logged errors" >&2
    exit 1
  fi
}

[ -x "$python/bin/schemathesis" ] || {
  echo 'schemathesis: not installed; scripts/setup test does it' >&2
  exit 1
}
secret=$(head -c 32 /dev/urandom | base64)
token=$(JWT_SECRET=$secret "$bin/ops" token --subject schemathesis --scope histories:read \
  --scope people:write --ttl 1h)
arguments=("$@")
start_upstream
start_postgres "$work"
check sqlite "sqlite:///$work/service.sqlite"
check postgres "postgres://slipway@127.0.0.1:$postgres_port/postgres"
