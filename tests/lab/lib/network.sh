# The lab's network: a bridge without a way out, and counters of what tries to leave.
# shellcheck shell=bash
# What kubelet and an installer write here has no namespace, so it would stay on this machine.
SYSCTLS="vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops
  kernel.keys.root_maxkeys kernel.keys.root_maxbytes"

make_network() {
  mkdir -p "$STATE"
  # shellcheck disable=SC2086  # a list
  [ -f "$STATE/sysctls" ] || sysctl $SYSCTLS >"$STATE/sysctls"
  if ! ip link show "$BRIDGE" >/dev/null 2>&1; then
    ip link add "$BRIDGE" type bridge
    ip addr add "$GATEWAY/24" dev "$BRIDGE"
    ip link set "$BRIDGE" up
  fi
  nft list table bridge bottari_lab >/dev/null 2>&1 || make_counters
}

# Two nets, one behind the other: the bridge drops and counts every packet of a host to
# anything but the lab, and this machine forwards nothing to or from the bridge.
make_counters() {
  nft -f - <<RULES
table bridge bottari_lab {
  counter foreign { }
  chain from_hosts {
    type filter hook prerouting priority -10; policy accept;
    ip daddr != { $NETWORK.0/24, 224.0.0.0/4, 255.255.255.255 } counter name foreign drop
    ip6 daddr != { fe80::/10, ff00::/8 } counter name foreign drop
  }
}
table inet bottari_lab {
  counter forwarded { }
  chain through {
    type filter hook forward priority -10; policy accept;
    iifname "$BRIDGE" oifname != "$BRIDGE" counter name forwarded drop
    oifname "$BRIDGE" iifname != "$BRIDGE" counter name forwarded drop
  }
}
RULES
}

remove_network() {
  local family
  for family in bridge inet; do nft delete table $family bottari_lab 2>/dev/null || true; done
  ip link del "$BRIDGE" 2>/dev/null || true
  if [ -f "$STATE/sysctls" ]; then sysctl -q -p "$STATE/sysctls"; fi
}

packets() { nft list counter "$1" bottari_lab "$2" | awk '/packets/ { print $2 }'; }

left_packets() { echo $(($(packets bridge foreign) + $(packets inet forwarded))); }

# egress: fails when a packet tried to leave or a host has a way out
egress() {
  local host count routes=0
  count=$(left_packets)
  for host in $(running_hosts); do
    routes=$((routes + $(on "$host" "ip route show default; ip -6 route show default" | wc -l)))
  done
  echo "$count packets tried to leave the lab; $routes default routes"
  [ "$count" = 0 ] && [ "$routes" = 0 ]
}

# A counter that cannot count would prove nothing: give h1 a way out, send, take it back.
egress_test() {
  local before after
  before=$(left_packets)
  on h1 "ip route add default via $GATEWAY; ping -c 2 -W 1 192.0.2.1 >/dev/null; ip route del default" || true
  after=$(left_packets)
  nft reset counters table bridge bottari_lab >/dev/null
  nft reset counters table inet bottari_lab >/dev/null
  [ "$((after - before))" -ge 2 ] || die "2 packets to 192.0.2.1 were sent, $((after - before)) counted"
  echo "the counter counts: $((after - before)) packets to 192.0.2.1 seen, none let through; back to $(left_packets)"
}
