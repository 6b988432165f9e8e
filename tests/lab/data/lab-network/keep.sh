#!/bin/sh
# Gives this node its range on a bridge and a VXLAN link to every other node, and looks every
# few seconds whether that is still so. All of it survives until the host goes down.
account=/var/run/secrets/kubernetes.io/serviceaccount
nodes_url="https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT/api/v1/nodes?pretty=false"

# one line per node that has a range: range and address
nodes() {
  curl -sS --fail -m 10 --cacert $account/ca.crt -H "Authorization: Bearer $(cat $account/token)" "$nodes_url" |
    grep -oE '"podCIDR":"[^"]*"|"InternalIP","address":"[^"]*"' |
    awk -F '"' '/podCIDR/ { range = $4 } /InternalIP/ { if (range) print range, $6; range = "" }'
}

own_node() {
  mkdir -p /etc/cni/net.d
  sed "s|RANGE|$1|" /scripts/conflist >/tmp/conflist
  cmp -s /tmp/conflist /etc/cni/net.d/10-lab.conflist || {
    cp /tmp/conflist /etc/cni/net.d/.lab.part
    mv /etc/cni/net.d/.lab.part /etc/cni/net.d/10-lab.conflist
  }
  ip link show lab.vx >/dev/null 2>&1 ||
    ip link add lab.vx type vxlan id 4096 dstport 4789 local "$NODE_IP" dev "$(link_of "$NODE_IP")"
  ip address replace "${1%/*}/32" dev lab.vx
  ip link set lab.vx up
}

link_of() { ip -o address | awk -v ip="$1" '{ split($4, part, "/") } part[1] == ip { print $2; exit }'; }

# Frames to nobody in particular go to every node: their bridges answer each for its own.
other_node() {
  bridge fdb show dev lab.vx | grep -q "dst $2 " || bridge fdb append 00:00:00:00:00:00 dev lab.vx dst "$2"
  ip route replace "$1" via "${1%/*}" dev lab.vx onlink
}

while true; do
  nodes >/tmp/nodes && {
    while read -r range address; do [ "$address" != "$NODE_IP" ] || own_node "$range"; done </tmp/nodes
    while read -r range address; do [ "$address" = "$NODE_IP" ] || other_node "$range" "$address"; done </tmp/nodes
  }
  sleep 3
done
