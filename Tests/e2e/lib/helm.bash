# A Helm that dies amid its change, together with the ops that started it; and a release that Helm
# alone has brought.
#
# Sourced, never run.
pending_seconds=120

prove_helm() {
  installed
  dies_amid pending-upgrade --resume 0 new
  dies_amid pending-upgrade --abort 0 old
  dies_amid pending-rollback --resume 12 old --set-env LOG_FORMAT=xml
  dies_amid pending-rollback --abort 0 old --set-env LOG_FORMAT=xml
  bring usual
  went 'and a good one after them' 'exit 0'
  is_adopted
}

# What Helm's last revision is.
standing() { # NAMESPACE
  kubectl -n "$1" get secrets --selector owner=helm --output json | python3 -c '
import json, sys
labels = [item["metadata"]["labels"] for item in json.load(sys.stdin)["items"]]
print(max(labels, key=lambda label: int(label["version"]))["status"])'
}

dies_amid() { # STATUS OPTION EXIT WHO ARGUMENT...
  local before who=old case="kill -9 of both, $1, $2" watch helm
  before=$(answers)
  window
  rm -f "$WORK/pending"
  mkfifo "$WORK/pending"
  kubectl -n "$here" get secrets --selector "owner=helm,status=$1" --watch-only --output name \
    >"$WORK/pending" &
  watch=$!
  exec 7<"$WORK/pending"
  release=$((release + 1))
  (
    cd "$WORK/usual"
    exec "$BIN/ops" rollout --env "$environment" --image "$IMAGE" --set-env "RELEASE=$release" \
      "${@:5}"
  ) >"$WORK/resting" 2>&1 &
  ops_pid=$!
  read -r -t "$pending_seconds" -u 7 || fail "$case: never came there: $(cat "$WORK/resting")"
  helm=$(pgrep -P "$ops_pid" -f 'Tests/e2e/helm|bin/helm' | head -n 1)
  # An ops that is stopped sees nothing of the end of its Helm.
  kill -STOP "$ops_pid"
  [ -z "$helm" ] || kill -9 "$helm"
  end_by KILL
  kill "$watch"
  wait "$watch" || true
  exec 7<&-
  row "$case: left" "$1" "$(standing "$here")"
  rollout usual "$2"
  went "$case" "exit $3"
  if [ "$(answers)" != "$before" ]; then who=new; fi
  row "$case: who answers" "$4" "$who"
  row "$case: Helm" deployed "$(standing "$here")"
  lost_nothing "$case"
}

# From a release that Helm alone brought: to one of ours, and back to it when that one fails.
is_adopted() {
  local here=$PREFIX-$TARGET-adopted before
  folder adopted "$here" "$bundled" "rollout: { $policy }" "resources: { $little }"
  # Its values are written there.
  rm "$WORK/adopted/charts/slipway"
  cp -r "$repository/charts/slipway" "$WORK/adopted/charts/"
  namespace "$here"
  quietly 'ops secrets init' ops adopted secrets init --env "$environment"
  render "$WORK/adopted"
  quietly helm helm upgrade --install slipway "$WORK/adopted/charts/slipway" --namespace "$here" \
    --kube-context "$CONTEXT" --values "$WORK/adopted/charts/slipway/values/$environment.yaml" \
    --timeout "${wait_seconds}s"
  is_rolled_out "$here" 'what Helm alone brought'
  before=$(revision)
  bring adopted --set-env LOG_FORMAT=xml
  went 'adopted: a release that crashes' 'exit 12'
  row 'adopted: who is back' "$before" "$(revision)"
  bring adopted
  went 'adopted: a good release' 'exit 0'
  row 'adopted: Helm' deployed "$(standing "$here")"
}
