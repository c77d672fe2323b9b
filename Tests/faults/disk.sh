#!/usr/bin/env bash
# A disk that is full, a small tmpfs under the environment's folder: a rollout says so and the old
# release serves, a write is refused with a problem, nothing that was acknowledged is lost, and all
# works again once there is room.
. "$(dirname "${BASH_SOURCE[0]}")/lib/local.bash"

disk_bytes=112m
mounted=
clean_up_disk() {
  clean_up
  if [ -n "$mounted" ]; then umount "$WORK/.slipway" || umount -l "$WORK/.slipway"; fi
}
trap clean_up_disk EXIT
mkdir "$WORK/.slipway"
mount -t tmpfs -o "size=$disk_bytes" tmpfs "$WORK/.slipway" || {
  echo 'disk: a tmpfs cannot be mounted here, which this script needs (run it as root)' >&2
  exit 1
}
mounted=yes

# Leaves so many KiB free.
fill() { # KIB
  rm -f "$WORK/.slipway/filler"
  local free
  free=$(df --output=avail -k "$WORK/.slipway" | tail -n 1)
  if [ "$1" = 0 ]; then
    cat /dev/zero >"$WORK/.slipway/filler" 2>/dev/null || true
  else
    fallocate -l $(((free - $1) * 1024)) "$WORK/.slipway/filler"
  fi
}
make_room() { rm -f "$WORK/.slipway/filler"; }
request() { # CURL OPTIONS...
  curl -sS -m 10 -o "$WORK/body" -w '%{http_code}' "$@"
}
put() { # USERNAME
  request -X PUT -H 'Content-Type: application/json' -d '{"dateOfBirth":"1990-01-02"}' \
    -D "$WORK/head" "$url/hello/$1"
}
name_of() { printf 'user%s' "$(printf '%s' "$1" | tr 0-9 a-j)" | tr -d '\n'; }

attempt() { # NAME EXIT WORDS
  local name=$1 exit=$2 words=$3 code=0
  start_load 200
  ops rollout --env local --set-env LOG_LEVEL=debug >"$WORK/out.txt" 2>&1 || code=$?
  sleep 0.3
  stop_load
  row "$name: exit" "$exit" "$code"
  row "$name: cause is named" yes "$(grep -qiE -- "$words" "$WORK/out.txt" && echo yes || echo no)"
  row "$name: clients' failures" 0 "$(load failed)"
  row "$name: only the old one" "{\"$good\": $(load ok)}" "$(load revisions)"
  grep -E '^(refused|failed|locked|done|inconclusive|ops:)' "$WORK/out.txt" | cut -c1-200 | sed 's/^/    /'
}

ops rollout --env local >"$WORK/first.txt"
good=$(revision)
heading case expected seen verdict
row 'a birthday is stored' 204 "$(put first)"

fill 10240
attempt '10 MiB free' 10 'MiB free, [0-9]+ MiB wanted'
fill 0
attempt 'nothing free' 10 "No space left on device"

fill 64
# Writes until the file and its log have no room; those that were acknowledged are noted.
acknowledged=()
refused=
for number in $(seq 1 2000); do
  name=$(name_of "$number")
  status=$(put "$name")
  if [ "$status" = 204 ]; then
    acknowledged+=("$name")
  else
    refused=$status
    break
  fi
done
row 'write on a full disk' 503 "${refused:-never refused}"
row 'it is a problem' yes \
  "$(grep -qi '^content-type: application/problem+json' "$WORK/head" && echo yes || echo no)"
row 'it says when to come again' yes "$(grep -qi '^retry-after:' "$WORK/head" && echo yes || echo no)"
printf '    %s\n' "$(cut -c1-160 "$WORK/body")"
row 'read on a full disk' 200 "$(request "$url/hello/first")"
row 'health on a full disk' 200 "$(request "$url/health")"
row 'status on a full disk' 0 "$(ops status --env local >/dev/null 2>&1 && echo 0 || echo "$?")"

make_room
row 'write with room again' 204 "$(put last)"
lost=0
for name in first last "${acknowledged[@]}"; do
  if [ "$(request "$url/hello/$name")" != 200 ]; then lost=$((lost + 1)); fi
done
row "acknowledged and lost, of $((${#acknowledged[@]} + 2))" 0 "$lost"
row 'the file is whole' ok "$(python3 -c '
import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("PRAGMA integrity_check").fetchone()[0])' \
  "$state/slipway.sqlite")"
code=0
ops rollout --env local >"$WORK/out.txt" 2>&1 || code=$?
row 'rollout with room again' 0 "$code"
row 'it has the birthdays' 200 "$(request "$url/hello/first")"
conclude 20
