#!/usr/bin/env bash
# What backup/ has for a machine without Kubernetes: the lines of backup.cron as cron would run them,
# drill.sh and prune.sh, with the real ops on a file of SQLite.
#
# BIN is the folder of the built programs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

repository=$PWD
OPS=$(realpath "${BIN:-.build/release}")/ops
WORK=$(mktemp -d "${TMPDIR:-/tmp}/slipway-backups-XXXXXX")
trap 'rm -rf "$WORK"' EXIT
. Tests/faults/lib/table.bash
export OPS

mkdir "$WORK/store" "$WORK/metrics"
cd "$WORK"
openssl genpkey -algorithm ed25519 -out signing.pem
public=$(openssl pkey -in signing.pem -pubout | sed -n 2p)
python3 - <<'PYTHON'
import sqlite3

with sqlite3.connect("database.sqlite") as database:
    database.execute("CREATE TABLE people (name TEXT PRIMARY KEY)")
    database.executemany("INSERT INTO people VALUES (?)", [("ada",), ("grace",)])
PYTHON
echo "DATABASE_URL='sqlite:///$WORK/database.sqlite'" >credentials
platform() { # LINES OF backup
  cat >platform.yaml <<YAML
service: { name: slipway, image: ghcr.io/example/slipway }
environments:
  local:
    target: local
    database: sqlite
    backup:
      schedule: "17 2 * * *"
      store: file://$WORK/store
      keep: { last: 1 }
$1
YAML
}
platform ''

# A line of backup.cron: its shell, its variables, and those of this machine.
cron() { # WORD VARIABLE=VALUE...
  local line variables code=0
  line=$(grep -F "backup $1" "$repository/backup/backup.cron" | sed -nE 's/^([0-9*]+ +){5}slipway +//p')
  mapfile -t variables < <(sed -nE 's/^([A-Z_]+)=("?)(.*)\2$/\1=\3/p' "$repository/backup/backup.cron")
  env -i "${variables[@]}" OPS="$OPS" PROJECT="$WORK" ENVIRONMENT=local CREDENTIALS="$WORK/credentials" \
    METRICS="$WORK/metrics" "${@:2}" sh -c "${line:?backup.cron has no such line}" \
    >"$WORK/said" 2>&1 || code=$?
  echo "$code"
}
code() { local code=0; "$@" >"$WORK/said" 2>&1 || code=$?; echo "$code"; }
says() { if grep -qF -- "$1" "$WORK/said"; then echo yes; else cat "$WORK/said"; fi; }
states() { "$OPS" backup list --env local --json 2>/dev/null | jq -r '[.backups[].state] | join(" ")'; }

heading case expected seen verdict
row 'a backup by cron' 0 "$(cron run)"
row 'and its figures' 1 "$(grep -c '^slipway_backup_success.* 1[.]0$' metrics/slipway_backup.prom)"
row 'nothing is pruned unproven' 10 "$(code "$repository/backup/prune.sh" local)"
row 'and it says why' yes "$(says 'no backup is proven by a restore')"
row 'its drill by cron' 0 "$(cron drill)"
row 'and its figures' 1 "$(grep -c '^slipway_drill_success.* 1[.]0$' metrics/slipway_drill.prom)"
row 'it is proven' proven "$(states)"
row 'there is nothing to prune' 0 "$(code "$repository/backup/prune.sh" local)"
row 'and it says so' yes "$(says '0 of 1 backups would go')"

row 'another one' 0 "$(cron run)"
row 'and a drill by hand' 0 "$(code "$repository/backup/drill.sh" local)"
row 'with evidence' yes "$(says "evidence: evidence/local/$(date -u +%Y-%m-%d)/drill.md")"
row 'which is there' 1 "$(find evidence -name drill.md | wc -l)"
row 'the first one is pruned' 0 "$(code "$repository/backup/prune.sh" local)"
row 'and it says so' yes "$(says 'removed 20')"
row 'the other stays' proven "$(states)"

platform "      signedBy: [$public]"
row 'no key where there are signers' 78 "$(cron run)"
row 'and it says what is missing' yes "$(says '--sign-with')"
unsigned=$("$OPS" backup list --env local --json 2>/dev/null | jq -r '.backups[0].id')
row 'what nobody signed is not drilled' 32 "$(code "$OPS" backup drill "$unsigned" --env local)"
row 'nor restored' 32 "$(code "$OPS" backup restore "$unsigned" --env local --database \
  "sqlite:///$WORK/copy.sqlite" --allow-unproven)"
row 'and it says why' yes "$(says "backup $unsigned is not signed")"
row 'unless that is asked for' 0 "$(code "$OPS" backup restore "$unsigned" --env local --database \
  "sqlite:///$WORK/copy.sqlite" --allow-unproven --allow-unsigned)"
row 'with the key' 0 "$(cron run SIGN_WITH="file:$WORK/signing.pem")"
row 'that one is drilled' 0 "$(cron drill)"
conclude 24
