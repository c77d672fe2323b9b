#!/usr/bin/env bash
# What is rendered, on a real cluster: the kustomize form with a database of its own, the same on a
# volume with SQLite, every file of the repository as the server reads it, and the chart as Helm
# installs, changes and removes it.
#
# usage: KUBECONFIG=... IMAGE=REPOSITORY@sha256:... objects.sh [PART...]
#
#   PART             bundled, sqlite, files, chart; all unless given
#   IMAGE            an image of this repository that the cluster's nodes can pull
#   POSTGRES_IMAGE   in place of the one of the chart, where nodes cannot pull that
#   HELM             a program that takes Helm's arguments (helm, or else the one beside this)
#   BIN              the folder with the program ops (.build/release)
#   KEEP=1           leaves the namespaces for a look
#
# Makes namespaces whose names begin with slipway-e2e-, and for a cluster without operators the
# definitions of their kinds; removes both. Needs three volumes of 1Gi of the default class.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
: "${KUBECONFIG:?names no cluster}" "${IMAGE:?names no image}"
BIN=${BIN:-$repository/.build/release}
PYTHON=$repository/.tools/manifests/bin/python
HELM=${HELM:-$(command -v helm || printf '%s %s' "$PYTHON" "$repository/Tests/e2e/helm")}
WORK=$(mktemp -d)
CONTEXT=$(kubectl config current-context)
PREFIX=slipway-e2e
. "$repository/Tests/e2e/lib/cluster.bash"
. "$repository/Tests/e2e/lib/kustomize.bash"
. "$repository/Tests/e2e/lib/files.bash"
. "$repository/Tests/e2e/lib/chart.bash"
trap clean_up EXIT

# An environment is what users write: everything is rendered from it.
platform() { # FOLDER ENVIRONMENT...
  local folder=$WORK/$1
  shift
  mkdir -p "$folder"
  {
    printf 'service: { name: slipway, image: %s }\n' "${IMAGE%%@*}"
    printf 'defaults: { target: kustomize, context: "%s", auth: off, settings: staging }\n' \
      "$CONTEXT"
    printf 'environments:\n'
    printf '  %s\n' "$@"
  } >"$folder/platform.yaml"
  render "$folder"
}

bundled="database: { mode: bundled, storage: 1Gi${POSTGRES_IMAGE:+, image: \"$POSTGRES_IMAGE\"} }"
external='database: external, secrets: { database: { existing: slipway-address } }'

platform project \
  "bundled: { namespace: $PREFIX-bundled, $bundled }" \
  "sqlite: { namespace: $PREFIX-sqlite, replicas: 1, database: { mode: sqlite, storage: 1Gi } }" \
  "chart: { target: helm, namespace: $PREFIX-chart, $external }"
platform other "chart: { target: helm, namespace: $PREFIX-chart, $bundled }"

for part in "${@:-all}"; do
  case $part in
    bundled) prove_bundled ;;
    sqlite) prove_sqlite ;;
    files) prove_files ;;
    chart) prove_chart ;;
    all) prove_bundled && prove_sqlite && prove_files && prove_chart ;;
    *) fail "there is no part $part" ;;
  esac
done
printf 'all %s rows are ok\n' "$rows"
