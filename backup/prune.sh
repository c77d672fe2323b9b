#!/usr/bin/env bash
# Removes the backups of an environment that backup.keep of platform.yaml does not keep: asks for the
# plan, and carries out that plan and no other.
#
#   backup/prune.sh ENVIRONMENT
#
# OPS names the tool. The keys of the store have to allow deleting, so run it where those of the backups
# themselves are not. Ends as `ops backup prune` does: 10 where nothing may go now, such as before the
# first drill or after a run that failed.
set -euo pipefail

environment=${1:?"usage: $0 ENVIRONMENT"}
ops=${OPS:-ops}

code=0
plan=$("$ops" backup prune --env "$environment") || code=$?
hash=$(sed -n 's/^to carry it out: --apply //p' <<<"$plan")
if [ "$code" = 0 ] && [ -n "$hash" ]; then
  exec "$ops" backup prune --env "$environment" --apply "$hash"
fi
printf '%s\n' "$plan"
exit "$code"
