#!/usr/bin/env bash
# Command lines, files and variables that are wrong: each ends with the exit code of its table and
# says on stderr what is wrong, where, and what would be right. No secret is ever printed.
. "$(dirname "${BASH_SOURCE[0]}")/lib/local.bash"

secret=s3cretvalue
project=$WORK/project
mkdir "$project"
cat >"$project/platform.yaml" <<'YAML'
service: { name: slipway, image: ghcr.io/example/slipway, port: 8080 }
environments:
  local: { target: local, replicas: 2, database: sqlite }
  staging:
    target: kustomize
    context: staging
    namespace: slipway
    database: bundled
YAML

rows=0
heading case expected seen verdict
# Every pattern must be found on stderr; where one is not, or the code is another, stderr is shown.
expect() { # CASE EXIT PATTERN... -- COMMAND...
  local name=$1 exit=$2 code=0 missing=() patterns=()
  shift 2
  while [ "$1" != -- ]; do
    patterns+=("$1")
    shift
  done
  shift
  (cd "$project" && exec timeout 30 "$@") >"$WORK/stdout" 2>"$WORK/stderr" </dev/null || code=$?
  for pattern in "${patterns[@]}"; do
    grep -qE -- "$pattern" "$WORK/stderr" || missing+=("$pattern")
  done
  local seen="exit $code"
  if [ ${#missing[@]} != 0 ]; then seen="exit $code, words missing"; fi
  if grep -q "$secret" "$WORK/stdout" "$WORK/stderr"; then seen="exit $code, secret shown"; fi
  rows=$((rows + 1))
  row "$name" "exit $exit" "$seen"
  if [ "$seen" != "exit $exit" ]; then
    printf '    missing: %s\n' "${missing[@]}"
    sed 's/^/    /' "$WORK/stderr"
  fi
}

expect_ops() { # CASE EXIT PATTERN... -- ARGUMENTS...
  local given=()
  while [ "$1" != -- ]; do
    given+=("$1")
    shift
  done
  shift
  expect "${given[@]}" -- "$BIN/ops" "$@"
}

# The same with a platform.yaml of its own, from stdin.
expect_file() { # CASE EXIT PATTERN...
  rm -rf "$WORK/file"
  mkdir "$WORK/file"
  cat >"$WORK/file/platform.yaml"
  local project=$WORK/file
  expect_ops "$@" -- rollout --env local
}

# Variables that are wrong, given to the app alone.
expect_app() { # CASE EXIT PATTERN... -- NAME=VALUE...
  local given=()
  while [ "$1" != -- ]; do
    given+=("$1")
    shift
  done
  shift
  expect "${given[@]}" -- env -i PATH="$PATH" "$@" "$BIN/app" serve
}

# Command lines of ops.
expect_ops 'command misspelt' 64 "'rolout' is no command" "did you mean 'rollout'" \
  -- rolout --env local
expect_ops 'command of a group misspelt' 64 "did you mean 'apply'" -- migrate aply
expect_ops 'command cut short' 64 'needs a command: apply, job, status' -- migrate
expect_ops 'option misspelt' 64 'no option --evn' "did you mean '--env'" "'ops rollout --help'" \
  -- rollout --evn local
expect_ops 'short option unknown' 64 'no option -x' -- rollout -x
expect_ops 'value missing at the end' 64 '--env needs a value' -- rollout --env
expect_ops 'value missing before an option' 64 '--env needs a value' -- rollout --env --plan
expect_ops 'value for a flag' 64 '--plan takes no value' -- rollout --env local --plan=yes
expect_ops 'option missing' 64 'needs --env' -- rollout
expect_ops 'option twice' 64 '--env is given twice' -- rollout --env local --env staging
expect_ops 'operand too many' 64 "does not take 'extra'" -- doctor --env local extra
expect_ops 'operand beside a command below' 64 "'extra' is no command of ops rollout" \
  -- rollout --env local extra
expect_ops 'operand missing' 64 'needs URL' -- gate
expect_ops 'operand wrong' 64 "'ftp://x'" 'http:// or https://' -- gate ftp://x
expect_ops 'duration without a unit' 64 "cannot be '10'" 'with a unit: ms, s, m, h or d' \
  -- rollout --env local --timeout 10
expect_ops 'duration of letters' 64 "cannot be 'soon'" -- gate http://127.0.0.1:1/ --for soon
expect_ops 'number out of range' 64 "cannot be '0'" 'from 1 to 5000' -- gate http://x --rate 0
expect_ops 'number of letters' 64 "cannot be 'many'" -- gate http://x --rate many
expect_ops 'word that is none of its choice' 64 "'purple'" 'auto, always, never' -- --color purple
expect_ops 'shell unknown' 64 "'tcsh'" 'bash, zsh, fish' -- completions tcsh
expect_ops 'options that exclude each other' 64 '--resume and --abort exclude each other' \
  -- rollout --env local --resume --abort
expect_ops 'plan of a resumption' 64 'exclude each other' -- rollout --env local --plan --resume
expect_ops 'option that needs another' 64 '--to needs --undo' -- rollout --env local --to abc
expect_ops 'variable without a name' 64 'NAME=VALUE' -- rollout --env local --set-env "=$secret"
expect_ops 'variable with a wrong name' 64 '9X=\[redacted\]' \
  -- rollout --env local --set-env "9X=$secret"
expect_ops 'text that is empty' 64 'not empty' -- rollout --env local --freeze ''
expect_ops 'environment misspelt' 64 "no environment 'lokal'" "did you mean 'local'" \
  'known: local, staging' -- rollout --env lokal
expect_ops 'environment unknown, status' 64 'known: local, staging' -- status --env production
expect_ops 'environment unknown, doctor' 64 'known: local, staging' -- doctor --env production
expect_ops 'program that is not there' 10 '/nonexistent is not a program' \
  -- rollout --env local --binary /nonexistent
expect_ops 'program that may not be run' 10 'is not a program that may be run' \
  -- rollout --env local --binary "$project/platform.yaml"
expect_ops 'nothing to resume' 10 'no rollout of local was interrupted' \
  -- rollout --env local --resume
expect_ops 'nothing to abort' 10 'no rollout of local was interrupted' -- rollout --env local --abort
expect_ops 'nothing to go back to' 10 'no former release' -- rollout --env local --undo
expect_ops 'database of another kind' 78 'unknown scheme' 'postgres://' \
  -- migrate status --database "mysql://u:$secret@h/x"
expect_ops 'database in no variable' 78 'variable NOPE' 'not set' -- migrate status --database env:NOPE
expect_ops 'database in no file' 78 '/nope: No such file' -- migrate status --database file:/nope
expect 'database that is away' 23 'Connection refused' 'every user of this machine' \
  -- env -u CI "$BIN/ops" migrate status --database "postgres://u:$secret@127.0.0.1:1/x"
expect 'password in a line of CI' 64 'a password on a command line' \
  -- env CI=true "$BIN/ops" migrate status --database "postgres://u:$secret@127.0.0.1:1/x"
expect_ops 'service that is away' 1 '' -- gate http://127.0.0.1:1/ --for 1s --timeout 2s

# platform.yaml.
rm -rf "$WORK/file"
mkdir -p "$WORK/file"
project=$WORK/file expect_ops 'file missing' 78 'platform.yaml cannot be read: No such file' \
  'root of the repository' -- rollout --env local
mkdir "$WORK/file/platform.yaml"
project=$WORK/file expect_ops 'file that is a folder' 78 'cannot be read: Is a directory' \
  -- rollout --env local
expect_file 'file empty' 78 'platform.yaml:1:1: error: .*empty' </dev/null
expect_file 'file of comments' 78 'platform.yaml:[0-9]+:[0-9]+: error: .*empty' <<<'# nothing'
printf '\377\376\000' | expect_file 'file not UTF-8' 78 'platform.yaml:1:1: error: .*UTF-8'
head -c 3000000 /dev/zero | expect_file 'file too large' 78 'File too large'
expect_file 'indented with a tab' 78 'platform.yaml:2:1: error: a tab' <<<$'service:\n\tname: x'
expect_file 'key twice' 78 "platform.yaml:2:1: error: .*'service' is already given at 1:1" \
  <<<$'service: {name: a}\nservice: {name: b}'
expect_file 'quote left open' 78 'platform.yaml:[12]:[0-9]+: error:' <<<'service: "slipway'
expect_file 'alias to nothing' 78 'platform.yaml:1:10: error:' <<<'service: *nowhere'
python3 -c 'print("[" * 100000)' | expect_file 'nested without end' 78 'nested too deeply'
python3 -c '
print("a0: &a0 [" + ",".join("x" * 9) + "]")
for i in range(1, 9): print(f"a{i}: &a{i} [" + ",".join([f"*a{i-1}"] * 9) + "]")' \
  | expect_file 'aliases that multiply' 78 'too many values'
expect_file 'seven mistakes at once' 78 \
  "platform.yaml:2:9: error: service.port: 'eighty'.*from 1024 to 65535" \
  'platform.yaml:3:3: error: service.potr: unknown key' "did you mean 'port'" \
  'platform.yaml:4:20: error: defaults.drain' 'a unit is missing: 10s' \
  "platform.yaml:7:13: error: environments.local.target: 'lokal'" "did you mean 'local'" \
  'platform.yaml:8:15: error: environments.local.replicas' \
  "platform.yaml:9:24: error: environments.local.rollout.backup: 'maybe'" \
  "platform.yaml:10:15: error: .*'context' is missing" <<'YAML'
service: { name: slipway, image: ghcr.io/example/slipway,
  port: eighty,
  potr: 80 }
defaults: { drain: 10 }
environments:
  local:
    target: lokal
    replicas: several
    rollout: { backup: maybe }
  production: { target: helm, namespace: x, database: bundled }
YAML
expect_file 'secret in clear' 78 'error: .*secret in clear' <<YAML
service: { name: slipway, image: ghcr.io/example/slipway, port: 8080 }
environments:
  local: { target: local, database: sqlite, env: { DATABASE_PASSWORD: $secret } }
YAML

# The app's command line and its variables.
expect 'app: command misspelt' 64 "unknown command 'srve'" "did you mean 'serve'" -- "$BIN/app" srve
expect 'app: option unknown' 64 "does not take '--port'" -- "$BIN/app" serve --port 80
expect 'app: option misspelt' 64 "does not take '--jsn'" -- "$BIN/app" config --jsn
expect_app 'app: six variables at once' 78 "HTTP_PORT is '99999'; allowed: .*0 to 65535" \
  "LOG_FORMAT is 'xml'; allowed: json, text" "POOL_SIZE is 'none'" "REVISION is 'a b'" \
  'DATABASE_URL is .*redacted' "DRAIN_DELAY is '5'" \
  -- HTTP_PORT=99999 LOG_FORMAT=xml POOL_SIZE=none 'REVISION=a b' DRAIN_DELAY=5 \
  "DATABASE_URL=mysql://u:$secret@h/x"
expect_app 'app: time zone unknown' 78 "BIRTHDAY_TIME_ZONE is 'Mars/Base'" 'Europe/Berlin' \
  -- BIRTHDAY_TIME_ZONE=Mars/Base
expect_app 'app: secret file missing' 78 'DATABASE_URL_FILE' 'No such file' \
  -- DATABASE_URL_FILE=/nope
expect_app 'app: value and file' 78 'either DATABASE_URL or DATABASE_URL_FILE' \
  -- DATABASE_URL=sqlite:///x.sqlite DATABASE_URL_FILE=/nope
expect_app 'app: name that needs a resolver' 78 "HTTP_HOST is 'somewhere'" -- HTTP_HOST=somewhere

python3 -c '
import socket, sys, time
s = socket.socket(); s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen(); time.sleep(60)' "$port" &
holder=$!
wait_until 50 python3 -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])))' "$port"
expect_app 'app: port in use' 1 "127.0.0.1:$port" 'in use' \
  -- HTTP_HOST=127.0.0.1 "HTTP_PORT=$port" "DATABASE_URL=sqlite:///$WORK/x.sqlite"
sed -i "s/database: sqlite/database: sqlite, port: $port/" "$project/platform.yaml"
# A rollout tells its story on stdout.
# shellcheck disable=SC2016
expect 'port in use' 10 "127.0.0.1:$port" 'in use' \
  -- sh -c 'exec "$0" rollout --env local >&2' "$BIN/ops"
kill "$holder"
wait "$holder" 2>/dev/null || true

expect 'secrets in the configuration' 0 -- env -i PATH="$PATH" \
  "DATABASE_URL=postgres://u:$secret@h/x" "POSTGRES_PASSWORD=$secret" "$BIN/app" config
conclude "$rows"
