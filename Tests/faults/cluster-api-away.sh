#!/usr/bin/env bash
# The API of a cluster starts anew or says nothing amid a rollout: clients that cannot be asked
# meanwhile lose nothing that anybody knows of, and no rollout fails by that alone.
. "$(dirname "${BASH_SOURCE[0]}")/lib/cluster.bash"

tag=0
away=3

ops rollout --env testing --image "$image:first" >"$WORK/first.txt"

heading 'the API is away in' expected seen verdict
for phase in baseline migrate apply gate soak; do
  for fault in restart silence; do
    next=$(($(number) + 1))
    file=$WORK/$phase-$fault.txt
    ops_in_background "$file" rollout --env testing --image "$image:good-$((tag += 1))"
    wait_until 600 journal_has "$next" "$phase" || true
    fault "$fault" "{\"seconds\": $away}"
    code=0
    wait "$ops_pid" || code=$?
    lost=$(sed -n 's/^clients: .*, \([0-9]*\) failed.*/\1/p' "$file")
    row "$phase, $fault" 'exit 0, 0 failed' "exit $code, ${lost:-no} failed"
    [ "$code" = 0 ] || sed 's/^/    /' "$file" | tail -n 8
  done
done
conclude 10
