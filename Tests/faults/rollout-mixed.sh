#!/usr/bin/env bash
# A rollout while clients read and write everything that the service has, wrong requests among it:
# every answer is one that the mix provokes, no connection is lost, and no write that was
# acknowledged is missing.
. "$(dirname "${BASH_SOURCE[0]}")/lib/local.bash"

python3 "$repository/Tests/Support/upstream_double.py" >"$WORK/upstream" &
double_pid=$!
trap 'kill "$double_pid" 2>/dev/null || true; clean_up' EXIT
for _ in $(seq 100); do
  if [ -s "$WORK/upstream" ]; then break; fi
  sleep 0.1
done

head -c 48 /dev/urandom | base64 -w0 >"$WORK/jwt"
cat >>"$WORK/platform.yaml" <<YAML
    env:
      PAGEVIEWS_BASE_URL: $(cat "$WORK/upstream")
      JWT_SECRET_FILE: $WORK/jwt
YAML
token=$(JWT_SECRET_FILE="$WORK/jwt" "$BIN/ops" token --subject mix --scope histories:read)

ops rollout --env local >"$WORK/first.txt"
TOKEN=$token PAUSE_MS=5 wrk -t1 -c32 -d120s -s "$repository/Benchmarks/load/soak.lua" "$url" \
  >"$WORK/wrk.txt" &
wrk_pid=$!

codes=
for number in 2 3; do
  code=0
  ops rollout --env local >"$WORK/rollout-$number.txt" || code=$?
  codes="$codes$code "
  [ "$code" = 0 ] || cat "$WORK/rollout-$number.txt"
done
sleep 1
# SIGINT makes wrk print what it has seen.
kill -INT "$wrk_pid"
wait "$wrk_pid" || true
cat "$WORK/wrk.txt"

statuses=$(sed -nE 's/^status ([0-9]+): .*/\1/p' "$WORK/wrk.txt" | sort -n | tr '\n' ' ')
unexpected=$(tr ' ' '\n' <<<"$statuses" | grep -vE '^(200|201|204|304|400|404|405|409|)$' || true)
heading case expected seen verdict
row 'exit codes' '0 0 ' "$codes"
row 'answers that nobody provoked' '' "$unexpected"
row 'wrk: socket errors' 0 "$(grep -c 'Socket errors' "$WORK/wrk.txt" || true)"
row 'created answers came' yes "$(grep -qE '^status 201: [1-9]' "$WORK/wrk.txt" && echo yes || echo no)"
conclude 4
