#!/usr/bin/env bash
# What is rendered, on a real cluster: the kustomize form with a database of its own, the same on a
# volume with SQLite, and the chart with an address from outside, where Helm's hook migrates.
#
# usage: KUBECONFIG=... IMAGE=REPOSITORY@sha256:... objects.sh
#
#   IMAGE            an image of this repository that the cluster's nodes can pull
#   POSTGRES_IMAGE   in place of the one of the chart, where nodes cannot pull that
#   HELM             a program that takes Helm's arguments (helm)
#   BIN              the folder with the program ops (.build/release)
#   KEEP=1           leaves the namespaces for a look
#
# Needs volumes of the cluster's default class, or made by hand: three of 1Gi.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
: "${KUBECONFIG:?names no cluster}" "${IMAGE:?names no image}"
BIN=${BIN:-$root/.build/release}
HELM=${HELM:-helm}
wait_seconds=180
work=$(mktemp -d)
context=$(kubectl config current-context)
postgres=${POSTGRES_IMAGE:+, image: "$POSTGRES_IMAGE"}
bundled=slipway-e2e-bundled sqlite=slipway-e2e-sqlite chart=slipway-e2e-chart
forward='' row=0

clean() {
  [ -z "$forward" ] || kill "$forward" 2>/dev/null || true
  [ -n "${KEEP-}" ] ||
    kubectl delete namespace --ignore-not-found --wait=false $bundled $sqlite $chart >/dev/null
  rm -rf "$work"
}
trap clean EXIT

ok() {
  row=$((row + 1))
  printf 'ok %2d  %s\n' "$row" "$1"
}
fail() {
  printf 'FAILED  %s\n' "$1" >&2
  for namespace in $bundled $sqlite $chart; do
    kubectl -n "$namespace" get pods,jobs >&2 || true
    kubectl -n "$namespace" get events --sort-by=.lastTimestamp 2>/dev/null | tail -n 8 >&2 || true
  done
  exit 1
}

# Waits for a command to succeed.
eventually() {
  local end=$((SECONDS + wait_seconds))
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 1
  done
}

# Sets `address` to where the service of a namespace is reached.
forward_to() {
  [ -z "$forward" ] || kill "$forward" 2>/dev/null || true
  kubectl -n "$1" port-forward service/slipway :80 >"$work/forward" 2>&1 &
  forward=$!
  eventually grep -q 'Forwarding from 127' "$work/forward" || fail "port-forward to $1"
  address=http://127.0.0.1:$(sed -nE 's/.*127\.0\.0\.1:([0-9]+) ->.*/\1/p' "$work/forward" | head -n 1)
}

serves() {
  forward_to "$1"
  [ "$(curl -fsS --noproxy '*' "$address/health")" = UP ] || fail "$1: /health"
  curl -fsS --noproxy '*' -X PUT "$address/hello/ada" -H 'Content-Type: application/json' \
    -d '{"dateOfBirth":"1815-12-10"}' || fail "$1: PUT /hello/ada"
  curl -fsS --noproxy '*' "$address/hello/ada" | grep -q 'Hello, ada!' || fail "$1: GET /hello/ada"
  curl -sS --noproxy '*' -o /dev/null -w '%{http_code}' "$address/metrics" | grep -q 404 ||
    fail "$1: the metrics are where clients are"
}

generation() { kubectl -n "$1" get deployment slipway -o 'jsonpath={.metadata.generation}'; }

project=$work/project
mkdir -p "$project"
cat >"$project/platform.yaml" <<YAML
service: { name: slipway, image: ${IMAGE%%@*} }
defaults: { target: kustomize, context: "$context", auth: off, settings: staging }
environments:
  bundled: { namespace: $bundled, database: { mode: bundled, storage: 1Gi$postgres } }
  sqlite: { namespace: $sqlite, replicas: 1, database: { mode: sqlite, storage: 1Gi } }
  chart:
    target: helm
    namespace: $chart
    database: external
    secrets: { database: { existing: slipway-address } }
YAML
ops() { (cd "$project" && "$BIN/ops" "$@"); }
render() { ops render --all --image "$IMAGE" >"$work/render.log" || fail "$(cat "$work/render.log")"; }
apply() {
  kubectl apply --server-side --force-conflicts --validate=strict \
    --kustomize "$project/kustomize/overlays/$1" >"$work/apply.log" 2>&1 ||
    fail "$(cat "$work/apply.log")"
}

render
for namespace in $bundled $sqlite $chart; do
  kubectl create namespace "$namespace" --dry-run=client -o yaml |
    kubectl apply --server-side -f - >/dev/null
done

ops secrets init --env bundled >"$work/secrets.log" || fail "$(cat "$work/secrets.log")"
before=$(kubectl -n $bundled get secret slipway-database -o 'jsonpath={.metadata.resourceVersion}')
ops secrets init --env bundled >"$work/secrets.log" || fail "$(cat "$work/secrets.log")"
after=$(kubectl -n $bundled get secret slipway-database -o 'jsonpath={.metadata.resourceVersion}')
[ "$before" = "$after" ] || fail 'ops secrets init made a secret again'
ok 'ops secrets init makes what is missing, once'

