#!/usr/bin/env bash
# A rollout to a cluster that is suspended past its Lease, taken over by another, and woken up
# again: it must find that it is no longer in charge, and write nothing more, wherever it was: at
# the beginning of a phase, between two objects, before the Job, before the Deployment, amid the
# finish. Signals, with an API that hangs as well, and two at once.
. "$(dirname "${BASH_SOURCE[0]}")/lib/cluster.bash"

tag=0

ops rollout --env testing --image "$image:first" >"$WORK/first.txt"
# A run can rest before any change of a phase: which are the Job's and the Deployment's?
read -r job deployment < <(cluster get configmap slipway-release-1 --output json | python3 -c '
import json, sys
objects = json.loads(json.load(sys.stdin)["data"]["objects.json"])
part = lambda object: object["metadata"].get("labels", {}).get("app.kubernetes.io/component")
later = ("Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Ingress")
before = [o for o in objects if o["kind"] not in later and part(o) not in ("migration", "app")]
print(len(before) + 1, sum(part(o) != "migration" or o["kind"] != "Job" for o in objects))')
points=(migrate:2 "migrate:$job" apply:2 "apply:$deployment" gate finish finish:2)

# Everything that a rollout writes: all objects with the versions that they have.
fingerprint() {
  cluster get configmap,lease,deployment,job,service --output \
    'jsonpath={range .items[*]}{.kind}/{.metadata.name}/{.metadata.resourceVersion} {end}' | sha256sum
}
# Whether the run that began last rests where it was told to.
rests() { # FILE POINT NUMBER
  case $2 in
    *:*) grep -q 'rests before change' "$1" ;;
    *) journal_has "$3" "$2" ;;
  esac
}

heading 'suspended in' expected seen verdict
for point in "${points[@]}"; do
  next=$(($(number) + 1))
  OPS_REST_IN_PHASE=$point ops_in_background "$WORK/$point-suspended.txt" \
    rollout --env testing --image "$image:good-$((tag += 1))"
  wait_until 600 rests "$WORK/$point-suspended.txt" "$point" "$next"
  suspended=$ops_pid
  # One that renews is named within a few seconds.
  row "$point: the lease is held meanwhile" 11 \
    "$(ops rollout --env testing --resume >"$WORK/$point-early.txt" 2>&1; echo $?)"
  kill -STOP "$suspended"
  # Waits by itself until the lease is over.
  row "$point: taken over" 0 \
    "$(ops rollout --env testing --resume >"$WORK/$point-taken.txt" 2>&1; echo $?)"
  before=$(fingerprint)
  code=0
  kill -CONT "$suspended"
  wait "$suspended" || code=$?
  row "$point: the first one ends" 15 "$code"
  row "$point: nothing written after" same \
    "$([ "$before" = "$(fingerprint)" ] && echo same || echo changed)"
done

# A signal, as a cancelled job sends it: the run ends at once, and can be resumed. The API that
# hangs meanwhile is the hard case: nothing that the run wants to say comes through.
for signal in INT TERM; do
  for api in answers hangs; do
    next=$(($(number) + 1))
    OPS_REST_IN_PHASE=apply ops_in_background "$WORK/$signal-$api.txt" \
      rollout --env testing --image "$image:good-$((tag += 1))"
    wait_until 600 journal_has "$next" apply
    [ "$api" = answers ] || fault silence '{"seconds": 6}'
    began=$(date +%s%N)
    code=0
    kill -"$signal" "$ops_pid"
    wait "$ops_pid" || code=$?
    took=$((($(date +%s%N) - began) / 1000000))
    row "SIG$signal, the API $api: exit" 15 "$code"
    row "SIG$signal, the API $api: within 2 s" yes "$([ "$took" -le 2000 ] && echo yes || echo "$took ms")"
    [ "$api" = answers ] || sleep 5
    row "SIG$signal, the API $api: resumed" 0 \
      "$(ops rollout --env testing --resume >"$WORK/$signal-$api-resumed.txt" 2>&1; echo $?)"
  done
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
conclude $((4 * ${#points[@]} + 15))
