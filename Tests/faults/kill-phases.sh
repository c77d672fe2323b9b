#!/usr/bin/env bash
# kill -9 of ops in every phase, then --resume or --abort: each ends with one release serving, and
# no client loses a request.
. "$(dirname "${BASH_SOURCE[0]}")/lib/local.bash"

good_phases=(lock preflight baseline backup migrate apply gate soak finish)
bad_phases=(diagnose roll-back gate-old)

ops rollout --env local >"$WORK/first.txt"
number() { sed -n 's/^  "number": \([0-9]*\),.*/\1/p' "$state/state.json"; }

# Rolls out until the phase's line is in the journal, and kills.
kill_in() { # PHASE ARGUMENTS...
  local phase=$1 next
  shift
  next=$(($(number) + 1))
  OPS_REST_IN_PHASE=$phase ops_in_background "$WORK/killed.txt" rollout --env local "$@"
  wait_until 600 journal_has "$next" "$phase" || { cat "$WORK/killed.txt"; return 1; }
  kill -9 "$ops_pid"
  wait "$ops_pid" 2>/dev/null || true
}

# One cell of the table: what a phase and an answer to it come to.
cell() { # PHASE ACTION EXIT WHO ARGUMENTS...
  local phase=$1 action=$2 exit=$3 who=$4 old new code=0 seen
  shift 4
  old=$(revision)
  start_load 100
  if ! kill_in "$phase" "$@"; then
    stop_load
    row "$phase, --$action" "exit $exit, $who, 0 failed" 'never came there'
    return
  fi
  ops rollout --env local >"$WORK/between.txt" 2>&1 || code=$?
  [ "$code" = 10 ] || echo "    a new rollout in between was not refused: exit $code"
  code=0
  ops rollout --env local "--$action" >"$WORK/$phase-$action.txt" 2>&1 || code=$?
  stop_load
  new=$(revision)
  seen=$([ "$new" = "$old" ] && echo old || echo new)
  row "$phase, --$action" "exit $exit, $who, 0 failed" "exit $code, $seen, $(load failed) failed"
}

heading 'killed in, then' expected seen verdict
for phase in "${good_phases[@]}"; do
  cell "$phase" resume 0 new
  cell "$phase" abort 0 old
done
for phase in "${bad_phases[@]}"; do
  cell "$phase" resume 12 old --set-env LOG_FORMAT=xml
  cell "$phase" abort 0 old --set-env LOG_FORMAT=xml
done
conclude $((2 * (${#good_phases[@]} + ${#bad_phases[@]})))
