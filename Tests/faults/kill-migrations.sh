#!/usr/bin/env bash
# kill -9 of `ops migrate apply` before every call that changes or sends anything: to the file of
# SQLite, to PostgreSQL. Each time a database is left that has whole migrations alone, `status`
# tells which, and running it again brings what a run that nobody killed brings.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BIN=${BIN:-$here/../../.build/release}
WORK=${WORK:-$(mktemp -d "${TMPDIR:-/tmp}/slipway-fault-XXXXXX")}
. "$here/lib/table.bash"
. "$here/lib/postgres.bash"
trap stop_postgres EXIT
points_max=1000

command -v strace >/dev/null || { echo 'kill-migrations: strace is not installed' >&2; exit 1; }

apply() { "$BIN/ops" migrate apply --database "$1" "${@:2}" >"$WORK/said" 2>&1; }

# Killed before its Nth call of those; 1 when it came to its end before that.
killed_at() { # ADDRESS CALLS N
  local code=0
  # bash tells of what was killed, in the words of the group.
  {
    strace -f -qqq -o "$WORK/calls" -e "trace=$2" -e "inject=$2:signal=SIGKILL:when=$3" \
      "$BIN/ops" migrate apply --database "$1" >"$WORK/said" 2>&1 || code=$?
  } 2>/dev/null
  [ "$code" = 137 ] && return 0
  [ "$code" = 0 ] || { cat "$WORK/said" >&2; exit 1; }
  return 1
}

# How many migrations `status` says are applied, which are the first ones.
applied() { # ADDRESS
  "$BIN/ops" migrate status --database "$1" --json >"$WORK/status" 2>"$WORK/said" || return 1
  python3 -c '
import json, sys
states = [row["state"] for row in json.load(sys.stdin)["migrations"]]
count = states.count("applied")
print(count if states == ["applied"] * count + ["pending"] * (len(states) - count) else states)
' <"$WORK/status"
}

# How many migrations there are.
known() { python3 -c 'import json, sys; print(len(json.load(sys.stdin)["migrations"]))' <"$WORK/status"; }

# A database of each kind that is empty; its address, and its schema without the history.
sqlite_fresh() { rm -f "$WORK/database".*; }
sqlite_address() { echo "sqlite:///$WORK/database.sqlite"; }
sqlite_calls() { echo pwrite64,fdatasync,fsync,ftruncate,unlink; }
sqlite_schema() {
  [ -e "$WORK/database.sqlite" ] || return 0
  python3 -c '
import sqlite3, sys
file = sqlite3.connect(sys.argv[1])
assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
for row in file.execute("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2"):
  if "migration_history" not in row[1]: print(*row)
' "$WORK/database.sqlite"
}

postgres_fresh() {
  as_superuser postgres --command 'DROP DATABASE IF EXISTS killed WITH (FORCE)' \
    --command 'CREATE DATABASE killed' 2>/dev/null
}
postgres_address() { echo "postgres://slipway@127.0.0.1:$postgres_port/killed"; }
postgres_calls() { echo sendto; }
postgres_schema() {
  "$postgres_programs/pg_dump" --schema-only --exclude-table='*migration_history*' --host 127.0.0.1 \
    --port "$postgres_port" --username slipway killed | grep -vE '^(--|\\|$)'
}

prove() { # KIND
  local kind=$1 address calls half=0 stuck=0 count=0 point last whole
  address=$("$1_address")
  calls=$("$1_calls")
  "$1_fresh"
  apply "$address"
  applied "$address" >/dev/null
  last=$(known)
  for version in $(seq 0 "$last"); do
    "$1_fresh"
    [ "$version" = 0 ] || apply "$address" --to "$version"
    "$1_schema" >"$WORK/$kind.$version"
  done
  for point in $(seq "$points_max"); do
    "$1_fresh"
    killed_at "$address" "$calls" "$point" || break
    count=$point
    whole=$(applied "$address") || whole=none
    if ! cmp -s <("$1_schema") "$WORK/$kind.$whole"; then
      half=$((half + 1))
      echo "call $point: $whole applied, and another schema: $(cat "$WORK/said")"
    fi
    if ! apply "$address" || ! cmp -s <("$1_schema") "$WORK/$kind.$last"; then
      stuck=$((stuck + 1))
      echo "call $point: running it again: $(cat "$WORK/said")"
    fi
  done
  judged "$kind: killed" '20 calls or more' "$count calls" "$([ "$count" -ge 20 ] && echo ok)"
  row "$kind: half of a migration left" 0 "$half"
  row "$kind: not brought to its end" 0 "$stuck"
}

heading 'kill -9 of ops migrate apply' expected seen verdict
prove sqlite
start_postgres "$WORK"
prove postgres
conclude 6
