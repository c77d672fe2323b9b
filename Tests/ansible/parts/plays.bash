# Plays that meet another one, that are killed, and that move the address.
#
# Sourced, never run, by Tests/ansible/hosts.sh.

part_busy() {
  on "$two" systemd-run --quiet --unit=slipway-play sleep 300
  play busy --tags service
  row 'two plays at once' '2, 0 changed' "$(code busy), $(changed busy) changed"
  row 'two plays at once: what to do' yes "$(says busy 'systemctl stop slipway-play')"
  row 'two plays at once: who has a lock' 'inactive, active' \
    "$(state_of "$one" slipway-play), $(state_of "$two" slipway-play)"
  on "$two" systemctl stop slipway-play
}

has_passed_another() { # ADDRESS RELEASE
  local passed
  passed=$(on "$1" cat /opt/slipway/instances/1.passed 2>/dev/null || true)
  [ -n "$passed" ] && [ "$passed" != "$2" ]
}
journald() { on "$one" systemctl show --property=MainPID --value systemd-journald.service; }

part_killed() {
  local before old journal watching
  before=$(revisions)
  old=$(on "$two" cat /opt/slipway/instances/1.passed)
  keep '{"service_environment": {"PAGEVIEWS_USER_AGENT": "of a play that was killed"}}'
  start_load
  begin_play killed --tags service
  row 'killed: one instance is in' 0 "$(wait_until 900 has_passed_another "$two" "$old"; echo $?)"
  watching="$(state_of "$one" slipway-watch), $(state_of "$two" slipway-watch)"
  kill_play
  play refused --tags service
  row 'killed: no other begins' '2, 0 changed' "$(code refused), $(changed refused) changed"
  row 'killed: what to do' yes "$(says refused 'or one was killed.*systemctl stop slipway-play')"
  unlock
  row 'killed: its watch ends with its lock' 'active, active; inactive, inactive' \
    "$watching; $(state_of "$one" slipway-watch), $(state_of "$two" slipway-watch)"
  # As one leaves it that was killed between what it writes and what it starts anew.
  on "$one" touch /etc/systemd/journald.conf.d/slipway.conf
  journal=$(journald)
  play finished --tags service
  stop_load
  load_rows killed
  row 'killed: the next one ends it' 0 "$(code finished)"
  row 'killed: another revision serves' 'yes, 1' \
    "$([ "$(revisions)" != "$before" ] && echo yes), $(revisions | wc -w)"
  row 'killed: journald reads its bounds' yes "$([ "$(journald)" != "$journal" ] && echo yes)"
}

migrates() {
  [ -n "$(on "$one" systemctl list-units --plain --no-legend --state=activating \
    "'slipway-migrate@*'")" ]
}
waits() { grep 'RETRYING: .*Wait for one that still runs' "$WORK/migrated.log" >/dev/null; }

# One that takes its time goes on when its play is killed.
part_migrating() {
  local before
  before=$(processes)
  on "$one" "mkdir /etc/systemd/system/slipway-migrate@.service.d && touch /run/hold &&
    cat >/etc/systemd/system/slipway-migrate@.service.d/hold.conf" <<'UNIT'
[Service]
ExecStartPre=/bin/sh -c 'while [ -e /run/hold ]; do sleep 0.2; done'
UNIT
  keep '{"service_environment": {"PAGEVIEWS_USER_AGENT": "of a migration that goes on"}}'
  begin_play migrating --tags service
  row 'killed in a migration: it runs' 0 "$(wait_until 900 migrates; echo $?)"
  kill_play
  unlock
  begin_play migrated --tags service
  row 'killed in a migration: waited for' 0 "$(wait_until 1800 waits; echo $?)"
  row 'killed in a migration: nothing moves' "$before" "$(processes)"
  on "$one" rm /run/hold
  end_play
  row 'killed in a migration: the next one' 0 "$(code migrated)"
  row 'killed in a migration: it serves' '0 stayed, 1' \
    "$(stayed "$before") stayed, $(revisions | wc -w)"
  on "$one" "rm -r /etc/systemd/system/slipway-migrate@.service.d && systemctl daemon-reload"
}

part_address() {
  local before
  before=$(revisions)
  keep '{"service_listen": "0.0.0.0:8081"}'
  play moved --tags service -e '{"service_allow_closing": true}'
  row 'another address' "0, $before" "$(code moved), $(revisions)"
  row 'another address: instances' 'active active ' "$(instances "$two" 1 2)"
  # PostgreSQL has that one.
  play taken --tags service -e '{"service_listen": "0.0.0.0:5432", "service_allow_closing": true}'
  row 'an address that is taken' "2, $before" "$(code taken), $(revisions)"
  row 'an address that is taken: why' yes \
    "$(says taken '0.0.0.0:5432 of [0-9.]+ could not be opened: slipway.socket: Failed')"
  row 'an address that is taken: instances' 'active active ' "$(instances "$two" 1 2)"
}

is_another() { # PROCESS
  local now
  now=$(on "$one" systemctl show --property=MainPID --value slipway@1)
  [ "$now" != 0 ] && [ "$now" != "$1" ] && is_state "$one" slipway@1 active
}

# Only what it has accepted is lost with it: the other one has the same socket.
part_crash() {
  local old lost
  old=$(on "$one" systemctl show --property=MainPID --value slipway@1)
  start_load
  on "$one" kill -KILL "$old"
  row 'an instance dies: another comes' 0 "$(wait_until 300 is_another "$old"; echo $?)"
  stop_load
  lost=$(($(load livez non_2xx) + $(load livez socket_errors)))
  judged 'an instance dies: requests lost' 'below 40 (0.1 s)' "$lost" \
    "$([ "$lost" -lt 40 ] && echo ok)"
}

part_bounds() {
  local exposure kept
  exposure=$(on "$one" systemd-analyze security slipway@1.service --no-pager | tail -n 1)
  row 'exposure below 2.0' yes "$(sed -nE 's/.*: ([0-9.]+) .*/\1/p' <<<"$exposure" |
    awk '{ print ($1 < 2.0) ? "yes" : $1 }')"
  echo "$exposure"
  kept=$(on "$one" ls /opt/slipway/releases | wc -l)
  judged 'folders of releases' '1 or 2' "$kept" "$([ "$kept" -le 2 ] && echo ok)"
}
