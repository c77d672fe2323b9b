# The kustomize form: a database of its own, then SQLite.
#
# Sourced, never run.

apply() { # ENVIRONMENT
  quietly "$1: apply" kubectl apply --server-side --validate=strict \
    --kustomize "$WORK/project/kustomize/overlays/$1"
}

# Changes how an environment begins.
set_in() { # ENVIRONMENT NAMESPACE TEXT
  sed -i "s|$1: { namespace: $2,|& $3,|" "$WORK/project/platform.yaml"
  render "$WORK/project"
}

prove_bundled() {
  local here=$PREFIX-bundled secret=.metadata.resourceVersion before
  namespace "$here"
  quietly 'ops secrets init' ops project secrets init --env bundled
  before=$(kubectl -n "$here" get secret slipway-database -o "jsonpath={$secret}")
  quietly 'ops secrets init' ops project secrets init --env bundled
  [ "$before" = "$(kubectl -n "$here" get secret slipway-database -o "jsonpath={$secret}")" ] ||
    fail 'ops secrets init made a secret again'
  ok 'ops secrets init makes what is missing, once'

  apply bundled
  eventually kubectl -n "$here" wait --for=condition=complete job --all --timeout=1s ||
    fail 'bundled: the migration'
  is_rolled_out "$here" 'the Deployment'
  serves "$here" ada
  ok 'bundled: database, migration and service come up together, under the restricted standard'

  before=$(generation "$here")
  apply bundled
  [ "$(generation "$here")" = "$before" ] || fail 'bundled: applying again changed the Deployment'
  ok 'bundled: applying again changes nothing'

  before=$(ask /version | tr -d ' ')
  set_in bundled "$here" 'env: { LOG_LEVEL: debug }'
  apply bundled
  is_rolled_out "$here" 'a changed setting'
  knows "$here" ada
  [ "$(ask /version | tr -d ' ')" != "$before" ] || fail 'bundled: the revision is the same'
  ok 'bundled: a changed setting brings in new pods with a revision of their own'

  shows_changes bundled "$here" 'kustomize'
  hands_over "$here"
}

# What is live is what is rendered, until somebody changes it by hand.
shows_changes() { # ENVIRONMENT NAMESPACE FORM
  quietly "$1: --live" ops project render --env "$1" --live
  grep -qx "$1: nothing would change" "$WORK/said" || fail "$1: --live: $(cat "$WORK/said")"
  quietly "$1: scale" kubectl -n "$2" scale deployment/slipway --replicas=3
  if ops project render --env "$1" --live >"$WORK/said" 2>&1; then fail "$1: --live saw nothing"; fi
  if ! grep -q '^-  replicas: 3$' "$WORK/said" || ! grep -q '^+  replicas: 2$' "$WORK/said"; then
    fail "$1: --live: $(cat "$WORK/said")"
  fi
  ok "$1: --live shows no change, then what was changed by hand ($3)"
}

# As docs/environments.md hands the number of replicas to an autoscaler.
hands_over() { # NAMESPACE
  kubectl -n "$1" apply --server-side --force-conflicts --field-manager autoscaler -f - \
    >"$WORK/said" 2>&1 <<'YAML' || fail "hand-over: $(cat "$WORK/said")"
apiVersion: apps/v1
kind: Deployment
metadata: { name: slipway }
spec: { replicas: 3 }
YAML
  set_in bundled "$1" 'autoscale: { min: 2, max: 4 }'
  apply bundled
  for _ in 1 2 3 4 5; do
    [ "$(replicas "$1")" = 3 ] || fail "bundled: $(replicas "$1") replicas at the hand-over"
    sleep 1
  done
  quietly 'bundled: the autoscaler' kubectl -n "$1" get hpa slipway
  is_rolled_out "$1" 'autoscaled'
  ok 'bundled: the autoscaler is handed the number of replicas as it was'
}

prove_sqlite() {
  local here=$PREFIX-sqlite
  namespace "$here"
  apply sqlite
  is_rolled_out "$here" 'the Deployment'
  serves "$here" ada
  quietly "$here" kubectl -n "$here" rollout restart deployment/slipway
  is_rolled_out "$here" 'a second pod'
  knows "$here" ada
  ok 'sqlite: the volume keeps the data over a restart'
}
