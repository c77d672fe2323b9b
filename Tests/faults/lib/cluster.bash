# An environment of a fake cluster for a fault script, asked through the real kubectl.
#
# From scripts/faults: BIN is the folder of the built programs, WORK an empty folder. Either may be
# missing when a script is run by hand. TARGET is kustomize unless it says helm. Sourced, never run.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
BIN=${BIN:-$repository/.build/release}
WORK=${WORK:-$(mktemp -d "${TMPDIR:-/tmp}/slipway-fault-XXXXXX")}
. "$repository/Tests/faults/lib/table.bash"
[ ! -x "$repository/.tools/programs/kubectl" ] || PATH=$repository/.tools/programs:$PATH
# Helm's own library under Helm's arguments, whatever helm is there.
mkdir -p "$WORK/bin" "$WORK/charts"
ln -sf "$repository/Tests/e2e/helm" "$WORK/bin/helm"
ln -sfn "$repository/charts/slipway" "$WORK/charts/slipway"
PATH=$WORK/bin:$PATH
export KUBECONFIG=$WORK/kubeconfig
image=registry.example/slipway
# Environments beside `testing`, each in a namespace of its own; a script may name some.
environments=(testing ${environments[@]+"${environments[@]}"})

# What the other functions are about.
use() { # ENVIRONMENT
  environment=$1
  namespace=slipway-$1
}
use testing

{
  echo "service: { name: slipway, image: $image, port: 8080 }"
  echo 'environments:'
  for name in "${environments[@]}"; do
    cat <<YAML
  $name:
    target: ${TARGET:-kustomize}
    settings: staging
    context: fake
    namespace: slipway-$name
    replicas: 2
    database: { mode: bundled, storage: 1Gi }
    drain: 5s
    rollout:
      { probeRate: 20, consecutive: 10, minReady: 1s, soak: 1s, latencyFactor: 1000 }
YAML
  done
} >"$WORK/platform.yaml"

# The fake ends with its standard input, which this script holds open.
mkfifo "$WORK/stdin"
python3 -B "$repository/Tests/cluster/fake/fake_cluster.py" --speed 0.1 \
  <"$WORK/stdin" >"$WORK/ports" 2>"$WORK/fake.log" &
exec 9>"$WORK/stdin"

ops() { (cd "$WORK" && exec "$BIN/ops" "$@"); }

# ops in the background, in its folder, with its output in a file; its number is in $ops_pid.
ops_in_background() { # FILE ARGUMENTS
  local file=$1
  shift
  (cd "$WORK" && exec "$BIN/ops" "$@") >"$file" 2>&1 9>&- &
  ops_pid=$!
}

cluster() { kubectl --context fake --namespace "$namespace" "$@"; }

# What ConfigMap `slipway-rollout` remembers.
remembered() { # NAME...
  cluster get configmap slipway-rollout --output json | python3 -c '
import json, sys
value = json.loads(json.load(sys.stdin)["data"]["state.json"])
for name in sys.argv[1:]:
    value = value[name] if value else None
print(value)' "$@"
}
number() { remembered number; }
journal_has() { # NUMBER PHASE
  cluster get configmap "slipway-rollout-$1" --output 'jsonpath={.data.journal\.jsonl}' \
    | grep -q "\"phase\":\"$2\""
}
# The revision that all ready pods have, `mixed` where they differ.
revision() {
  cluster get deployment slipway --output json | python3 -c '
import json, sys
deployment = json.load(sys.stdin)
status, container = deployment["status"], deployment["spec"]["template"]["spec"]["containers"][0]
told = [entry["value"] for entry in container["env"] if entry["name"] == "REVISION"][0]
whole = status.get("updatedReplicas") == status.get("availableReplicas") == status.get("replicas")
print(told if whole else "mixed")'
}

wait_until 100 grep -q ready "$WORK/ports" || { cat "$WORK/fake.log"; exit 1; }
read -r _ api control <"$WORK/ports"
# Asks the fake for a fault of Tests/cluster/fake/faults.py.
fault() { # NAME JSON
  python3 -c 'import sys, urllib.request
urllib.request.urlopen(sys.argv[1], data=sys.argv[2].encode()).read()' \
    "http://127.0.0.1:$control/$1" "$2"
}
cat >"$KUBECONFIG" <<YAML
apiVersion: v1
kind: Config
clusters: [{ name: fake, cluster: { server: "http://127.0.0.1:$api" } }]
contexts: [{ name: fake, context: { cluster: fake, user: fake } }]
users: [{ name: fake, user: {} }]
YAML
