#!/usr/bin/env bash
# Releases that must not come in: refused, or taken back, with the cause in one line. The old one
# serves all the time, and no client ever has an answer of a bad one.
# Long enough to see a program that dies after three seconds, before clients do.
min_ready=4s
. "$(dirname "${BASH_SOURCE[0]}")/lib/local.bash"

fakes=$(cd "$(dirname "${BASH_SOURCE[0]}")/lib" && pwd)
ops rollout --env local >"$WORK/first.txt"
good=$(revision)

# A program that is the app for three seconds.
cat >"$WORK/crashes" <<SH
#!/bin/sh
[ "\$1" = serve ] || exec "$BIN/app" "\$@"
exec timeout --signal=KILL 3 "$BIN/app" "\$@"
SH
# One that lasts longer than it is watched in private, and not to the end of the soak.
sed 's/KILL 3 /KILL 5.2 /' "$WORK/crashes" >"$WORK/crashes-late"
# One that never says that it is ready.
printf '#!/bin/sh\nexec sleep 600\n' >"$WORK/hangs"
# One that is ready and answers nothing but 500.
printf '#!/bin/sh\nexec python3 "%s/unhealthy_replica.py" 500 0\n' "$fakes" >"$WORK/unhealthy"
# One that answers well, too late.
printf '#!/bin/sh\nexec python3 "%s/unhealthy_replica.py" 200 5\n' "$fakes" >"$WORK/slow"
chmod +x "$WORK/crashes" "$WORK/crashes-late" "$WORK/hangs" "$WORK/unhealthy" "$WORK/slow"

heading case expected seen verdict
attempt() { # NAME EXIT WORDS ARGUMENTS...
  local name=$1 exit=$2 words=$3 code=0
  shift 3
  start_load 200
  ops rollout --env local "$@" >"$WORK/$name.txt" 2>&1 || code=$?
  sleep 0.5
  stop_load
  row "$name: exit" "$exit" "$code"
  row "$name: cause is named" yes "$(grep -qE -- "$words" "$WORK/$name.txt" && echo yes || echo no)"
  row "$name: clients' failures" 0 "$(load failed)"
  row "$name: who answered" "{\"$good\": $(load ok)}" "$(load revisions)"
  row "$name: replicas of the old" 2 "$(ops status --env local --json | grep -c "\"name\": \"$good-")"
  grep -E '^(refused|failed|locked|done|inconclusive)' "$WORK/$name.txt" | cut -c1-160 | sed 's/^/    /'
}

attempt away 10 'postgres://nobody@127.0.0.1:1' --set-env DATABASE_URL=postgres://nobody@127.0.0.1:1/x
attempt dies 12 'LOG_FORMAT' --set-env LOG_FORMAT=xml
attempt crashes 12 'signal 9|exit (code )?137' --binary "$WORK/crashes" --set-env X=1
attempt hangs 12 'not ready' --binary "$WORK/hangs"
attempt unhealthy 12 '500' --binary "$WORK/unhealthy"
attempt slow 12 'timeout|time' --binary "$WORK/slow"

# Clients have met this one, and what it was answering when it died is lost; it must be taken back.
code=0
ops rollout --env local --binary "$WORK/crashes-late" >"$WORK/late.txt" 2>&1 || code=$?
row 'crashes late: exit' 12 "$code"
row 'crashes late: cause is named' yes \
  "$(grep -qE 'signal 9|exit (code )?137|failed \(0 allowed\)' "$WORK/late.txt" && echo yes || echo no)"
row 'crashes late: who serves' "$good" "$(revision)"
conclude 33
