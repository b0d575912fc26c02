#!/bin/sh
# Brings the programs that the integration tests drive: a real broker, socket plumbing, network namespaces,
# a tracer of system calls, small disks, wall clocks that can be set.
# Silent when all are there; as root on Debian or Ubuntu it installs what is missing, else it says what to do.
set -eu

# program:Debian package
TOOLS='mosquitto:mosquitto mosquitto_sub:mosquitto-clients socat:socat ip:iproute2 nft:nftables openssl:openssl strace:strace mkfs.ext4:e2fsprogs losetup:mount faketime:faketime promtool:prometheus udevadm:udev ping:iputils-ping python3:python3 ss:iproute2'

# Debian keeps some of them where only root's PATH looks.
PATH="$PATH:/usr/sbin:/sbin"

# missing 1: programs that are not there; missing 2: their packages.
missing() {
  for tool in $TOOLS; do
    command -v "${tool%%:*}" >/dev/null 2>&1 || printf ' %s' "$(echo "$tool" | cut -d: -f"$1")"
  done
}

programs=$(missing 1)
packages=$(missing 2)
[ -n "$programs" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  echo "The tests need these programs:$programs. Install them with this machine's package manager." >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "The tests need these programs:$programs. Install them with:" >&2
  echo "  sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends$packages'" >&2
  exit 1
fi

echo "Installing what the tests need:$packages" >&2
export DEBIAN_FRONTEND=noninteractive

# Their packages would start a broker on port 1883 and a Prometheus on 9090, which the tests neither want nor use: policy-rc.d keeps it from
# starting (invoke-rc.d(8)). A policy that the machine already has stays as it is.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' INT TERM
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

apt-get -q update >&2
# shellcheck disable=SC2086 # a list of package names
apt-get -q install -y --no-install-recommends $packages </dev/null >&2

# Nor should they start at the next boot of a developer's machine.
if [ -d /run/systemd/system ] && command -v systemctl >/dev/null 2>&1; then
  for daemon in mosquitto prometheus; do
    case "$packages " in
      *" $daemon "*) systemctl disable --now "$daemon" >/dev/null 2>&1 || true ;;
    esac
  done
fi

programs=$(missing 1)
[ -z "$programs" ] || {
  echo "Still not found after installing:$programs" >&2
  exit 1
}
