# Releases: those that pass, and those that fail in every way.
#
# Sourced, never run, by Tests/ansible/hosts.sh.

part_install() {
  play look --check --diff
  row 'a look at bare machines' 0 "$(code look)"
  play first
  row 'from nothing' 0 "$(code first)"
  play second
  row 'again' '0, 0 changed' "$(code second), $(changed second) changed"
  play check --check --diff
  row 'a look' '0, 0 changed' "$(code check), $(changed check) changed"
  row 'revisions on both machines' 1 "$(revisions | wc -w)"
  row 'a list out of the database' 200 \
    "$(curl -s -m 5 -o /dev/null -w '%{http_code}' "http://$two:$(port)/people")"
}

part_rollout() {
  local before
  before=$(revisions)
  keep '{"service_instances": ["1", "2", "3"], "service_environment": {"HEALTH_BODY": "healthy"}}'
  under_load rollout --tags service
  row 'rollout: exit' 0 "$(code rollout)"
  row 'rollout: another revision serves' 'yes, 1' \
    "$([ "$(revisions)" != "$before" ] && echo yes), $(revisions | wc -w)"
}

# An instance to lose.
have_three() {
  [ "$(jq -c .service_instances "$state")" != '["1","2","3"]' ] || return 0
  keep '{"service_instances": ["1", "2", "3"]}'
  play three --tags service
  [ "$(code three)" = 0 ] || { cat "$WORK/three.log" >&2; exit 1; }
}

part_failing() {
  local before
  have_three
  before=$(revisions)
  under_load failing --tags service -e "$(with '{"LOG_FORMAT": "xml"}')"
  row 'failing: exit' 2 "$(code failing)"
  row 'failing: it says why' yes "$(says failing "LOG_FORMAT is ''*xml")"
  row 'failing: it says what serves' yes \
    "$(says failing "was taken back, ${before% }-[0-9a-f]{6} serves")"
  row 'failing: the old revision serves' "$before" "$(revisions)"
  row 'failing: instances that run' 'active active active ' "$(instances "$one" 1 2 3)"
}

part_alone() {
  local before
  before=$(revisions)
  under_load alone --tags service -e "$(with "{\"LOG_FORMAT\":
    \"{{ (inventory_hostname == '$two') | ternary('xml', 'json') }}\"}")"
  row 'one fails alone: exit' 2 "$(code alone)"
  row 'one fails alone: it says why' yes "$(says alone "instance 1 of $two did not pass")"
  row 'one fails alone: the old revision' "$before" "$(revisions)"
  row 'one fails alone: its instances' 'active active ' "$(instances "$two" 1 2)"
}

# While the first instance of the second machine starts, its others answer nobody.
part_watched() {
  local before
  have_three
  before=$(revisions)
  begin_play watched --tags service -e "$(with '{"PAGEVIEWS_USER_AGENT": "seen"}')" \
    -e '{"service_gate_soak": "6s"}'
  row 'clients hang: an instance starts' 0 \
    "$(wait_until 900 is_state "$two" slipway@1 activating; echo $?)"
  stall "$two" 2 3
  end_play
  row 'clients hang: exit' 2 "$(code watched)"
  # On a machine that is busy itself, what the gate says first is that it could not ask in time.
  row 'clients hang: it says whose' yes \
    "$(says watched "clients of $two: ([0-9]+ probes? failed|the prober was the bottleneck)")"
  row 'clients hang: the old revision serves' "$before" "$(revisions)"
  row 'clients hang: instances that run' 'active active active ' "$(instances "$two" 1 2 3)"
}

part_left() {
  local before
  have_three
  before=$(revisions)
  begin_play left --tags service -e '{"service_instances": ["1", "2"], "service_watch_soak": "8s"}'
  row 'hang after one left: it left' 0 \
    "$(wait_until 900 is_state "$two" slipway@3 inactive; echo $?)"
  stall "$two" 1 2
  end_play
  row 'hang after one left: exit' 2 "$(code left)"
  row 'hang after one left: it says whose' yes "$(says left "clients of $two: ")"
  row 'hang after one left: what serves' "$before" "$(revisions)"
  row 'hang after one left: it is back' 'active active active ' "$(instances "$two" 1 2 3)"
}

