#!/usr/bin/env bash
# The roles image and cluster of ansible/site.yml, which end at programs of others: stand-ins for
# buildah, docker and ops write down what they were called with, and answer as those do.
#
# Needs the tools of scripts/setup check, and touches nothing but a folder of its own.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
WORK=$(mktemp -d "${TMPDIR:-/tmp}/slipway-roles-XXXXXX")
trap 'rm -rf "$WORK"' EXIT
. "$repository/Tests/faults/lib/table.bash"

mkdir "$WORK/bin" "$WORK/source" "$WORK/home"
configuration=sha256:$(printf '0%.0s' {1..64})
digest() { printf 'sha256:%s' "$(printf '%s' "$1" | sha256sum | head -c 64)"; }

# What all of them do first: a line for each call, in which the folder of this run is W.
cat >"$WORK/stand-in" <<'SH'
set -eu
program=$(basename "$0")
line="$program $*"
printf '%s\n' "$line" | sed "s,$WORK,W,g" >>"$WORK/calls"
after() { # OPTION ARGUMENTS...: what stands after the option
  option=$1
  shift
  while [ "$1" != "$option" ]; do shift; done
  printf '%s' "$2"
}
SH
cat >"$WORK/bin/buildah" <<'SH'
#!/bin/sh
. "$WORK/stand-in"
case $1 in
  build) echo built >"$WORK/image" ;;
  push) cat "$WORK/digest" >"$(after --digestfile "$@")" ;;
  images) cat "$WORK/image" 2>/dev/null || true ;;
  rmi) rm "$WORK/image" ;;
esac
SH
cat >"$WORK/bin/docker" <<'SH'
#!/bin/sh
. "$WORK/stand-in"
printf '{"containerimage.config.digest": "%s", "containerimage.digest": "%s"}\n' \
  "$(cat "$WORK/configuration")" "$(cat "$WORK/digest")" >"$(after --metadata-file "$@")"
SH
cat >"$WORK/bin/ops" <<'SH'
#!/bin/sh
. "$WORK/stand-in"
case $1 in
  status)
    printf '{"image": "%s"}\n' "$(cat "$WORK/serving")"
    exit "$(cat "$WORK/wrong")"
    ;;
  rollout)
    cat "$WORK/said"
    [ "$(cat "$WORK/ends")" = 0 ] || exit "$(cat "$WORK/ends")"
    after --image "$@" >"$WORK/serving"
    ;;
esac
SH
chmod +x "$WORK"/bin/*
export WORK
: >"$WORK/serving"
echo 0 >"$WORK/wrong"
echo 0 >"$WORK/ends"
echo 'passed' >"$WORK/said"
echo "$configuration" >"$WORK/configuration"

# A commit, as the one before it was pushed by another digest.
commit() { # TEXT
  echo "$1" >"$WORK/source/Dockerfile"
  git -C "$WORK/source" add Dockerfile
  git -C "$WORK/source" -c user.name=test -c user.email=test@example.com commit -q -m "$1"
  revision=$(git -C "$WORK/source" rev-parse HEAD)
  digest "$1" >"$WORK/digest"
}
git -C "$WORK/source" init -q
echo .slipway >"$WORK/source/.git/info/exclude"

cat >"$WORK/inventory.yml" <<YAML
---
all:
  vars:
    ansible_connection: local
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
    image_repository: registry.example.com/team/slipway
    image_source: $WORK/source
    cluster_ops: $WORK/bin/ops
    cluster_project: $WORK/source
    cluster_environment: staging
    cluster_report: $WORK/report
  children:
    images: { hosts: { localhost: {} } }
    clusters: { hosts: { localhost: {} } }
YAML

play() { # OPTIONS...
  : >"$WORK/calls"
  code=0
  (cd "$repository/ansible" && PATH=$WORK/bin:$PATH ANSIBLE_CONFIG=$PWD/ansible.cfg \
    ANSIBLE_HOME=$WORK/home ANSIBLE_NOCOLOR=1 \
    "$repository/.tools/ansible/bin/ansible-playbook" -i "$WORK/inventory.yml" site.yml "$@") \
    >"$WORK/log" 2>&1 </dev/null || code=$?
  if [ "$code" = "${wanted:-0}" ]; then return; fi
  cat "$WORK/log" >&2
}
changed() { sed -nE 's/^localhost .* changed=([0-9]+) .*/\1/p' "$WORK/log"; }
calls() { cut -d ' ' -f 1,2 "$WORK/calls" | tr '\n' ' '; }
call() { grep "^$1" "$WORK/calls" || true; }
says() { tr -s '\n ' '  ' <"$WORK/log" | grep -E "$1" >/dev/null && echo yes; }
image=registry.example.com/team/slipway

