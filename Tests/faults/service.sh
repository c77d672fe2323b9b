#!/usr/bin/env bash
# Clients that misbehave, against one `app serve`: garbage, halves, drips, smuggling, bodies without
# end, thousands of idle and of aborted connections. Each has a correct status or is cut in time,
# others are served all the while, and the process is the same one in the end.
. "$(dirname "${BASH_SOURCE[0]}")/lib/local.bash"

request_timeout=2
inactivity_timeout=6
body_bytes_max=1048576
service=
clean_up_service() {
  if [ -n "$service" ]; then kill -KILL "$service" 2>/dev/null || true; fi
}
trap clean_up_service EXIT
is_gone_or_zombie() { ! grep -q '^State:[[:space:]]*[^ZX]' "/proc/$1/status"; }

export DATABASE_URL=sqlite:///$WORK/service.sqlite
ops migrate apply --database env:DATABASE_URL >"$WORK/migrate.txt"
HTTP_HOST=127.0.0.1 HTTP_PORT=$port REQUEST_TIMEOUT=${request_timeout}s INACTIVITY_TIMEOUT=${inactivity_timeout}s \
  BODY_BYTES_MAX=$body_bytes_max LOG_LEVEL=warning "$BIN/app" serve >"$WORK/service.log" 2>&1 &
service=$!
wait_until 100 curl -fsS -m 2 "$url/readyz" || {
  cat "$WORK/service.log"
  exit 1
}
heading case expected seen verdict
row 'a birthday is stored' 204 "$(curl -sS -m 10 -o /dev/null -w '%{http_code}' -X PUT \
  -H 'Content-Type: application/json' -d '{"dateOfBirth":"1990-01-02"}' "$url/hello/alice")"

rows=1
code=0
timeout 300 python3 "$repository/Tests/faults/lib/bad_clients.py" \
  "$port" "$service" "$request_timeout" "$inactivity_timeout" "$body_bytes_max" >"$WORK/rows.txt" 2>"$WORK/clients.txt" \
  || code=$?
while IFS=$'\t' read -r name expected seen; do
  case $name in
    '#'*) printf '    %s\n' "${name#\# }" ;;
    *)
      rows=$((rows + 1))
      row "$name" "$expected" "$seen"
      ;;
  esac
done <"$WORK/rows.txt"
row 'the clients ended well' 0 "$code"
if [ "$code" != 0 ]; then cat "$WORK/clients.txt"; fi

row 'the same process' yes "$(kill -0 "$service" 2>/dev/null && echo yes || echo no)"
row 'and nothing was lost' 200 "$(curl -sS -m 10 -o /dev/null -w '%{http_code}' "$url/hello/alice")"
row 'no error in its log' 0 "$(grep -c '"level":"error"' "$WORK/service.log" || true)"
kill -TERM "$service"
if wait_until 300 is_gone_or_zombie "$service"; then
  code=0
  wait "$service" || code=$?
  service=
else
  code='30 s after SIGTERM it runs'
  for task in "/proc/$service/task"/*; do
    printf '    %s: %s\n' "$(cat "$task/comm")" "$(cut -d' ' -f1-3 "$task/syscall" 2>&1)"
  done
fi
row 'it ends well' 0 "$code"
conclude $((rows + 5))
