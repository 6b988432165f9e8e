# One host: its disk, its power switch.
# shellcheck shell=bash
HOSTS=$STATE/hosts
CONTROLLERS="cpu cpuacct cpuset memory devices freezer blkio pids systemd"

hosts() { find "$HOSTS" -mindepth 1 -maxdepth 1 -printf '%f\n' 2>/dev/null | sort -V; }
running_hosts() { local host; for host in $(hosts); do if pid_of "$host" >/dev/null; then echo "$host"; fi; done; }

# The process of systemd-nspawn, when it is still the one that we started.
pid_of() {
  local pid
  pid=$(cat "$HOSTS/$1/pid" 2>/dev/null) && grep -qz "^--machine=lab-$1$" "/proc/$pid/cmdline" 2>/dev/null && echo "$pid"
}
init_of() { local pid; pid=$(pid_of "$1") && awk '{ print $1 }' "/proc/$pid/task/$pid/children"; }

make_keys() {
  [ -f "$STATE/ssh/id" ] && return
  mkdir -p "$STATE/ssh"
  ssh-keygen -q -t ed25519 -N '' -C bottari-lab -f "$STATE/ssh/id"
  : >"$STATE/ssh/known_hosts"
}

# An overlay over the shared root, and a real /var: an overlay cannot carry the overlays
# of a container runtime.
make_disk() {
  local host=$1 dir=$HOSTS/$1 address
  [ -d "$dir" ] && return
  address=$(ip_of "$host")
  local part=$STATE/$host.part upper=$STATE/$host.part/upper
  rm -rf "$part"
  mkdir -p "$upper/etc/ssh" "$upper/etc/systemd/network" "$part/work" "$part/root"
  cp -a "$ROOT/var" "$part/var"
  echo "$host" >"$upper/etc/hostname"
  printf '127.0.0.1 localhost\n%s %s\n' "$address" "$host" >"$upper/etc/hosts"
  printf '[Match]\nName=host0\n[Network]\nAddress=%s/24\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n' \
    "$address" >"$upper/etc/systemd/network/10-host0.network"
  let_in "$upper" root root
  let_in "$upper" ops home/ops
  let_in "$upper" carol home/carol
  ssh-keygen -q -t ed25519 -N '' -C "$host" -f "$upper/etc/ssh/ssh_host_ed25519_key"
  echo "$address $(cut -d' ' -f1,2 "$upper/etc/ssh/ssh_host_ed25519_key.pub")" >>"$STATE/ssh/known_hosts"
  mkdir -p "$HOSTS"
  mv "$part" "$dir"
}

# let_in UPPER USER HOME: the key of the lab opens this account
let_in() {
  local home=$1/$3
  mkdir -p "$home/.ssh"
  cp "$STATE/ssh/id.pub" "$home/.ssh/authorized_keys"
  chmod 700 "$home" "$home/.ssh"
  chown -R --reference="$ROOT/$3" "$home"
}

# join_groups HOST: puts this shell into one cgroup v1 sub-tree per controller
join_groups() {
  local controller group
  for controller in $CONTROLLERS; do
    group=/sys/fs/cgroup/$controller/bottari-lab-$1
    mkdir -p "$group"
    if [ "$controller" = cpuset ]; then
      echo 1 >"$group/cgroup.clone_children"
      cat /sys/fs/cgroup/cpuset/cpuset.cpus >"$group/cpuset.cpus"
      cat /sys/fs/cgroup/cpuset/cpuset.mems >"$group/cpuset.mems"
    fi
    echo "$BASHPID" >"$group/cgroup.procs"
  done
}

start_host() {
  local host=$1 dir=$HOSTS/$1
  [ -d "$dir" ] || die "there is no host '$host'"
  pid_of "$host" >/dev/null && return
  mountpoint -q "$dir/root" ||
    mount -t overlay overlay -o "lowerdir=$ROOT,upperdir=$dir/upper,workdir=$dir/work" "$dir/root"
  ip link del "vb-lab-$host" 2>/dev/null || true
  mkdir -p "$LOGS"
  (
    join_groups "$host"
    # A Kubernetes host writes to /proc/sys, /sys and its cgroups.
    export SYSTEMD_NSPAWN_API_VFS_WRITABLE=1 SYSTEMD_NSPAWN_USE_CGNS=1
    exec setsid systemd-nspawn --quiet --directory="$dir/root" --boot --machine="lab-$host" --hostname="$host" \
      --register=no --keep-unit --network-bridge="$BRIDGE" --capability=all --resolv-conf=off --timezone=off \
      --link-journal=no --bind="$dir/var:/var" --bind=/dev/kmsg --bind=/dev/fuse \
      --system-call-filter="add_key keyctl bpf perf_event_open" --console=pipe \
      </dev/null >"$LOGS/$host.log" 2>&1
  ) &
  echo $! >"$dir/pid"
}

wait_for_ssh() {
  local host=$1 deadline=$((SECONDS + 60))
  until on "$host" true 2>/dev/null; do
    # the shell that becomes nspawn needs a moment to do so
    [ -d "/proc/$(cat "$HOSTS/$host/pid")" ] || die "$host ended: $(tail -n 3 "$LOGS/$host.log")"
    [ $SECONDS -lt $deadline ] || die "$host: no SSH after 60 s; see $LOGS/$host.log"
    sleep 0.2
  done
  say "$host $(ip_of "$host") is up"
}

# kill_host HOST: a power cut; every process is gone at once, the disk stays
kill_host() {
  local host=$1 dir=$HOSTS/$1 pid init try
  if pid=$(pid_of "$host"); then
    init=$(init_of "$host")
    [ -z "$init" ] || kill -KILL "$init"
    for try in $(seq 100); do [ -d "/proc/$pid" ] || break; sleep 0.1; done
    [ ! -d "/proc/$pid" ] || kill -KILL "$pid"
  fi
  rm -f "$dir/pid"
  for try in $(seq 50); do
    mountpoint -q "$dir/root" || break
    umount "$dir/root" 2>/dev/null || sleep 0.1
  done
  : "$try"
  remove_groups "$host"
  ip link del "vb-lab-$host" 2>/dev/null || true
}

remove_groups() {
  local controller
  for controller in $CONTROLLERS; do
    find "/sys/fs/cgroup/$controller/bottari-lab-$1" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
}

remove_host() {
  kill_host "$1"
  mountpoint -q "$HOSTS/$1/root" && die "$1: its root is still mounted"
  rm -rf "${HOSTS:?}/$1"
}
