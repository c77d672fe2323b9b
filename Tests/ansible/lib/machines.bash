# Machines with Debian 12 and systemd, each in a network of its own on a bridge that only this script
# sees, reached over SSH with a key that was made for the run.
#
# Sourced, never run, by a script in network and mount namespaces of its own.
repository=${repository:?}
network=10.94.0
declare -A machines=()

# A folder of a mount of cgroup2; where this machine has none, one is mounted.
find_groups() {
  groups=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
  if [ -z "$groups" ]; then
    groups=$WORK/cgroup
    mkdir "$groups"
    mount -t cgroup2 cgroup2 "$groups"
  fi
  groups=$groups/slipway-$$
  mkdir "$groups"
}

make_network() {
  mkdir -p /run/netns
  mount -t tmpfs tmpfs /run/netns
  ip link set lo up
  ip link add slipway type bridge
  ip address add "$network.1/24" dev slipway
  ip link set slipway up
  find_groups
  ssh-keygen -q -t ed25519 -N '' -f "$WORK/key"
  cat >"$WORK/ssh" <<SSH
Host *
  IdentityFile $WORK/key
  IdentitiesOnly yes
  UserKnownHostsFile $WORK/known_hosts
  StrictHostKeyChecking yes
  User root
  ControlMaster auto
  ControlPersist 60s
  ControlPath $WORK/%h
SSH
}

# Its files are those of .tools/host-base under a layer that is gone with the script.
start_machine() { # NAME NUMBER
  local name=$1 address=$network.$2 folder=$WORK/$1
  mkdir -p "$folder/upper" "$folder/work" "$folder/root" "$groups/$name"
  mount -t overlay overlay \
    -o "lowerdir=$repository/.tools/host-base,upperdir=$folder/upper,workdir=$folder/work" \
    "$folder/root"
  ssh-keygen -q -A -f "$folder/root"
  awk -v name="$address" '{ print name, $1, $2 }' "$folder/root/etc/ssh/ssh_host_ed25519_key.pub" \
    >>"$WORK/known_hosts"
  install -D --mode=600 "$WORK/key.pub" "$folder/root/root/.ssh/authorized_keys"
  echo "$name" >"$folder/root/etc/hostname"
  # Only the network's own names: nothing is to be looked up.
  printf '127.0.0.1 localhost\n%s %s\n' "$address" "$name" >"$folder/root/etc/hosts"
  : >"$folder/root/etc/resolv.conf"
  ip netns add "$name"
  ip link add "$name" type veth peer name eth0 netns "$name"
  ip link set "$name" master slipway up
  ip -n "$name" address add "$address/24" dev eth0
  ip -n "$name" link set eth0 up
  ip -n "$name" link set lo up
  # Nobody sits there.
  ln -sf /dev/null "$folder/root/etc/systemd/system/console-getty.service"
  : >"$folder/console"
  nsenter --net="/run/netns/$name" unshare --pid --mount --uts --ipc --fork --kill-child \
    "$repository/Tests/ansible/lib/boot" "$folder/root" "$groups/$name" "$folder/console" \
    >"$folder/boot.log" 2>&1 &
  machines[$name]=$!
  wait_until 600 on "$address" systemctl is-active --quiet ssh.service || {
    cat "$folder/boot.log" "$folder/console" >&2
    echo "machines: $name did not start" >&2
    exit 1
  }
}

on() { # ADDRESS COMMAND...
  local address=$1
  shift
  ssh -F "$WORK/ssh" -o ConnectTimeout=5 "$address" "$@"
}

stop_machines() {
  local name
  for name in "${!machines[@]}"; do
    kill -KILL "${machines[$name]}" 2>/dev/null || true
    wait "${machines[$name]}" 2>/dev/null || true
  done
  if [ -n "${groups-}" ]; then
    # Groups below are those that systemd made; empty ones go from the leaves up.
    for _ in $(seq 50); do
      find "$groups" -depth -type d -exec rmdir {} + 2>/dev/null || true
      [ -d "$groups" ] || break
      sleep 0.1
    done
  fi
}
