# Runs on a host: prints its state. First argument: stopped or live.
# shellcheck shell=bash
export LC_ALL=C
mode=$1

# Not state: the kernel's own trees, logs, temporary files, caches that come back by
# themselves, the databases of dpkg and apt (their content is under `packages`), what systemd
# and sudo remember for themselves, shell histories, and the copies that useradd and ucf keep of
# what was before (what is now stands under `users` and `files`).
skip=(/proc /sys /run /dev /tmp /var/tmp /var/log /var/cache /var/lib/dpkg /var/lib/apt /var/lib/systemd /var/lib/sudo
  /etc/{passwd,shadow,group,gshadow}- '/var/lib/ucf/*.[0-9]' /etc/ld.so.cache '*/.bash_history' '*/.sudo_as_admin_successful')
# What a running cluster moves by itself.
if [ "$mode" = live ]; then
  skip+=(/var/lib/etcd /var/lib/kubelet /var/lib/containers /var/lib/cni /var/lib/crio)
fi

kept=()
for path in "${skip[@]}"; do kept+=(-path "$path" -prune -o); done

# A folder's time and size say nothing that its entries do not say.
files() {
  local time=
  [ "$mode" = live ] && time=' %T@'
  find / "${kept[@]}" -type f -printf "%p\tfile %m %u:%g %s$time\n" | sort | with_digests
  find / "${kept[@]}" -type d -printf '%p\tdir %m %u:%g\n' | sort
  find / "${kept[@]}" ! -type f ! -type d -printf '%p\t%y %m %u:%g %l\n' | sort
}

with_digests() {
  awk -F '\t' 'NR == FNR { digest[substr($0, 67)] = substr($0, 1, 64); next } { print $1 "\t" $2, digest[$1] }' \
    <(find / "${kept[@]}" -type f -print0 | xargs -0 sha256sum) -
}

# Without what comes and goes by itself: sessions, the timer of tmpfiles, mounts of /run.
units() {
  systemctl list-unit-files --no-legend --plain | awk '{ print $1, $2 }' | sort
  systemctl list-units --no-legend --plain --state=active,failed --type=service,socket,timer,path,mount |
    awk '{ print $1, $3, $4 }' | grep -vE '^(user@|user-runtime-dir@|systemd-tmpfiles-clean\.service|systemd-timedated\.service|run-)' | sort
}

# Without counters and what the kernel changes by itself.
sysctls() {
  sysctl -a 2>/dev/null | sort | grep -vE \
    '^(kernel\.(random\.|ns_last_pid|pty\.nr)|fs\.(dentry-state|file-nr|inode-|aio-nr|quota\.)|net\.netfilter\.nf_conntrack_count)'
}

interfaces() {
  ip -o link | sed -E 's/^[0-9]+: //; s/^([^:@]+)@if[0-9]+:/\1:/' | sort
  ip -o address | sed -E 's/^[0-9]+: //; s/ +valid_lft.*//' | sort
  ip route show table all | sort
  ip rule show
}

# The root's own options name the working folder of the lab.
mounts() { findmnt -rn -o TARGET,FSTYPE,OPTIONS | grep -vE '^/ |^/run/user/' | sort; }

for section in packages users units sysctls interfaces mounts files; do
  echo "== $section"
  case $section in
    packages) dpkg-query -W -f '${Package} ${Version} ${db:Status-Abbrev}\n' | sort ;;
    users) getent passwd; getent group ;;
    *) $section ;;
  esac
done
