#!/usr/bin/env bash
# A rollout to a cluster that is suspended past its Lease, taken over by another, and woken up
# again: it must find that it is no longer in charge, and write nothing more. Signals, and two at
# once.
. "$(dirname "${BASH_SOURCE[0]}")/lib/cluster.bash"

time_to_live=16
phases=(migrate apply gate finish)
tag=0

ops rollout --env testing --image "$image:first" >"$WORK/first.txt"
# Everything that a rollout writes: all objects with the versions that they have.
fingerprint() {
  cluster get configmap,lease,deployment,job,service --output \
    'jsonpath={range .items[*]}{.kind}/{.metadata.name}/{.metadata.resourceVersion} {end}' | sha256sum
}

heading 'suspended in' expected seen verdict
for phase in "${phases[@]}"; do
  next=$(($(number) + 1))
  OPS_REST_IN_PHASE=$phase ops_in_background "$WORK/$phase-suspended.txt" \
    rollout --env testing --image "$image:good-$((tag += 1))"
  wait_until 600 journal_has "$next" "$phase"
  suspended=$ops_pid
  # One that renews is named within a few seconds.
  row "$phase: the lease is held meanwhile" 11 \
    "$(ops rollout --env testing --resume >"$WORK/$phase-early.txt" 2>&1; echo $?)"
  kill -STOP "$suspended"
  sleep "$time_to_live"
  row "$phase: taken over" 0 \
    "$(ops rollout --env testing --resume >"$WORK/$phase-taken.txt" 2>&1; echo $?)"
  before=$(fingerprint)
  code=0
  kill -CONT "$suspended"
  wait "$suspended" || code=$?
  row "$phase: the first one ends" 15 "$code"
  row "$phase: nothing written after" same \
    "$([ "$before" = "$(fingerprint)" ] && echo same || echo changed)"
done

# A signal, as a cancelled job sends it: the run ends at once, and can be resumed.
for signal in INT TERM; do
  next=$(($(number) + 1))
  OPS_REST_IN_PHASE=apply ops_in_background "$WORK/$signal.txt" \
    rollout --env testing --image "$image:good-$((tag += 1))"
  wait_until 600 journal_has "$next" apply
  began=$(date +%s%N)
  code=0
  kill -"$signal" "$ops_pid"
  wait "$ops_pid" || code=$?
  row "SIG$signal: exit" 15 "$code"
  row "SIG$signal: within 2 s" yes \
    "$([ $((($(date +%s%N) - began) / 1000000)) -le 2000 ] && echo yes || echo no)"
  row "SIG$signal: resumed" 0 \
    "$(ops rollout --env testing --resume >"$WORK/$signal-resumed.txt" 2>&1; echo $?)"
done

# Two at once: one comes in, the other is told who holds the environment.
next=$(($(number) + 1))
OPS_REST_IN_PHASE=lock ops_in_background "$WORK/one.txt" \
  rollout --env testing --image "$image:good-$((tag += 1))"
wait_until 100 journal_has "$next" lock || true
row 'two at once: the second' 11 \
  "$(ops rollout --env testing --image "$image:other" >"$WORK/two.txt" 2>&1; echo $?)"
row 'two at once: names the holder' yes \
  "$(grep -q "process $ops_pid" "$WORK/two.txt" && echo yes || echo no)"
kill -TERM "$ops_pid"
wait "$ops_pid" || true
row 'two at once: aborted' 0 \
  "$(ops rollout --env testing --abort >"$WORK/aborted.txt" 2>&1; echo $?)"
conclude $((4 * ${#phases[@]} + 9))
