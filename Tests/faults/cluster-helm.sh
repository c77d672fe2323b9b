#!/usr/bin/env bash
# kill -9 of ops and of the Helm that it started, amid a change that Helm makes: --resume and
# --abort put right what Helm left half done, and each ends with one release serving, and no client
# of it loses a request.
TARGET=helm
. "$(dirname "${BASH_SOURCE[0]}")/lib/cluster.bash"

if [ ! -x "$repository/.tools/manifests/bin/python" ]; then
  echo "$repository/.tools/manifests is missing: scripts/setup test fetches it" >&2
  exit 1
fi
tag=0

# How Helm says that the last revision stands.
standing() {
  helm history slipway -n "$namespace" --kube-context fake --output json 2>/dev/null \
    | python3 -c 'import json, sys; print(json.load(sys.stdin)[-1]["status"])'
}
# The same from its Secrets, which is faster: what was pending before stays so in the history.
stands() { # STATUS
  cluster get secrets --selector owner=helm --output json | python3 -c '
import json, sys
labels = [item["metadata"]["labels"] for item in json.load(sys.stdin)["items"]]
sys.exit(max(labels, key=lambda label: int(label["version"]))["status"] != sys.argv[1])' "$1"
}

helm_of() { pgrep -P "$1" -f 'Tests/e2e/helm|/bin/helm' | head -n 1; }

# What Helm alone changes, and it among the first: who waits for it is amid a change.
hang() { fault delay '{"seconds": 60, "verb": "patch", "resource": "poddisruptionbudgets.policy"}'; }
go_on() { fault delay '{"seconds": 0, "verb": "patch", "resource": "poddisruptionbudgets.policy"}'; }

# Rolls out until Helm is amid its change, and kills both: an ops that is stopped sees nothing of it.
kill_amid() { # STATUS ARGUMENTS...
  local status=$1 next
  shift
  next=$(($(number 2>/dev/null || echo 0) + 1))
  ops_in_background "$WORK/killed.txt" rollout --env testing "$@"
  # The preflight has tried everything by then.
  wait_until 900 journal_has "$next" apply || { cat "$WORK/killed.txt"; return 1; }
  hang
  wait_until 600 stands "$status" || { cat "$WORK/killed.txt"; return 1; }
  kill -STOP "$ops_pid"
  kill -9 "$(helm_of "$ops_pid")" "$ops_pid"
  wait "$ops_pid" 2>/dev/null || true
  go_on
}

# What a rollout that was killed so and an answer to it come to.
cell() { # STATUS ACTION EXIT WHO IMAGE
  local status=$1 action=$2 exit=$3 who=$4 old new code=0 seen lost
  old=$(revision)
  if ! kill_amid "$status" --image "$5"; then
    row "$status, --$action" "exit $exit, $who, deployed" 'never came there'
    return
  fi
  ops rollout --env testing "--$action" >"$WORK/$status-$action.txt" 2>&1 || code=$?
  new=$(revision)
  seen=$([ "$new" = "$old" ] && echo old || echo new)
  lost=$(sed -n 's/^clients: .*, \([0-9]*\) failed.*/\1/p' "$WORK/$status-$action.txt")
  row "$status, --$action" "exit $exit, $who, 0 failed" "exit $code, $seen, ${lost:-no} failed"
  row "$status, --$action: Helm" deployed "$(standing)"
}

heading 'killed amid, then' expected seen verdict

# A first release: nothing to go back to.
kill_amid pending-install --image "$image:first" || true
code=0
ops rollout --env testing --abort >"$WORK/install-abort.txt" 2>&1 || code=$?
# Of Helm's release and of the service; an API that can not be asked ends the script.
left=$(cluster get secrets --selector owner=helm --output name \
  && cluster get deployments,services --output name)
row 'pending-install, --abort' 'exit 0, nothing left' "exit $code, ${left:-nothing} left"
kill_amid pending-install --image "$image:first" || true
code=0
ops rollout --env testing --resume >"$WORK/install-resume.txt" 2>&1 || code=$?
row 'pending-install, --resume' 'exit 0, deployed' "exit $code, $(standing)"

cell pending-upgrade resume 0 new "$image:good-$((tag += 1))"
cell pending-upgrade abort 0 old "$image:good-$((tag += 1))"

# Somebody else's Helm, which may be at work: nothing is begun.
old=$(revision)
hang
(cd "$WORK" && exec helm upgrade slipway charts/slipway -n "$namespace" --kube-context fake \
  --values charts/slipway/values/staging.yaml --no-hooks >"$WORK/other.txt" 2>&1) &
other=$!
wait_until 300 stands pending-upgrade || cat "$WORK/other.txt"
kill -9 "$other"
wait "$other" 2>/dev/null || true
go_on
code=0
ops rollout --env testing --image "$image:other" >"$WORK/other-ops.txt" 2>&1 || code=$?
row 'another Helm at work' 'exit 10, old' \
  "exit $code, $([ "$(revision)" = "$old" ] && echo old || echo new)"
helm rollback slipway -n "$namespace" --kube-context fake --no-hooks >"$WORK/rollback.txt"

conclude 7
