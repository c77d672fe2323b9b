#!/usr/bin/env bash
# Runs docs/guide.md, every block of it in order, in one shell and in a copy of the repository. Wants
# Docker and kind, and the cluster's name, slipway, and the port 5001 to be free.
#
#   CONTEXT and IMAGE   a cluster that is there and an image that its nodes can pull, in place of
#                       those that the guide makes; the blocks that make and remove them are left out
#   POSTGRES_IMAGE      in place of the one of the chart, where nodes cannot pull that
#   BIN                 the folder of ops, kubectl and helm then (.build/release)
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
WORK=$(mktemp -d)
clean_up() {
  if [ -n "${CONTEXT-}" ]; then
    kubectl --context "$CONTEXT" delete namespace --ignore-not-found --wait=false slipway-guide || true
  else
    kind delete cluster --name slipway || true
    docker rm --force slipway-registry || true
  fi
  rm -rf "$WORK"
}
trap clean_up EXIT

cd "$repository"
git ls-files -z --cached --others --exclude-standard |
  while IFS= read -r -d '' file; do [ ! -f "$file" ] || printf '%s\0' "$file"; done |
  tar --create --null --files-from - | tar --extract --directory "$WORK"
python3 Tests/delivery/documents.py blocks . docs/guide.md Tests/e2e/guide.sh >"$WORK/blocks"

change=()
if [ -n "${CONTEXT-}" ]; then
  PATH=${BIN:-$repository/.build/release}:$PATH
  # Whole blocks stand between empty lines.
  awk -v RS= -v ORS='\n\n' '!/(^|\n) *(kind|docker) /' "$WORK/blocks" >"$WORK/left"
  mv "$WORK/left" "$WORK/blocks"
  change+=(
    -e "s#kind-slipway#$CONTEXT#g" -e "s#localhost:5001/slipway:guide#$IMAGE#g"
    -e "s#localhost:5001/slipway#${IMAGE%%@*}#g"
  )
fi
if [ -n "${POSTGRES_IMAGE-}" ]; then
  change+=(-e "s#mode: bundled,#mode: bundled, image: \"$POSTGRES_IMAGE\",#")
fi
[ ${#change[@]} = 0 ] || sed -i "${change[@]}" "$WORK/blocks"
[ "$(grep -c 'ops rollout' "$WORK/blocks")" -ge 5 ] || { echo 'guide: blocks are missing' >&2; exit 1; }
cd "$WORK"
export PATH
bash -euxo pipefail blocks
echo 'guide: every block was run'
