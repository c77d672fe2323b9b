#!/usr/bin/env bash
# Five rollouts, one after another, under 2,000 requests a second on new and kept connections and
# a closed loop of 32 connections beside it: nobody may notice.
. "$(dirname "${BASH_SOURCE[0]}")/lib/local.bash"

rollouts=5
ops rollout --env local >"$WORK/first.txt"
start_load 2000
wrk -t1 -c32 -d120s "$url/livez" >"$WORK/wrk.txt" &
wrk_pid=$!

codes=
report_failed=0
for number in $(seq 2 $((rollouts + 1))); do
  code=0
  ops rollout --env local --report "$WORK/report-$number" >"$WORK/rollout-$number.txt" || code=$?
  codes="$codes$code "
  [ "$code" = 0 ] || cat "$WORK/rollout-$number.txt"
  count=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["clients"]["failed"])' \
    "$WORK/report-$number/rollout.json")
  report_failed=$((report_failed + count))
done
sleep 1
stop_load
# SIGINT makes wrk print what it has seen.
kill -INT "$wrk_pid"
wait "$wrk_pid" || true

cat "$WORK/load.txt" "$WORK/wrk.txt"
heading case expected seen verdict
row 'exit codes' '0 0 0 0 0 ' "$codes"
row 'open loop: not 2xx' 0 "$(load non_2xx)"
row 'open loop: socket errors' 0 "$(load socket_errors)"
# What the generator itself came too late to send, on a machine that stood still, nobody missed.
row 'open loop: fewer than 10,000 sent' no "$(
  if [ "$(load sent)" -lt 10000 ]; then load sent; else echo no; fi
)"
row 'wrk: lines of errors' 0 "$(grep -cE 'Socket errors|Non-2xx' "$WORK/wrk.txt" || true)"
row 'own probes that failed' 0 "$report_failed"
row 'revisions that answered' $((rollouts + 1)) "$(load revisions | tr ',' '\n' | wc -l)"
conclude 7
