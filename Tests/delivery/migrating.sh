#!/usr/bin/env bash
# Runs what docs/migrating tells users of the five original services to run: databases as those made
# them, and a service that stands in for one, beside the real one on a PostgreSQL of this script's own.
#
# BIN is the folder of the built programs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

repository=$PWD
BIN=$(realpath "${BIN:-.build/release}")
WORK=$(mktemp -d "${TMPDIR:-/tmp}/slipway-migrating-XXXXXX")
. Tests/faults/lib/table.bash
. Tests/faults/lib/postgres.bash
processes=()
clean_up() {
  for process in "${processes[@]}"; do kill "$process" 2>/dev/null || true; done
  wait
  stop_postgres
  rm -rf "$WORK"
}
trap clean_up EXIT
export PATH=$BIN:$PATH no_proxy=127.0.0.1 NO_PROXY=127.0.0.1

address() { echo "postgres://slipway@127.0.0.1:$postgres_port/$1?sslmode=disable"; }
# A document's commands, in a folder of its own.
follow() { # DOCUMENT
  mkdir -p "$WORK/$1"
  python3 "$repository/Tests/delivery/documents.py" blocks "$repository" "docs/migrating/$1.md" \
    Tests/delivery/migrating.sh >"$WORK/$1/commands"
  [ -s "$WORK/$1/commands" ] || { echo "migrating: $1 has no commands" >&2; exit 1; }
  (cd "$WORK/$1" && bash -euo pipefail commands) >"$WORK/$1/said" 2>&1 || {
    # A row wants it to stop, or this does.
    if [ "${stops-}" = yes ]; then return; fi
    cat "$WORK/$1/said" >&2
    exit 1
  }
}
get() { # PATH CURL ARGUMENTS...
  curl --silent --show-error --max-time 10 -H "Authorization: Bearer $TOKEN" "$service$1" "${@:2}"
}

start_postgres "$WORK"
for database in old new; do as_superuser postgres --command "CREATE DATABASE $database"; done
as_superuser old <<'SQL'
CREATE TABLE word (id serial PRIMARY KEY, created timestamp NOT NULL, updated timestamp,
  original varchar(255), jumbled varchar(255));
INSERT INTO word (created, updated, original, jumbled) VALUES
  ('2024-03-01 10:00:00.698', NULL, 'slipway', 'yawpils'),
  ('2024-03-01 11:00:00', '2024-03-02 11:00:00', 'quay, "old"', 'dlo'), (now(), NULL, '', '');
CREATE TABLE audit_log (id serial PRIMARY KEY, created timestamp NOT NULL, method text, route text,
  data text, status text);
INSERT INTO audit_log (created, method, route, data, status) VALUES
  (now() AT TIME ZONE 'UTC', 'POST', '/api/randomizes/', 'b''{"word": "slipway"}''', '201 CREATED');
CREATE TABLE messages (id uuid PRIMARY KEY, sender varchar(64), recipient varchar(64),
  message varchar(1024), created timestamp);
INSERT INTO messages VALUES ('0e7e4ae6-5f58-4e3c-8f2a-1d2c3b4a5968', 'ada', 'grace',
  E'Lunch,\n"at noon"? ☕', now() AT TIME ZONE 'UTC');
CREATE TABLE users (username text PRIMARY KEY, date_of_birth date);
INSERT INTO users VALUES ('ada', '1815-12-10'), ('grace', '1906-12-09'), ('r2d2', '1977-05-25'),
  ('jean/luc', '1905-07-13');
SQL
NEW=$(address new)
export NEW
ops migrate apply --database env:NEW >"$WORK/migrated" 2>&1
# With tokens, as production has it; what reads needs one as well.
JWT_SECRET=$(printf 'x%.0s' {1..32})
export JWT_SECRET
TOKEN=$(ops token --subject reader --ttl 1h)
HTTP_HOST=127.0.0.1 HTTP_PORT=0 DATABASE_URL=$NEW AUTH=all app serve >"$WORK/log" 2>&1 &
processes+=($!)
wait_until 100 grep -q '"accepting"' "$WORK/log"
service=http://127.0.0.1:$(sed -nE 's/.*"accepting","port":([0-9]+).*/\1/p' "$WORK/log")

