#!/usr/bin/env bash
# kill -9 of ops in every phase of a rollout to a cluster, then --resume or --abort: each ends with
# one release serving, and no client of it loses a request. The same for a first release, which is
# there in the end or taken away again, with its data left.
good_phases=(lock preflight baseline backup migrate apply gate soak finish)
bad_phases=(diagnose roll-back gate-old)
environments=()
for phase in "${good_phases[@]}" "${bad_phases[@]}"; do
  environments+=("$phase-resume" "$phase-abort")
done
. "$(dirname "${BASH_SOURCE[0]}")/lib/cluster.bash"

tag=0

# Rolls out until the phase's line is in the journal, and kills.
#
# A machine so busy that what serves takes 2 s to answer is refused a rollout, which is no finding
# of this script: it is asked again.
kill_in() { # PHASE IMAGE
  local attempt
  for attempt in 1 2 3; do
    if reach_and_kill "$@"; then return 0; fi
    kill -9 "$ops_pid" 2>/dev/null || true
    wait "$ops_pid" 2>/dev/null || true
    grep -q 'what serves now is not well: .*mostly: timeout' "$WORK/killed.txt" || break
    echo "attempt $attempt: refused, for this machine is busy" >&2
  done
  cat "$WORK/killed.txt"
  return 1
}

reach_and_kill() { # PHASE IMAGE
  local next
  next=$(($(number 2>"$WORK/number.txt" || echo 0) + 1))
  OPS_REST_IN_PHASE=$1 ops_in_background "$WORK/killed.txt" \
    rollout --env "$environment" --image "$2"
  wait_until 600 journal_has "$next" "$1" || return 1
  kill -9 "$ops_pid"
  wait "$ops_pid" 2>/dev/null || true
}

# What resuming or aborting comes to after a kill in a phase: exit code and lost requests.
go_on() { # PHASE ACTION IMAGE
  local code=0 lost file="$WORK/$environment-$1-$2.txt"
  if ! kill_in "$1" "$3"; then
    echo 'never came there'
    return
  fi
  ops rollout --env "$environment" --image "$image:other" >"$WORK/between.txt" 2>&1 || code=$?
  [ "$code" = 10 ] || echo "a new rollout in between was not refused: exit $code;"
  code=0
  ops rollout --env "$environment" "--$2" >"$file" 2>&1 || code=$?
  lost=$(sed -n 's/^clients: .*, \([0-9]*\) failed.*/\1/p' "$file")
  echo "exit $code, ${lost:-no} failed"
}

# Whether a run that goes on asks clients: an abort of what had changed nothing ends at once, and
# whoever only has to finish has asked them before.
clients() { # PHASE ACTION
  case $1-$2 in
    lock-abort | preflight-abort | baseline-abort | backup-abort | finish-resume) echo no ;;
    *) echo 0 ;;
  esac
}
# The same for a first release, which is taken away before anybody is asked again.
first_clients() { # PHASE ACTION
  case $1-$2 in
    *-abort | diagnose-* | roll-back-* | gate-old-* | finish-resume) echo no ;;
    *) echo 0 ;;
  esac
}

# One cell of the table, where a release serves already.
cell() { # PHASE ACTION EXIT WHO IMAGE
  local old seen
  old=$(revision)
  seen=$(go_on "$1" "$2" "$5")
  row "$1, --$2" "exit $3, $(clients "$1" "$2") failed, $4" \
    "$seen, $([ "$(revision)" = "$old" ] && echo old || echo new)"
}

# The same for a first release.
first_cell() { # PHASE ACTION EXIT WHAT IMAGE
  local seen kept=no there=gone
  use "$1-$2"
  seen=$(go_on "$1" "$2" "$5")
  if cluster get deployment slipway >/dev/null 2>&1; then there=$(revision); fi
  case $there in gone | mixed) ;; *) there=there ;; esac
  if cluster get statefulset --output name | grep -q .; then kept=data; fi
  row "first, $1, --$2" "exit $3, $(first_clients "$1" "$2") failed, $4" "$seen, $there, $kept"
  use testing
}

ops rollout --env testing --image "$image:first" >"$WORK/first.txt"
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

for phase in "${good_phases[@]}"; do
  # What a first release has of data is made in the phase that migrates, which had just begun.
  data=data
  case $phase in lock | preflight | baseline | backup | migrate) data=no ;; esac
  first_cell "$phase" resume 0 'there, data' "$image:good"
  first_cell "$phase" abort 0 "gone, $data" "$image:good"
done
for phase in "${bad_phases[@]}"; do
  first_cell "$phase" resume 12 'gone, data' "$image:1-crash"
  first_cell "$phase" abort 0 'gone, data' "$image:1-crash"
done
conclude $((4 * (${#good_phases[@]} + ${#bad_phases[@]}) + 2))
