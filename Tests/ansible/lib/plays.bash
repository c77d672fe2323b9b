# Plays over the machines, clients that ask meanwhile, and what is seen of both.
#
# Sourced, never run, by Tests/ansible/hosts.sh.
repository=${repository:?}
load_pids=()

secret() { od -An -N 24 -t x1 /dev/urandom | tr -d ' \n'; }

# The database's own is in one place, as in a vault, so that it can be another one.
write_password() {
  password=$(secret)
  echo "postgres_password: $password" >"$WORK/inventory/group_vars/all/password.yml"
  echo "$password" >>"$WORK/secrets"
}

# The first machine is the primary, the second its standby, of which backups are; both serve.
write_inventory() {
  local standby jwt identity
  standby=$(secret) jwt=$(secret)
  age-keygen >"$WORK/identity" 2>/dev/null
  identity=$(grep -v '^#' "$WORK/identity")
  mkdir -p "$WORK/inventory/group_vars/all" "$WORK/inventory/group_vars/services"
  printf '%s\n' "$standby" "$jwt" "$identity" >"$WORK/secrets"
  write_password
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
    backups: { hosts: { $two: {} } }
YAML
  cat >"$WORK/inventory/group_vars/all/main.yml" <<YAML
---
postgres_listen: "*"
postgres_clients: [$one/32, $two/32]
postgres_standby_networks: [$two/32]
postgres_replication_password: $standby
service_programs: $BIN
service_watch_soak: 2s
service_releases_kept: 2
service_secrets:
  DATABASE_URL: "postgres://slipway:{{ postgres_password }}@$one:5432/slipway?sslmode=require"
  JWT_SECRET: $jwt
backup_programs: $BIN
backup_database_url: "postgres://slipway:{{ postgres_password }}@127.0.0.1:5432/slipway"
backup_recipients: [$(age-keygen -y "$WORK/identity")]
backup_identity: $identity
YAML
  # What the parts of the test change, as whoever works with an inventory does.
  state=$WORK/inventory/group_vars/services/state.json
  echo '{"service_instances": ["1", "2"], "service_listen": "0.0.0.0:8080",
    "service_environment": {"APP_SETTINGS": "production", "AUTH": "writes"}}' >"$state"
}
keep() { # JSON
  jq --argjson new "$1" '. * $new' "$state" >"$state.new"
  mv "$state.new" "$state"
}
# Further variables of the service, as an option of one play.
with() { # JSON
  jq -c --argjson new "$1" '{service_environment: (.service_environment + $new)}' "$state"
}

begin_play() { # NAME OPTIONS...
  play_name=$1 play_began=$SECONDS
  shift
  (cd "$repository/ansible" && ANSIBLE_CONFIG=$PWD/ansible.cfg ANSIBLE_NOCOLOR=1 exec setsid \
    "$repository/.tools/ansible/bin/ansible-playbook" -i "$WORK/inventory" site.yml "$@") \
    >"$WORK/$play_name.log" 2>&1 </dev/null &
  play_pid=$!
}
end_play() {
  local code=0
  wait "$play_pid" || code=$?
  play_pid=
  echo "$code" >"$WORK/$play_name.code"
  printf '%s: exit %s, %s s\n' "$play_name" "$code" "$((SECONDS - play_began))" >&2
}
play() { # NAME OPTIONS...
  begin_play "$@"
  end_play
}
# With all that it has started here: what it does on a machine ends there, or does not. Its workers
# lead groups of their own; a play that is stopped first begins no further one.
kill_groups() {
  local workers worker
  kill -STOP "$play_pid" 2>/dev/null || return 0
  workers=$(pgrep -P "$play_pid" || true)
  for worker in "$play_pid" $workers; do
    kill -KILL -- "-$worker" 2>/dev/null || true
  done
}
kill_play() {
  kill_groups
  end_play
}

