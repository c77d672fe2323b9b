#!/usr/bin/env bash
# Brings compose.yaml up with its own secrets, asks the service what it is for, and takes all of it
# down again, the volume as well. Wants Docker with its compose plugin and the port 8080.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

export COMPOSE_PROJECT_NAME=slipway-check-$$
url=http://127.0.0.1:${PORT:-8080}
clean_up() { docker compose --profile backup down --volumes --timeout 30; }
trap clean_up EXIT

fail() {
  docker compose logs --tail 30 >&2
  printf 'compose: %s\n' "$@" >&2
  exit 1
}

ask() { # CODE CURL ARGUMENTS...
  local expected=$1 code
  shift
  code=$(curl --silent --show-error --max-time 10 --output /dev/null --write-out '%{http_code}' "$@")
  [ "$code" = "$expected" ] || fail "expected $expected, seen $code: $*"
}

scripts/compose-secrets
# Ends once all are healthy, which the migration must have been done for.
docker compose up --detach --wait --wait-timeout 180 || fail 'it does not come up'
ask 204 -X PUT -H 'Content-Type: application/json' -d '{"dateOfBirth":"1815-12-10"}' "$url/hello/ada"
ask 200 "$url/hello/ada"
# What was stored outlives the containers.
docker compose down --timeout 30
docker compose up --detach --wait --wait-timeout 180 || fail 'it does not come up again'
ask 200 "$url/hello/ada"
# Into a store of its own, and back out of it into a database that is compared.
docker compose run --rm backup || fail 'no backup was made'
docker compose run --rm backup drill || fail 'the backup is not proven'
echo 'compose: up, asked, down, up again, backed up, restored'
