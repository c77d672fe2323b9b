#!/usr/bin/env bash
# Steps of a canary in a cluster: good ones, a canary that dies or answers badly, kill -9 in a step
# with --resume and with --abort. What serves is not touched but by a promotion, nothing is left of a
# canary, and no client of what serves loses a request.
. "$(dirname "${BASH_SOURCE[0]}")/lib/cluster.bash"

sed -i 's/latencyFactor: 1000/&, steps: [ { weight: 33, for: 2s }, { weight: 50, for: 2s } ]/' \
  "$WORK/platform.yaml"
tag=0
ops rollout --env testing --image "$image:first" >"$WORK/first.txt"

# The times that the Deployment was changed, but for what an applied release adds.
touched() { cluster get deployment slipway --output 'jsonpath={.metadata.generation}'; }
left_over() { cluster get deployment,service,pod,networkpolicy --output name | grep -c canary || true; }

# What an ended rollout came to: its exit code, requests that failed, who serves, what is left.
came_to() { # OLD TOUCHED CODE FILE
  local failed who=new
  failed=$(sed -n 's/^clients: .*, \([0-9]*\) failed.*/\1/p' "$4")
  if [ "$(revision)" = "$1" ]; then
    who=$([ "$(touched)" = "$2" ] && echo untouched || echo old)
  fi
  # How many a bad canary answers before it is taken away depends on how busy the machine is; those
  # of two seconds are too many on any.
  case ${failed:-no} in
    no | 0) ;;
    *) [ "$failed" -gt 40 ] || failed=some ;;
  esac
  echo "exit $3, ${failed:-no} failed, $who, $(left_over) left"
}

# One rollout from its beginning to its end.
whole() { # CASE EXPECTED IMAGE ARGUMENT...
  local case=$1 expected=$2 release=$3 old before code=0
  shift 3
  old=$(revision)
  before=$(touched)
  ops rollout --env testing --image "$release" "$@" >"$WORK/whole.txt" 2>&1 || code=$?
  row "$case" "$expected" "$(came_to "$old" "$before" "$code" "$WORK/whole.txt")"
}

# kill -9 once a canary serves, then another run.
killed() { # ACTION WHO
  local old before next code=0 release
  release=$image:good-$((tag += 1))
  old=$(revision)
  before=$(touched)
  next=$(($(number) + 1))
  OPS_REST_IN_PHASE=apply ops_in_background "$WORK/killed.txt" rollout --env testing --image "$release"
  wait_until 600 canary_serves || cat "$WORK/killed.txt"
  kill -9 "$ops_pid"
  wait "$ops_pid" 2>/dev/null || true
  journal_has "$next" step || echo "    it was not in a step"
  ops status --env testing >"$WORK/status.txt" 2>&1 || true
  row "killed in a step, status" named "$(grep -q '^canary ' "$WORK/status.txt" && echo named)"
  ops rollout --env testing "--$1" >"$WORK/$1.txt" 2>&1 || code=$?
  row "killed in a step, --$1" "exit 0, 0 failed, $2, 0 left" \
    "$(came_to "$old" "$before" "$code" "$WORK/$1.txt")"
}

canary_serves() {
  cluster get deployment slipway-canary --output 'jsonpath={.status.availableReplicas}' 2>/dev/null |
    grep -q .
}

heading 'a canary' expected seen verdict
whole 'good' 'exit 0, 0 failed, new, 0 left' "$image:good-$((tag += 1))"
row 'steps taken' '33 50' \
  "$(sed -n 's/^  step \([0-9]*\) %.*/\1/p' "$WORK/whole.txt" | paste -sd' ')"
whole 'that dies' 'exit 12, 0 failed, untouched, 0 left' "$image:$((tag += 1))-crash"
whole 'that answers badly' 'exit 12, some failed, untouched, 0 left' "$image:$((tag += 1))-unwell"
row 'who is blamed' yes "$(grep -q 'probe of the canary failed' "$WORK/whole.txt" && echo yes)"
killed resume new
killed abort untouched
whole 'passed over' 'exit 0, 0 failed, new, 0 left' "$image:good-$((tag += 1))" --skip-steps
row 'steps taken then' none "$(grep -q '^  step' "$WORK/whole.txt" || echo none)"
conclude 11
