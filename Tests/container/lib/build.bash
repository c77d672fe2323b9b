# Builds the images of the Dockerfile without a registry: its stages run for real, by buildah, over
# bases that this machine makes.
#
# Sourced, never run. Images and layers stay in .tools/image-storage, so that the second build asks
# nobody.
repository=${repository:?}
storage=$repository/.tools/image-storage
base_version=$(cat "$repository/.tools/image-base.version")
base_image=localhost/slipway/debian:$base_version
swift_image=localhost/slipway/swift:$base_version

# What stages cache goes beside the layers, not into the machine's /var/tmp.
in_storage() {
  mkdir -p "$storage/cache"
  TMPDIR=$storage/cache buildah --root "$storage/layers" --runroot "$storage/run" \
    --storage-driver overlay "$@"
}
has_image() { in_storage inspect --type image "$1" >/dev/null 2>&1; }

# The base as an image. Of another base no layer can be used again.
import_base() {
  local container mount
  if has_image "$base_image"; then return; fi
  rm -rf "$storage"
  container=$(in_storage from scratch)
  mount=$(in_storage mount "$container")
  cp --archive "$repository/.tools/image-base/." "$mount/"
  in_storage config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    "$container" >/dev/null
  in_storage umount "$container" >/dev/null
  in_storage commit --quiet --rm "$container" "$base_image" >/dev/null
}

build() { # TARGET OPTIONS...
  local target=$1
  shift
  # The network is the machine's, for apt; Docker's format, since OCI's has no HEALTHCHECK.
  if ! in_storage build --isolation chroot --network host --format docker --layers --pull-never \
    --build-arg "TARGETARCH=$(dpkg --print-architecture)" \
    --build-context "debian=container-image://$base_image" "$@" \
    --target "$target" --tag "localhost/slipway/$target" "$repository" >"$WORK/build-$target.log" 2>&1
  then
    tail -n 30 "$WORK/build-$target.log" >&2
    echo "image: the target $target could not be built" >&2
    exit 1
  fi
}

# What the stage `build` gives, from programs that are built already.
stand_in_for_build() { # FOLDER
  install -D --target-directory="$1/out/bin" "$BIN/app" "$BIN/ops"
  install -D --mode=644 --target-directory="$1/out/share/doc/slipway" "$repository/LICENSE"
  (cd "$repository" && scripts/fetch-docs-assets "$1/out/share/slipway/docs-assets")
}

# What the stage `tools` gives: programs in place of those that only their publishers have.
stand_in_for_tools() { # FOLDER
  local name
  for name in kubectl helm; do
    printf '#!/bin/sh\necho stand-in\n' |
      install -D --mode=755 /dev/stdin "$1/out/bin/$name"
  done
}

# The stage `build` itself. Swift is lent by this machine, at its own place; so are the authorities
# that it trusts, for the one package from PyPI.
build_programs() {
  local swift root
  swift=$(readlink -f "$(command -v swift)")
  root=${swift%/usr/bin/*}
  case $root in
    '' | / | "$swift") echo "image: Swift in $swift is not a folder to lend" >&2 && exit 1 ;;
  esac
  if ! has_image "$swift_image"; then
    # Beside Swift, the official image has these.
    printf '%s\n' "FROM $base_image" "RUN apt-get update && apt-get install --yes \
      --no-install-recommends binutils ca-certificates gcc git libc6-dev libcurl4-openssl-dev \
      libedit-dev libicu-dev libncurses-dev libpython3-dev libsqlite3-dev libstdc++-12-dev \
      libxml2-dev pkg-config tzdata uuid-dev" \
      "ENV PATH=$root/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" |
      in_storage build --isolation chroot --network host --pull-never --tag "$swift_image" \
        --file - "$WORK" >"$WORK/build-swift.log" 2>&1 || {
      tail -n 30 "$WORK/build-swift.log" >&2
      exit 1
    }
  fi
  build build --build-context "swift=container-image://$swift_image" \
    --volume "$root:$root:ro" --volume /etc/ssl/certs:/etc/ssl/certs:ro \
    --env PIP_CERT=/etc/ssl/certs/ca-certificates.crt
}
