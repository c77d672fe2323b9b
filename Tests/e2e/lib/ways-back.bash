# Going back on purpose, keeping rollouts away, and what people ask an environment.
#
# Sourced, never run.

prove_ways_back() {
  local former
  installed
  former=$(revision)
  bring usual
  went 'a release to go back from' 'exit 0'
  window
  rollout usual --undo
  went '--undo' 'exit 0'
  lost_nothing '--undo'
  row '--undo: who answers' "$former" "$(answers)"

  rollout usual --freeze 'a holiday'
  went '--freeze' 'exit 0'
  bring usual
  went 'a rollout while frozen' 'exit 10'
  row 'a rollout while frozen: told why' yes \
    "$(grep -q 'frozen: a holiday' "$WORK/said" && echo yes)"
  row 'frozen: who answers' "$former" "$(answers)"
  rollout usual --unfreeze
  went '--unfreeze' 'exit 0'
  window
  bring usual
  went 'a rollout after that' 'exit 0'
  lost_nothing 'a rollout after that'
  tells_how_it_is
}

tells_how_it_is() {
  code=0
  ops usual status --env "$environment" >"$WORK/said" 2>&1 || code=$?
  went 'ops status' 'exit 0'
  row 'ops status: names what serves' yes "$(grep -q "$(revision)" "$WORK/said" && echo yes)"
  code=0
  ops usual rollout history --env "$environment" --json --last 1 >"$WORK/said" 2>&1 || code=$?
  went 'ops rollout history' 'exit 0'
  row 'ops rollout history: the last' "$(remembered number)" "$(python3 -c '
import json, sys
told = json.load(sys.stdin)
rollouts = told["rollouts"] if isinstance(told, dict) else told
print(rollouts[0]["number"])' <"$WORK/said")"
}

# One replica beside a file: its end comes before the new one, which is told and allowed for.
prove_one_replica() {
  local here=$PREFIX-$TARGET-one address='' before
  local database='database: { mode: sqlite, storage: 1Gi }'
  folder file "$here" 'replicas: 1' "$database" "rollout: { $policy, failedMax: 100000 }"
  folder strict "$here" 'replicas: 1' "$database" "rollout: { $policy }"
  namespace "$here"
  bring file
  went 'one replica: first release' 'exit 0'
  open_entrance "$here"
  ask /hello/ada -X PUT -H 'Content-Type: application/json' -d '{"dateOfBirth":"1815-12-10"}' ||
    fail 'one replica: PUT'
  bring file
  went 'one replica: another' 'exit 0'
  row 'one replica: tells of the gap' yes "$(grep -q 'Recreate' "$WORK/said" && echo yes)"
  row 'one replica: the data' 'Hello, ada!' "$(ask /hello/ada | grep -o 'Hello, ada!')"
  before=$(revision)
  bring_image file "$MISSING_IMAGE"
  went 'one replica: no such image' 'exit 12'
  names 'one replica: no such image' 'has no image'
  row 'one replica: who is back' "$before" "$(answers)"
  bring strict
  went 'one replica: no failure allowed' 'exit 10'
  names 'one replica: no failure allowed' 'rollout.failedMax'
  row 'one replica: who is still there' "$before" "$(answers)"
  row 'one replica: the data' 'Hello, ada!' "$(ask /hello/ada | grep -o 'Hello, ada!')"
}
