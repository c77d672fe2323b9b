#!/usr/bin/env bash
# What the workflow `deploy` leads kubectl by: scripts/kubeconfig and scripts/kube-credential, with a
# real kubectl, against an issuer of tokens and an API server that stand in for GitHub's and a cluster's;
# and what the workflow `backup` is lent keys by, scripts/with-token. Then the tags that
# scripts/image-tags gives images.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

WORK=$(mktemp -d "${TMPDIR:-/tmp}/slipway-kubeconfig-XXXXXX")
. Tests/faults/lib/table.bash
trap 'if [ -n "${server-}" ]; then kill "$server" 2>/dev/null || true; fi; rm -rf "$WORK"' EXIT
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1
kubectl=kubectl
if [ -x .tools/programs/bin/kubectl ]; then kubectl=.tools/programs/bin/kubectl; fi

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
  -subj /CN=cluster -addext subjectAltName=IP:127.0.0.1 \
  -keyout "$WORK/key" -out "$WORK/certificate" 2>/dev/null
python3 Tests/delivery/issuer.py "$WORK/certificate" "$WORK/key" >"$WORK/ports" &
server=$!
wait_until 100 test -s "$WORK/ports"
read -r issuer cluster <"$WORK/ports"

export ACTIONS_ID_TOKEN_REQUEST_URL="http://127.0.0.1:$issuer/token?api-version=2.0"
export ACTIONS_ID_TOKEN_REQUEST_TOKEN=of-the-request
KUBE_CA=$(cat "$WORK/certificate")
export KUBE_SERVER=https://127.0.0.1:$cluster KUBE_CA KUBE_AUDIENCE='https://cluster.example/a&b'
asked() { # FIELD
  "$kubectl" --kubeconfig "$WORK/kubeconfig" --context staging get --raw /version 2>"$WORK/error" |
    jq --raw-output ".$1" || true
}
code() { local code=0; "$@" >"$WORK/out" 2>&1 || code=$?; echo "$code"; }

heading case expected seen verdict
scripts/kubeconfig staging >"$WORK/kubeconfig"
row 'context' staging "$("$kubectl" --kubeconfig "$WORK/kubeconfig" config get-contexts -o name)"
row 'no context by itself' 1 "$(code "$kubectl" --kubeconfig "$WORK/kubeconfig" config current-context)"
row 'the cluster takes the token' "$KUBE_AUDIENCE" "$(asked audience)"
row 'each kubectl gets one of its own' 1 "$(asked n)"
# A program that goes on for longer than a token lives.
"$kubectl" --kubeconfig "$WORK/kubeconfig" --context staging proxy --port 0 >"$WORK/proxy" &
proxy=$!
wait_until 100 grep -q 127 "$WORK/proxy"
port=$(sed -nE 's/.*:([0-9]+)$/\1/p' "$WORK/proxy")
through() { curl --silent --max-time 10 "http://127.0.0.1:$port/version" | jq .n; }
row 'through a proxy' 2 "$(through)"
row 'the same token while it lives' 2 "$(through)"
sleep 6
row 'another when it has run out' 3 "$(through)"
kill "$proxy"
expires=$(scripts/kube-credential | jq --raw-output '.status.expirationTimestamp | fromdate - now | floor')
judged 'it is used up a minute early' '0 to 5 s' "$expires s" \
  "$([ "$expires" -ge 0 ] && [ "$expires" -le 5 ] && echo ok)"
row 'a request that is not ours' 22 \
  "$(ACTIONS_ID_TOKEN_REQUEST_TOKEN=other code scripts/kube-credential)"
row 'no id-token' 1 "$(unset ACTIONS_ID_TOKEN_REQUEST_URL; code scripts/kube-credential)"
row 'a server without TLS' 1 "$(KUBE_SERVER=http://127.0.0.1 code scripts/kubeconfig staging)"
row 'no authority' 1 "$(KUBE_CA='' code scripts/kubeconfig staging)"
row 'no audience' 1 "$(KUBE_AUDIENCE='' code scripts/kubeconfig staging)"
row 'no name of a context' 1 "$(code scripts/kubeconfig 'a b')"

claim() { # NAME
  jq --raw-input --raw-output "split(\".\")[1] | gsub(\"-\"; \"+\") | gsub(\"_\"; \"/\") |
    . + \"===\"[: (4 - length % 4) % 4] | @base64d | fromjson | .$1"
}
lent=$WORK/lent
with_token() { scripts/with-token "$lent" 'sts.example/a&b' "$@"; }
row 'a command has a token beside it' 'sts.example/a&b' "$(with_token cat "$lent/token" | claim aud)"
row 'which another user may read' 644 "$(stat --format %a "$lent/token")"
row 'it ends as the command does' 7 "$(code with_token bash -c 'exit 7')"
# Who reads all the time meets whole tokens alone, one after another.
numbers=$(TOKEN_SECONDS=1 with_token bash -c "
  for _ in {1..34}; do cat '$lent/token'; sleep 0.1; done" | claim n | uniq)
first=$(head -n 1 <<<"$numbers")
count=$(wc -l <<<"$numbers")
judged 'a new one takes its place' '3 or more in a row' "${numbers//$'\n'/ }" \
  "$([ "$count" -ge 3 ] && [ "$numbers" = "$(seq "$first" $((first + count - 1)))" ] && echo ok)"
before=$(scripts/run-token of-nobody | claim n)
sleep 2.5
row 'and none once it has ended' $((before + 1)) "$(scripts/run-token of-nobody | claim n)"
row 'no token, and no command' 22 \
  "$(ACTIONS_ID_TOKEN_REQUEST_TOKEN=other code with_token touch "$WORK/begun")"
row 'as it never began' no "$(if [ -e "$WORK/begun" ]; then echo yes; else echo no; fi)"
row 'seconds that are none' 1 "$(TOKEN_SECONDS=0 code with_token true)"
row 'no command' 1 "$(code scripts/with-token "$lent" audience)"

sha=0123456789abcdef0123456789abcdef01234567
version=$(python3 Tests/delivery/versions.py . show)
tags() { # EVENT REF
  GITHUB_EVENT_NAME=$1 GITHUB_REF=$2 GITHUB_SHA=$sha scripts/image-tags 2>"$WORK/error" | tr '\n' ' '
}
row 'a pull request' 'pr-17 ' "$(tags pull_request refs/pull/17/merge)"
row 'main' "latest $sha " "$(tags push refs/heads/main)"
row 'with a major' "latest-postgres17 $sha-postgres17 " "$(SUFFIX=-postgres17 tags push refs/heads/main)"
row 'a branch' '' "$(tags push refs/heads/other || true)"
row 'a tag of another version' '' "$(tags push refs/tags/v2001.1.0 || true)"
if grep -qF "## [$version]" CHANGELOG.md; then expected="$version ${version%.*} "; else expected=; fi
row 'the tag of a version, once released' "$expected" "$(tags push "refs/tags/v$version" || true)"
conclude 29