code() { cat "$WORK/$1.code"; }
changed() {
  sed -nE 's/^[0-9.]+ .* changed=([0-9]+) .*/\1/p' "$WORK/$1.log" |
    awk '{ sum += $1 } END { print NR ? sum : "no hosts" }'
}
# Whether a play said so, wherever its lines were broken.
says() { # NAME PATTERN
  tr -s '\n ' '  ' <"$WORK/$1.log" | grep -E "$2" >/dev/null && echo yes
}

# All instances but the first.
others() { jq -r '.service_instances[1:][]' "$state"; }
port() { jq -r '.service_listen | split(":") | last' "$state"; }
revision() { # ADDRESS
  curl -fsS -m 5 -o /dev/null -D - "http://$1:$(port)/livez" | tr -d '\r' |
    sed -n 's/^X-Revision: //ip'
}
revisions() {
  { revision "$one" && revision "$two"; } | sort -u | tr '\n' ' '
}
state_of() { # ADDRESS UNIT
  on "$1" systemctl is-active "$2" || true
}
is_state() { # ADDRESS UNIT STATE
  [ "$(state_of "$1" "$2")" = "$3" ]
}
instances() { # ADDRESS NAME...
  local address=$1
  shift
  on "$address" systemctl is-active "${@/#/slipway@}" | tr '\n' ' ' || true
}
# The processes that clients of both machines meet.
processes() {
  local address
  for address in "$one" "$two"; do
    on "$address" systemctl show --property=MainPID --value slipway@1 slipway@2
  done | tr -s '\n' ' '
}
# How many are in their places as before, or gone from there: such were not replaced.
stayed() { # PROCESSES BEFORE
  paste <(tr -s ' ' '\n' <<<"$1") <(processes | tr -s ' ' '\n') |
    awk 'NF && ($1 == $2 || $2 == 0) { count += 1 } END { print count + 0 }'
}
# Nothing that an instance is asked is answered, for longer than a gate waits.
stall() { # ADDRESS NAME...
  local address=$1
  shift
  on "$address" "systemctl kill --kill-whom=main --signal=STOP ${*/#/slipway@}; sleep 3
    systemctl kill --kill-whom=main --signal=CONT ${*/#/slipway@}"
}
unlock() {
  on "$one" systemctl stop slipway-play
  on "$two" systemctl stop slipway-play
}

in_database() { # ADDRESS SQL
  on "$1" cd / '&&' runuser -u postgres -- psql -XAtq -d slipway -f - <<<"$2"
}

# Clients of both machines: one's answers need nothing, the other one's come from the database.
start_load() {
  local listen
  listen=$(port)
  "$WORK/openloop" --rate 400 --url "http://$one:$listen/livez" --until-signal \
    >"$WORK/livez.json" 2>"$WORK/livez.txt" &
  load_pids=($!)
  "$WORK/openloop" --rate 100 --url "http://$two:$listen/people" --until-signal \
    >"$WORK/people.json" 2>"$WORK/people.txt" &
  load_pids+=($!)
  sleep 2
}
stop_load() {
  local pid
  sleep 1
  for pid in "${load_pids[@]}"; do kill -TERM "$pid"; done
  for pid in "${load_pids[@]}"; do wait "$pid" || true; done
  load_pids=()
  cat "$WORK/livez.txt" "$WORK/people.txt"
}
load() { # CLIENT NAME
  tail -n 1 "$WORK/$1.json" | python3 -c '
import json, sys
value = json.load(sys.stdin)[sys.argv[1]]
print(len(value) if isinstance(value, dict) else value)' "$2"
}
load_rows() { # NAME
  row "$1: requests that failed" '0 0, 0 0' "$(load livez non_2xx) $(load livez socket_errors), $(
    load people non_2xx
  ) $(load people socket_errors)"
  row "$1: enough were sent" yes "$(
    [ "$(load livez sent)" -ge 4000 ] && [ "$(load people sent)" -ge 1000 ] && echo yes
  )"
}

# Runs a play while clients ask, and tells what they saw.
under_load() { # NAME OPTIONS...
  start_load
  play "$@"
  stop_load
  load_rows "$1"
}
