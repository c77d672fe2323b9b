#!/usr/bin/env bash
# Restores the newest backup of an environment, compares it, and keeps the evidence by day.
#
#   backup/drill.sh ENVIRONMENT [DIRECTORY]
#
# OPS names the tool, BACKUP_IDENTITY the key of an encrypted backup as `--identity` takes it.
# Ends as `ops backup drill` does: 0 for proven, 14 for one that came back and proves nothing, as its
# proof does not have what is in the rows, 32 for a backup that is not what it should be.
set -euo pipefail

environment=${1:?"usage: $0 ENVIRONMENT [DIRECTORY]"}
evidence=${2:-evidence}/$environment/$(date -u +%Y-%m-%d)
ops=${OPS:-ops}

arguments=(--env "$environment" --report "$evidence")
if [ -n "${BACKUP_IDENTITY-}" ]; then arguments+=(--identity "$BACKUP_IDENTITY"); fi

code=0
"$ops" backup drill "${arguments[@]}" || code=$?
if [ "$code" = 0 ]; then
  printf 'evidence: %s/drill.md\n' "$evidence"
else
  printf 'drill: ended with %s; backup/README.md says what to do\n' "$code" >&2
fi
exit "$code"
