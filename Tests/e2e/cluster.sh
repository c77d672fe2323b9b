#!/usr/bin/env bash
# Rollouts on a real cluster, beside clients that never stop asking: a first one, good ones, one of
# every kind that fails, interrupted ones, and the ways back.
#
# usage: KUBECONFIG=... IMAGE=REPOSITORY@sha256:... cluster.sh [PART...]
#
#   PART             good, failures, interrupted, back, steps, helm, sqlite; all unless given. Beside
#                    these updates: so many rolling updates (UPDATES), and what clients lose by them
#   IMAGE            an image of this repository that the cluster's nodes can pull, by its digest and
#                    not by a tag: what stands before the @ is service.image in platform.yaml.
#                    Where nodes reach no registry an OCI archive of it is put on each of them:
#                    ctr -n k8s.io images import --digests --base-name REPOSITORY ARCHIVE
#                    `ctr -n k8s.io images ls` then has it under this name; the digest is that of
#                    the archive, which another registry or builder may have changed
#   POSTGRES_IMAGE   in place of the one of the chart, where nodes cannot pull that
#   MISSING_IMAGE    an image that a registry says it has not (that of IMAGE with no such digest)
#   TARGET           kustomize or helm (kustomize)
#   ENTRANCE         the address of a node, where NodePorts answer (that of the first one)
#   RATE             requests a second, half of them on new connections (100)
#   KILL_PHASES      where ops is killed beside a good release (all phases of it)
#   KILL_PHASES_BACK the same beside one that fails (diagnose roll-back gate-old)
#   VERDICT_SECONDS_MAX, BACK_SECONDS_MAX   from what the cluster shows to the verdict, and from
#                    there to the way back (2, 1); more for a machine that is busy
#   BIN              the folder with the program ops (.build/release)
#   KEEP=1           leaves the namespaces for a look
#
# Makes namespaces whose names begin with slipway-e2e-, and removes them. Needs two volumes of 1Gi
# of the default class, gcc, and nobody else who rolls out there.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
: "${KUBECONFIG:?names no cluster}" "${IMAGE:?names no image}"
BIN=${BIN:-$repository/.build/release}
WORK=$(mktemp -d)
CONTEXT=$(kubectl config current-context)
PREFIX=slipway-e2e
TARGET=${TARGET:-kustomize}
RATE=${RATE:-100}
UPDATES=${UPDATES:-20}
KILL_PHASES=${KILL_PHASES-lock preflight baseline migrate apply gate soak finish}
KILL_PHASES_BACK=${KILL_PHASES_BACK-diagnose roll-back gate-old}
MISSING_IMAGE=${MISSING_IMAGE:-${IMAGE%%@*}@sha256:$(printf '0%.0s' {1..64})}
VERDICT_SECONDS_MAX=${VERDICT_SECONDS_MAX:-2}
BACK_SECONDS_MAX=${BACK_SECONDS_MAX:-1}
. "$repository/Tests/faults/lib/table.bash"
. "$repository/Tests/e2e/lib/cluster.bash"
. "$repository/Tests/e2e/lib/clients.bash"
. "$repository/Tests/e2e/lib/rollouts.bash"
. "$repository/Tests/e2e/lib/failures.bash"
. "$repository/Tests/e2e/lib/interruptions.bash"
. "$repository/Tests/e2e/lib/ways-back.bash"
. "$repository/Tests/e2e/lib/steps.bash"
. "$repository/Tests/e2e/lib/helm.bash"
. "$repository/Tests/e2e/lib/updates.bash"
trap 'end_all; clean_up' EXIT

heading "rollouts by $TARGET" expected seen verdict
for part in "${@:-all}"; do
  case $part in
    good) prove_good ;;
    failures) prove_failures ;;
    interrupted) prove_interrupted ;;
    back) prove_ways_back ;;
    steps) prove_steps ;;
    helm) prove_helm ;;
    sqlite) prove_one_replica ;;
    updates) count_losses ;;
    all)
      prove_good && prove_failures && prove_interrupted && prove_ways_back
      # By Helm nothing takes steps.
      if [ "$TARGET" = kustomize ]; then prove_steps; else prove_helm; fi
      prove_one_replica
      ;;
    *) fail "there is no part $part" ;;
  esac
done
conclude "$((passed + failed))"
