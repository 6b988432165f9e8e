# The phases that make a cluster of the bundle, look at it as its users would, and take it
# away again. Everything is done by `bottari-installer` from outside, over SSH, as the user ops.
# shellcheck shell=bash
SITE=$STATE/site
# What these hosts cannot have, and nobody needs for a test (docs/lab.md).
ACCEPTED=(cgroup kernel-features)

installer() {
  local verb=$1
  shift
  "$PROGRAMS_UNDER_TEST/bottari-installer" "$verb" --file "$SITE/cluster.yaml" --bundle "$BUNDLE" --trust "$WORK/lab.pub" "$@"
}

accepted() { printf -- '--accept\n%s\n' "${ACCEPTED[@]}"; }

apply() {
  local flags
  mapfile -t flags < <(accepted)
  installer apply --yes --run-dir "$SITE/run" --state-dir "$SITE/seen" "${flags[@]}"
}

cluster_file() {
  local k
  printf 'cluster: lab\nhosts:\n'
  for k in $(seq "$HOST_COUNT"); do
    printf -- '- {name: h%s, address: %s, roles: [%s]}\n' "$k" "$(ip_of "h$k")" "$([ "$k" = 1 ] && echo control-plane || echo worker)"
  done
  cat <<Y
ssh: {user: ops, key: $STATE/ssh/id, known-hosts: $STATE/ssh/known_hosts}
sudo: passwordless
network: {plugin: lab-network, pods: 10.244.0.0/16, services: 10.96.0.0/12}
registry: {port: 5443}
allowed-networks: [$NETWORK.0/24]
kubernetes: {cgroup-driver: cgroupfs}
Y
}

snapshots() { # FOLDER [--live]
  local k
  mkdir -p "$SITE/$1"
  for k in $(seq "$HOST_COUNT"); do "$LAB/hosts" snapshot ${2:+"$2"} "h$k" "$SITE/$1/h$k"; done
}

equal_snapshots() { # FOLDER FOLDER
  diff -ru "$SITE/$1" "$SITE/$2" >"$LOGS/$1-$2.diff" || {
    head -n 40 "$LOGS/$1-$2.diff" >&2
    die "$1 and $2 differ; all of it is in $LOGS/$1-$2.diff"
  }
}

phase_preflight() {
  local flags
  rm -rf "$SITE"
  mkdir -p "$SITE"
  cluster_file >"$SITE/cluster.yaml"
  snapshots before
  mapfile -t flags < <(accepted)
  installer preflight "${flags[@]}"
}

phase_apply() {
  apply
  own_share
}

# What of the time was ours: all of it without `kubeadm init` and the longest `kubeadm join`.
own_share() {
  local whole init join=0 k
  whole=$(($(moment run-finished) - $(moment run-started)))
  init=$(took h1/cluster/init)
  for k in $(seq 2 "$HOST_COUNT"); do [ "$(took "h$k/join/node")" -lt $join ] || join=$(took "h$k/join/node"); done
  awk -v w=$whole -v i="$init" -v j="$join" 'BEGIN {
    printf "  apply %.1f s, of which kubeadm init %.1f s and join %.1f s; our own share %.1f s\n", w / 1e3, i / 1e3, j / 1e3, (w - i - j) / 1e3
  }' >&2
}

# moment EVENT [STEP]: when the journal saw it last, in milliseconds
moment() { grep "\"event\":\"$1\".*${2:-}" "$SITE/run/journal.jsonl" | sed -n '$s/^{"at":\([0-9]*\),.*/\1/p'; }
took() { echo $(($(moment step-done "\"$1\"") - $(moment step-started "\"$1\""))); }

# The second apply looks at every step and changes nothing.
phase_again() {
  snapshots applied --live
  apply
  snapshots applied-again --live
  equal_snapshots applied applied-again
}

# Back to where the hosts came from, and from there once more.
phase_reset() {
  installer reset --yes --run-dir "$SITE/run"
  snapshots after
  equal_snapshots before after
}

# Once more, and this time killed at the worst moments; each time the same command goes on.
phase_killed() {
  killed_when "the bundle is on its way" half_sent
  killed_when "OS packages are unpacked" runs h2 'dpkg .*[-]-unpack'
  killed_when "kubeadm init runs" runs h1 'kubeadm [i]nit'
  killed_when "kubeadm join runs" runs h2 'kubeadm [j]oin'
  timed "  apply to the end" apply
}

# killed_when TITLE WAITING...: begins to apply and ends it with kill -9 as soon as WAITING returns
killed_when() {
  local title=$1 pid
  shift
  apply >"$LOGS/killed.log" 2>&1 &
  pid=$!
  "$@" || die "this was not seen in time: $title; see $LOGS/killed.log"
  # The program is a child of the shell that the function runs in.
  pkill -KILL -P "$pid" || die "apply had ended already while $title"
  wait "$pid" 2>/dev/null || true
  say "  killed while $title"
}

