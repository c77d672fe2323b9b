#!/usr/bin/env bash
# Everything that ansible/site.yml does on hosts, done to two machines with Debian 12 and systemd that
# this script boots in a network of its own: installed from nothing, looked at again, rolled out under
# load, given a release that does not start, moved to another address, followed by a standby, backed
# up, and restored by the commands of docs/hosts.md.
#
# BIN is the folder of the built programs. It wants to be root, and is no part of `make test`: a dozen
# plays over two machines take minutes of their own. `make check-hosts` runs it.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BIN=${BIN:-$repository/.build/release}
[ "$(id -u)" = 0 ] || { echo 'hosts: namespaces and mounts want root' >&2; exit 1; }
if [ -z "${WORK-}" ] || [ -z "${in_namespaces-}" ]; then
  "$repository/scripts/fetch-host-base"
  WORK=$(mktemp -d "${TMPDIR:-/tmp}/slipway-hosts-XXXXXX") in_namespaces=yes BIN=$BIN \
    exec unshare --net --mount --propagation private "${BASH_SOURCE[0]}" "$@"
fi
. "$repository/Tests/faults/lib/table.bash"
. "$repository/Tests/ansible/lib/machines.bash"

clean_up() {
  [ -z "${load_pid-}" ] || kill -TERM "$load_pid" 2>/dev/null || true
  stop_machines
  umount --recursive "$WORK" 2>/dev/null || true
  rm -rf "$WORK"
}
trap clean_up EXIT
mount -t tmpfs -o mode=755 tmpfs "$WORK"

one=$network.11
two=$network.12
url=http://$one:8080
secret() { od -An -N 24 -t x1 /dev/urandom | tr -d ' \n'; }

# The first machine is the primary, the second its standby; both serve.
write_inventory() {
  local standby jwt identity
  password=$(secret) standby=$(secret) jwt=$(secret)
  age-keygen >"$WORK/identity" 2>/dev/null
  identity=$(grep -v '^#' "$WORK/identity")
  mkdir -p "$WORK/inventory/group_vars/all"
  cat >"$WORK/inventory/hosts.yml" <<YAML
---
all:
  vars: { ansible_ssh_common_args: "-F $WORK/ssh", ansible_user: root, ansible_become_method: su }
  children:
    databases:
      hosts:
        $one: { postgres_mode: primary, postgres_standbys: [two] }
        $two: { postgres_mode: standby, postgres_primary: $one, postgres_slot: two }
    services: { hosts: { $one: {}, $two: {} } }
    backups: { hosts: { $one: {} } }
YAML
  cat >"$WORK/inventory/group_vars/all/main.yml" <<YAML
---
postgres_listen: "*"
postgres_clients: [$one/32, $two/32]
postgres_standby_networks: [$two/32]
postgres_password: $password
postgres_replication_password: $standby
service_programs: $BIN
service_watch_soak: 2s
service_releases_kept: 2
service_environment: { APP_SETTINGS: production, AUTH: writes }
service_secrets:
  DATABASE_URL: postgres://slipway:$password@$one:5432/slipway?sslmode=require
  JWT_SECRET: $jwt
backup_programs: $BIN
backup_database_url: postgres://slipway:$password@127.0.0.1:5432/slipway
backup_recipients: [$(age-keygen -y "$WORK/identity")]
backup_identity: $identity
YAML
  printf '%s\n' "$password" "$standby" "$jwt" "$identity" >"$WORK/secrets"
}

play() { # NAME OPTIONS...
  local name=$1 code=0 began=$SECONDS
  shift
  (cd "$repository/ansible" && ANSIBLE_CONFIG=$PWD/ansible.cfg ANSIBLE_NOCOLOR=1 \
    "$repository/.tools/ansible/bin/ansible-playbook" -i "$WORK/inventory" site.yml "$@") \
    >"$WORK/$name.log" 2>&1 </dev/null || code=$?
  echo "$code" >"$WORK/$name.code"
  printf '%s: exit %s, %s s\n' "$name" "$code" "$((SECONDS - began))" >&2
}
code() { cat "$WORK/$1.code"; }
changed() {
  sed -nE 's/^[0-9.]+ .* changed=([0-9]+) .*/\1/p' "$WORK/$1.log" |
    awk '{ sum += $1 } END { print NR ? sum : "no hosts" }'
}
revisions() { # [PORT]
  local address
  for address in "$one" "$two"; do
    curl -fsS -m 5 -o /dev/null -D - "http://$address:${1-8080}/livez" | tr -d '\r' |
      sed -n 's/^X-Revision: //ip'
  done | sort -u | tr '\n' ' '
}

