# A local environment of its own for a fault script, with clients that never stop asking.
#
# From scripts/faults: BIN is the folder of the built programs, WORK an empty folder. Either may be
# missing when a script is run by hand. Sourced, never run.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
BIN=${BIN:-$repository/.build/release}
WORK=${WORK:-$(mktemp -d "${TMPDIR:-/tmp}/slipway-fault-XXXXXX")}
generator=$WORK/openloop
. "$repository/Tests/faults/lib/table.bash"
port=$(python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])')
url=http://127.0.0.1:$port
state=$WORK/.slipway/local

# The times are short: what is tested is what happens, not how long anybody watches, and not how
# fast a machine answers that scripts and clients keep busy.
cat >"$WORK/platform.yaml" <<YAML
service: { name: slipway, image: ghcr.io/example/slipway, port: 8080 }
environments:
  local:
    target: local
    port: $port
    replicas: 2
    database: sqlite
    drain: 5s
    rollout:
      { probeRate: 40, consecutive: 20, minReady: ${min_ready:-1s}, soak: 1s, backup: required,
        latencyFactor: 1000 }
YAML

clean_up() {
  stop_load >/dev/null 2>&1 || true
  ops rollout --env local --stop >/dev/null 2>&1 || true
}
trap clean_up EXIT

ops() { (cd "$WORK" && exec "$BIN/ops" "$@"); }

# ops in the background, in its folder, with its output in a file; its number is in $ops_pid.
ops_in_background() { # FILE ARGUMENTS
  local file=$1
  shift
  (cd "$WORK" && exec "$BIN/ops" "$@") >"$file" 2>&1 &
  ops_pid=$!
}

build_generator() {
  [ -x "$generator" ] || gcc -O2 -o "$generator" "$repository/Benchmarks/load/openloop.c" -lm
}

# Open-loop clients, half of them on new connections, until stop_load.
start_load() { # RATE [OPTIONS]
  build_generator
  local rate=$1
  shift
  "$generator" --rate "$rate" --url "$url/livez" --until-signal "$@" \
    >"$WORK/load.json" 2>"$WORK/load.txt" &
  load_pid=$!
}

# Ends them; what they saw is in load.json.
stop_load() {
  [ -n "${load_pid:-}" ] || return 0
  kill -TERM "$load_pid" 2>/dev/null || true
  wait "$load_pid" || true
  load_pid=
}

# A member of the load's last line.
load() { # NAME
  tail -n 1 "$WORK/load.json" | python3 -c '
import json, sys
value = json.load(sys.stdin)
for name in sys.argv[1].split("."):
    value = value.get(name, 0) if isinstance(value, dict) else 0
print(value if not isinstance(value, dict) else json.dumps(value))' "$1"
}

revision() { curl -fsS -m 5 -o /dev/null -D - "$url/livez" | tr -d '\r' | sed -n 's/^X-Revision: //ip'; }

journal_has() { grep -q "\"phase\":\"$2\"" "$state/journals/$1.jsonl"; }
is_gone() { ! kill -0 "$1" 2>/dev/null; }
