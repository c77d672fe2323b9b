#!/usr/bin/env bash
# Backups into a store that fails in each way, and runs that are killed at each step: nothing
# partial is ever listed, nothing proven is lost, every failure has its exit code and a sentence.
#
# The store is moto, which checks signatures; what stands before it is Tests/storage/between.py.
# What the Swift tests have already is not here: two runs at once, a wrong key, a database that is
# not empty, a prune with nothing proven, objects that were changed in the store, retries that end.
set -uo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BIN=${BIN:-$repository/.build/release}
WORK=${WORK:-$(mktemp -d "${TMPDIR:-/tmp}/slipway-fault-XXXXXX")}
. "$repository/Tests/faults/lib/table.bash"
. "$repository/Tests/faults/lib/postgres.bash"
. "$repository/Tests/faults/lib/store.bash"

scratch=$WORK/scratch
ops_pid=''
mounted=()
clean_up() {
  if [ -n "$ops_pid" ]; then kill -9 "$ops_pid" 2>/dev/null; fi
  stop_store
  stop_postgres
  for place in "${mounted[@]}"; do umount -l "$place"; done
}
trap clean_up EXIT

mkdir "$WORK/server" "$scratch"
chmod 755 "$WORK"
chmod 711 "$scratch"
start_postgres "$WORK/server" || exit 1
start_store backups || exit 1
url() { printf 'postgres://slipway@127.0.0.1:%s/%s' "$postgres_port" "$1"; }

# Two parts of rows that do not compress, and a sequence.
fill() { # DATABASE MEBIBYTES
  as_superuser postgres --command "CREATE DATABASE $1"
  as_superuser "$1" --command "CREATE TABLE bulk AS
    SELECT n, string_agg(sha512((n::text || i)::bytea), '') AS bytes
    FROM generate_series(1, $2 * 64) AS n, generate_series(1, 256) AS i GROUP BY n;
    CREATE SEQUENCE tickets; SELECT nextval('tickets')" >/dev/null
}
fill orders 15

# Runs ops backup; its exit code is in `code`, what it said in $WORK/said.txt.
backup() { # ARGUMENTS...
  code=0
  timeout 150 "$BIN/ops" backup "$@" >"$WORK/said.txt" 2>&1 || code=$?
}
take() { # STORE OPTIONS...
  local store=$1
  shift
  backup run --database "$(url orders)" --name "${catalog:-orders}" --store "$store" "$@"
}
# How many backups are listed, and in which state the oldest is.
listing() {
  "$BIN/ops" backup list --name "${1:-orders}" --store "${2:-$store_direct}" --json
}
listed() {
  listing "$@" | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["backups"]))'
}
oldest() {
  listing "$@" | python3 -c 'import json, sys; print(json.load(sys.stdin)["backups"][-1]["state"])'
}
# Asked of the store itself, by somebody else's program.
uploads() {
  "$repository/.tools/storage/bin/python" - "$store_direct" <<'PYTHON'
import boto3, sys
client = boto3.client("s3", endpoint_url=sys.argv[1].split("endpoint=")[1], region_name="us-east-1")
print(len(client.list_multipart_uploads(Bucket="slipway-tests").get("Uploads", [])))
PYTHON
}
# How many files of backups that are listed are not what their manifests say, asked as above.
unlike() { # NAME
  "$repository/.tools/storage/bin/python" - "$store_direct" "$1" <<'PYTHON'
import boto3, hashlib, json, sys
client = boto3.client("s3", endpoint_url=sys.argv[1].split("endpoint=")[1], region_name="us-east-1")
read = lambda key: client.get_object(Bucket="slipway-tests", Key="backups/" + key)["Body"].read()
found = client.get_paginator("list_objects_v2").paginate(
    Bucket="slipway-tests", Prefix=f"backups/{sys.argv[2]}/")
keys = [item["Key"] for page in found for item in page.get("Contents", [])]
manifests = [json.loads(read(k.partition("/")[2])) for k in keys if k.endswith("/manifest.json")]
files = [file for manifest in manifests for file in manifest["files"]]
assert files
print(sum(hashlib.sha256(read(f["key"])).hexdigest() != f["stored"]["sha256"] for f in files))
PYTHON
}
# How many more are listed than when it was asked last; in `more`.
counted=0
count() {
  local now
  now=$(listed)
  more=$((now - counted))
  counted=$now
}
says() { if grep -qiE -- "$1" "$WORK/said.txt"; then echo told; else echo 'not told'; fi; }