# runs HOST PATTERN: waits on the host itself, so that nothing short is missed
runs() { on "$1" "for i in \$(seq 4500); do pgrep -f '$2' >/dev/null && exit; sleep 0.02; done; exit 1"; }

# Waits until a part of the bundle has arrived at the control plane, but not all of it.
half_sent() {
  local part
  part=/var/lib/bottari/staging/$(sha256sum <"$BUNDLE" | cut -d' ' -f1).bottari-partial
  on h1 "for i in \$(seq 4500); do [ \"\$(stat -c %s $part 2>/dev/null || echo 0)\" -gt 33554432 ] && exit; sleep 0.02; done; exit 1"
}

# The power of a worker is cut while its packages are unpacked, and again while it joins.
phase_power() {
  installer reset --yes --run-dir "$SITE/run"
  power_cut 'dpkg .*[-]-unpack'
  power_cut 'kubeadm [j]oin'
  apply
}

# power_cut PATTERN: begins to apply and cuts the power of h2 as soon as this runs there
power_cut() {
  apply >"$LOGS/power.log" 2>&1 &
  local pid=$!
  runs h2 "$1" || die "h2 did not come to '$1' in time; see $LOGS/power.log"
  "$LAB/hosts" kill h2
  wait "$pid" && die "apply says it is done, and h2 has no power"
  "$LAB/hosts" start h2
}

# kc ARGUMENTS...: kubectl as root of the control plane
kc() { on h1 kubectl --kubeconfig /etc/kubernetes/admin.conf "$@"; }

# What a user would try first, and that nothing came from anywhere but the bundle.
phase_checks() {
  kc apply -f - <"$LAB/data/workload.yaml" >/dev/null
  kc wait --for=condition=Ready node --all --timeout=60s
  kc -n kube-system rollout status deployment/coredns --timeout=60s
  kc rollout status daemonset/web --timeout=90s
  kc wait --for=condition=Ready pod/short-name --timeout=60s
  check_versions
  check_traffic
  check_refusal
  check_origin
  kc delete -f - <"$LAB/data/workload.yaml" >/dev/null
  # What follows compares hosts, and a pod that still ends would show there.
  kc wait --for=delete pod --all --timeout=60s
}

check_versions() {
  local expected found
  expected=$(sed -n '/component: kubernetes/{n;s/.*version: //p;q}' "$WORK/lab.lock")
  found=$(kc get nodes -o "jsonpath='{range .items[*]}{.status.nodeInfo.kubeletVersion}{\"\n\"}{end}'" | sort -u)
  [ "$found" = "$expected" ] || die "nodes run $found, expected $expected"
}

# From the first node to the last: by address, by Service and by DNS name; and from a host.
check_traffic() {
  local last=h$HOST_COUNT from address got k
  from=$(kc get pods -l app=web --field-selector spec.nodeName=h1 -o name)
  address=$(kc get pods -l app=web --field-selector "spec.nodeName=$last" -o "jsonpath='{.items[0].status.podIP}'")
  got=$(kc exec "$from" -- curl -s -m 5 "http://$address:8080/")
  [ "$got" = "$last" ] || die "a pod on h1 asked a pod on $last and got '$got'"
  for k in 1 2 3 4 5 6 7 8; do
    got=$(kc exec "$from" -- curl -s -m 5 http://web.default.svc.cluster.local/)
    [[ $got == h* ]] || die "a Service asked by its name answered '$got', the ${k}th time"
  done
  address=$(kc get service web -o "jsonpath='{.spec.clusterIP}'")
  got=$(on "$last" curl -s -m 5 "http://$address/")
  [[ $got == h* ]] || die "$last asked a Service address and got '$got'"
}

# What is not in the bundle fails, and fails at once.
check_refusal() {
  local deadline=$((SECONDS + 20)) reason
  until reason=$(kc get pod outside -o "jsonpath='{.status.containerStatuses[0].state.waiting.reason}'") &&
    [[ $reason =~ ^(ErrImagePull|ImagePullBackOff)$ ]]; do
    [ $SECONDS -lt $deadline ] || die "an image that is not in the bundle is '$reason' after 20 s"
    sleep 0.5
  done
}

# The digest of every image that runs is in our registry's log.
check_origin() {
  local digest
  on h1 cat /var/log/bottari/registry.jsonl >"$LOGS/registry.jsonl" 2>/dev/null || on h1 journalctl -u bottari-registry -o cat >"$LOGS/registry.jsonl"
  for digest in $(kc get pods -A -o "jsonpath='{range .items[*].status.containerStatuses[*]}{.imageID}{\"\n\"}{end}'" | sed -n 's/.*\(sha256:[0-9a-f]*\).*/\1/p' | sort -u); do
    grep -q "$digest" "$LOGS/registry.jsonl" || die "$digest runs, and our registry never gave it away"
  done
}
