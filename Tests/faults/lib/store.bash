# A store of a script's own that speaks S3 and checks signatures, and what stands before it and does
# wrong: Tests/storage. On loopback alone, gone with the script.
#
# Sourced after table.bash and postgres.bash, never run.
store_pids=()
store_direct=''
store_faulty=''
store_control=''

# Starts a program of Tests/storage that says when it is ready.
start_storage() { # NAME ARGUMENTS...
  local name=$1 folder
  shift
  folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
  [ -x "$folder/.tools/storage/bin/python" ] || {
    echo 'run scripts/fetch-test-tools storage first' >&2
    return 1
  }
  # They end with their standard input, which this script alone holds open.
  PYTHONDONTWRITEBYTECODE=1 "$folder/.tools/storage/bin/python" -W ignore \
    "$folder/Tests/storage/$name.py" "$@" <"$WORK/alive" >"$WORK/$name.log" 2>&1 8>&- &
  store_pids+=("$!")
  wait_until 300 grep -q ready "$WORK/$name.log" || { cat "$WORK/$name.log" >&2; return 1; }
}

# Sets the addresses `store_direct` and `store_faulty` of one bucket, and the key for it.
start_store() { # PREFIX
  local port faulty_port
  mkfifo "$WORK/alive"
  exec 8<>"$WORK/alive"
  port=$(free_port)
  start_storage amazon "$port" "$WORK" || return 1
  faulty_port=$(free_port)
  start_storage between "$faulty_port" "$port" "$WORK/credentials" || return 1
  read -r AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY <"$WORK/credentials"
  export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1
  store_direct="s3://slipway-tests/$1?profile=moto&endpoint=http://127.0.0.1:$port"
  store_faulty="s3://slipway-tests/$1?profile=moto&endpoint=http://127.0.0.1:$faulty_port"
  store_control=http://127.0.0.1:$faulty_port/-
}

stop_store() {
  if [ ${#store_pids[@]} != 0 ]; then kill "${store_pids[@]}" 2>/dev/null; fi
  store_pids=()
}

# What goes wrong from now on: an array of JSON, as Tests/storage/between.py says.
set_faults() { # JSON
  curl -sS -m 10 -X DELETE -o /dev/null "$store_control/requests"
  curl -sS -m 10 -X PUT --data "$1" "$store_control/faults"
}

# What is wrong with a proof by the faults that were set: one that never came proves nothing.
unmet() {
  curl -sS -m 10 "$store_control/faults" | python3 -c '
import json, sys
idle = [fault["fault"] for fault in json.load(sys.stdin) if not fault["hit"]]
print("".join(f", {kind} never came" for kind in idle))
'
}

# How many requests came since then whose method and target are so.
requests() { # METHOD WORDS
  curl -sS -m 10 "$store_control/requests" | python3 -c '
import json, sys
print(sum(r["method"] == sys.argv[1] and sys.argv[2] in r["target"] for r in json.load(sys.stdin)))
' "$1" "$2"
}