start_load() {
  "$WORK/openloop" --rate 500 --url "$url/livez" --until-signal >"$WORK/load.json" 2>"$WORK/load.txt" &
  load_pid=$!
}
stop_load() {
  kill -TERM "$load_pid"
  wait "$load_pid" || true
  load_pid=
}
load() { # NAME
  tail -n 1 "$WORK/load.json" | python3 -c '
import json, sys
value = json.load(sys.stdin)[sys.argv[1]]
print(len(value) if isinstance(value, dict) else value)' "$1"
}

# Runs a play while clients ask, and tells what they saw.
under_load() { # NAME OPTIONS...
  start_load
  sleep 2
  play "$@"
  sleep 1
  stop_load
  cat "$WORK/load.txt"
  row "$1: requests that failed" '0 0' "$(load non_2xx) $(load socket_errors)"
  row "$1: fewer than 5,000 sent" no "$(
    if [ "$(load sent)" -lt 5000 ]; then load sent; else echo no; fi
  )"
}

# Whether a play said so, wherever its lines were broken.
says() { # NAME PATTERN
  tr -s '\n ' '  ' <"$WORK/$1.log" | grep -E "$2" >/dev/null && echo yes
}
state_of() { # ADDRESS UNIT
  on "$1" systemctl is-active "$2" || true
}
instances() { # ADDRESS NAME...
  local address=$1
  shift
  on "$address" systemctl is-active "${@/#/slipway@}" | tr '\n' ' ' || true
}

in_database() { # ADDRESS SQL
  on "$1" cd / '&&' runuser -u postgres -- psql -XAtq -d slipway -f - <<<"$2"
}

gcc -O2 -o "$WORK/openloop" "$repository/Benchmarks/load/openloop.c" -lm
make_network
start_machine one 11
start_machine two 12
write_inventory

heading case expected seen verdict
play look --check
row 'a look at bare machines' 0 "$(code look)"
play first
row 'from nothing' 0 "$(code first)"
play second
row 'again' '0, 0 changed' "$(code second), $(changed second) changed"
play check --check
row 'a look' '0, 0 changed' "$(code check), $(changed check) changed"
before=$(revisions)
row 'revisions on both machines' 1 "$(wc -w <<<"$before")"

under_load rollout --tags service -e '{"service_instances": ["1", "2", "3"],
  "service_environment": {"APP_SETTINGS": "production", "AUTH": "writes", "HEALTH_BODY": "healthy"}}'
row 'rollout: exit' 0 "$(code rollout)"
after=$(revisions)
row 'rollout: another revision serves' 'yes, 1' \
  "$([ "$after" != "$before" ] && echo yes), $(wc -w <<<"$after")"

under_load failing --tags service \
  -e '{"service_environment": {"APP_SETTINGS": "production", "AUTH": "writes", "LOG_FORMAT": "xml"}}'
row 'failing: exit' 2 "$(code failing)"
row 'failing: it says why' yes "$(says failing "LOG_FORMAT is ''*xml")"
row 'failing: it says what serves' yes \
  "$(says failing "was taken back, ${after% }-[0-9a-f]{6} serves")"
row 'failing: the old revision serves' "$after" "$(revisions)"
row 'failing: instances that run' 'active active active ' "$(instances "$one" 1 2 3)"

printf '%s\n' '{"service_environment": {"APP_SETTINGS": "production", "AUTH": "writes",
  "HEALTH_BODY": "healthy"}}' >"$WORK/healthy.json"
under_load fewer --tags service -e "@$WORK/healthy.json"
row 'fewer instances: exit' 0 "$(code fewer)"
row 'fewer instances: those that run' 'active active inactive ' "$(instances "$one" 1 2 3)"
row 'fewer instances: what is left of it' 'disabled, 0' "$(
  on "$one" systemctl is-enabled slipway@3 || true
), $(on "$one" ls /opt/slipway/instances | grep -c '^3' || true)"

on "$two" systemd-run --quiet --unit=slipway-play sleep 300
play busy --tags service
row 'two plays at once' '2, 0 changed' "$(code busy), $(changed busy) changed"
row 'two plays at once: what to do' yes "$(says busy 'systemctl stop slipway-play')"
row 'two plays at once: who has a lock' 'inactive, active' \
  "$(state_of "$one" slipway-play), $(state_of "$two" slipway-play)"
on "$two" systemctl stop slipway-play

play moved --tags service -e "@$WORK/healthy.json" \
  -e '{"service_listen": "0.0.0.0:8081", "service_allow_closing": true}'
row 'another address' "0, $after" "$(code moved), $(revisions 8081)"
row 'another address: instances' 'active active ' "$(instances "$two" 1 2)"
# PostgreSQL has that one.
play taken --tags service -e "@$WORK/healthy.json" \
  -e '{"service_listen": "0.0.0.0:5432", "service_allow_closing": true}'
