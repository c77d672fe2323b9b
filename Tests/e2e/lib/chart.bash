# The chart under Helm: a database from outside, where a hook migrates, and one of its own, where a
# Job does; from one to the other and back; and what is left when it is gone.
#
# Sourced, never run.
here=$PREFIX-chart

prove_chart() {
  values=$WORK/project/charts/slipway/values/chart.yaml
  own=$WORK/other/charts/slipway/values/chart.yaml
  namespace "$here"
  has_address || fail 'chart: the database of the part bundled is needed'
  release "$values" 'installing'
  ok 'chart: the hook migrates, then the service comes up'
  notes_are_true
  ok 'chart: what the notes tell to run works'
  shows_changes chart "$here" Helm
  gives_back
  $HELM test slipway -n "$here" --timeout "${wait_seconds}s" >"$WORK/said" 2>&1 ||
    fail "chart: helm test: $(cat "$WORK/said")"
  ok 'chart: helm test passes'

  release "$values" 'upgrading' --set-json 'env={"LOG_LEVEL":"debug"}'
  quietly 'chart: rollback' $HELM rollback slipway -n "$here" --timeout "${wait_seconds}s"
  is_rolled_out "$here" 'the Deployment after going back'
  serves "$here" ada
  ok 'chart: an upgrade and the way back'
  stops_at_a_failure
  changes_its_database
  uninstalls
}

# Installs or upgrades, and sees the service answer.
release() { # VALUES WHAT ARGUMENT...
  local file=$1 what=$2
  shift 2
  install "$file" --timeout "${wait_seconds}s" "$@" || fail "chart: $what: $(cat "$WORK/said")"
  cp "$WORK/said" "$WORK/notes"
  is_rolled_out "$here" "$what"
  serves "$here" ada
}

# The address of another release's database, which otherwise lets in its own release alone.
has_address() {
  local from=$PREFIX-bundled url
  url=$(kubectl -n "$from" get secret slipway-database -o 'jsonpath={.data.url}' | base64 -d) ||
    return 1
  quietly 'chart: the address' kubectl -n "$here" create secret generic slipway-address \
    --from-file=url=<(printf '%s' "$url" | sed "s|@slipway-database|&.$from|")
  quietly 'chart: the policy' kubectl -n "$from" delete networkpolicy slipway-database
}

# But for what stays in the foreground.
notes_are_true() {
  grep -E '^ {4}kubectl' "$WORK/notes" | grep -v port-forward >"$WORK/commands" ||
    fail "chart: the notes tell nothing: $(cat "$WORK/notes")"
  quietly 'chart: the notes' bash -euo pipefail "$WORK/commands"
  grep -q 'the schema is current' "$WORK/said" || fail "chart: the notes: $(cat "$WORK/said")"
}

# Takes back what was changed by hand, which Helm will not do unasked.
gives_back() {
  if install "$values" --timeout "${wait_seconds}s"; then fail 'chart: Helm overwrote by itself'; fi
  grep -q 'conflict' "$WORK/said" || fail "chart: $(cat "$WORK/said")"
  install "$values" --timeout "${wait_seconds}s" --force-conflicts ||
    fail "chart: --force-conflicts: $(cat "$WORK/said")"
  [ "$(replicas "$here")" = 2 ] || fail 'chart: what was changed by hand stays'
  ok 'chart: an upgrade names what was changed by hand, and takes it back when told to'
}

stops_at_a_failure() {
  local missing='secrets={"database":{"existing":"no-such-secret"}}'
  if install "$values" --timeout 60s --set-json "$missing,migrations={\"deadlineSeconds\":10}"; then
    fail 'chart: a migration that cannot run did not stop the upgrade'
  fi
  is_rolled_out "$here" 'the Deployment after a failed upgrade'
  serves "$here" ada
  ok 'chart: a migration that fails stops the upgrade, and the old release serves'
}

changes_its_database() {
  quietly 'ops secrets init' ops other secrets init --env chart
  release "$own" 'a database of its own'
  serves "$here" grace
  ok 'chart: a database of its own, which a Job migrates'
  release "$values" 'the database from outside'
  if ask /hello/grace >/dev/null 2>&1; then fail 'chart: the database is the same'; fi
  ok 'chart: back to the database from outside, which a hook migrates'
  release "$own" 'a database of its own again'
  knows "$here" grace
  ok 'chart: and once more, with the data of before'
}

# What carries the release's labels, as KIND/NAME.
left() {
  kubectl -n "$here" get -l app.kubernetes.io/instance=slipway -o name --ignore-not-found \
    deployment,statefulset,job,pod,service,serviceaccount,configmap,networkpolicy,pdb,pvc,secret |
    sort | tr '\n' ' '
}

is_left() { [ "$(left)" = "$1" ]; }

uninstalls() {
  local instance=app.kubernetes.io/instance=slipway
  local hooks='app.kubernetes.io/component in (migration,test)'
  local data='persistentvolumeclaim/data-slipway-database-0 secret/slipway-database '
  quietly 'chart: uninstall' $HELM uninstall slipway -n "$here" --timeout "${wait_seconds}s"
  # As docs/environments.md does it.
  quietly 'chart: what hooks have left' kubectl -n "$here" delete \
    job,pod,serviceaccount,networkpolicy --selector "$instance,$hooks"
  eventually is_left "$data" || fail "chart: left are $(left)"
  ok 'chart: uninstalled; the data stays, and what hooks have left goes as the page says'
}
