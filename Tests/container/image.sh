#!/usr/bin/env bash
# The images of the Dockerfile, built and run the way they are meant to be: as a user that is a
# number, on a root that is read-only, without capabilities, with a small /tmp and a folder of data.
#
#   image.sh                     both images, built here without a registry
#   image.sh --whole             the same, and compiles in the image's own stage `build`
#   image.sh --engine APP [OPS]  images that ENGINE (docker) has, run by that engine
#
# BIN is the folder of the built programs. It wants to be root; what it did not run it says.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BIN=${BIN:-$repository/.build/release}
WORK=$(mktemp -d "${TMPDIR:-/tmp}/slipway-image-XXXXXX")
chmod 755 "$WORK"
. "$repository/Tests/faults/lib/table.bash"

clean_up() {
  end_all
  rm -rf "$WORK"
}

# A member of the image's configuration: a text, or one line for each element or name.
setting() { # NAME...
  python3 - "$WORK/config.json" "$@" <<'PYTHON'
import json, sys

value = json.load(open(sys.argv[1]))
for name in sys.argv[2:]:
    value = (value or {}).get(name)
for line in [value] if isinstance(value, str) else value or []:
    print(line)
PYTHON
}

words() { tr '\n' ' ' | sed 's/ $//'; }
code() { local code=0; "$@" >"$WORK/out" 2>&1 || code=$?; echo "$code"; }
refused() { if "$@" >/dev/null 2>&1; then echo no; else echo yes; fi; }

