#!/usr/bin/env bash
# A million people imported in bounded memory; one wrong row among them, kill -9, SIGTERM and a disk
# that is full in the middle leave nothing behind.
. "$(dirname "${BASH_SOURCE[0]}")/lib/local.bash"

rows=${IMPORT_ROWS:-1000000}
memory_mib_max=64
file=$WORK/people.csv
export DATABASE_URL=sqlite:///$WORK/people.sqlite
mounted=
clean_up_import() {
  clean_up
  if [ -n "$mounted" ]; then umount "$WORK/small" || umount -l "$WORK/small"; fi
}
trap clean_up_import EXIT

make_file() { # ROWS
  awk -v rows="$1" 'BEGIN {
    print "Survived,Pclass,Name,Sex,Age,Siblings/Spouses Aboard,Parents/Children Aboard,Fare"
    for (row = 0; row < rows; row++)
      printf "%d,3,\"Nobody, Mr. %d\",male,%d.5,1,0,7.25\n", row % 2, row, row % 80
  }'
}

# Runs an import; its exit code is in $code, its peak memory in MiB in $peak.
import() { # OPTIONS...
  code=0
  python3 -c '
import resource, subprocess, sys
code = subprocess.run(sys.argv[2:]).returncode
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
open(sys.argv[1], "w").write(str(peak))
sys.exit(code)' "$WORK/peak" "$BIN/app" import people "$@" >"$WORK/out.txt" 2>&1 || code=$?
  peak=$(cat "$WORK/peak")
}

people() {
  python3 -c '
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
print(connection.execute("SELECT count(*) FROM people").fetchone()[0])' "$WORK/people.sqlite"
}

is_bounded() { [ "$peak" -le "$memory_mib_max" ] && echo yes || echo "no, $peak MiB"; }

# Starts an import that has read all rows but waits for more, and sends it a signal.
interrupt() { # SIGNAL
  mkfifo "$WORK/pipe"
  "$BIN/app" import people "$WORK/pipe" >"$WORK/out.txt" 2>&1 &
  local process=$!
  exec 9>"$WORK/pipe"
  head -n 200000 "$file" >&9
  kill -"$1" "$process"
  code=0
  wait "$process" 2>/dev/null || code=$?
  exec 9>&-
  rm "$WORK/pipe"
}

make_file "$rows" >"$file"
"$BIN/ops" migrate apply --database env:DATABASE_URL >/dev/null 2>&1
heading case expected seen verdict

interrupt KILL
row 'kill -9 in the middle: exit' 137 "$code"
row 'people' 0 "$(people)"
interrupt TERM
row 'SIGTERM in the middle: exit' 143 "$code"
row 'it says that nothing was imported' yes \
  "$(grep -q 'stopped; nothing was imported' "$WORK/out.txt" && echo yes || echo no)"
row 'people' 0 "$(people)"

{ cat "$file" && echo '1,3,Mr. A,male,x,1,0,7.25'; } >"$WORK/wrong.csv"
import "$WORK/wrong.csv"
row 'one wrong row among them: exit' 65 "$code"
row 'it is named by line and column' yes \
  "$(grep -q "wrong.csv:$((rows + 2)):16: Age is 'x'" "$WORK/out.txt" && echo yes || echo no)"
row 'people' 0 "$(people)"
row "at most $memory_mib_max MiB" yes "$(is_bounded)"

import "$file"
row 'the right file: exit' 0 "$code"
row 'people' "$rows" "$(people)"
row "at most $memory_mib_max MiB" yes "$(is_bounded)"
sed 's/^/    /' "$WORK/out.txt"

mkdir "$WORK/small"
mount -t tmpfs -o size=8m tmpfs "$WORK/small" || {
  echo 'import: a tmpfs cannot be mounted here, which this script needs (run it as root)' >&2
  exit 1
}
mounted=yes
DATABASE_URL=sqlite:///$WORK/small/people.sqlite
"$BIN/ops" migrate apply --database env:DATABASE_URL >/dev/null 2>&1
import "$file"
row 'a full disk: exit' 1 "$code"
row 'it says that nothing was imported' yes \
  "$(grep -q 'nothing was imported' "$WORK/out.txt" && echo yes || echo no)"
sed 's/^/    /' "$WORK/out.txt" | cut -c1-200
conclude 14
