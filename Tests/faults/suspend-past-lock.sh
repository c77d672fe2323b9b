#!/usr/bin/env bash
# A rollout that is suspended past its lock's time, taken over by another, and woken up again: it
# must find that it is no longer in charge, and write nothing more.
. "$(dirname "${BASH_SOURCE[0]}")/lib/local.bash"

time_to_live=16
phases=(migrate apply gate finish)

ops rollout --env local >"$WORK/first.txt"
number() { sed -n 's/^  "number": \([0-9]*\),.*/\1/p' "$state/state.json"; }
# Everything that a rollout writes: files, and the processes that run.
fingerprint() {
  (cd "$state" && find . -type f ! -path './logs/*' ! -name '*.guard' ! -name '*-wal' \
    ! -name '*-shm' -exec sha256sum {} + | sort -k 2 | sha256sum)
  ops status --env local --json | grep -E '"(name|state|process)"' | sha256sum
}

heading 'suspended in' expected seen verdict
for phase in "${phases[@]}"; do
  next=$(($(number) + 1))
  start_load 100
  OPS_REST_IN_PHASE=$phase ops_in_background "$WORK/$phase-suspended.txt" rollout --env local
  wait_until 600 journal_has "$next" "$phase"
  suspended=$ops_pid
  kill -STOP "$suspended"
  row "$phase: the lock is held meanwhile" 11 \
    "$(ops rollout --env local --resume >"$WORK/$phase-early.txt" 2>&1; echo $?)"
  sleep "$time_to_live"
  row "$phase: taken over" 0 \
    "$(ops rollout --env local --resume >"$WORK/$phase-taken.txt" 2>&1; echo $?)"
  before=$(fingerprint)
  code=0
  kill -CONT "$suspended"
  wait "$suspended" || code=$?
  row "$phase: the first one ends" 15 "$code"
  sleep 1
  row "$phase: nothing written after" same "$([ "$before" = "$(fingerprint)" ] && echo same || echo changed)"
  stop_load
  row "$phase: failed requests" 0 "$(load failed)"
done

# A signal, as a cancelled job sends it: the run ends at once, and can be resumed.
for signal in INT TERM; do
  next=$(($(number) + 1))
  OPS_REST_IN_PHASE=apply ops_in_background "$WORK/$signal.txt" rollout --env local
  wait_until 600 journal_has "$next" apply
  began=$(date +%s%N)
  code=0
  kill -"$signal" "$ops_pid"
  wait "$ops_pid" || code=$?
  row "SIG$signal: exit" 15 "$code"
  row "SIG$signal: within 2 s" yes \
    "$([ $((($(date +%s%N) - began) / 1000000)) -le 2000 ] && echo yes || echo no)"
  row "SIG$signal: resumed" 0 \
    "$(ops rollout --env local --resume >"$WORK/$signal-resumed.txt" 2>&1; echo $?)"
done

# Two at once: one comes in, the other is told who holds the environment.
OPS_REST_IN_PHASE=lock ops_in_background "$WORK/one.txt" rollout --env local
wait_until 100 journal_has "$(($(number) + 1))" lock || true
row 'two at once: the second' 11 "$(ops rollout --env local >"$WORK/two.txt" 2>&1; echo $?)"
row 'two at once: names the holder' yes \
  "$(grep -q "process $ops_pid" "$WORK/two.txt" && echo yes || echo no)"
kill -TERM "$ops_pid"
wait "$ops_pid" || true
row 'two at once: aborted' 0 "$(ops rollout --env local --abort >"$WORK/aborted.txt" 2>&1; echo $?)"
conclude $((5 * ${#phases[@]} + 9))
