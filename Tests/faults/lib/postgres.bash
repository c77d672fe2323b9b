# A PostgreSQL of a script's own: on a port of its own, on loopback alone, gone with the script.
#
# Sourced, never run. The folder that is given must be one that others may enter.
postgres_programs=${POSTGRES_PROGRAMS:-/usr/lib/postgresql/15/bin}
postgres_data=''
postgres_port=''
# PostgreSQL refuses to run as root.
as_postgres=()
if [ "$(id -u)" = 0 ]; then as_postgres=(runuser -u postgres --); fi

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Sets `postgres_port`; the superuser is slipway and needs no password.
start_postgres() { # FOLDER
  local data=$1/data
  chmod 755 "$1"
  postgres_port=$(free_port)
  mkdir "$data"
  if [ ${#as_postgres[@]} != 0 ]; then chown postgres "$data"; fi
  (cd / && "${as_postgres[@]}" "$postgres_programs/initdb" -D "$data" -U slipway -A trust -E UTF8 \
    --locale=C --no-sync >/dev/null)
  run_postgres "$data"
}

run_postgres() { # DATA
  postgres_data=$1
  (cd / && "${as_postgres[@]}" "$postgres_programs/pg_ctl" -D "$1" -l "$1/log" -w start -o \
    "-p $postgres_port -k $1 -c listen_addresses=127.0.0.1 -c fsync=off" >/dev/null)
}

stop_postgres() {
  [ -n "$postgres_data" ] || return 0
  (cd / && "${as_postgres[@]}" "$postgres_programs/pg_ctl" -D "$postgres_data" -m immediate -w stop \
    >/dev/null) || true
  postgres_data=''
}

as_superuser() { # DATABASE ARGUMENT...
  local database=$1
  shift
  psql --no-psqlrc --quiet --tuples-only --no-align --host 127.0.0.1 --port "$postgres_port" \
    --username slipway --dbname "$database" "$@"
}
