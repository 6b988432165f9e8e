# The phases of the job, in their order. Each is a function `phase_<name>` that fails when
# anything of it is not as it should be; `run` calls them and measures them.
# shellcheck shell=bash
PHASES=(build charts up bundle preflight apply checks again reset killed checks power checks)
WORK=$STATE/work
BUNDLE=$WORK/lab-1.0.0-amd64.bottari.tar.zst
# The programs under test: as released, unless told otherwise.
PROGRAMS_UNDER_TEST=${BOTTARI_LAB_BIN:-$REPO/target/x86_64-unknown-linux-gnu/release}

builder() { "$PROGRAMS_UNDER_TEST/bottari-builder" "$@"; }

phase_build() {
  "$LAB/build"
  [ -n "${BOTTARI_LAB_BIN:-}" ] || timed "build the programs" "$REPO/scripts/build-static"
}

# Charts are rendered by the real Helm here; elsewhere these journeys are skipped.
phase_charts() {
  local helm
  helm=$(find "$CACHE/files/packages.lab.example/helm" -name 'helm-*-linux-amd64.tar.gz')
  [ -f "$helm" ] || die "expected one archive of Helm, found '$helm'; try: $LAB/build files"
  BOTTARI_TEST_HELM=$helm BOTTARI_PROGRAMS=$PROGRAMS_UNDER_TEST \
    cargo test --quiet --locked --manifest-path "$REPO/Cargo.toml" -p bottari-journeys --test journeys -- charts:: kpaas::complete
}

phase_up() {
  "$LAB/hosts" up "$HOST_COUNT"
  "$LAB/hosts" egress --test
}

# From the release file to a signed bundle that a stock client can pull from.
phase_bundle() {
  rm -rf "$WORK"
  mkdir -p "$WORK"
  "$LAB/upstream" start
  builder key generate --no-password --output "$WORK/lab.key" >/dev/null
  builder key generate --apt --no-password --output "$WORK/lab-apt.key" >/dev/null
  timed "  lock" builder lock "$REPO/manifests/releases/lab.yaml" --all-systems --output "$WORK/lab.lock" "${sources[@]}"
  timed "  build" builder build "$WORK/lab.lock" "${keys[@]}" --output "$BUNDLE" "${sources[@]}"
  "$LAB/upstream" stop
  timed "  build again, offline" same_bundle_offline
  timed "  verify" builder verify "$BUNDLE" --trust "$WORK/lab.pub"
  timed "  serve and pull" pull_through_skopeo
}

keys=(--key "$WORK/lab.key" --apt-key "$WORK/lab-apt.key")
sources=(--mirrors "$STATE/upstream/mirrors.yaml" --cache "$CACHE/downloads")

same_bundle_offline() {
  builder build "$WORK/lab.lock" "${keys[@]}" --output "$WORK/again.tar.zst" --offline --cache "$CACHE/downloads"
  cmp "$BUNDLE" "$WORK/again.tar.zst"
  rm "$WORK/again.tar.zst"
}

# Under the name that kubeadm uses. What skopeo gets must be, digest for digest, what the lockfile names.
pull_through_skopeo() {
  local name=registry.k8s.io/pause:3.10 digest
  serve_bundle 127.0.0.1:0
  digest=$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://127.0.0.1:$(cat "$WORK/serve.port")/$name")
  grep -q "$digest" "$WORK/lab.lock" || die "$name was served as $digest, which is not in the lockfile"
  skopeo copy -q --src-tls-verify=false "docker://127.0.0.1:$(cat "$WORK/serve.port")/$name" "dir:$WORK/pulled"
  stop_serving
}

# serve_bundle ADDRESS:PORT: in the background, until stop_serving
serve_bundle() {
  rm -f "$WORK/serve.port"
  # not through a function, so that `$!` is the program itself
  "$PROGRAMS_UNDER_TEST/bottari-installer" serve "$BUNDLE" --trust "$WORK/lab.pub" --state-dir "$WORK/seen" --listen "$1" \
    --port-file "$WORK/serve.port" --access-log "$LOGS/serve.jsonl" >"$LOGS/serve.log" 2>&1 </dev/null &
  echo $! >"$WORK/serve.pid"
  local deadline=$((SECONDS + 60))
  until [ -s "$WORK/serve.port" ]; do
    kill -0 "$(cat "$WORK/serve.pid")" 2>/dev/null || die "serve has ended: $(tail -n 3 "$LOGS/serve.log")"
    [ $SECONDS -lt $deadline ] || die "serve did not open its port within 60 s"
    sleep 0.1
  done
}

stop_serving() {
  local pid
  pid=$(cat "$WORK/serve.pid" 2>/dev/null) || return 0
  rm -f "$WORK/serve.pid"
  # only while it is still the process that we started
  tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$BUNDLE" || return 0
  kill "$pid"
  while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
}