# One cell: what goes wrong, how the run ends, the words for it, how many more are listed then.
cell() { # CASE EXIT MORE WORDS FAULTS
  set_faults "$5"
  take "$store_faulty"
  judge "$@"
}
# What came of it; a fault that never came proves nothing.
judge() { # CASE EXIT MORE WORDS
  local idle
  idle=$(unmet)
  set_faults '[]'
  count
  row "$1" "$2, told, $3 more" "$code, $(says "$4"), $more more$idle"
}

heading case expected seen verdict
take "$store_direct" --drill --scratch "$scratch"
count
row 'run --drill' '0, proven' "$code, $(oldest)"

done='^[0-9]{8}T[0-9]{6}Z-'

cell 'each part is late' 0 1 "$done" \
  '[{"fault": "delay", "seconds": 2, "holds": "partNumber", "count": 3}]'
cell 'each request: 500 once' 0 1 "$done" '[{"fault": "status", "status": 500, "each": true}]'
cell 'each request: 503 SlowDown once' 0 1 "$done" \
  '[{"fault": "status", "status": 503, "code": "SlowDown", "each": true}]'
cell 'each request: closed once' 0 1 "$done" '[{"fault": "refuse", "each": true}]'
cell 'each request: answer lost once' 0 1 "$done" '[{"fault": "lost", "each": true}]'
for bytes in 1 65536 8388608; do
  cell "each part: cut at byte $bytes" 0 1 "$done" \
    "[{\"fault\": \"half\", \"bytes\": $bytes, \"holds\": \"partNumber\", \"each\": true}]"
done
cell 'each answer: cut at byte 10' 0 1 "$done" '[{"fault": "cut", "bytes": 10, "each": true}]'
cell 'answers drip' 0 1 "$done" '[{"fault": "drip", "seconds": 0.001, "count": 1000}]'
cell 'completion: 200 with an error' 0 1 "$done" \
  '[{"fault": "status", "status": 200, "method": "POST", "holds": "uploadId"}]'
cell 'completion: 200 with an error, done' 0 1 "$done" \
  '[{"fault": "status", "status": 200, "done": true, "method": "POST", "holds": "uploadId"}]'
cell 'completion: answer lost' 0 1 "$done" \
  '[{"fault": "lost", "method": "POST", "holds": "uploadId"}]'
cell 'completion: looked for in vain' 0 1 "$done" \
  '[{"fault": "lost", "method": "POST", "holds": "uploadId"},
    {"fault": "status", "status": 503, "method": "HEAD", "holds": "dump.pgdump", "skip": 1,
     "count": 2}]'
cell 'manifest: answer lost' 0 1 "$done" '[{"fault": "lost", "method": "PUT", "holds": "manifest"}]'
cell 'the clock is a day behind' 0 1 "$done" '[{"fault": "skew", "seconds": 86400}]'
cell 'the clock is a day ahead' 0 1 "$done" '[{"fault": "skew", "seconds": -86400}]'

# Lent keys: the first serves until it is called expired amid the parts.
lent() { # CASE EXIT MORE WORDS FAULTS
  local id=$AWS_ACCESS_KEY_ID secret=$AWS_SECRET_ACCESS_KEY
  set_faults "$5"
  unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  AWS_CONTAINER_CREDENTIALS_FULL_URI=$store_control/credentials take "$store_faulty"
  export AWS_ACCESS_KEY_ID=$id AWS_SECRET_ACCESS_KEY=$secret
  judge "$@"
}
lent 'a lent key expires, parts' 0 1 "$done" \
  '[{"fault": "status", "status": 400, "code": "ExpiredToken", "holds": "partNumber",
    "each": true}]'
