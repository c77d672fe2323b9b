#!/usr/bin/env bash
# Databases that a release cannot work with: away, locked, read-only, corrupt, of a newer release.
# Each rollout is refused or taken back with a sentence; the old release serves all the time.
. "$(dirname "${BASH_SOURCE[0]}")/lib/local.bash"

databases=$WORK/databases
readonly_folder=$WORK/readonly
mkdir "$databases" "$readonly_folder"
holder=
mounted=
clean_up_databases() {
  release_lock
  if [ -n "$mounted" ]; then umount "$readonly_folder" || umount -l "$readonly_folder"; fi
  clean_up
}
trap clean_up_databases EXIT

# A process that holds the file's lock until release_lock.
hold_lock() { # FILE
  rm -f "$WORK/held"
  python3 -c '
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
open(sys.argv[2], "w").close()
time.sleep(120)' "$1" "$WORK/held" &
  holder=$!
  wait_until 100 test -e "$WORK/held"
}

release_lock() {
  [ -n "$holder" ] || return 0
  kill "$holder" 2>/dev/null || true
  wait "$holder" 2>/dev/null || true
  holder=
}

copy() { # NAME: a copy of what serves, in one file
  python3 -c '
import sqlite3, sys
target = sqlite3.connect(sys.argv[2])
sqlite3.connect(sys.argv[1]).backup(target)
target.execute("PRAGMA journal_mode=DELETE")
target.close()' "$state/slipway.sqlite" "$databases/$1.sqlite"
}

newer() { # NAME MIN_RELEASE: as a newer release would leave it
  copy "$1"
  python3 -c '
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("""INSERT INTO migration_history (version, name, phase, checksum, raw_checksum,
  statement_checksums, dialect, started_at, finished_at, duration_ms, release, backend_pid,
  statement_index, min_release) SELECT 9999, ?, phase, checksum, raw_checksum, statement_checksums,
  dialect, started_at, finished_at, 1, ?, 1, statement_index, ? FROM migration_history LIMIT 1""",
  ("newer", "9999.1.0", sys.argv[2] or None))
connection.commit()' "$databases/$1.sqlite" "$2"
}

damage() { # NAME OFFSET BYTES
  dd if=/dev/urandom of="$databases/$1.sqlite" bs=1 seek="$2" count="$3" conv=notrunc status=none
}

put() { # USERNAME
  curl -sS -m 10 -o /dev/null -w '%{http_code}' -X PUT -H 'Content-Type: application/json' \
    -d '{"dateOfBirth":"1990-01-02"}' "$url/hello/$1"
}
get() { curl -sS -m 10 -o /dev/null -w '%{http_code}' "$url/hello/$1"; }

ops rollout --env local >"$WORK/first.txt"
good=$(revision)
first=$(put alice)
heading case expected seen verdict
row 'a birthday is stored' 204 "$first"

attempts=0
# A rollout that must not come in.
attempt() { # NAME EXIT WORDS ARGUMENTS...
  local name=$1 exit=$2 words=$3 code=0
  shift 3
  attempts=$((attempts + 1))
  start_load 200
  ops rollout --env local "$@" >"$WORK/out.txt" 2>&1 || code=$?
  sleep 0.3
  stop_load
  row "$name: exit" "$exit" "$code"
  row "$name: cause is named" yes "$(grep -qE -- "$words" "$WORK/out.txt" && echo yes || echo no)"
  row "$name: clients' failures" 0 "$(load failed)"
  row "$name: only the old one" "{\"$good\": $(load ok)}" "$(load revisions)"
  row "$name: nothing lost" 200 "$(get alice)"
  grep -E '^(refused|failed|locked|done|inconclusive|ops:)' "$WORK/out.txt" | cut -c1-240 | sed 's/^/    /'
}
at() { printf 'DATABASE_URL=sqlite:///%s' "$1"; }

attempt away 10 'Connection refused' --set-env DATABASE_URL=postgres://nobody@127.0.0.1:1/x
attempt 'no such folder' 10 '/nowhere/x.sqlite' --set-env "$(at /nowhere/x.sqlite)"

copy locked
hold_lock "$databases/locked.sqlite"
attempt locked 10 'locked' --set-env "$(at "$databases/locked.sqlite")"
release_lock

python3 -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("PRAGMA journal_mode=WAL")' \
  "$databases/empty.sqlite"
hold_lock "$databases/empty.sqlite"
attempt 'locked to migrate' 12 'locked' --timeout 20s --set-env "$(at "$databases/empty.sqlite")"
release_lock

# Modes do not hold root back; a read-only mount holds everybody.
copy kept
mount -t tmpfs -o size=4m tmpfs "$readonly_folder" || {
  echo 'database: a tmpfs cannot be mounted here, which this script needs (run it as root)' >&2
  exit 1
}
mounted=yes
python3 -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("CREATE TABLE other (id)")' \
  "$readonly_folder/empty.sqlite"
cp "$databases/kept.sqlite" "$readonly_folder/kept.sqlite"
mount -o remount,ro "$readonly_folder"
attempt 'read-only' 10 'read-?only|Read-only' --set-env "$(at "$readonly_folder/kept.sqlite")"
attempt 'read-only to migrate' 10 'read-?only|Read-only' --set-env "$(at "$readonly_folder/empty.sqlite")"

newer incompatible 9999.1.0
attempt 'newer, not compatible' 10 '9999.1.0' --set-env "$(at "$databases/incompatible.sqlite")"

printf 'this is no database, and never was one; it is only text\n' >"$databases/text.sqlite"
attempt 'text for a database' 10 'not a database|corrupt' --set-env "$(at "$databases/text.sqlite")"
copy corrupt
damage corrupt 100 8000
attempt 'corrupt pages' 10 'corrupt|malformed' --set-env "$(at "$databases/corrupt.sqlite")"

# What a newer release left so that this one can still run with it: no reason to stop.
newer compatible ''
code=0
start_load 200
ops rollout --env local --set-env "$(at "$databases/compatible.sqlite")" >"$WORK/out.txt" 2>&1 || code=$?
sleep 0.3
stop_load
row 'newer, compatible: exit' 0 "$code"
row "newer, compatible: clients' failures" 0 "$(load failed)"
row 'newer, compatible: it serves' 200 "$(get alice)"

# With the service's own file locked for writing, reading goes on and writing is told to come again.
ops rollout --env local >"$WORK/back.txt" 2>&1
hold_lock "$state/slipway.sqlite"
row 'own file locked: reads' 200 "$(get alice)"
row 'own file locked: writes' 503 "$(put bob)"
release_lock
row 'own file free again: writes' 204 "$(put bob)"
conclude $((1 + 5 * attempts + 6))
