# The database: its standby, backups, what restores it, and another password.
#
# Sourced, never run, by Tests/ansible/hosts.sh.

has_arrived() { # TABLE
  [ "$(in_database "$two" "SELECT max(n) FROM $1")" = 42 ]
}
# Something to look for on the standby.
write_row() { # TABLE
  in_database "$one" "CREATE TABLE $1 (n int); ALTER TABLE $1 OWNER TO slipway;
    INSERT INTO $1 VALUES (42)"
}

part_standby() {
  write_row followed
  row 'a row arrives on the standby' 0 "$(wait_until 100 has_arrived followed; echo $?)"
  in_database "$one" 'DROP TABLE followed'
  row 'what a slot may keep' 2GB "$(in_database "$one" 'SHOW max_slot_wal_keep_size')"
  row 'how long the standby lets read' 30min \
    "$(in_database "$two" 'SHOW max_standby_streaming_delay')"
  row 'who comes without a password' 'no password supplied' "$(on "$two" "psql -XAtqw \
    'host=$one user=slipway dbname=slipway sslmode=require' -c 'SELECT 1'" 2>&1 |
    grep -o 'no password supplied' || true)"
  row 'the standby, by TLS' t "$(on "$one" "PGPASSWORD=$password psql -XAtqw \
    'host=$two user=slipway dbname=slipway sslmode=require' \
    -c 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'")"

  # As a play leaves it that ends between what it writes and what it starts anew.
  on "$one" "cd /etc/postgresql/15/main/conf.d &&
    sed -i '/^max_connections/s/100/90/' slipway.conf && systemctl restart postgresql@15-main &&
    sed -i '/^max_connections/s/90/100/' slipway.conf"
  row 'interrupted: runs with' 90 "$(in_database "$one" 'SHOW max_connections')"
  play interrupted --tags database
  row 'interrupted: the next one ends it' '0, 100' \
    "$(code interrupted), $(in_database "$one" 'SHOW max_connections')"
}

# PostgreSQL has room for ten.
part_slots() {
  play slots --tags database -e '{"postgres_standbys": ["two", "s1", "s2", "s3", "s4", "s5", "s6",
    "s7", "s8", "s9", "s10"]}'
  row 'a slot too many: exit' 2 "$(code slots)"
  row 'a slot too many: it says so' yes "$(says slots 'all replication slots are in use')"
  in_database "$one" "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
    WHERE slot_name <> 'two'" >/dev/null
  row 'a slot too many: those that are left' two \
    "$(in_database "$one" 'SELECT slot_name FROM pg_replication_slots')"
}

# What a copy leaves that is killed half way: some of its files, and nothing that names a standby.
part_copy() {
  on "$two" "pg_dropcluster --stop 15 main && cd /var/lib/postgresql &&
    install -d -o postgres -g postgres -m 700 15 15/main.copy && echo 15 >15/main.copy/PG_VERSION"
  play copy --tags database
  row 'half a copy: the next play makes it' 0 "$(code copy)"
  row 'half a copy: it is a standby' 't, gone' "$(
    in_database "$two" 'SELECT pg_is_in_recovery()'
  ), $(on "$two" test -e /var/lib/postgresql/15/main.copy || echo gone)"
  write_row copied
  row 'half a copy: it follows' 0 "$(wait_until 100 has_arrived copied; echo $?)"
  in_database "$one" 'DROP TABLE copied'
}

back_up() {
  on "$two" systemctl start slipway-backup.service
}

part_backup() {
  write_row kept
  row 'kept: it arrives on the standby' 0 "$(wait_until 100 has_arrived kept; echo $?)"
  row 'backup of the standby, read back' 0 "$(back_up; echo $?)"
  row 'backup, restored and compared' 0 \
    "$(on "$two" systemctl start slipway-backup-drill.service; echo $?)"
  row 'backups that are proven' 1 "$(on "$two" /opt/slipway-backup/ops backup list \
    --store file:///var/backups/slipway --name slipway | grep -c ' proven' || true)"
  row 'what takes backups has no key' 0 \
    "$(on "$two" systemctl cat slipway-backup.service | grep -c secret_identity || true)"
  row 'timers that wait' 'active active ' \
    "$(on "$two" systemctl is-active slipway-backup.timer slipway-backup-drill.timer |
      tr '\n' ' ' || true)"
  # A timer that is active and has no next time waits for nothing.
  row 'timers that have a time' 2 "$(on "$two" systemctl list-timers 'slipway-*' --no-legend |
    grep -cv '^-' || true)"
}

