# Runs an image in namespaces of its own, as a container engine does, where there is none: a root
# that is read-only, a small /tmp, a folder of data, no network but its own loopback, no
# capabilities, and the image's user.
#
# Sourced, never run. With lib/engine.bash it gives the same functions.
repository=${repository:?}
root=
declare -A started=()
data=$WORK/data

use_image() { # IMAGE
  local container
  in_storage inspect --type image "$1" | python3 -c '
import json, sys
json.dump(json.load(sys.stdin)["Docker"]["config"], sys.stdout)' >"$WORK/config.json"
  container=$(in_storage from --pull-never "$1")
  containers+=("$container")
  root=$(in_storage mount "$container")
  user=$(setting User)
  mapfile -t variables < <(setting Env)
  directory=$(setting WorkingDir)
  # A new volume is as the folder is that it covers.
  if [ ! -d "$data" ]; then cp --archive "$root$directory" "$data"; fi
}

bytes_of_image() { du --summarize --one-file-system --block-size=1 "$root" | cut -f 1; }

# Runs a program to its end.
once() { # PROGRAM ARGUMENTS...
  unshare --mount --pid --net --ipc --uts --fork --kill-child \
    "$repository/Tests/container/lib/enter" "$root" "$data" "$directory" "$user" \
    "${variables[@]}" -- "$@"
}

# Starts the image's own command in the background.
start() { # NAME NAME=VALUE...
  local name=$1 command
  shift
  mapfile -t command < <(setting Entrypoint && setting Cmd)
  unshare --mount --pid --net --ipc --uts --fork --kill-child \
    "$repository/Tests/container/lib/enter" "$root" "$data" "$directory" "$user" \
    "${variables[@]}" "$@" -- "${command[@]}" >"$WORK/$name.log" 2>&1 &
  started[$name]=$!
}

# The number that this machine knows its first process by.
process() { # NAME
  cat "/proc/${started[$1]}/task/${started[$1]}/children"
}

inside() { # NAME PROGRAM ARGUMENTS...
  local name=$1
  shift
  # shellcheck disable=SC2046
  nsenter --target $(process "$name") --mount --pid --net --ipc --uts --root --wdns="$directory" \
    setpriv --reuid "${user%:*}" --regid "${user#*:}" --clear-groups --no-new-privs \
    --inh-caps=-all --bounding-set=-all env --ignore-environment "${variables[@]}" "$@"
}

exit_code() { # NAME
  local code=0
  wait "${started[$1]}" || code=$?
  unset "started[$1]"
  echo "$code"
}

end_all() {
  local name container
  for name in "${!started[@]}"; do kill -KILL "${started[$name]}" 2>/dev/null || true; done
  for container in "${containers[@]}"; do
    in_storage umount "$container" >/dev/null || true
    in_storage rm "$container" >/dev/null || true
  done
}
containers=()
