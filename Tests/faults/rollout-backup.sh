#!/usr/bin/env bash
# The backup of a rollout that is killed, stopped or has nowhere to go: nothing partial is ever
# listed, nothing changes before there is a backup, and whoever resumes gets one.
. "$(dirname "${BASH_SOURCE[0]}")/lib/local.bash"
. "$repository/Tests/faults/lib/postgres.bash"

holder=''
end_all() {
  let_go
  clean_up
  stop_postgres
}
let_go() {
  [ -n "$holder" ] || return 0
  kill "$holder" 2>/dev/null || true
  wait "$holder" 2>/dev/null || true
  holder=''
}
trap end_all EXIT

mkdir "$WORK/postgres"
chmod 755 "$WORK"
start_postgres "$WORK/postgres"
as_superuser postgres --command 'CREATE DATABASE app'
address=postgres://slipway@127.0.0.1:$postgres_port/app
store=$WORK/store

platform() { # POLICY
  cat >"$WORK/platform.yaml" <<YAML
service: { name: slipway, image: ghcr.io/example/slipway, port: 8080 }
environments:
  local:
    target: local
    port: $port
    replicas: 2
    database: external
    drain: 5s
    env: { DATABASE_URL: "$address" }
    backup: { schedule: "17 2 * * *", store: "file://$store", keep: { last: 3 } }
    rollout: { probeRate: 40, consecutive: 20, minReady: 1s, soak: 1s, backup: $1 }
YAML
}

exit_of() { # FILE ARGUMENTS...
  local file=$1 code=0
  shift
  ops "$@" >"$WORK/$file" 2>&1 || code=$?
  echo "$code"
}
yes_if() { if "$@" >/dev/null 2>&1; then echo yes; else echo no; fi; }
number() { sed -n 's/^  "number": \([0-9]*\),.*/\1/p' "$state/state.json"; }
listed() {
  ops backup list --env local --json |
    python3 -c 'import json, sys; print(len(json.load(sys.stdin)["backups"]))'
}
who() { if [ "$(revision)" = "$1" ]; then echo old; else echo new; fi; }

# What the server does for a backup, and for whoever holds its table.
sessions() { # APPLICATION
  as_superuser postgres --command \
    "SELECT count(*) FROM pg_stat_activity WHERE datname = 'app' AND application_name LIKE '$1'"
}
is_busy() { [ "$(sessions "$1")" != 0 ]; }
is_idle() { [ "$(sessions "$1")" = 0 ]; }

# Holds a table, so that a backup halts in the middle: it has begun, and has not all its locks.
hold() {
  PGAPPNAME=holder psql --no-psqlrc --quiet "$address" --command \
    'BEGIN; LOCK TABLE held IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(600)' >/dev/null 2>&1 &
  holder=$!
  wait_until 100 has_lock
}
has_lock() {
  [ "$(as_superuser app --command \
    "SELECT count(*) FROM pg_locks WHERE relation = 'held'::regclass AND granted")" = 1 ]
}
# psql dies with its session only where somebody ends that.
release() {
  as_superuser app --command \
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'holder'" \
    >/dev/null
  let_go
}

# Sends a signal to a rollout that has begun its backup; its exit code is in `code`.
signal_in_backup() { # rest|middle SIGNAL
  local next=$(($(number) + 1)) rest=''
  code='never came there'
  if [ "$1" = rest ]; then rest=backup; else hold || return 1; fi
  OPS_REST_IN_PHASE=$rest ops_in_background "$WORK/signalled.txt" rollout --env local
  wait_until 600 journal_has "$next" backup || { cat "$WORK/signalled.txt"; return 1; }
  if [ "$1" = middle ]; then wait_until 300 is_busy 'slipway backup%' || return 1; fi
  kill "-$2" "$ops_pid"
  code=0
  wait "$ops_pid" 2>/dev/null || code=$?
  release
  wait_until 300 is_idle 'slipway backup%'
}

# One cell: when, by what, and what the answer to it comes to.
cell() { # rest|middle SIGNAL EXIT resume|abort WHO BACKUPS
  local old before seen
  old=$(revision)
  before=$(listed)
  signal_in_backup "$1" "$2" || true
  row "$2, $1, --$4: ended, listed" "$3, 0 more" "$code, $(($(listed) - before)) more"
  seen=$(exit_of "$1-$2-$4.txt" rollout --env local "--$4")
  row '  then: exit, who, listed' "0, $5, $6 more" \
    "$seen, $(who "$old"), $(($(listed) - before)) more"
}

platform required
heading case expected seen verdict
row 'first install' 0 "$(exit_of first.txt rollout --env local)"
row 'first install: saved' 1 "$(listed)"
as_superuser app --command \
  'CREATE TABLE held AS SELECT n, md5(n::text) AS words FROM generate_series(1, 20000) AS n'

for moment in rest middle; do
  cell "$moment" KILL 137 resume new 1
  cell "$moment" KILL 137 abort old 0
  cell "$moment" TERM 15 resume new 1
  cell "$moment" TERM 15 abort old 0
done

# The store is away: a file has its place.
old=$(revision)
before=$(listed)
mv "$store" "$store.away"
: >"$store"
row 'store away: refused' 10 "$(exit_of away.txt rollout --env local)"
row 'store away: says so' yes "$(yes_if grep -q 'the store: ' "$WORK/away.txt")"
row 'store away: who serves' old "$(who "$old")"
row 'store away: phases after it' no "$(yes_if grep -q '"phase":"migrate"' \
  "$(find "$state/journals" -name '*.jsonl' | sort -V | tail -n 1)")"
rm "$store"
mv "$store.away" "$store"
row 'store back: exit, who' '0, new' "$(exit_of back.txt rollout --env local), $(who "$old")"
row 'store back: listed' 1 "$(($(listed) - before))"

platform 'proven-within 24h'
row 'proven-within: none is proven' 0 "$(exit_of proven.txt rollout --env local)"
row 'proven-within: proves one' yes "$(yes_if grep -q 'proven just now' "$WORK/proven.txt")"
before=$(listed)
row 'proven-within: one is' 0 "$(exit_of recent.txt rollout --env local)"
row 'proven-within: takes it' yes "$(yes_if grep -q 'is recent enough' "$WORK/recent.txt")"
row 'proven-within: listed' 0 "$(($(listed) - before))"
row 'healthy at the end' UP "$(curl -fsS -m 5 "$url/health")"
conclude $((2 + 16 + 6 + 6))
