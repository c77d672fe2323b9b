#!/usr/bin/env bash
# Everything that ansible/site.yml does on hosts, done to two machines with Debian 12 and systemd
# that this script boots in a network of its own: installed from nothing, looked at again, rolled
# out under load, given releases that fail in every way, killed, moved to another address, followed
# by a standby, backed up, and restored by the commands of docs/hosts.md.
#
#   hosts.sh [PART...]
#
# A part is a function of Tests/ansible/parts, and begins with machines that serve; without a name
# all are done, in the order below. BIN is the folder of the built programs. It wants to be root,
# and is no part of `make test`: some thirty plays over two machines take half an hour or more.
# `make check-hosts` runs it.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BIN=${BIN:-$repository/.build/release}
# Each part with the number of its rows.
order=(
  install:6 rollout:4 failing:7 alone:6 watched:5 left:5 fewer:5 halved:4 unmigrated:3 pending:3
  limited:3 joins:6 busy:3 killed:9 migrating:5 address:5 crash:2 standby:7 slots:3 copy:3 backup:7
  restore:3 secrets:5 stranded:8 turned:6 bounds:2
)
parts=("${order[@]%:*}")
if [ $# != 0 ]; then
  for part in "$@"; do
    [[ " ${parts[*]} " = *" $part "* ]] || {
      echo "hosts: $part is no part; allowed: ${parts[*]}" >&2
      exit 64
    }
  done
  parts=("$@")
fi

[ "$(id -u)" = 0 ] || { echo 'hosts: namespaces and mounts want root' >&2; exit 1; }
if [ -z "${WORK-}" ] || [ -z "${in_namespaces-}" ]; then
  "$repository/scripts/fetch-host-base"
  WORK=$(mktemp -d "${TMPDIR:-/tmp}/slipway-hosts-XXXXXX") in_namespaces=yes BIN=$BIN \
    exec unshare --net --mount --propagation private "${BASH_SOURCE[0]}" "$@"
fi
. "$repository/Tests/faults/lib/table.bash"
. "$repository/Tests/ansible/lib/machines.bash"
. "$repository/Tests/ansible/lib/plays.bash"
. "$repository/Tests/ansible/parts/releases.bash"
. "$repository/Tests/ansible/parts/plays.bash"
. "$repository/Tests/ansible/parts/database.bash"

clean_up() {
  local pid
  [ -z "${play_pid-}" ] || kill_groups
  for pid in "${load_pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  stop_machines
  umount --recursive "$WORK" 2>/dev/null || true
  rm -rf "$WORK"
}
trap clean_up EXIT
mount -t tmpfs -o mode=755 tmpfs "$WORK"

one=$network.11
two=$network.12
gcc -O2 -o "$WORK/openloop" "$repository/Benchmarks/load/openloop.c" -lm
make_network
start_machine one 11
start_machine two 12
write_inventory

heading case expected seen verdict
if [[ " ${parts[*]} " != *' install '* ]]; then
  play first
  [ "$(code first)" = 0 ] || { cat "$WORK/first.log" >&2; exit 1; }
fi
expected=1
for part in "${parts[@]}"; do
  "part_$part"
  for entry in "${order[@]}"; do
    [ "${entry%:*}" != "$part" ] || expected=$((expected + ${entry#*:}))
  done
  if [ $((passed + failed)) != $((expected - 1)) ]; then
    echo "hosts: $part filled another number of rows than it has" >&2
    exit 1
  fi
done

row 'secrets in what plays printed' 0 "$(cat "$WORK"/*.log | grep -cFf "$WORK/secrets" || true)"
if [ "$failed" != 0 ]; then
  for log in "$WORK"/*.log; do
    printf -- '-- %s\n' "$(basename "$log" .log)"
    tail -n 40 "$log"
  done >&2
fi
conclude "$expected"
