# A canary: good steps, one that fails, one that is killed, and what each costs clients.
#
# Sourced, never run.
steps='steps: [ { weight: 33, for: 10s }, { weight: 50, for: 10s } ]'
stepped="rollout: { probeRate: 20, consecutive: 20, soak: 3s, grace: ${grace}s, latencyFactor: 1000, $steps }"
folder stepped "$here" "$bundled" "$stepped"

# What says of the Deployment that serves whether anybody touched it, and of what a canary leaves.
untouched() {
  # Not its generation: that counts annotations too, such as the number of the lock's holder.
  kubectl -n "$here" get deployment slipway -o 'jsonpath={.metadata.uid} {.spec}'
  kubectl -n "$here" get pods -o name -l "$1" | sort | paste -sd' '
}
serving='app.kubernetes.io/component=app,slipway/track!=canary'
# Whether the last pods of the release before are gone.
settled() {
  [ "$(kubectl -n "$here" get pods -o name -l "$serving" | wc -l)" = "$(replicas "$here")" ]
}
left_over() {
  kubectl -n "$here" get deployments,services,pods -o name | grep -c canary || true
}

prove_steps() {
  installed
  goes_through_steps
  takes_a_bad_canary_away
  for option in --resume --abort; do is_killed_in_a_step "$option"; done
  window
  bring stepped --skip-steps
  went 'a hotfix, --skip-steps' 'exit 0'
  row 'a hotfix: steps' none "$(grep -q '^  step' "$WORK/said" && echo some || echo none)"
  lost_nothing 'a hotfix'
}

goes_through_steps() {
  local before
  before=$(revision)
  window
  bring stepped
  went 'two good steps' 'exit 0'
  lost_nothing 'two good steps'
  row 'two good steps: taken' '33 % 50 %' "$(grep -oE '^  step [0-9]+ %' "$WORK/said" | grep -oE '[0-9]+ %' | paste -sd' ')"
  row 'two good steps: left of the canary' 0 "$(left_over)"
  row 'two good steps: who answers' 'a new one' "$([ "$(answers)" = "$before" ] || echo 'a new one')"
  is_told 'two good steps' notice
}

takes_a_bad_canary_away() {
  local before
  eventually settled || fail 'pods of the release before are still there'
  before=$(untouched "$serving")
  window
  bring stepped --set-env PGHOSTADDR=127.0.0.2
  went 'a canary that is never ready' 'exit 12'
  lost_nothing 'a canary that is never ready'
  row 'a canary that is never ready: what serves' untouched \
    "$([ "$before" = "$(untouched "$serving")" ] && echo untouched)"
  row 'a canary that is never ready: left of it' 0 "$(left_over)"
  is_told 'a canary that is never ready' error
}

is_killed_in_a_step() { # OPTION
  local before case="kill -9 in a step, $1" who=old
  before=$(revision)
  window
  release=$((release + 1))
  (
    cd "$WORK/stepped"
    exec "$BIN/ops" rollout --env "$environment" --image "$IMAGE" --set-env "RELEASE=$release"
  ) >"$WORK/resting" 2>&1 &
  ops_pid=$!
  wait_until 1200 canary_runs || fail "no canary: $(cat "$WORK/resting")"
  end_by KILL
  ops stepped status --env "$environment" >"$WORK/status" 2>&1 || true
  row "$case: status names it" yes "$(grep -q '^canary ' "$WORK/status" && echo yes)"
  rollout stepped "$1"
  went "$case" 'exit 0'
  if [ "$(answers)" != "$before" ]; then who=new; fi
  row "$case: who answers" "$([ "$1" = --resume ] && echo new || echo old)" "$who"
  row "$case: left of the canary" 0 "$(left_over)"
  lost_nothing "$case"
}

canary_runs() {
  [ "$(kubectl -n "$here" get deployment slipway-canary -o 'jsonpath={.status.availableReplicas}' 2>/dev/null)" ]
}
