# Rollouts that are interrupted, killed, suspended past their lease, or come two at once.
#
# Sourced, never run.

# Everything that a rollout writes: all objects with the versions that they have. Status is the
# cluster's own, so specifications are looked at.
fingerprint() {
  kubectl -n "$here" get configmap,lease,deployment,job,service --output \
    'jsonpath={range .items[*]}{.kind}/{.metadata.name}/{.metadata.generation}/{.data}{.spec} {end}' |
    sha256sum
}

prove_interrupted() {
  installed
  is_interrupted
  for phase in $KILL_PHASES; do
    is_killed "$phase" --resume 0 new
    is_killed "$phase" --abort 0 old
  done
  # On the way back from a release that crashes as it starts.
  for phase in $KILL_PHASES_BACK; do
    is_killed "$phase" --resume 12 old --set-env LOG_FORMAT=xml
    is_killed "$phase" --abort 0 old --set-env LOG_FORMAT=xml
  done
  sleeps_past_its_lease
  come_two_at_once
}

is_interrupted() {
  local began
  window
  bring_and_rest gate
  began=$EPOCHREALTIME
  end_by INT
  went 'SIGINT in gate' 'exit 15'
  at_most 'SIGINT in gate: ends' 2 "$(since "$began")"
  rollout usual --image "$IMAGE" --set-env RELEASE=between
  went 'then another one' 'exit 10'
  rollout usual --resume
  went 'then --resume' 'exit 0'
  row 'then who answers' "$(revision)" "$(answers)"
  lost_nothing 'SIGINT and --resume'
}

since() { # BEGAN
  awk -v began="$1" -v now="$EPOCHREALTIME" 'BEGIN { printf "%.2f", now - began }'
}

is_killed() { # PHASE OPTION EXIT WHO ARGUMENT...
  local before who=old case="kill -9 in $1, $2"
  before=$(answers)
  window
  bring_and_rest "$1" "${@:5}"
  end_by KILL
  rollout usual "$2"
  went "$case" "exit $3"
  if [ "$(answers)" != "$before" ]; then who=new; fi
  row "$case: who answers" "$4" "$who"
  lost_nothing "$case"
}

# Whoever wakes up when the environment is another's notices, and changes nothing.
sleeps_past_its_lease() {
  local before seconds sleeper
  seconds=$(kubectl -n "$here" get lease slipway-rollout -o 'jsonpath={.spec.leaseDurationSeconds}')
  window
  bring_and_rest apply
  sleeper=$ops_pid
  kill -STOP "$sleeper"
  sleep $((seconds + 1))
  rollout usual --resume
  went 'SIGSTOP, another takes over' 'exit 0'
  before=$(fingerprint)
  end_by CONT
  went 'the one that wakes' 'exit 15'
  row 'the one that wakes: changed' nothing "$([ "$before" = "$(fingerprint)" ] && echo nothing)"
  lost_nothing 'SIGSTOP past the lease'
}

come_two_at_once() {
  window
  bring_and_rest gate
  rollout usual --image "$IMAGE" --set-env RELEASE=second
  went 'two at once: the second' 'exit 11'
  row 'two at once: who is named' "process $ops_pid" \
    "$(grep -oE 'process [0-9]+' "$WORK/said" | head -n 1)"
  end_by TERM
  went 'two at once: the first, SIGTERM' 'exit 15'
  rollout usual --abort
  went 'two at once: --abort' 'exit 0'
  lost_nothing 'two at once'
}
