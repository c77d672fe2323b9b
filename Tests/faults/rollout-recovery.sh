#!/usr/bin/env bash
# Rollouts that begin where something is already wrong.
. "$(dirname "${BASH_SOURCE[0]}")/lib/local.bash"

exit_of() { # FILE ARGUMENTS...
  local file=$1 code=0
  shift
  ops "$@" >"$WORK/$file" 2>&1 || code=$?
  echo "$code"
}
yes_if() { if "$@" >/dev/null 2>&1; then echo yes; else echo no; fi; }
all_accept() { [ "$(ops status --env local --json | grep -c '"state": "accepting"')" = 2 ]; }

heading case expected seen verdict
row 'first install' 0 "$(exit_of first.txt rollout --env local)"
old=$(revision)

# A crash of long ago says nothing about a rollback of today.
kill -9 "$(ops status --env local --json | sed -n 's/.*"process": \([0-9]*\),.*/\1/p' | head -n 1)"
wait_until 50 all_accept
row 'after a crash: a bad release goes back' 12 \
  "$(exit_of crash.txt rollout --env local --set-env LOG_FORMAT=xml)"
row 'after a crash: who serves' "$old" "$(revision)"

# What serves is not what is remembered: nobody could put it back.
mv "$state/state.json" "$WORK/state.json"
row 'state lost: refused' 10 "$(exit_of lost.txt rollout --env local)"
row 'state lost: says what to do' yes "$(yes_if grep -q -- '--stop ends it' "$WORK/lost.txt")"
row 'state lost: who serves' "$old" "$(revision)"
mv "$WORK/state.json" "$state/state.json"

# A file that is no state is named, and left alone.
cp "$state/state.json" "$WORK/kept.json"
echo '{' >"$state/state.json"
row 'state unreadable: fails' 1 "$(exit_of unreadable.txt rollout --env local)"
row 'state unreadable: named' yes "$(yes_if grep -q 'state.json' "$WORK/unreadable.txt")"
cp "$WORK/kept.json" "$state/state.json"

# The way back on purpose, and again forwards; options that belong to nothing are refused.
row 'second release' 0 "$(exit_of second.txt rollout --env local)"
row 'undo' 0 "$(exit_of undo.txt rollout --env local --undo)"
row 'undo: the schema is left alone' yes "$(yes_if grep -q 'left as it is' "$WORK/undo.txt")"
row 'resume with --binary' 64 "$(exit_of usage.txt rollout --env local --resume --binary x)"
row 'nothing to resume' 10 "$(exit_of resume.txt rollout --env local --resume)"
row 'frozen: refused' "0 10" \
  "$(exit_of f1.txt rollout --env local --freeze 'a feast') $(exit_of f2.txt rollout --env local)"
row 'unfrozen' 0 "$(exit_of f3.txt rollout --env local --unfreeze)"

# A service that answers DOWN: replaced when somebody says so, not otherwise.
other=$WORK/other.sqlite
row 'with a database of its own' 0 \
  "$(exit_of own.txt rollout --env local --set-env "DATABASE_URL=sqlite:///$other")"
sqlite3 "$other" 'DROP TABLE IF EXISTS schema_history; DROP TABLE IF EXISTS slipway_migrations;' ||
  true
for table in $(sqlite3 "$other" .tables); do sqlite3 "$other" "DROP TABLE $table"; done
is_down() { [ "$(curl -s -o /dev/null -w '%{http_code}' "$url/health")" = 503 ]; }
row 'its schema taken away: DOWN' yes "$(yes_if wait_until 50 is_down)"
row 'broken: refused' 10 "$(exit_of broken.txt rollout --env local)"
row 'broken: replaced on request' 0 "$(exit_of replaced.txt rollout --env local --from-broken)"
row 'broken: healthy again' UP "$(curl -fsS -m 2 "$url/health")"
conclude 20
