# The state of a host as text: equal texts mean equal hosts.
# shellcheck shell=bash

# snapshot stopped|live HOST FILE. `docs/lab.md` says what is left out, and why.
snapshot() {
  local mode=$1 host=$2 file=$3 init
  init=$(init_of "$host") || die "$host does not run"
  {
    on "$host" "bash -s $mode" <"$LAB/lib/snapshot-inside.sh"
    echo "== nft rules"
    # seen from outside, because the host may not have nft; without counters
    nsenter -t "$init" -n nft --stateless list ruleset 2>/dev/null
  } >"$file.part"
  mv "$file.part" "$file"
}