# The document's blocks: on the hosts of the service, on the primary, and where backups are.
follow_document() {
  local block blocks=$WORK/blocks
  rm -rf "$blocks"
  mkdir "$blocks"
  python3 "$repository/Tests/delivery/documents.py" blocks "$repository" docs/hosts.md \
    Tests/ansible/hosts.sh | sed "s/^primary=.*/primary=$one/" |
    awk -v folder="$blocks" 'BEGIN { RS = "" } { printf "%s\n", $0 >(folder "/" NR) }'
  for block in "$blocks"/*; do
    if grep -q slipway-backup "$block"; then
      run_block "$two" "$block" || return
    elif grep -q '^systemctl .* slipway.socket' "$block"; then
      run_block "$one" "$block" && run_block "$two" "$block" || return
    else
      run_block "$one" "$block" || return
    fi
  done
}
run_block() { # ADDRESS FILE
  on "$1" 'cat >/run/block' <"$2"
  on "$1" bash -euxo pipefail /run/block </dev/null >>"$WORK/restored.log" 2>&1
}

part_restore() {
  local before
  before=$(revisions)
  if [ -z "$(on "$two" ls /var/backups/slipway)" ]; then
    write_row kept
    wait_until 100 has_arrived kept
    back_up
    on "$two" systemctl start slipway-backup-drill.service
  fi
  in_database "$one" 'DROP TABLE kept'
  row 'restored by the document' 0 "$(follow_document; echo $?)"
  row 'restored: what was dropped' 42 "$(in_database "$one" 'SELECT n FROM kept')"
  row 'restored: it serves' "200 200 $before" "$(
    for address in "$one" "$two"; do
      curl -s -m 60 -o /dev/null -w '%{http_code} ' "http://$address:$(port)/readyz"
    done
  )$(revisions)"
}

# By the command of docs/hosts.md, which says all that it does.
part_secrets() {
  local before old
  before=$(processes) old=$(revisions)
  write_password
  play rotated --tags database,service,backup --diff -vvv
  row 'another password: exit' 0 "$(code rotated)"
  row 'another password: the same revision' "$old" "$(revisions)"
  row 'another password: processes that stay' 0 "$(stayed "$before")"
  row 'another password: the database' '200 200 ' "$(
    for address in "$one" "$two"; do
      curl -s -m 5 -o /dev/null -w '%{http_code} ' "http://$address:$(port)/people"
    done
  )"
  row 'another password: a backup' 0 "$(back_up; echo $?)"
}

# What goes back goes to a password that is refused by now: what runs stays with the new one.
part_stranded() {
  local others
  mapfile -t others < <(others)
  write_password
  begin_play stranded --tags database,backup,service -e '{"service_gate_soak": "6s"}'
  row 'nothing to go back to: one starts' 0 \
    "$(wait_until 1800 is_state "$two" slipway@1 activating; echo $?)"
  stall "$two" "${others[@]}"
  end_play
  row 'nothing to go back to: exit' 2 "$(code stranded)"
  row 'nothing to go back to: it says so' yes \
    "$(says stranded 'did not pass, and neither did going back to')"
  row 'nothing to go back to: what runs' 'active, active' \
    "$(state_of "$one" slipway@2), $(state_of "$two" slipway@2)"
  row 'nothing to go back to: it serves' '200 200 ' "$(
    for address in "$one" "$two"; do
      curl -s -m 5 -o /dev/null -w '%{http_code} ' "http://$address:$(port)/people"
    done
  )"
  # Backups were brought before the service failed.
  row 'nothing to go back to: a backup' 0 "$(back_up; echo $?)"
  play unstranded --tags service
  row 'nothing to go back to: the next one' 0 "$(code unstranded)"
  row 'nothing to go back to: all run' 'active active , active active ' \
    "$(instances "$one" 1 2), $(instances "$two" 1 2)"
}

# Two login roles in turn, as docs/hosts.md tells: what serves has a password that still holds.
part_turned() {
  local other before
  other=$(secret)
  echo "$other" >>"$WORK/secrets"
  in_database "$one" "CREATE ROLE slipway_b LOGIN IN ROLE slipway PASSWORD '$other';
    ALTER ROLE slipway_b SET role TO slipway"
  under_load turned --tags service -e "{\"service_secrets\": {
    \"DATABASE_URL\": \"postgres://slipway_b:$other@$one:5432/slipway?sslmode=require\",
    \"JWT_SECRET\": \"{{ postgres_replication_password }}\"}}"
  row 'another login role: exit' 0 "$(code turned)"
  row 'another login role: who comes' slipway_b "$(in_database "$one" "SELECT DISTINCT usename
    FROM pg_stat_activity WHERE datname = 'slipway' AND usename LIKE 'slipway%'")"
  row 'another login role: as whom' slipway "$(on "$two" "PGPASSWORD=$other psql -XAtqw \
    'host=$one user=slipway_b dbname=slipway sslmode=require' -c 'SELECT current_user'")"
  before=$(processes)
  play returned --tags service
  row 'another login role: and back' '0, 0 stayed' "$(code returned), $(stayed "$before") stayed"
}
