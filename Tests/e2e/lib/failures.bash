# Releases that fail, each in its way: what each costs, what is told of it, and how soon.
#
# Sourced, never run.

# A row for what a pipeline reads: the annotation, the summary, and three files of which the one
# for programs is as its schema says.
is_told() { # CASE KIND
  local missing='' file
  grep -q "^::$2[ :]" "$WORK/said" || missing=" ::$2::"
  [ -s "$WORK/summary.md" ] || missing+=' summary'
  for file in rollout.json rollout.md rollout.html; do
    [ -s "$WORK/report/$file" ] || missing+=" $file"
  done
  "$repository/.tools/delivery/bin/check-jsonschema" \
    --schemafile "$repository/docs/rollout.schema.json" "$WORK/report/rollout.json" \
    >"$WORK/schema" 2>&1 || missing+=' schema'
  # What failed has something to say, or something was said of it.
  [ "$2" = notice ] || python3 -c 'import json, sys; sys.exit(not json.load(open(sys.argv[1]))["evidence"])' \
    "$WORK/report/rollout.json" || missing+=' words'
  : >"$WORK/summary.md"
  row "$1: evidence" whole "${missing:-whole}"
}

# A row for the cause, which is the annotation's whole text.
names() { # CASE PATTERN
  local said
  said=$(sed -nE 's/^::error[^:]*::(.*)/\1/p' "$WORK/said" | head -n 1)
  row "$1: names the cause" yes "$(grep -qE "$2" <<<"$said" && echo yes)"
  printf '    %s\n' "$said"
}

watch_signs() {
  "$repository/Tests/e2e/signs" "$here" >"$WORK/signs" 2>"$WORK/signs.txt" &
  signs_pid=$!
  wait_until 100 grep -q watching "$WORK/signs" || fail "signs: $(cat "$WORK/signs.txt")"
}

stop_signs() {
  kill -TERM "$signs_pid"
  wait "$signs_pid" || true
  signs_pid=''
}

# What must fail, and does: with its cause, in its time, and nobody notices.
fails() { # CASE SIGNS SECONDS CAUSE COMMAND...
  local case=$1 signs=$2 seconds=$3 cause=$4 before verdict back whole
  shift 4
  before=$(revision)
  watch_signs
  window
  "$@"
  stop_signs
  went "$case" 'exit 12'
  lost_nothing "$case"
  row "$case: who answered" "$before" "$(seen revisions)"
  names "$case" "$cause"
  is_told "$case" error
  # shellcheck disable=SC2086 # names of signs
  read -r verdict back whole < <("$repository/Tests/e2e/figures" times "$WORK/signs" \
    "$WORK/report/rollout.json" $signs || echo none none none)
  at_most "$case: sign to verdict" $((VERDICT_SECONDS_MAX + seconds)) "$verdict"
  at_most "$case: to way back" "$BACK_SECONDS_MAX" "$back"
  printf '    %s s from the begin to the verdict\n' "$whole"
}

finished() { # OPTION
  rollout usual "$1" --report "$WORK/report"
}

prove_failures() {
  installed
  fails 'no such image' image 0 'has no image' \
    bring_image usual "$MISSING_IMAGE"
  fails 'crash at start' exited 0 'exit 78; last line: .*LOG_FORMAT' \
    bring usual --set-env LOG_FORMAT=xml
  # It waits at an address where no database is: libpq takes this before the name.
  fails 'never ready' unready $((grace + 6)) 'readiness probe .*503' \
    bring usual --set-env PGHOSTADDR=127.0.0.2
  fails 'out of memory' out-of-memory 0 'OOMKilled .*limit 16Mi' \
    bring small --set-env EVENT_THREADS=256 --set-env WORKERS=512
  fails 'unschedulable' unschedulable "$grace" 'no node takes it .*cpu' \
    bring greedy
  bring_and_rest apply
  quietly quota kubectl -n "$here" create quota full --hard=pods=3
  end_by INT
  fails 'quota' not-created "$grace" 'the quota is used up .*pods' \
    finished --resume
  quietly quota kubectl -n "$here" delete quota full
  fails_to_migrate
  bring usual
  went 'and a good one after them' 'exit 0'
}

# The checksum of what was applied is another one, as if its file had been changed since.
fails_to_migrate() {
  quietly 'Job' kubectl -n "$here" delete job --all
  alter "set checksum = '0' || checksum"
  fails 'migration fails' exited 0 'container migrate .*exit' \
    bring usual
  alter 'set checksum = substr(checksum, 2)'
}

alter() { # CHANGE
  # shellcheck disable=SC2016 # the password is read there
  quietly 'SQL' kubectl -n "$here" exec slipway-database-0 -- sh -euc '
    export PGPASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
    psql --no-psqlrc --quiet --host 127.0.0.1 --username "$POSTGRES_USER" \
      --dbname "$POSTGRES_DB" --command "$0"' "update migration_history $1"
}
