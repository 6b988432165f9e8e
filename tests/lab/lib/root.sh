# The root folder that all hosts share: a small Debian 12, made once.
# shellcheck shell=bash
SUITE=bookworm
# What a host needs to boot, to be reached and to be looked at by the lab. All that a cluster
# needs besides comes in the bundle.
PACKAGES=systemd,systemd-sysv,dbus,udev,kmod,openssh-server,sudo,iproute2,iputils-ping,procps,curl
# another list makes another root
ROOT=$CACHE/root-$(cksum <<<"$SUITE $PACKAGES" | cut -d ' ' -f 1)
CAROL_PASSWORD=tea-at-four

# The repository of the suite that this machine uses itself.
mirror() {
  # shellcheck disable=SC2016  # the format is for apt
  apt-get indextargets --format '$(CODENAME) $(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
    awk -v suite=$SUITE '($1 == suite || $2 == suite) && !found { print $3; found = 1 }'
}

make_root() {
  [ -d "$ROOT" ] && return
  local url part=$ROOT.part
  url=$(mirror)
  [ -n "$url" ] || die "no $SUITE repository in this machine's apt configuration"
  rm -rf "$part"
  mkdir -p "$LOGS"
  say "making the root of the hosts (once)"
  debootstrap --variant=minbase --include="$PACKAGES" $SUITE "$part" "$url" >"$LOGS/debootstrap.log" 2>&1 ||
    die "debootstrap failed: see $LOGS/debootstrap.log"
  forget_origin "$part"
  add_users "$part"
  set_units "$part"
  mv "$part" "$ROOT"
}

# Nothing of this machine and nothing of one host stays in the shared root.
forget_origin() {
  local root=$1 file
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/etc/ssh/ssh_host_* \
    "$root/var/lib/dbus/machine-id" "$root/etc/hostname"
  for file in apt/sources.list resolv.conf machine-id; do : >"$root/etc/$file"; done
  # the vendor's file asks for DHCP, which would hold up every boot
  rm -f "$root/lib/systemd/network/80-container-host0.network"
}

# root and ops may do everything with the key; carol has to say her password to sudo.
add_users() {
  local root=$1
  chroot "$root" useradd -m -s /bin/bash ops
  chroot "$root" useradd -m -s /bin/bash -G sudo carol
  echo "carol:$CAROL_PASSWORD" | chroot "$root" chpasswd
  echo 'ops ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/ops"
  chmod 440 "$root/etc/sudoers.d/ops"
}

# udev stays on: with a writable /sys networkd waits for it before it sets an address.
set_units() {
  local root=$1
  cp "$LAB/data/lab-cgroups.service" "$root/etc/systemd/system/"
  chroot "$root" systemctl -q enable ssh systemd-networkd lab-cgroups
  chroot "$root" systemctl -q mask systemd-networkd-wait-online getty.target console-getty \
    apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap fstrim.timer dpkg-db-backup.timer
}
