#!/usr/bin/env bash
# The audit table is locked for 10 s while clients post: none waits for it, none fails, and every
# request has its row afterwards.
. "$(dirname "${BASH_SOURCE[0]}")/lib/local.bash"
trap - EXIT

heading case expected seen verdict
rows=0
code=0
BENCH_BINARIES=$BIN timeout 120 python3 "$repository/Tests/faults/lib/locked_history.py" \
  >"$WORK/rows.txt" 2>"$WORK/errors.txt" || code=$?
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
if [ "$code" != 0 ]; then cat "$WORK/errors.txt"; fi
row 'cases' 4 "$rows"
conclude $((rows + 2))