row 'an address that is taken' "2, $after" "$(code taken), $(revisions 8081)"
row 'an address that is taken: why' yes "$(says taken '0.0.0.0:5432 of [0-9.]+ could not be opened: slipway.socket: Failed')"
row 'an address that is taken: instances' 'active active ' "$(instances "$two" 1 2)"

on "$one" kill -KILL "\$(systemctl show -P MainPID slipway@1)"
row 'killed: comes back' 0 \
  "$(wait_until 300 on "$one" systemctl is-active --quiet slipway@1; echo $?)"
row 'folders of releases' 2 "$(on "$one" ls /opt/slipway/releases | wc -l)"

in_database "$one" "CREATE TABLE IF NOT EXISTS followed (n int); INSERT INTO followed VALUES (42)"
# shellcheck disable=SC2317
follows() { [ "$(in_database "$two" 'SELECT max(n) FROM followed')" = 42 ]; }
row 'a row arrives on the standby' 0 "$(wait_until 100 follows; echo $?)"
in_database "$one" 'DROP TABLE followed'
row 'what a slot may keep' 2GB "$(in_database "$one" 'SHOW max_slot_wal_keep_size')"
row 'who comes without a password' refused "$(on "$two" psql -XAtqw \
  "'host=$one user=slipway dbname=slipway'" -c 'SELECT 1' >/dev/null 2>&1 || echo refused)"

row 'the standby, by TLS' t "$(on "$one" "PGPASSWORD=$password psql -XAtqw \
  'host=$two user=slipway dbname=slipway sslmode=require' \
  -c 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'")"

# As a play leaves it that ends between what it writes and what it starts anew.
on "$one" "cd /etc/postgresql/15/main/conf.d && sed -i '/^max_connections/s/100/90/' slipway.conf &&
  systemctl restart postgresql@15-main && sed -i '/^max_connections/s/90/100/' slipway.conf"
row 'interrupted: runs with' 90 "$(in_database "$one" 'SHOW max_connections')"
play interrupted --tags database
row 'interrupted: the next one ends it' '0, 100' \
  "$(code interrupted), $(in_database "$one" 'SHOW max_connections')"

in_database "$one" 'CREATE TABLE kept (n int); ALTER TABLE kept OWNER TO slipway;
  INSERT INTO kept VALUES (42)'
row 'backup, read back' 0 "$(on "$one" systemctl start slipway-backup.service; echo $?)"
row 'backup, restored and compared' 0 "$(on "$one" systemctl start slipway-backup-drill.service; echo $?)"
row 'backups that are proven' 1 "$(on "$one" /opt/slipway-backup/ops backup list \
  --store file:///var/backups/slipway --name slipway | grep -c ' proven' || true)"
row 'what takes backups has no key' 0 \
  "$(on "$one" systemctl cat slipway-backup.service | grep -c secret_identity || true)"
in_database "$one" 'DROP TABLE kept'
on "$two" systemctl stop slipway.socket "'slipway@*.service'"
python3 "$repository/Tests/delivery/documents.py" blocks "$repository" docs/hosts.md \
  Tests/ansible/hosts.sh | sed 's/^primary=.*/primary=127.0.0.1/' | on "$one" 'cat >/run/blocks'
row 'restored by the document' 0 "$(on "$one" bash -euxo pipefail /run/blocks </dev/null \
  >"$WORK/restored.log" 2>&1; echo $?)"
row 'restored: what was dropped' 42 "$(in_database "$one" 'SELECT n FROM kept')"
row 'restored: it serves' "$after" "$(curl -fsS -m 60 -o /dev/null -D - "http://$one:8081/readyz" |
  tr -d '\r' | sed -n 's/^X-Revision: //ip' | tr '\n' ' ')"
row 'timers that wait' 2 "$(on "$one" systemctl list-timers --all 'slipway-*' --no-legend | wc -l)"

exposure=$(on "$one" systemd-analyze security slipway@1.service --no-pager | tail -n 1)
row 'exposure below 2.0' yes "$(sed -nE 's/.*: ([0-9.]+) .*/\1/p' <<<"$exposure" |
  awk '{ print ($1 < 2.0) ? "yes" : $1 }')"
row 'secrets in what plays printed' 0 "$(cat "$WORK"/*.log | grep -cFf "$WORK/secrets" || true)"
echo "$exposure"
if [ "$failed" != 0 ]; then
  for name in look first second check rollout failing fewer busy moved taken interrupted restored; do
    printf -- '-- %s\n' "$name"
    tail -n 40 "$WORK/$name.log"
  done >&2
fi
conclude 47
