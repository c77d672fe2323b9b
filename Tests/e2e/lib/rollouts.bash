# Environments, rollouts to them and what they leave; a first one and good ones.
#
# Sourced, never run.
here=$PREFIX-$TARGET
environment=e2e
grace=5
release=0
ops_pid=''
signs_pid=''

# What the script has started.
end_all() {
  stop_clients
  for pid in $signs_pid $ops_pid; do kill -KILL "$pid" 2>/dev/null || true; done
}

# A folder with the platform.yaml of an environment; folders of one namespace are changes of it.
folder() { # FOLDER NAMESPACE ENTRY...
  local name=$1 namespace=$2
  shift 2
  mkdir -p "$WORK/$name/charts"
  ln -s "$repository/charts/slipway" "$WORK/$name/charts/"
  cat >"$WORK/$name/platform.yaml" <<YAML
service: { name: slipway, image: ${IMAGE%%@*} }
environments:
  $environment:
    target: $TARGET
    context: "$CONTEXT"
    namespace: $namespace
    settings: staging
    auth: off
    drain: 5s
$(printf '    %s\n' "$@")
YAML
}

# Helm's own library under Helm's arguments, where there is no helm.
if ! command -v helm >/dev/null; then
  mkdir "$WORK/bin"
  ln -s "$repository/Tests/e2e/helm" "$WORK/bin/"
  PATH=$WORK/bin:$PATH
fi

# As little as will do: a small cluster has to hold one pod more than there are.
little='requests: { cpu: 20m, memory: 64Mi }' enough='requests: { cpu: 50m, memory: 256Mi }'
image=${POSTGRES_IMAGE:+image: \"$POSTGRES_IMAGE\",}
bundled="database: { mode: bundled, $image storage: 1Gi, resources: { $enough } }"
# How busy the machine is must not be held against a release.
policy="probeRate: 20, consecutive: 20, soak: 3s, grace: ${grace}s, latencyFactor: 1000"
folder usual "$here" "$bundled" "rollout: { $policy }" "resources: { $little }"
folder small "$here" "$bundled" "rollout: { $policy }" \
  'resources: { requests: { cpu: 20m, memory: 16Mi }, limits: { memory: 16Mi } }'
folder greedy "$here" "$bundled" "rollout: { $policy }" 'resources: { requests: { cpu: 1000 } }'

# Runs `ops rollout` as a pipeline would: `code` is how it ended, what it said is in `said`, its
# evidence in `report`.
rollout() { # FOLDER ARGUMENT...
  local name=$1
  shift
  rm -rf "$WORK/report"
  code=0
  GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=$WORK/summary.md \
    ops "$name" rollout --env "$environment" "$@" >"$WORK/said" 2>&1 || code=$?
}

# Brings the image with settings of its own, as a release of its own.
bring() { # FOLDER ARGUMENT...
  bring_image "$1" "$IMAGE" "${@:2}"
}

bring_image() { # FOLDER IMAGE ARGUMENT...
  release=$((release + 1))
  rollout "$1" --image "$2" --set-env "RELEASE=$release" --report "$WORK/report" "${@:3}"
}

# The same, in the background, in $ops_pid; it rests in a phase until something is done to it.
bring_and_rest() { # PHASE ARGUMENT...
  release=$((release + 1))
  next=$(($(remembered number) + 1))
  (
    cd "$WORK/usual"
    OPS_REST_IN_PHASE=$1 exec "$BIN/ops" rollout --env "$environment" --image "$IMAGE" \
      --set-env "RELEASE=$release" "${@:2}"
  ) >"$WORK/resting" 2>&1 &
  ops_pid=$!
  wait_until 1200 journal_has "$next" "$1" || fail "never came to $1: $(cat "$WORK/resting")"
}

# Sends a signal to the one in the background; `code` is how it ended.
end_by() { # SIGNAL
  code=0
  kill -"$1" "$ops_pid"
  wait "$ops_pid" 2>/dev/null || code=$?
  ops_pid=''
}

# What is remembered in the cluster, 0 where nothing is.
remembered() { # NAME
  kubectl -n "$here" get configmap slipway-rollout -o 'jsonpath={.data.state\.json}' 2>/dev/null |
    python3 -c 'import json, sys; print(json.loads(sys.stdin.read() or "{}").get(sys.argv[1], 0))' "$1"
}

journal_has() { # NUMBER PHASE
  kubectl -n "$here" get configmap "slipway-rollout-$1" -o 'jsonpath={.data.journal\.jsonl}' |
    grep -q "\"phase\":\"$2\""
}

# What the pods are told to be, and what one that clients reach says it is.
revision() {
  kubectl -n "$here" get deployment slipway \
    -o 'jsonpath={.spec.template.spec.containers[0].env[?(@.name=="REVISION")].value}'
}
answers() { ask /health -o /dev/null -D - | tr -d '\r' | sed -n 's/^X-Revision: //ip'; }

# A row for what is not to be more than a limit.
at_most() { # CASE SECONDS SEEN
  judged "$1" "at most $2 s" "$3 s" \
    "$(awk -v seen="$3" -v most="$2" 'BEGIN { if (seen + 0 == seen && seen <= most) print "ok" }')"
}

# A row for a rollout; where it went otherwise its words say why.
went() { # CASE EXPECTED
  row "$1" "$2" "exit $code"
  if [ "$2" != "exit $code" ]; then sed 's/^/    /' "$WORK/said" | tail -n 12; fi
}

lost_nothing() { # CASE
  window
  row "$1: lost, new and kept" "0 of both" "$(lost)"
  [ "$(lost)" = '0 of both' ] || echo "    $(tail -n 1 "$WORK/load.json")"
}

# In words, by kind of connection.
lost() {
  local new kept
  new=$(seen new.non_2xx new.socket_errors)
  kept=$(seen kept.non_2xx kept.socket_errors)
  if [ "$new $kept" = '0 0 0 0' ]; then echo '0 of both'; else
    echo "$((${new/ /+})) new, $((${kept/ /+})) kept"
  fi
}

# The environment, once: whoever needs it installs it.
installed() {
  [ -z "$load_pid" ] || return 0
  namespace "$here"
  quietly 'ops secrets init' ops usual secrets init --env "$environment"
  bring usual
  went 'first release' 'exit 0'
  [ "$code" = 0 ] || fail 'without a first release there is nothing to prove'
  open_entrance "$here"
  row 'first release: who answers' "$(revision)" "$(answers)"
  start_clients
}

prove_good() {
  local before
  installed
  before=$(revision)
  window
  bring usual
  went 'a good release' 'exit 0'
  lost_nothing 'a good release'
  row 'a good release: who answers' 'a new one' \
    "$([ "$(answers)" = "$before" ] || echo 'a new one')"
  is_told 'a good release' notice
  row 'a good release: requests' 'of both revisions' \
    "$([ "$(seen revisions)" = "$(printf '%s\n' "$before" "$(revision)" | sort | paste -sd,)" ] &&
      echo 'of both revisions')"
}