part_fewer() {
  have_three
  keep '{"service_instances": ["1", "2"]}'
  under_load fewer --tags service
  row 'fewer instances: exit' 0 "$(code fewer)"
  row 'fewer instances: those that run' 'active active inactive ' "$(instances "$one" 1 2 3)"
  row 'fewer instances: what is left of it' 'disabled, 0' "$(
    on "$one" systemctl is-enabled slipway@3 || true
  ), $(on "$one" ls /opt/slipway/instances | grep -c '^3' || true)"
}

# Clients of the second machine have one instance alone, which is not the first to be replaced.
part_halved() {
  local others
  mapfile -t others < <(others)
  on "$two" systemctl stop "${others[@]/#/slipway@}"
  keep '{"service_environment": {"PAGEVIEWS_USER_AGENT": "of one that ran alone"}}'
  under_load halved --tags service
  row 'one runs alone: exit' 0 "$(code halved)"
  row 'one runs alone: instances' 'active active ' "$(instances "$two" 1 2)"
}

part_unmigrated() {
  local before
  before=$(processes)
  play unmigrated --tags service -e "{\"service_secrets\": {
    \"DATABASE_URL\": \"postgres://slipway:{{ postgres_password }}@$one/nosuch?sslmode=require\",
    \"JWT_SECRET\": \"{{ postgres_replication_password }}\"}}"
  row 'a migration fails: exit' 2 "$(code unmigrated)"
  row 'a migration fails: it says why' yes "$(says unmigrated 'Say why the schema.*nosuch')"
  row 'a migration fails: nothing moved' "$before" "$(processes)"
}

part_pending() {
  local before
  before="$(processes)$(on "$one" ls /opt/slipway/releases | tr '\n' ' ')"
  play pending --check --tags service -e "$(with '{"PAGEVIEWS_USER_AGENT": "looked at"}')"
  row 'a look at a release: exit' 0 "$(code pending)"
  row 'a look at a release: it would change' yes "$([ "$(changed pending)" -gt 0 ] && echo yes)"
  row 'a look at a release: nothing did' "$before" \
    "$(processes)$(on "$one" ls /opt/slipway/releases | tr '\n' ' ')"
}

part_limited() {
  local before
  before=$(processes)
  play limited --tags service --limit "$one" -e "$(with '{"PAGEVIEWS_USER_AGENT": "limited"}')"
  row 'one host left out: exit' 2 "$(code limited)"
  row 'one host left out: it says which' yes "$(says limited "this play leaves $two out")"
  row 'one host left out: nothing moved' "$before" "$(processes)"
}

# The second machine is one that joins, and the release fails on the first.
part_joins() {
  local before
  before=$(revision "$one")
  on "$two" "systemctl disable --quiet --now slipway.socket slipway@1 slipway@2 slipway@3
    rm -rf /opt/slipway /etc/systemd/system/slipway.socket /etc/systemd/system/slipway@.service
    systemctl daemon-reload"
  play joins --tags service -e "$(with "{\"LOG_FORMAT\":
    \"{{ (inventory_hostname == '$one') | ternary('xml', 'json') }}\"}")"
  row 'joins with one that fails: exit' 2 "$(code joins)"
  row 'joins with one that fails: it says so' yes "$(says joins 'did not pass and was ended')"
  row 'joins with one that fails: it ends' 'inactive inactive disabled' "$(
    state_of "$two" slipway.socket
  ) $(state_of "$two" slipway@1) $(on "$two" systemctl is-enabled slipway@1 || true)"
  row 'joins with one that fails: the other' "$before" "$(revision "$one")"
  play joined --tags service
  row 'joins: exit' 0 "$(code joined)"
  row 'joins: both serve the same' "$before " "$(revisions)"
}
