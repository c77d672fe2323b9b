# Every rendered file of the repository, as a cluster reads it.
#
# Sourced, never run.

lacks() { not kubectl get crd "$1" >/dev/null 2>&1; }

install() { # FILE ARGUMENT...
  local file=$1
  shift
  $HELM upgrade --install slipway "$repository/charts/slipway" -n "$here" \
    -f "$file" "$@" >"$WORK/said" 2>&1
}

prove_files() {
  local here=$PREFIX-files folder=$WORK/files environments image
  namespace "$here"
  mkdir -p "$folder"
  sed -E "s/^( +namespace:) .*/\1 $here/" "$repository/platform.yaml" >"$folder/platform.yaml"
  image=$(sed -nE 's/^ +image: ([a-z].*)/\1/p' "$folder/platform.yaml" | head -n 1)
  (cd "$folder" && "$BIN/ops" render --all --image "$image@${IMAGE#*@}") >"$WORK/said" 2>&1 ||
    fail "$(cat "$WORK/said")"
  environments=("$folder"/kustomize/overlays/*)

  if lacks servicemonitors.monitoring.coreos.com; then
    if install "$folder/charts/slipway/values/production.yaml"; then
      fail 'production was installed where no operator is'
    fi
    grep -qE 'needs [a-z.]+/v[0-9a-z]+, which this cluster does not have' "$WORK/said" ||
      fail "production without operators: $(cat "$WORK/said")"
    ok 'files: Helm refuses production where an operator is missing, and names it'
  fi
  define
  for environment in "${environments[@]##*/}"; do
    quietly "kustomize/overlays/$environment" kubectl apply --server-side --dry-run=server \
      --validate=strict --kustomize "$folder/kustomize/overlays/$environment"
    hears_no_warning "kustomize/overlays/$environment"
    quietly "kustomize/flat/$environment.yaml" kubectl apply --server-side --dry-run=server \
      --validate=strict -f "$folder/kustomize/flat/$environment.yaml"
    hears_no_warning "kustomize/flat/$environment.yaml"
    install "$folder/charts/slipway/values/$environment.yaml" --dry-run=server ||
      fail "charts/slipway/values/$environment.yaml: $(cat "$WORK/said")"
  done
  ok "files: the server takes every overlay, flat file and file of values (${environments[*]##*/})"
}

hears_no_warning() { # FILE
  if grep -i warning "$WORK/said" >&2; then fail "$1 was taken with a warning"; fi
}

# The definitions of operators' kinds that the cluster lacks; those that it has stay.
define() {
  "$PYTHON" "$repository/Tests/e2e/definitions" >"$WORK/definitions.yaml"
  # It fails for those that are there, and makes the others all the same.
  kubectl create -f "$WORK/definitions.yaml" -o name >"$WORK/defined" 2>/dev/null || true
  mapfile -t definitions <"$WORK/defined"
  [ ${#definitions[@]} = 0 ] ||
    quietly 'definitions' kubectl wait --for=condition=established --timeout=60s "${definitions[@]}"
}