apply bundled
eventually kubectl -n $bundled wait --for=condition=complete job --all --timeout=1s ||
  fail 'bundled: the migration'
eventually kubectl -n $bundled rollout status deployment/slipway --timeout=1s ||
  fail 'bundled: the Deployment'
serves $bundled
ok 'bundled: database, migration and service come up together, under the restricted standard'

was=$(generation $bundled)
apply bundled
[ "$(generation $bundled)" = "$was" ] || fail 'bundled: applying again changed the Deployment'
ok 'bundled: applying again changes nothing'

sed -i "s|bundled: { namespace: $bundled,|& env: { LOG_LEVEL: debug },|" "$project/platform.yaml"
revision=$(curl -fsS --noproxy '*' "$address/version" | tr -d ' ')
render
apply bundled
eventually kubectl -n $bundled rollout status deployment/slipway --timeout=1s ||
  fail 'bundled: a changed setting'
serves $bundled
[ "$(curl -fsS --noproxy '*' "$address/version" | tr -d ' ')" != "$revision" ] ||
  fail 'bundled: the revision is the same'
ok 'bundled: a changed setting brings in new pods with a revision of their own'

ops render --env bundled --live >"$work/live.log" 2>&1 ||
  fail "$(cat "$work/live.log")"
kubectl -n $bundled scale deployment/slipway --replicas=3 >/dev/null
if ops render --env bundled --live >"$work/live.log" 2>&1; then fail '--live saw no change'; fi
grep -q '^+  replicas: 2' "$work/live.log" || fail "--live: $(cat "$work/live.log")"
ok 'bundled: --live shows what was changed by hand'

apply sqlite
eventually kubectl -n $sqlite rollout status deployment/slipway --timeout=1s || fail 'sqlite'
serves $sqlite
kubectl -n $sqlite rollout restart deployment/slipway >/dev/null
eventually kubectl -n $sqlite rollout status deployment/slipway --timeout=1s ||
  fail 'sqlite: a second pod'
forward_to $sqlite
curl -fsS --noproxy '*' "$address/hello/ada" | grep -q 'Hello, ada!' || fail 'sqlite: the data is lost'
ok 'sqlite: the volume keeps the data over a restart'

password=$(kubectl -n $bundled get secret slipway-database -o 'jsonpath={.data.password}' | base64 -d)
user=$(kubectl -n $bundled get secret slipway-database -o 'jsonpath={.data.url}' | base64 -d |
  sed -E 's|.*//([^:]+):.*|\1|')
kubectl -n $chart create secret generic slipway-address --dry-run=client -o yaml \
  --from-file=url=<(printf 'postgres://%s:%s@slipway-database.%s:5432/slipway' \
    "$user" "$password" $bundled) | kubectl apply --server-side -f - >/dev/null
# The bundled database lets in its own release alone; here another one asks.
kubectl -n $bundled delete networkpolicy slipway-database >/dev/null
values=$project/charts/slipway/values/chart.yaml
$HELM upgrade --install slipway "$root/charts/slipway" -n $chart -f "$values" \
  --timeout "${wait_seconds}s" >/dev/null || fail 'chart: install'
eventually kubectl -n $chart rollout status deployment/slipway --timeout=1s ||
  fail 'chart: the Deployment'
serves $chart
ok 'chart: the hook migrates, then the service comes up'
$HELM test slipway -n $chart --timeout "${wait_seconds}s" >/dev/null || fail 'chart: helm test'
ok 'chart: helm test passes'
$HELM upgrade --install slipway "$root/charts/slipway" -n $chart -f "$values" \
  --set-json 'env={"LOG_LEVEL":"debug"}' --timeout "${wait_seconds}s" >/dev/null ||
  fail 'chart: upgrade'
eventually kubectl -n $chart rollout status deployment/slipway --timeout=1s ||
  fail 'chart: the upgraded Deployment'
serves $chart
$HELM rollback slipway -n $chart --timeout "${wait_seconds}s" >/dev/null || fail 'chart: rollback'
eventually kubectl -n $chart rollout status deployment/slipway --timeout=1s ||
  fail 'chart: the Deployment after going back'
serves $chart
ok 'chart: an upgrade and the way back'
if $HELM upgrade --install slipway "$root/charts/slipway" -n $chart -f "$values" \
  --set-json 'secrets={"database":{"existing":"no-such-secret"}},migrations={"deadlineSeconds":10}' \
  --timeout 60s >/dev/null 2>&1; then
  fail 'chart: a migration that cannot run did not stop the upgrade'
fi
eventually kubectl -n $chart rollout status deployment/slipway --timeout=1s ||
  fail 'chart: the Deployment after a failed upgrade'
serves $chart
ok 'chart: a migration that fails stops the upgrade, and the old release serves'
$HELM uninstall slipway -n $chart --timeout "${wait_seconds}s" >/dev/null || fail 'chart: uninstall'
ok 'chart: uninstalled'

printf 'all %s rows are ok\n' "$row"