# curl, as somebody beside the container's first process sees the service.
ask() { # NAME CURL ARGUMENTS...
  local name=$1
  shift
  nsenter --target "$(process "$name" | tr -d ' ')" --net \
    curl --silent --max-time 10 --output "$WORK/body" --write-out '%{http_code}' "$@" || true
}
answers() { [ "$(ask "$1" "http://127.0.0.1:8080$2")" = 200 ]; }
# Whether its first process has the port 8080 open.
listens() { # NAME
  local first
  first=$(process "$1" | tr -d ' ')
  cat "/proc/$first/net/tcp" "/proc/$first/net/tcp6" | grep -q ':1F90 .* 0A '
}

status() { # NAME FIELD
  sed -nE "s/^$2:\s*(\S+).*/\1/p" "/proc/$(process "$1" | tr -d ' ')/status"
}

check_configuration() { # ENTRYPOINT COMMAND
  row 'user, a number' 10001:10001 "$(setting User)"
  row 'it executes' "$1" "$(setting Entrypoint | words)"
  row 'with' "$2" "$(setting Cmd | words)"
  row 'version on the label' "$version" "$(setting Labels org.opencontainers.image.version)"
  row 'labels of the source' 'https https' "$(for label in source documentation; do
    setting Labels "org.opencontainers.image.$label" | cut -d : -f 1
  done | words)"
}

# What the programs ask for is there, and the Dockerfile names the packages of just that.
check_libraries() {
  local program
  for program in app ops; do
    row "libraries that $program lacks" 0 \
      "$(once /usr/bin/ldd "/usr/local/bin/$program" | grep -c 'not found' || true)"
  done
  once /usr/bin/dpkg-query --search '*/lib*.so*' >"$WORK/owners"
  for program in app ops; do
    once /usr/bin/cat "/usr/local/bin/$program" >"$WORK/$program"
    readelf --dynamic "$WORK/$program" | sed -nE 's/.*NEEDED.*\[(.*)\]/\1/p'
  done | sort -u >"$WORK/libraries"
  # A line is PACKAGE:ARCHITECTURE: FILE. What every Debian has is not named.
  awk 'NR == FNR { needed[$0] = 1; next }
    { n = split($NF, path, "/"); split($1, package, ":") }
    path[n] in needed { print package[1] }' "$WORK/libraries" "$WORK/owners" |
    sort -u | grep -vxE 'libc6|libgcc-s1' >"$WORK/needed"
  sed -n '/ AS runtime$/,/rm -rf/p' "$repository/Dockerfile" |
    sed -nE 's/^ +(lib[a-z0-9.+-]+|zlib1g) \\$/\1/p' | sort -u >"$WORK/named"
  row 'packages of C libraries named' "$(wc -l <"$WORK/needed")" "$(wc -l <"$WORK/named")"
  row 'needed, and not named' '' "$(comm -23 "$WORK/needed" "$WORK/named" | words)"
  row 'named, and not needed' '' "$(comm -13 "$WORK/needed" "$WORK/named" | words)"
}

check_programs() {
  row 'app version' "app $version" "$(once /usr/local/bin/app version)"
  row 'ops version' "ops $version" "$(once /usr/local/bin/ops version | head -n 1)"
  row 'authorities for TLS' 0 "$(code once /usr/bin/test -s /etc/ssl/certs/ca-certificates.crt)"
  row 'ops migrate apply, on SQLite' 0 \
    "$(code once /usr/local/bin/ops migrate apply --database sqlite:////data/slipway.sqlite)"
}

# Started before its migration: as it is, which clusters count on, and told to wait.
check_early() {
  local name url
  for name in early waiting; do
    url=sqlite:////data/$name.sqlite
    if [ "$name" = early ]; then
      start "$name" DATABASE_URL="$url"
      wait_until 50 answers "$name" /livez || true
      row 'no schema: /livez, /readyz' '200 503' \
        "$(ask "$name" http://127.0.0.1:8080/livez) $(ask "$name" http://127.0.0.1:8080/readyz)"
    else
      start "$name" DATABASE_URL="$url" CHECK_MIGRATION=true
      # Once it listens whoever comes waits with it.
      wait_until 100 listens "$name" || true
      row 'waiting, no schema: /livez' 000 "$(ask "$name" --max-time 2 http://127.0.0.1:8080/livez)"
    fi
    once /usr/local/bin/ops migrate apply --database "$url" >"$WORK/out" 2>&1
    row "$name, migrated: /readyz" 0 "$(wait_until 200 answers "$name" /readyz; echo $?)"
    kill -TERM "$(process "$name" | tr -d ' ')"
    exit_code "$name" >"$WORK/code"
    row "$name: exit code after SIGTERM" 0 "$(cat "$WORK/code")"
  done
}

check_service() {
  local health
  mapfile -t health < <(setting Healthcheck Test | tail -n +2)
  row 'health, where nobody serves' 1 "$(code once "${health[@]}")"
  # A zone that only tzdata knows.
  start first BIRTHDAY_TIME_ZONE=Europe/Berlin LOG_FORMAT=text
  wait_until 200 answers first /readyz || true
  row 'GET /livez' 200 "$(ask first http://127.0.0.1:8080/livez)"
  row 'GET /readyz' 200 "$(ask first http://127.0.0.1:8080/readyz)"
  row 'PUT /hello/ada' 204 "$(ask first -X PUT -H 'Content-Type: application/json' \
    -d '{"dateOfBirth":"1815-12-10"}' http://127.0.0.1:8080/hello/ada)"
  row 'GET /hello/ada' 200 "$(ask first http://127.0.0.1:8080/hello/ada)"
  row 'Swagger UI, from the image' 200 "$(ask first http://127.0.0.1:8080/docs/swagger-ui-bundle.js)"
  row 'health, where it serves' 0 "$(code inside first "${health[@]}")"
}

check_confinement() {
  local place
  row 'runs as' 10001 "$(status first Uid)"
  row 'capabilities' 0000000000000000 "$(status first CapBnd)"
  row 'no new privileges' 1 "$(status first NoNewPrivs)"
  for place in / /etc /usr/local/bin /usr/local/share; do
    row "refused to write to $place" yes "$(refused inside first /usr/bin/touch "$place/new")"
  done
  for place in /data /tmp; do
    row "may write to $place" 0 "$(code inside first /usr/bin/touch "$place/new")"
  done
  # Where the root is not read-only, owners and modes alone protect the programs.
  # Asked by owners and modes; folders where everybody may make files of his own are sticky.
  row 'files the user could change' '' "$(inside first /usr/bin/find / -xdev -path /data -prune -o \
    -not -type l \( -uid 10001 -o -gid 10001 -perm -020 -o -perm -002 -not -perm -1000 \) -print \
    2>/dev/null | words)"
}

# A request of which half has come when SIGTERM does; the other half comes a second later.
check_end() {
  local first
  first=$(process first | tr -d ' ')
  # shellcheck disable=SC2016
  nsenter --target "$first" --net bash -c '
    exec 3<>/dev/tcp/127.0.0.1/8080
    printf "PUT /hello/grace HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" >&3
    printf "Content-Length: 28\r\n\r\n{\"dateOfBirth\"" >&3
    sleep 0.3
    kill -TERM "$1"
    sleep 1
    printf ":\"1906-12-09\"}" >&3
    IFS=" " read -r -t 10 _ status _ <&3
    echo "$status"' - "$first" >"$WORK/late" || true
  row 'begun before SIGTERM' 204 "$(cat "$WORK/late")"
  exit_code first >"$WORK/code"
  row 'exit code after SIGTERM' 0 "$(cat "$WORK/code")"
  start second
  wait_until 200 answers second /readyz || true
  row 'the next one: GET /hello/grace' 200 "$(ask second http://127.0.0.1:8080/hello/grace)"
  kill -TERM "$(process second | tr -d ' ')"
  exit_code second >"$WORK/code"
  row 'and its exit code' 0 "$(cat "$WORK/code")"
}

check_app() { # IMAGE
  use_image "$1"
  heading "${1##*/}: case" expected seen verdict
  check_configuration /usr/local/bin/app serve
  row 'stops by' SIGTERM "$(setting StopSignal)"
  row 'port' 8080/tcp "$(setting ExposedPorts)"
  check_libraries
  check_programs
  check_early
  check_service
  check_confinement
  check_end
  app_bytes=$(bytes_of_image)
}

check_ops() { # IMAGE
  use_image "$1"
  heading "${1##*/}: case" expected seen verdict
  check_configuration /usr/local/bin/ops help
  row 'ops version' "ops $version" "$(once /usr/local/bin/ops version | head -n 1)"
  row 'pg_dump' 'pg_dump (PostgreSQL) 15' "$(once /usr/bin/pg_dump --version | cut -d . -f 1)"
  row 'psql' 'psql (PostgreSQL) 15' "$(once /usr/bin/psql --version | cut -d . -f 1)"
  row 'initdb' 'initdb (PostgreSQL) 15' \
    "$(once /usr/lib/postgresql/15/bin/initdb --version | cut -d . -f 1)"
  row 'age' 0 "$(code once /usr/bin/age --version)"
  row 'kubectl is on the PATH' 0 "$(code once /usr/local/bin/kubectl version --client)"
  row 'helm is on the PATH' 0 "$(code once /usr/local/bin/helm version)"
  ops_bytes=$(bytes_of_image)
}

mebibytes() { awk -v bytes="$1" 'BEGIN { printf "%.1f MiB", bytes / 1048576 }'; }

version=$(sed -nE 's/.* current = "(.*)"/\1/p' "$repository/Sources/Libraries/Core/Version.swift")
rows_of_app=43
rows_of_ops=12
if [ "${1-}" = --engine ]; then
  . "$repository/Tests/container/lib/engine.bash"
  trap clean_up EXIT
  rows=$rows_of_app
  check_app "$2"
  if [ -n "${3-}" ]; then
    check_ops "$3"
    rows=$((rows + rows_of_ops))
  fi
  printf '\napp %s, ops %s\n' "$(mebibytes "$app_bytes")" "$(mebibytes "${ops_bytes:-0}")"
  conclude "$rows"
  exit
fi

[ "$(id -u)" = 0 ] || { echo 'image: namespaces and mounts want root' >&2; exit 1; }
"$repository/scripts/fetch-image-base"
. "$repository/Tests/container/lib/build.bash"
. "$repository/Tests/container/lib/namespace.bash"
trap clean_up EXIT
import_base
if [ "${1-}" = --whole ]; then
  build_programs
  programs='container-image://localhost/slipway/build'
  compiled="the stage 'build' ran over a base like the official one, with this machine's Swift"
else
  stand_in_for_build "$WORK/build"
  programs=$WORK/build
  compiled="the stage 'build' was not run (--whole runs it): the programs are those of $BIN"
fi
stand_in_for_tools "$WORK/tools"
build app --build-context "build=$programs"
build ops --build-context "build=$programs" --build-context "tools=$WORK/tools"
# Layers of former sources; those of these images stay.
in_storage rmi --prune >/dev/null
check_app localhost/slipway/app
check_ops localhost/slipway/ops
base=$(du --summarize --block-size=1 "$repository/.tools/image-base" | cut -f 1)
cat <<TEXT

app $(mebibytes "$app_bytes"), ops $(mebibytes "$ops_bytes") without kubectl and helm, of which the base $(mebibytes "$base").
Not as in production:
- $compiled;
- the base is a minimal Debian 12 from this machine's mirrors, not the pinned image;
- the stage 'tools' was not run: stand-ins took the place of kubectl and helm.
TEXT
conclude $((rows_of_app + rows_of_ops))