lent 'a lent key expires, each request' 0 1 "$done" \
  '[{"fault": "status", "status": 400, "code": "ExpiredToken", "each": true}]'
lent 'a lent key was revoked' 0 1 "$done" '[{"fault": "stale", "tokens": 1}]'
cell 'a key expires that is not lent' 31 0 'expired' '[{"fault": "stale", "tokens": 0}]'

# What no further attempt heals.
for point in run.json uploads partNumber=1 partNumber=2 proof.json manifest.json; do
  cell "denied: $point" 31 0 'may not|denied' \
    "[{\"fault\": \"status\", \"status\": 403, \"code\": \"AccessDenied\", \"holds\": \"$point\",
      \"count\": 100}]"
done
cell 'no room: the completion' 31 0 'no room|full' \
  '[{"fault": "status", "status": 507, "code": "InsufficientStorage", "method": "POST",
     "holds": "uploadId", "count": 100}]'
cell 'the upload is gone' 31 0 'upload' \
  '[{"fault": "status", "status": 404, "code": "NoSuchUpload", "holds": "partNumber=2"}]'
cell 'the bucket is gone' 31 0 'bucket' \
  '[{"fault": "status", "status": 404, "code": "NoSuchBucket", "count": 1000}]'
cell 'signatures are changed' 31 0 'signature' '[{"fault": "signature", "count": 1000}]'
row 'of these, uploads that stay' 0 "$(uploads)"

# Away for half a minute from the second part on, whatever is asked meanwhile.
cell 'the store is away for 30 s' 0 1 "$done" \
  '[{"fault": "away", "seconds": 30, "after": "partNumber=2"}]'

# Bytes that are changed on their way, which this store does not see.
set_faults '[{"fault": "body", "method": "PUT", "holds": "partNumber=2"}]'
catalog=changed take "$store_faulty"
row 'a byte changed on its way in' 0 "$code$(unmet)"
backup verify --store "$store_direct" --name changed
row '  verify' '32, told' "$code, $(says 'are not those that were written')"
backup drill --store "$store_direct" --name changed --scratch "$scratch"
row '  drill, state' '32, told, uploaded' \
  "$code, $(says 'are not those that were written'), $(oldest changed)"
set_faults '[{"fault": "answer", "method": "GET", "holds": ".pgdump"}]'
id=$(listing | python3 -c 'import json, sys; print(json.load(sys.stdin)["backups"][-1]["id"])')
backup verify "$id" --store "$store_faulty" --name orders
row 'a byte changed on its way out' '0, proven' "$code, $(oldest)$(unmet)"

# The server of the database goes away amid the dump.
set_faults '[{"fault": "delay", "seconds": 3, "holds": "run.json"}]'
"$BIN/ops" backup run --database "$(url orders)" --name orders --store "$store_faulty" \
  >"$WORK/said.txt" 2>&1 &
ops_pid=$!
begins() { [ "$(requests PUT run.json)" -gt 0 ]; }
wait_until 200 begins
stop_postgres
code=0
wait "$ops_pid" || code=$?
ops_pid=''
run_postgres "$WORK/server/data"
set_faults '[]'
count
row 'the server stops amid it' '30, told, 0 more' \
  "$code, $(says 'the database|pg_dump'), $more more"
take "$store_direct"
count
row '  and once it is there again' '0, 1 more' "$code, $more more"