heading case expected seen verdict
OLD=$(address old) follow randomize
row 'a word keeps its id and moment' \
  '{"id":1,"created":"2024-03-01T10:00:00.698Z","updated":"2024-03-01T10:00:00.698Z","original":"slipway","jumbled":"yawpils"}' \
  "$(get /api/randomizes/1)"
row 'one with quotes and a comma' 'quay, "old"' "$(get /api/randomizes/2 | jq --raw-output .original)"
row 'the next one has the next id' 3 "$(get /api/randomizes -H 'Content-Type: application/json' \
  -d '{"word":"new"}' | jq .id)"
row 'a history' '{"word": "slipway"}' "$(as_superuser new --command \
  "SELECT data FROM histories WHERE status = '201 CREATED'")"

OLD=$(address old) follow messages
row 'a message' '["ada","grace","Lunch,\n\"at noon\"? ☕"]' \
  "$(get '/message?sender=ada&recipient=grace' | jq --compact-output '.[0] | [.sender, .recipient, .message]')"
row 'by its id' 0e7e4ae6-5f58-4e3c-8f2a-1d2c3b4a5968 \
  "$(get /messages/0e7e4ae6-5f58-4e3c-8f2a-1d2c3b4a5968 | jq --raw-output .id)"

OLD=$(address old) NEW=$service follow hello
row 'a birthday' 'Hello, ada!' "$(get /hello/ada | jq --raw-output .message | cut -d ' ' -f 1,2)"
row 'names that are refused are told' 'left out: r2d2 left out: jean/luc ' \
  "$(sed -n '/^left out/s/,.*//p' "$WORK/hello/said" | tr '\n' ' ')"
JWT_SECRET=$(printf 'y%.0s' {1..32}) OLD=$(address old) NEW=$service stops=yes follow hello
row 'without a token: stops' 'stopped at ada: 401' "$(cut -d ' ' -f 1-4 "$WORK/hello/said" | tail -n 1)"
row 'without a token: left out' 0 "$(grep -c 'left out' "$WORK/hello/said" || true)"

# The service of before, as far as the document asks it.
mkdir -p "$WORK/people" "$WORK/old"
cat >"$WORK/old/people" <<'JSON'
[{"uuid": "11111111-2222-4333-8444-555555555555", "survived": true, "passengerClass": 1,
  "name": "Miss. Before", "sex": "female", "age": 30, "siblingsOrSpousesAboard": 0,
  "parentsOrChildrenAboard": 0, "fare": 7.25}]
JSON
python3 -u -m http.server --bind 127.0.0.1 --directory "$WORK/old" 0 >"$WORK/old.log" 2>&1 &
processes+=($!)
wait_until 100 grep -q 'port' "$WORK/old.log"
printf '%s\n' 'Survived,Pclass,Name,Sex,Age,Siblings/Spouses Aboard,Parents/Children Aboard,Fare' \
  '0,3,Mr. Gone,male,22,1,0,7.25' '1,1,Mrs. Saved,female,38.5,1,0,71.2833' >"$WORK/people/titanic.csv"
old=$(sed -nE 's/.*port ([0-9]+).*/\1/p' "$WORK/old.log")
database=$NEW
DATABASE_URL=$database OLD=http://127.0.0.1:$old NEW=$service follow people
row 'people, of the file and of the service' 3 "$(tail -n 1 "$WORK/people/said")"
JWT_SECRET=$(printf 'y%.0s' {1..32}) DATABASE_URL=$database OLD=http://127.0.0.1:$old NEW=$service \
  stops=yes follow people
row 'people without a token' 'stopped at 401' \
  "$(sed -nE 's/^(stopped at) .*: (401) .*/\1 \2/p' "$WORK/people/said")"
DATABASE_URL=$database OLD=http://127.0.0.1:$old NEW=$service follow people
row 'a second time' '1, 3' \
  "$(grep -c 'there already: ' "$WORK/people/said"), $(tail -n 1 "$WORK/people/said")"
row 'who did not survive' 'Mr. Gone' \
  "$(get /people | jq --raw-output '.[] | select(.survived == false) | .name')"
row 'a uuid that clients know' 'Miss. Before' \
  "$(get /people/11111111-2222-4333-8444-555555555555 | jq --raw-output .name)"
conclude 15
