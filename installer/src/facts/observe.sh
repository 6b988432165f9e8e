# Looks at a host and changes nothing. POSIX sh; every tool may be absent.
# Output: `== NAME` begins a section, `| LINE` is a line of it, `== end` is last.

section() { printf '== %s\n' "$1"; sed -n -e 's/^/| /p' -e "${2:-2000}q"; }
have() { command -v "$1" >/dev/null 2>&1; }
quick() { timeout 10 "$@" 2>/dev/null; }

uname -n | section hostname
cat /etc/machine-id 2>/dev/null | section machine-id
cat /sys/class/dmi/id/product_uuid 2>/dev/null | section product-uuid
cat /etc/os-release 2>/dev/null | section os-release
uname -r | section kernel
uname -m | section arch
getconf _NPROCESSORS_ONLN 2>/dev/null | section cpus
grep -E '^(MemTotal|MemAvailable|SwapTotal):' /proc/meminfo 2>/dev/null | section meminfo
tail -n +2 /proc/swaps 2>/dev/null | section swaps
{ have systemd-detect-virt && quick systemd-detect-virt; } | section virtualization
{ quick cat /proc/1/comm; } | section init
id -u | section uid

for folder in / /var /var/lib /usr/local /etc /opt /tmp \
  /var/lib/etcd /var/lib/kubelet /var/lib/containers /var/lib/bottari; do
  place=$folder
  while [ -n "$place" ] && [ ! -d "$place" ]; do place=${place%/*}; done
  quick df -Pk "${place:-/}" | awk -v folder="$folder" 'NR == 2 { print folder, $2, $4, $6 }'
done | section disks

quick stat -fc %T /sys/fs/cgroup | section cgroup-filesystem
{ cat /sys/fs/cgroup/cgroup.controllers 2>/dev/null ||
  awk '!/^#/ && $4 == 1 { print $1 }' /proc/cgroups 2>/dev/null; } | section cgroup-controllers
{ have timedatectl && quick timedatectl show -p NTPSynchronized --value; } | section time-synchronized

{ have ip && quick ip -o addr show; } | section addresses
{ have ip && quick ip -o link show; } | section links
if have ip; then
  quick ip -4 route show
  quick ip -6 route show
else
  # Containers often lack `ip`; the kernel's own table tells whether there is a way out.
  awk 'NR > 1 && $2 == "00000000" && $8 == "00000000" { print "default dev", $1 }' \
    /proc/net/route 2>/dev/null
fi | section routes
cat /etc/resolv.conf 2>/dev/null | section resolvers
for table in tcp tcp6 udp udp6; do
  awk -v table=$table 'NR > 1 && (table ~ /udp/ || $4 == "0A") { print table, $2 }' \
    /proc/net/$table 2>/dev/null
done | sort -u | section ports
{ have ss && quick ss -Hlntup; } | section listeners

cut -d' ' -f1 /proc/modules 2>/dev/null | section modules
for module in overlay br_netfilter nf_conntrack vxlan ip_vs ip_vs_rr ip_vs_wrr ip_vs_sh \
  ip_tables ip6_tables xt_conntrack; do
  state=absent
  if have modprobe && modprobe -n -q "$module" 2>/dev/null; then state=loadable; fi
  case $module in
    overlay) grep -qw overlay /proc/filesystems && state=working ;;
    br_netfilter) [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ] && state=working ;;
    nf_conntrack) [ -e /proc/sys/net/netfilter/nf_conntrack_max ] && state=working ;;
    ip_vs) [ -e /proc/net/ip_vs ] && state=working ;;
    ip_tables) [ -e /proc/net/ip_tables_names ] && state=working ;;
    ip6_tables) [ -e /proc/net/ip6_tables_names ] && state=working ;;
  esac
  [ -d "/sys/module/$module" ] && state=working
  echo "$module $state"
done | section kernel-features
cat /sys/kernel/security/lsm 2>/dev/null | section lsm
cat /sys/module/apparmor/parameters/enabled 2>/dev/null | section apparmor
{ have getenforce && quick getenforce; } | section selinux

for key in net.ipv4.ip_forward net.ipv6.conf.all.forwarding net.bridge.bridge-nf-call-iptables \
  net.bridge.bridge-nf-call-ip6tables net.ipv4.conf.all.rp_filter net.ipv4.ip_local_port_range \
  net.ipv4.ip_local_reserved_ports vm.overcommit_memory vm.panic_on_oom vm.swappiness \
  kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys kernel.keys.root_maxbytes \
  fs.inotify.max_user_instances fs.inotify.max_user_watches net.netfilter.nf_conntrack_max; do
  file=/proc/sys/$(printf %s "$key" | tr . /)
  [ -r "$file" ] && printf '%s %s\n' "$key" "$(cat "$file" 2>/dev/null)"
done | section sysctls

for tool in awk blkid chattr conntrack curl df dpkg ebtables ethtool find gpasswd grep ip ip6tables \
  iptables iptables-save ipvsadm losetup lsblk modprobe mount nft nsenter openssl sed sha256sum \
  sha512sum socat ss stat sysctl systemctl systemd-run tar timeout umount; do
  have "$tool" && echo "$tool"
done | section tools
{ have systemctl && quick systemctl --version | head -n 1; } | section systemd

if have dpkg-query; then
  quick dpkg-query -W -f='${Package} ${Version} ${Architecture} ${db:Status-Status}\n' \
    apparmor chrony conntrack containerd containerd.io cri-o crun docker-ce docker.io ebtables \
    etcd etcd-server ethtool firewalld ipset iptables iptables-persistent ipvsadm kubeadm kubectl \
    kubelet libseccomp2 nfs-common nftables ntp openssh-server podman runc socat \
    systemd-timesyncd ufw
fi | section packages 20000

if have systemctl; then
  for unit in kubelet containerd docker crio etcd k3s k3s-agent rke2-server rke2-agent microk8s \
    snap.microk8s.daemon-kubelite keepalived haproxy nginx ufw firewalld chrony chronyd ntp ntpsec \
    systemd-timesyncd bottari-registry bottari-relay; do
    state=$(quick systemctl is-active "$unit.service")
    enabled=$(quick systemctl is-enabled "$unit.service")
    case $state/$enabled in
      inactive/ | inactive/not-found | /*) ;;
      *) echo "$unit ${state:-unknown} ${enabled:-unknown}" ;;
    esac
  done
fi | section units

for path in /etc/kubernetes/admin.conf /etc/kubernetes/kubelet.conf /etc/kubernetes/manifests \
  /etc/kubernetes/pki /etc/kubernetes/ssl /var/lib/etcd /var/lib/kubelet /etc/cni/net.d \
  /var/lib/cni /var/lib/calico /var/lib/containers/storage /var/lib/containerd /var/lib/rancher \
  /var/lib/rook /etc/crio /etc/etcd.env /etc/rancher /var/snap/microk8s /etc/kubeedge \
  /var/lib/bottari/ledger.json; do
  if [ -d "$path" ]; then
    [ -n "$(ls -A "$path" 2>/dev/null | head -n 1)" ] && echo "$path"
  elif [ -e "$path" ]; then
    echo "$path"
  fi
done | section leftover-paths
{ have iptables-save && quick iptables-save | grep -cE '(^:|-A )(KUBE|cali|FLANNEL|CNI)'; } |
  section leftover-iptables
printf '== end\n'
