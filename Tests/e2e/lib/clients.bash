# Clients beside rollouts: at a fixed rate, half of them on new connections, through a port of a
# node as everybody's clients come.
#
# Sourced, never run.
load_pid=''

# Makes the way in for clients, and sets `address` to it.
open_entrance() { # NAMESPACE
  kubectl -n "$1" apply -f - >"$WORK/said" 2>&1 <<'YAML' || fail "entrance: $(cat "$WORK/said")"
apiVersion: v1
kind: Service
metadata: { name: entrance }
spec:
  type: NodePort
  selector:
    app.kubernetes.io/name: slipway
    app.kubernetes.io/instance: slipway
    app.kubernetes.io/component: app
  ports: [{ name: http, port: 80, targetPort: http }]
YAML
  local port node='{.items[0].status.addresses[?(@.type=="InternalIP")].address}'
  port=$(kubectl -n "$1" get service entrance -o 'jsonpath={.spec.ports[0].nodePort}')
  address=http://${ENTRANCE:-$(kubectl get nodes -o "jsonpath=$node")}:$port
  # The node's rules follow within a second or two. A connection that comes before them is tracked
  # as one to the node itself for two minutes, and another of the same port would be refused: none
  # of the clients' ports is asked from.
  eventually ask /health --local-port 20000-29999 || fail "$address does not answer"
}

start_clients() {
  [ -x "$WORK/openloop" ] ||
    quietly gcc gcc -O2 -o "$WORK/openloop" "$repository/Benchmarks/load/openloop.c" -lm
  "$WORK/openloop" --rate "$RATE" --url "$address/health" --until-signal \
    >"$WORK/load.json" 2>"$WORK/load.txt" &
  load_pid=$!
  eventually test -s "$WORK/load.json" || fail "clients: $(cat "$WORK/load.txt")"
}

stop_clients() {
  [ -n "$load_pid" ] || return 0
  kill -TERM "$load_pid" 2>/dev/null || true
  wait "$load_pid" || true
  load_pid=''
}

# Ends a window and begins another: what `seen` tells is of the one that has ended.
window() {
  local before
  before=$(wc -l <"$WORK/load.json")
  # What is on its way has its time to come back.
  sleep 0.5
  kill -USR1 "$load_pid"
  wait_until 50 longer_than "$before" || fail 'clients: no window'
}

longer_than() { [ "$(wc -l <"$WORK/load.json")" -gt "$1" ]; }

seen() { # NAME...
  "$repository/Tests/e2e/figures" load "$WORK/load.json" "$@"
}
