#!/usr/bin/env bash
# Drills and restores that are stopped or killed: a database is whole or as it was, a backup keeps
# the state that it had, and nothing is left once the next drill has run.
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/table.bash"

programs=/usr/lib/postgresql/15/bin
server=$WORK/server
store=file://$WORK/store
scratch=$WORK/scratch
port=0
as=()
if [ "$(id -u)" = 0 ]; then as=(runuser -u postgres --); fi
export PGHOST=$server PGUSER=slipway
ops_pid=

postgres() { (cd / && "${as[@]}" "$@"); }
clean_up() {
  if [ -n "$ops_pid" ]; then kill -9 "$ops_pid" 2>/dev/null; fi
  postgres "$programs/pg_ctl" -D "$server/data" -m immediate -w stop >/dev/null 2>&1
}
trap clean_up EXIT

mkdir "$server" "$scratch"
chmod 755 "$WORK" "$server"
chmod 711 "$scratch"
if [ "$(id -u)" = 0 ]; then chown postgres "$server"; fi
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export PGPORT=$port
postgres "$programs/initdb" -D "$server/data" -U slipway -A trust --no-sync >"$WORK/initdb.log" 2>&1 || exit 1
postgres "$programs/pg_ctl" -D "$server/data" -l "$server/log" -w start \
  -o "-k $server -p $port -c listen_addresses= -c fsync=off" >"$WORK/start.log" 2>&1 || exit 1

url() { printf 'postgres:///%s?host=%s&port=%s&user=slipway' "$1" "$server" "$port"; }
sql() { psql -X -q -At -v ON_ERROR_STOP=1 -d "$1" -c "$2"; }

sql postgres 'CREATE DATABASE source'
sql source "CREATE TABLE rows AS SELECT n, md5(n::text) AS text FROM generate_series(1, 400000) n;
  ALTER TABLE rows ADD PRIMARY KEY (n); CREATE INDEX ON rows (text)"
take() { # NAME FORMAT
  "$BIN/ops" backup run --database "$(url source)" --store "$store" --name "$1" --format "$2" \
    --drill --scratch "$scratch" >"$WORK/run-$1.txt" 2>&1
}

# What a database holds: nothing, all, or something in between.
held() { # DATABASE
  local count
  count=$(sql "$1" "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'i')
    AND relnamespace = 'public'::regnamespace")
  if [ "$count" = 0 ]; then
    echo nothing
  elif [ "$count" = 3 ] && [ "$(sql "$1" 'SELECT count(*) FROM rows')" = 400000 ]; then
    echo all
  else
    echo "part ($count)"
  fi
}

has_no_session() { # DATABASE
  [ "$(sql postgres "SELECT count(*) FROM pg_stat_activity WHERE datname = '$1'")" = 0 ]
}

# Nothing of a drill: neither folder nor server.
left() {
  local folders processes
  folders=$(find "$scratch" -mindepth 1 -maxdepth 1 | wc -l)
  processes=$(pgrep -f "postgres -D $scratch" | wc -l)
  echo "$folders folders, $processes servers"
}

state() { # NAME
  "$BIN/ops" backup list --store "$store" --name "$1" --json |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["backups"][0]["state"])'
}

in_background() { # ARGUMENTS...
  "$BIN/ops" backup "$@" >"$WORK/background.txt" 2>&1 &
  ops_pid=$!
}

# Waits for what is in the background; its exit code is in `code`.
finish() {
  code=0
  wait "$ops_pid" 2>/dev/null || code=$?
  ops_pid=
}

heading case expected seen verdict
take custom custom
row 'run --drill, an archive' '0, proven' "$?, $(state custom)"
take plain plain
row 'run --drill, a script' '0, proven' "$?, $(state plain)"
row 'after both' '0 folders, 0 servers' "$(left)"

stopped=0
for delay in 0.3 0.6 1 1.5 2 2.5 3; do
  in_background drill --store "$store" --name custom --scratch "$scratch"
  sleep "$delay"
  kill -TERM "$ops_pid" 2>/dev/null
  finish
  if [ "$code" = 15 ]; then stopped=$((stopped + 1)); fi
  # One that was done before says so; one that had not looked for signals yet dies of it.
  verdict=$(case $code in 0 | 15 | 143) echo ok ;; esac)
  judged "drill, SIGTERM after $delay s" '15, or 0 if done' "$code" "$verdict"
  row "  left, state" '0 folders, proven' "$(left | cut -d, -f1), $(state custom)"
done
judged 'drills that a signal stopped' 'some' "$stopped" "$([ "$stopped" -gt 0 ] && echo ok)"

killed=0
for delay in 0.3 1 2 3; do
  in_background drill --store "$store" --name custom --scratch "$scratch"
  sleep "$delay"
  kill -9 "$ops_pid" 2>/dev/null
  finish
  if [ "$code" = 137 ]; then killed=$((killed + 1)); fi
  "$BIN/ops" backup drill --store "$store" --name custom --scratch "$scratch" >"$WORK/next.txt" 2>&1
  row "drill, kill -9 after $delay s, next" '0, 0 folders, 0 servers' "$?, $(left)"
done
judged 'drills that were killed' 'some' "$killed" "$([ "$killed" -gt 0 ] && echo ok)"

number=0
for name in custom plain; do
  for delay in 0.1 0.5 1 2; do
    for victim in ops program; do
      number=$((number + 1))
      database=target$number
      sql postgres "CREATE DATABASE $database"
      in_background restore --store "$store" --name "$name" --database "$(url $database)" --no-compare
      sleep "$delay"
      if [ "$victim" = ops ]; then
        kill -9 "$ops_pid" 2>/dev/null
      else
        pkill -9 -P "$ops_pid" 2>/dev/null
      fi
      finish
      # Whoever restores ends with ops, and the server notices.
      wait_until 300 has_no_session "$database"
      seen=$(held "$database")
      verdict=$(case $seen in nothing | all) echo ok ;; esac)
      judged "restore, $name, kill -9 $victim, $delay s" 'nothing or all' "$seen" "$verdict"
    done
  done
done

sql postgres 'CREATE DATABASE again'
"$BIN/ops" backup restore --store "$store" --name custom --database "$(url again)" >"$WORK/again.txt" 2>&1
row 'restore, undisturbed' '0, all' "$?, $(held again)"
conclude $((3 + 14 + 1 + 4 + 1 + 16 + 1))
