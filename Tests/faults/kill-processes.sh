#!/usr/bin/env bash
# kill -9 of a replica, of both, of the supervisor, and of all at once.
. "$(dirname "${BASH_SOURCE[0]}")/lib/local.bash"

ops rollout --env local >"$WORK/first.txt"

replica_pids() { ops status --env local --json | sed -n 's/.*"process": \([0-9]*\),.*/\1/p'; }
supervisor_pid() { ops status --env local --json | sed -n 's/.*"supervisorProcess": \([0-9]*\),.*/\1/p'; }
pid_in_state() { sed -n 's/.*"pid": \([0-9]*\),.*/\1/p' "$state/run/supervisor.json"; }
answers() { curl -fsS -m 1 "$url/health"; }
# Milliseconds until the service answers a new connection well.
milliseconds_to_answer() {
  local began
  began=$(date +%s%N)
  wait_until 50 answers || { echo never; return; }
  echo $((($(date +%s%N) - began) / 1000000))
}
within_a_second() { [ "$1" != never ] && [ "$1" -le 1000 ] && echo yes || echo "no: $1 ms"; }
all_accept() { [ "$(ops status --env local --json | grep -c '"state": "accepting"')" = 2 ]; }

heading case expected seen verdict
mapfile -t pids < <(replica_pids)
row 'replicas at first' 2 "${#pids[@]}"

kill -9 "${pids[0]}"
row 'one replica: answered within 1 s' yes "$(within_a_second "$(milliseconds_to_answer)")"
row 'one replica: two accept again' yes "$(wait_until 50 all_accept && echo yes || echo no)"

mapfile -t pids < <(replica_pids)
kill -9 "${pids[@]}"
row 'both: answered within 1 s' yes "$(within_a_second "$(milliseconds_to_answer)")"
row 'both: two accept again' yes "$(wait_until 50 all_accept && echo yes || echo no)"

supervisor=$(supervisor_pid)
start_load 200
kill -9 "$supervisor"
sleep 2
row 'supervisor: who runs it' gone "$(is_gone "$supervisor" && echo gone || echo there)"
ops status --env local >"$WORK/status.txt" || true
row 'supervisor: brought back by status' yes \
  "$(grep -q 'a new one took the replicas over' "$WORK/status.txt" && echo yes || echo no)"
row 'supervisor: same replicas' "$(pid_in_state | sort | xargs)" "$(replica_pids | sort | xargs)"
row 'supervisor: rollout after it' 0 "$(ops rollout --env local >"$WORK/after.txt" 2>&1; echo $?)"
stop_load
row 'supervisor: failed requests' 0 "$(load failed)"
cat "$WORK/load.txt"

# A rollout, not status, is what comes next.
supervisor=$(supervisor_pid)
start_load 200
kill -9 "$supervisor"
row 'supervisor, then rollout: exit' 0 "$(ops rollout --env local >"$WORK/second.txt" 2>&1; echo $?)"
stop_load
row 'supervisor, then rollout: failed' 0 "$(load failed)"

mapfile -t pids < <(replica_pids)
kill -9 "$(supervisor_pid)" "${pids[@]}"
row 'all: rollout from nothing' 0 \
  "$(ops rollout --env local >"$WORK/third.txt" 2>&1; echo $?)"
row 'all: answers' UP "$(answers)"
conclude 14
