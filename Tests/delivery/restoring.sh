#!/usr/bin/env bash
# Does what backup/README.md tells people to do whose database is lost, step by step: a service on a
# PostgreSQL of this script's own, a backup of it that is proven, the database gone, another one in its
# place. In place of kubectl there is a program that keeps the Secret and runs the service by it.
#
# BIN is the folder of the built programs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

repository=$PWD
BIN=$(realpath "${BIN:-.build/release}")
WORK=$(mktemp -d "${TMPDIR:-/tmp}/slipway-restoring-XXXXXX")
. Tests/faults/lib/table.bash
. Tests/faults/lib/postgres.bash
clean_up() {
  "$WORK/bin/kubectl" scale --replicas=0 2>/dev/null || true
  stop_postgres
  rm -rf "$WORK"
}
trap clean_up EXIT
export BIN WORK no_proxy=127.0.0.1 NO_PROXY=127.0.0.1

# The whole of a cluster that the page asks for: a Secret, and pods that are given it.
mkdir "$WORK/bin" "$WORK/store"
cat >"$WORK/bin/kubectl" <<'BASH'
#!/usr/bin/env bash
set -euo pipefail
echo "$*" >>"$WORK/asked"
case $* in
  *'--replicas=0'*)
    if [ -e "$WORK/pid" ]; then
      process=$(cat "$WORK/pid")
      rm "$WORK/pid"
      kill "$process"
      timeout 30 tail --pid="$process" -f /dev/null
    fi
    ;;
  *'--replicas=3'*)
    : >"$WORK/log"
    HTTP_HOST=127.0.0.1 HTTP_PORT=$(cat "$WORK/port") CHECK_MIGRATION=true \
      DATABASE_URL=$(jq --raw-output .stringData.url "$WORK/secret") \
      "$BIN/app" serve >"$WORK/log" 2>&1 </dev/null &
    echo $! >"$WORK/pid"
    for _ in {1..300}; do
      if grep -q '"accepting"' "$WORK/log"; then exit; fi
      sleep 0.1
    done
    cat "$WORK/log" >&2
    exit 1
    ;;
  *'patch secret slipway-database --patch-file '*) cat "${@: -1}" >"$WORK/secret" ;;
  *'patch cronjob/slipway-'*) ;;
  *)
    echo "the page asks for kubectl $*, which nobody answers" >&2
    exit 1
    ;;
esac
BASH
chmod +x "$WORK/bin/kubectl"
export PATH=$WORK/bin:$BIN:$PATH

start_postgres "$WORK"
as_superuser postgres --command 'CREATE ROLE keeper LOGIN' \
  --command 'CREATE DATABASE before OWNER keeper'
address() { echo "postgres://keeper@127.0.0.1:$postgres_port/$1?sslmode=disable"; }
free_port >"$WORK/port"
service=http://127.0.0.1:$(cat "$WORK/port")
DATABASE_URL=$(address before)
export DATABASE_URL
jq --null-input '{stringData: {url: env.DATABASE_URL}}' >"$WORK/secret"
age-keygen >"$WORK/identity" 2>/dev/null
cd "$WORK"
# The environment gives the store and its keys alone: in a cluster that would have to be a bucket.
cat >platform.yaml <<YAML
service: { name: slipway, image: ghcr.io/example/slipway }
environments:
  production:
    target: local
    database: sqlite
    backup:
      schedule: "17 2 * * *"
      store: file://$WORK/store
      encryptTo: [$(age-keygen -y "$WORK/identity")]
      drill: never
      keep: { last: 3 }
YAML
ops migrate apply --database env:DATABASE_URL >migrated 2>&1
kubectl scale deployment/slipway --replicas=3
curl -fsS -X PUT -H 'Content-Type: application/json' -d '{"dateOfBirth":"1815-12-10"}' \
  "$service/hello/ada"
ops backup run --env production --database env:DATABASE_URL --drill \
  --identity "file:$WORK/identity" >first 2>&1 || { cat first >&2; exit 1; }

as_superuser postgres --command 'DROP DATABASE before WITH (FORCE)'

# What the page can not know; each has to be there, or it would be left as it is.
python3 "$repository/Tests/delivery/documents.py" blocks "$repository" backup/README.md \
  Tests/delivery/restoring.sh >page
replace() { # TEXT OTHER
  grep -qF -- "$1" page || { echo "restoring: backup/README.md has no '$1' any more" >&2; exit 1; }
  TEXT=$1 OTHER=$2 python3 -c '
import os, pathlib
page = pathlib.Path("page")
page.write_text(page.read_text().replace(os.environ["TEXT"], os.environ["OTHER"]))'
}
replace postgres://user:password@host/database "$(address app)"
replace file:/path/to/age.key "file:$WORK/identity"
replace "'--sign-with file:/path/to/signing.pem'" "''"
replace '--owner user' '--owner keeper'
replace en_US.UTF-8 C.UTF-8
replace https://HOST "$service"
# The only cluster is the program above.
# shellcheck disable=SC2016
replace ' && ops status --env $ENVIRONMENT' ''

heading case expected seen verdict
# shellcheck disable=SC2317
is_away() { [ "$(curl -s -o /dev/null -w '%{http_code}' "$service/health")" = 503 ]; }
row 'the database is lost' 0 "$(wait_until 100 is_away; echo $?)"
code=0
PGHOST=127.0.0.1 PGPORT=$postgres_port PGUSER=slipway bash -euo pipefail page >said 2>&1 || code=$?
if [ "$code" != 0 ]; then cat said >&2; fi
row 'the page, step by step' 0 "$code"
row 'where the Secret leads' "$(address app | sed 's,.*/,,')" \
  "$(jq --raw-output .stringData.url secret | sed 's,.*/,,')"
row 'what is back' 'Hello, ada!' \
  "$(curl -s "$service/hello/ada" | jq --raw-output .message | cut -d ' ' -f 1,2)"
row 'what the service writes to' 1 "$(curl -fsS -X PUT -H 'Content-Type: application/json' \
  -d '{"dateOfBirth":"1906-12-09"}' "$service/hello/grace"
as_superuser app --command "SELECT count(*) FROM birthdays WHERE username = 'grace'")"
row 'backups that are proven' 2 "$(ops backup list --env production --json 2>/dev/null |
  jq '[.backups[] | select(.state == "proven")] | length')"
conclude 6
