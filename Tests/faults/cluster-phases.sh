#!/usr/bin/env bash
# kill -9 of ops in every phase of a rollout to a cluster, then --resume or --abort: each ends with
# one release serving, and no client of it loses a request.
. "$(dirname "${BASH_SOURCE[0]}")/lib/cluster.bash"

good_phases=(lock preflight baseline backup migrate apply gate soak finish)
bad_phases=(diagnose roll-back gate-old)
tag=0

ops rollout --env testing --image "$image:first" >"$WORK/first.txt"

# Rolls out until the phase's line is in the journal, and kills.
kill_in() { # PHASE IMAGE
  local next
  next=$(($(number) + 1))
  OPS_REST_IN_PHASE=$1 ops_in_background "$WORK/killed.txt" rollout --env testing --image "$2"
  wait_until 600 journal_has "$next" "$1" || { cat "$WORK/killed.txt"; return 1; }
  kill -9 "$ops_pid"
  wait "$ops_pid" 2>/dev/null || true
}

# One cell of the table: what a phase and an answer to it come to.
cell() { # PHASE ACTION EXIT WHO IMAGE
  local phase=$1 action=$2 exit=$3 who=$4 old new code=0 seen lost
  old=$(revision)
  if ! kill_in "$phase" "$5"; then
    row "$phase, --$action" "exit $exit, $who, 0 failed" 'never came there'
    return
  fi
  ops rollout --env testing --image "$image:other" >"$WORK/between.txt" 2>&1 || code=$?
  [ "$code" = 10 ] || echo "    a new rollout in between was not refused: exit $code"
  code=0
  ops rollout --env testing "--$action" >"$WORK/$phase-$action.txt" 2>&1 || code=$?
  new=$(revision)
  seen=$([ "$new" = "$old" ] && echo old || echo new)
  lost=$(sed -n 's/^clients: .*, \([0-9]*\) failed.*/\1/p' "$WORK/$phase-$action.txt")
  row "$phase, --$action" "exit $exit, $who, 0 failed" "exit $code, $seen, ${lost:-0} failed"
}

heading 'killed in, then' expected seen verdict
for phase in "${good_phases[@]}"; do
  cell "$phase" resume 0 new "$image:good-$((tag += 1))"
  cell "$phase" abort 0 old "$image:good-$((tag += 1))"
done
for phase in "${bad_phases[@]}"; do
  cell "$phase" resume 12 old "$image:$((tag += 1))-crash"
  cell "$phase" abort 0 old "$image:$((tag += 1))-crash"
done
# The same image once more has the same revision: what it comes in place of is itself.
current=$image:good-$((tag += 1))
ops rollout --env testing --image "$current" >"$WORK/once.txt"
cell finish resume 0 old "$current"
cell finish abort 0 old "$current"
conclude $((2 * (${#good_phases[@]} + ${#bad_phases[@]}) + 2))
