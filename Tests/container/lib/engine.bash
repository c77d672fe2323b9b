# Runs an image by a container engine, `docker` unless ENGINE says another, with the restrictions
# that compose.yaml and the manifests give it.
#
# Sourced, never run. With lib/namespace.bash it gives the same functions.
read -ra engine <<<"${ENGINE:-docker}"
restrictions=(
  --read-only --tmpfs /tmp:size=16m --network none --cap-drop ALL
  --security-opt no-new-privileges --memory 128m --pids-limit 128
)
prefix=slipway-check-$$
data=$prefix
read -ra more <<<"${ENGINE_OPTIONS:-}"
restrictions+=("${more[@]}")

use_image() { # IMAGE
  image=$1
  "${engine[@]}" image inspect "$image" | python3 -c '
import json, sys
image = json.load(sys.stdin)[0]
# Podman has it one level higher than Docker.
config = {"Healthcheck": image.get("HealthCheck") or image.get("Healthcheck"), **image["Config"]}
json.dump(config, sys.stdout)' >"$WORK/config.json"
}

bytes_of_image() { "${engine[@]}" image inspect --format '{{.Size}}' "$image"; }

# Runs a program to its end.
once() { # PROGRAM ARGUMENTS...
  local program=$1
  shift
  "${engine[@]}" run --rm "${restrictions[@]}" --volume "$data:/data" --entrypoint "$program" \
    "$image" "$@"
}

# Starts the image's own command in the background.
start() { # NAME NAME=VALUE...
  local name=$1 options=() variable
  shift
  for variable in "$@"; do options+=(--env "$variable"); done
  "${engine[@]}" run --detach --name "$prefix-$name" "${restrictions[@]}" --volume "$data:/data" \
    "${options[@]}" "$image" >/dev/null
  started+=("$prefix-$name")
}

# The number that this machine knows its first process by.
process() { # NAME
  "${engine[@]}" inspect --format '{{.State.Pid}}' "$prefix-$1"
}

inside() { # NAME PROGRAM ARGUMENTS...
  local name=$1
  shift
  "${engine[@]}" exec "$prefix-$name" "$@"
}

exit_code() { # NAME
  "${engine[@]}" wait "$prefix-$1"
  "${engine[@]}" logs "$prefix-$1" >"$WORK/$1.log" 2>&1
}

end_all() {
  local name
  for name in "${started[@]}"; do "${engine[@]}" rm --force "$name" >/dev/null 2>&1 || true; done
  "${engine[@]}" volume rm --force "$data" >/dev/null 2>&1 || true
}
started=()
