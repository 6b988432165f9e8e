# Container images out of files, as OCI layouts: the same files give the same bytes.
# shellcheck shell=bash
IMAGES=$CACHE/images

make_images() {
  local name
  rm -rf "$IMAGES.part"
  for name in kube-apiserver kube-controller-manager kube-scheduler; do
    image "registry.k8s.io/$name:$(version_of kubernetes)" "/usr/local/bin/$name" program_tree $name
  done
  image "registry.k8s.io/kube-proxy:$(version_of kubernetes)" /usr/local/bin/kube-proxy kube_proxy_tree
  image "registry.k8s.io/etcd:$(version_of etcd | tail -c +2)-0" /usr/local/bin/etcd program_tree etcd etcdctl
  image "registry.k8s.io/coredns/coredns:$(version_of coredns)" /usr/local/bin/coredns program_tree coredns
  image "registry.lab.example/pause:$(version_of pause)" /pause pause_tree
  image "registry.lab.example/lab/tools:$(version_of lab-tools)" /bin/sh tools_tree
  image docker.io/library/busybox:1.35.0 /bin/sh busybox_tree
  rm -rf "$IMAGES"
  mv "$IMAGES.part" "$IMAGES"
}

# image NAME ENTRYPOINT FUNCTION [ARGUMENT...]: the function fills the folder it is called in.
# The tag is the last folder of the layout's path, because skopeo reads a colon as its own.
image() {
  local name=$1 entry=$2 tree layout
  shift 2
  tree=$(mktemp -d)
  layout=$IMAGES.part/${name/://}
  mkdir -p "$layout/blobs/sha256"
  (cd "$tree" && mkdir -p -m 1777 tmp && "$@")
  (cd "$tree" && same_tar -c -- *) >"$tree.tar"
  oci_layout "$layout" "$tree.tar" "$entry"
  rm -rf "$tree" "$tree.tar"
}

oci_layout() {
  local layout=$1 layer=$2 entry=$3 type=application/vnd.oci.image diff_id
  diff_id=$(sha256sum <"$layer" | cut -d' ' -f1)
  printf '{"architecture":"amd64","os":"linux","created":"1970-01-01T00:00:00Z","config":{"Entrypoint":["%s"],%s},%s}' "$entry" \
    '"Env":["PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]' \
    "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:$diff_id\"]}" >"$layout/config"
  gzip -n -6 <"$layer" >"$layout/layer"
  printf '{"schemaVersion":2,"mediaType":"%s.manifest.v1+json","config":%s,"layers":[%s]}' $type \
    "$(into_blob "$layout" config $type.config.v1+json)" \
    "$(into_blob "$layout" layer $type.layer.v1.tar+gzip)" >"$layout/manifest"
  printf '{"schemaVersion":2,"manifests":[%s]}' \
    "$(into_blob "$layout" manifest $type.manifest.v1+json)" >"$layout/index.json"
  echo '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
}

# into_blob LAYOUT FILE MEDIA-TYPE: moves the file to its place and prints its descriptor
into_blob() {
  local digest size
  digest=$(sha256sum <"$1/$2" | cut -d' ' -f1)
  size=$(stat -c %s "$1/$2")
  mv "$1/$2" "$1/blobs/sha256/$digest"
  printf '{"mediaType":"%s","digest":"sha256:%s","size":%s}' "$3" "$digest" "$size"
}

program_tree() {
  local name
  for name; do install -D "$(program "$name")" "usr/local/bin/$name"; done
}

# CRI-O starts /pause by that path when a pod shares its process namespace.
pause_tree() { install "$(program pause)" pause; }

# kube-proxy calls iptables, with all its plugins, and conntrack.
kube_proxy_tree() {
  local name
  program_tree kube-proxy
  merged_folders
  mkdir debian
  unpack_debian debian conntrack iptables libxtables12 libip4tc2 libip6tc2 libnftnl11 libmnl0 libnfnetlink0 libnetfilter-conntrack3
  cp debian/usr/sbin/{conntrack,xtables-nft-multi} usr/sbin
  cp -r debian/usr/lib/x86_64-linux-gnu/{xtables,*.so.*} usr/lib/x86_64-linux-gnu
  rm -r debian
  for name in ip{,6}tables{,-save,-restore}; do ln -s xtables-nft-multi "usr/sbin/$name"; done
  add_libraries
}

tools_tree() {
  busybox_tree
  # in the place of busybox's links of these names, not through them
  cp --remove-destination "$ROOT/usr/bin/curl" "$ROOT/usr/bin/ip" "$ROOT/usr/sbin/bridge" usr/bin
  add_libraries
}

busybox_tree() {
  merged_folders
  mkdir debian
  unpack_debian debian busybox-static
  cp debian/bin/busybox usr/bin
  rm -r debian
  "$PWD/usr/bin/busybox" --install -s "$PWD/usr/bin"
  find usr/bin -type l -exec ln -sf busybox {} \;
}

# As Debian has it: /bin and its like lead into /usr.
merged_folders() {
  local name
  mkdir -p usr/bin usr/sbin usr/lib/x86_64-linux-gnu usr/lib64
  for name in bin sbin lib lib64; do ln -s usr/$name $name; done
}

# Copies the libraries that the programs and plugins here need and that are not here yet from the
# root of the hosts, as that root's own loader finds them.
add_libraries() {
  local loader=$ROOT/usr/lib64/ld-linux-x86-64.so.2 folder=$ROOT/usr/lib/x86_64-linux-gnu file
  find usr -type f \( -perm -u+x -o -name '*.so' \) -exec "$loader" --library-path "$PWD/usr/lib/x86_64-linux-gnu:$folder" --list {} \; 2>/dev/null |
    sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p' | grep "^$ROOT/" | sort -u | while read -r file; do
    cp -L "$file" "usr/lib/x86_64-linux-gnu/"
  done
  cp -L "$loader" usr/lib64/
}