heading case expected seen verdict
commit first
play --check
row 'a look before all: exit' 0 "$code"
row 'a look before all: calls' 'ops status ' "$(calls)"
play
row 'buildah: exit' 0 "$code"
row 'buildah: calls' 'buildah build buildah push buildah images buildah rmi ops status ops rollout ' \
  "$(calls)"
row 'buildah: what is built' "buildah build --file W/source/Dockerfile --target app --build-arg \
REVISION=$revision --tag $image:${revision:0:12} --format docker W/source" "$(call 'buildah build')"
row 'buildah: what is pushed' "buildah push --digestfile \
W/source/.slipway/ansible/registry.example.com_team_slipway/${revision:0:12} \
$image:${revision:0:12} docker://$image:${revision:0:12}" "$(call 'buildah push')"
row 'buildah: what is rolled out' \
  "ops rollout --env staging --image $image@$(digest first) --report W/report" \
  "$(call 'ops rollout')"
play
row 'again' '0, 0 changed' "$code, $(changed) changed"
row 'again: calls' 'buildah images ops status ' "$(calls)"
play --check
row 'a look' '0, 0 changed' "$code, $(changed) changed"
play -e cluster_force=true
row 'settings alone, by force' 'buildah images ops status ops rollout ' "$(calls)"
echo 1 >"$WORK/wrong"
play
row 'what serves is not well: calls' 'buildah images ops status ops rollout ' "$(calls)"
echo 0 >"$WORK/wrong"

commit second
play -e image_engine=docker
row 'docker: exit' 0 "$code"
row 'docker: calls' 'docker build ops status ops rollout ' "$(calls)"
row 'docker: what is built' "docker build --file W/source/Dockerfile --target app --build-arg \
REVISION=$revision --tag $image:${revision:0:12} --push --metadata-file \
W/source/.slipway/ansible/registry.example.com_team_slipway/${revision:0:12} W/source" \
  "$(call 'docker build')"
row 'docker: what is rolled out' \
  "ops rollout --env staging --image $image@$(digest second) --report W/report" \
  "$(call 'ops rollout')"
play -e image_engine=docker
row 'docker, again' '0, 0 changed' "$code, $(changed) changed"
play -e image_engine=docker --check
row 'docker, a look' '0, 0 changed' "$code, $(changed) changed"

commit third
echo 14 >"$WORK/ends"
echo 'inconclusive: nobody knows' >"$WORK/said"
wanted=2 play
row 'a rollout that ends badly' 2 "$code"
row 'a rollout that ends badly: why' yes \
  "$(says 'ops rollout ended with 14: inconclusive: nobody knows')"
echo changed >>"$WORK/source/Dockerfile"
wanted=2 play
row 'what is not committed' 2 "$code"
row 'what is not committed: why' yes "$(says '1 files? .*Dockerfile for one; commit them first')"
row 'what is not committed: calls' '' "$(calls)"
wanted=2 play -e image_repository=slipway:tag
row 'a repository with a tag' yes "$(says "image_repository 'slipway:tag'; allowed: buildah or")"
wanted=2 play --tags cluster -e cluster_environment=A
row 'an environment that is none' yes "$(says "cluster_environment is 'A'; allowed: the name")"
conclude 25
