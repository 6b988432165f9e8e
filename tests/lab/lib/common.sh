# What every script of the lab shares: places, addresses, words, tools, SSH.
# shellcheck shell=bash
set -euo pipefail

LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
REPO=$(cd "$LAB/../.." && pwd)
# Worth keeping: what took minutes to build. Losing it costs only time.
CACHE=${BOTTARI_LAB_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/bottari-lab}
# One lab at a time: hosts, keys, logs and servers of the run in progress.
STATE=$CACHE/state
LOGS=$CACHE/logs

BRIDGE=bottari-lab
NETWORK=10.86.0
GATEWAY=$NETWORK.1

say() { printf '%s\n' "$*" >&2; }
die() {
  say "error: $*"
  exit 1
}

# usage FILE: the comment at its head
usage() {
  sed -n '2,/^[^#]/p' "$1" | sed -n 's/^# \{0,1\}//p' >&2
  exit 2
}

# need TOOL=PACKAGE...: names everything that is missing at once
need() {
  local pair missing=()
  for pair; do command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}"); done
  [ ${#missing[@]} -eq 0 ] || die "missing tools; try: apt-get install --no-install-recommends ${missing[*]}"
}

ip_of() {
  [[ $1 =~ ^h([1-9][0-9]?)$ ]] || die "expected a host such as h1, found '$1'"
  echo "$NETWORK.$((10 + BASH_REMATCH[1]))"
}

# The keys of the hosts are known before they boot, so nothing is ever accepted on trust.
ssh_options() {
  printf '%s\n' -i "$STATE/ssh/id" -o "UserKnownHostsFile=$STATE/ssh/known_hosts" -o StrictHostKeyChecking=yes \
    -o GlobalKnownHostsFile=/dev/null -o BatchMode=yes -o ConnectTimeout=2 -o LogLevel=ERROR -F /dev/null
}

on() {
  local host=$1 options
  shift
  mapfile -t options < <(ssh_options)
  ssh "${options[@]}" "root@$(ip_of "$host")" "$@"
}

# timed TITLE COMMAND...: says how long it took
timed() {
  local title=$1 start=$EPOCHREALTIME
  shift
  say "$title ..."
  "$@"
  say "$(awk -v a="$start" -v b="$EPOCHREALTIME" -v t="$title" 'BEGIN { printf "%s: %.1f s", t, b - a }')"
}