# Killed at each request: before the store has it, and when it has and has not answered.
starts() {
  "$BIN/ops" backup run --database "$(url orders)" --name orders --store "$1" "${@:2}" \
    >"$WORK/said.txt" 2>&1 &
  ops_pid=$!
}
# The next run, once the server has noticed that its client is gone: a short one, which sweeps as
# any other.
next() {
  for _ in $(seq 100); do
    take "$store_direct" --schema-only
    if [ "$code" != 33 ]; then break; fi
    sleep 0.1
  done
}
killed() { # METHOD WORDS DONE MORE
  local side=before ended seen
  set_faults "[{\"fault\": \"hold\", \"seconds\": 20, \"done\": $3, \"method\": \"$1\",
    \"holds\": \"$2\"}]"
  starts "$store_faulty"
  arrives() { [ "$(requests "$1" "$2")" -gt 0 ]; }
  wait_until 300 arrives "$1" "$2"
  # What is carried out has been by then.
  if [ "$3" = true ]; then
    side=after
    sleep 0.5
  fi
  kill -9 "$ops_pid"
  ended=0
  wait "$ops_pid" 2>/dev/null || ended=$?
  ops_pid=''
  set_faults '[]'
  count
  seen=$more
  next
  count
  row "kill -9 $side $1 $2" "137, $4 more; 0, 1" "$ended, $seen more; $code, $more"
}
for moment in false true; do
  killed PUT run.json $moment 0
  killed POST uploads= $moment 0
  killed PUT partNumber=2 $moment 0
  killed POST uploadId $moment 0
  killed PUT globals $moment 0
  killed PUT proof.json $moment 0
done
killed PUT manifest.json false 0
# It is whole by then, and nobody was told.
killed PUT manifest.json true 1
row 'of these, uploads that stay' 0 "$(uploads)"

# Its programs are killed, at some moment of their lives.
age=$(age-keygen 2>/dev/null | sed -n 's/^# public key: //p')
died=0
for line in 'pg_dump --format' 'pg_restore --list' 'gzip --no-name' 'age --encrypt' \
  'pg_dumpall --globals-only'; do
  program=${line%% *}
  for delay in 0 0.3; do
    options=(--format both)
    if [ "$program" = age ]; then options=(--encrypt-to "$age"); fi
    starts "$store_direct" "${options[@]}"
    # Not what only tells its version.
    lives() { pgrep -P "$ops_pid" -f "$line"; }
    wait_until 200 lives || true
    sleep "$delay"
    pkill -9 -P "$ops_pid" -f "$line"
    code=0
    wait "$ops_pid" || code=$?
    ops_pid=''
    count
    verdict=''
    case "$code, $more" in
      '30, 0')
        died=$((died + 1))
        if [ "$(says "$program ended with")" = told ]; then verdict=ok; fi
        ;;
      # It was done before.
      '0, 1') verdict=ok ;;
    esac
    judged "kill -9 $program after $delay s" '30 and none, or done' "$code, $more more" "$verdict"
  done
done
judged 'runs whose program was killed' 'most' "$died" "$([ "$died" -ge 5 ] && echo ok)"
row 'of these, uploads that stay' 0 "$(uploads)"

# A disk that has no room for the backup, and one of 1 MiB for temporary files.
full() { # FOLDER SIZE
  mkdir "$1"
  mount -t tmpfs -o "size=$2" tmpfs "$1" || {
    echo 'a tmpfs cannot be mounted here, which this script needs (run it as root)' >&2
    exit 1
  }
  mounted+=("$1")
}
full "$WORK/small" 20m
take "file://$WORK/small/store"
row 'a disk without room' '31, told, 0' \
  "$code, $(says 'no room|no space'), $(listed orders "file://$WORK/small/store")"
mount -o remount,size=100m "$WORK/small"
take "file://$WORK/small/store"
row '  with room' '0, 1' "$code, $(listed orders "file://$WORK/small/store")"
full "$WORK/tmp" 1m
TMPDIR=$WORK/tmp take "$store_direct" --format both
row 'TMPDIR of 1 MiB' 0 "$code"

row 'what was proven' proven "$(oldest)"
row 'files of listed ones that are others' 0 "$(unlike orders)"
row 'of the one that was changed' 1 "$(unlike changed)"
conclude 73
