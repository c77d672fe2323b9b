# What is done to a cluster and asked of it.
#
# Sourced, never run.
wait_seconds=180
rows=0
forward=''
namespaces=()
definitions=()

# Whoever comes here by an error has said so: nothing that fails here hides it.
clean_up() {
  [ -z "$forward" ] || kill "$forward" 2>/dev/null || true
  if [ -z "${KEEP-}" ]; then
    for thing in "${definitions[@]}"; do kubectl delete --wait=false "$thing" >/dev/null || true; done
    for namespace in "${namespaces[@]}"; do
      kubectl delete namespace --ignore-not-found --wait=false "$namespace" >/dev/null || true
    done
  fi
  rm -rf "$WORK"
}

ok() {
  rows=$((rows + 1))
  printf 'ok %2d  %s\n' "$rows" "$1"
}

fail() {
  printf 'FAILED  %s\n' "$1" >&2
  for namespace in "${namespaces[@]}"; do
    printf '\n%s\n' "$namespace" >&2
    kubectl -n "$namespace" get pods,jobs >&2 || true
    kubectl -n "$namespace" get events --sort-by=.lastTimestamp 2>/dev/null | tail -n 8 >&2 || true
  done
  exit 1
}

# Runs a command; what it says is for those who want to know why it failed.
quietly() { # WHAT COMMAND...
  local what=$1
  shift
  "$@" >"$WORK/said" 2>&1 || fail "$what: $(cat "$WORK/said")"
}

# Waits for a command to succeed.
eventually() { # COMMAND...
  local end=$((SECONDS + wait_seconds))
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 1
  done
}

# A namespace that refuses pods which are not `restricted`.
namespace() { # NAMESPACE
  namespaces+=("$1")
  eventually not kubectl get namespace "$1" || fail "$1 is still there"
  quietly "$1" kubectl create namespace "$1"
  quietly "$1" kubectl label namespace "$1" pod-security.kubernetes.io/enforce=restricted
}

not() { ! "$@"; }

ops() { # FOLDER ARGUMENT...
  (cd "$WORK/$1" && shift && "$BIN/ops" "$@")
}

render() { # FOLDER
  (cd "$1" && "$BIN/ops" render --all --image "$IMAGE") >"$WORK/said" 2>&1 || fail "$(cat "$WORK/said")"
}

is_rolled_out() { # NAMESPACE
  eventually kubectl -n "$1" rollout status deployment/slipway --timeout=1s || fail "$1: $2"
}

replicas() { kubectl -n "$1" get deployment slipway -o 'jsonpath={.spec.replicas}'; }
generation() { kubectl -n "$1" get deployment slipway -o 'jsonpath={.metadata.generation}'; }

# Sets `address` to where the service of a namespace is reached.
forward_to() { # NAMESPACE
  [ -z "$forward" ] || kill "$forward" 2>/dev/null || true
  : >"$WORK/forward"
  kubectl -n "$1" port-forward service/slipway :80 >"$WORK/forward" 2>&1 &
  forward=$!
  eventually grep -q 'Forwarding from 127' "$WORK/forward" || fail "port-forward to $1"
  address=http://127.0.0.1:$(sed -nE 's/.*127\.0\.0\.1:([0-9]+) ->.*/\1/p' "$WORK/forward" | head -n 1)
}

ask() { # PATH ARGUMENT...
  local path=$1
  shift
  curl -fsS --noproxy '*' --max-time 10 "$@" "$address$path"
}

# The service of a namespace answers, stores under this name, and keeps its metrics to itself.
serves() { # NAMESPACE USERNAME
  forward_to "$1"
  [ "$(ask /health)" = UP ] || fail "$1: /health"
  ask "/hello/$2" -X PUT -H 'Content-Type: application/json' -d '{"dateOfBirth":"1815-12-10"}' ||
    fail "$1: PUT /hello/$2"
  knows "$1" "$2"
  if ask /metrics >/dev/null 2>&1; then fail "$1: the metrics are where clients are"; fi
}

knows() { # NAMESPACE USERNAME
  forward_to "$1"
  ask "/hello/$2" | grep -q "Hello, $2!" || fail "$1: the data of $2 is lost"
}
