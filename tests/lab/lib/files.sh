# Files as upstream offers them: at `files/<host>/<path>`, in upstream's own layout.
# shellcheck shell=bash
FILES=$CACHE/files
PACKAGES_HOST=packages.lab.example

make_files() {
  rm -rf "$FILES.part"
  kubernetes_files
  archive "github.com/etcd-io/etcd/releases/download/$(version_of etcd)/etcd-$(version_of etcd)-linux-amd64.tar.gz" etcd_tree
  archive "$PACKAGES_HOST/helm/$(version_of helm)-lab/helm-$(version_of helm)-linux-amd64.tar.gz" helm_tree
  archive "$PACKAGES_HOST/cni-plugins/$(version_of cni-plugins)-lab/cni-plugins-linux-amd64-$(version_of cni-plugins).tgz" cni_tree
  archive "storage.googleapis.com/cri-o/artifacts/cri-o.amd64.$(version_of cri-o).tar.gz" crio_tree
  debian_keys
  shim_package
  network_manifest
  rm -rf "$FILES"
  mv "$FILES.part" "$FILES"
}

# put FROM URL-WITHOUT-SCHEME
put_file() {
  mkdir -p "$(dirname "$FILES.part/$2")"
  ln -f "$1" "$FILES.part/$2" 2>/dev/null || cp "$1" "$FILES.part/$2"
}

# same_tar: the same files give the same bytes
same_tar() { tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --format=posix --pax-option=delete=atime,delete=ctime "$@"; }

# archive URL-WITHOUT-SCHEME FUNCTION: the function fills the folder it is called in
archive() {
  local tree
  tree=$(mktemp -d)
  (cd "$tree" && "$2")
  mkdir -p "$(dirname "$FILES.part/$1")"
  (cd "$tree" && same_tar -c -- *) | gzip -n -6 >"$FILES.part/$1"
  rm -rf "$tree"
}

kubernetes_files() {
  local name version
  version=$(version_of kubernetes)
  for name in kubeadm kubelet kubectl; do
    put_file "$(program $name)" "dl.k8s.io/release/$version/bin/linux/amd64/$name"
  done
}

etcd_tree() {
  local folder
  folder=etcd-$(version_of etcd)-linux-amd64
  mkdir "$folder"
  cp "$(program etcd)" "$(program etcdctl)" "$folder"
}

helm_tree() { install -D "$(program helm)" linux-amd64/helm; }

cni_tree() { cp "$(program cni-plugins)"/* .; }

# conmon and runc are Debian's: conmon needs glib, which is one of the packages of the release.
crio_tree() {
  local source
  source=$(crio_source)
  mkdir -p cri-o/bin cri-o/contrib cri-o/etc debian
  cp "$(program crio)" "$(program pinns)" cri-o/bin
  unpack_debian debian conmon runc
  cp debian/usr/bin/conmon debian/usr/sbin/runc cri-o/bin
  rm -rf debian
  cp "$source/contrib/systemd/crio.service" "$source/contrib/cni/11-crio-ipv4-bridge.conflist" "$LAB/data/cri-o/policy.json" cri-o/contrib
  cp "$source/crictl.yaml" cri-o/etc
  chmod -R u+w cri-o
}

# debian PACKAGE: the path of a package of this machine's mirror, downloaded once
debian() {
  local folder=$CACHE/debian/$1
  if [ ! -e "$folder/package.deb" ]; then
    rm -rf "$folder"
    mkdir -p "$folder"
    (cd "$folder" && apt-get -q -o APT::Sandbox::User=root download "$1" >"$LOGS/apt.log" 2>&1 && mv ./*.deb package.deb) ||
      die "the package $1 cannot be downloaded: see $LOGS/apt.log"
  fi
  echo "$folder/package.deb"
}

# unpack_debian FOLDER PACKAGE...
unpack_debian() {
  local folder=$1 name
  shift
  for name; do dpkg-deb -x "$(debian "$name")" "$folder"; done
}

# The archive itself is asked where this machine's apt asks it.
debian_keys() { put_file /usr/share/keyrings/debian-archive-keyring.gpg debian.example/keys/debian-archive-keyring.gpg; }

shim_package() {
  local tree url
  tree=$(mktemp -d)
  url=$PACKAGES_HOST/lab-runtime-shim/$(version_of lab-runtime-shim)
  install -D -m 755 "$LAB/data/runtime-shim/runc" "$tree/usr/libexec/bottari-lab/runc"
  install -D -m 644 "$LAB/data/runtime-shim/crio.conf" "$tree/etc/crio/crio.conf.d/90-lab-runtime.conf"
  install -D -m 644 "$LAB/data/runtime-shim/crio.service.conf" "$tree/usr/lib/systemd/system/crio.service.d/90-lab-runtime.conf"
  install -D -m 644 "$LAB/data/runtime-shim/control" "$tree/DEBIAN/control"
  chmod 755 "$tree"
  mkdir -p "$FILES.part/$url"
  SOURCE_DATE_EPOCH=0 dpkg-deb --root-owner-group --build "$tree" "$FILES.part/$url/lab-runtime-shim.deb" >/dev/null
  rm -rf "$tree"
}

# The manifest with its script and its network configuration as a ConfigMap.
network_manifest() {
  local folder name
  folder=$FILES.part/$PACKAGES_HOST/lab-network/$(version_of lab-network)
  mkdir -p "$folder"
  {
    cat "$LAB/data/lab-network/lab-network.yaml"
    for name in keep.sh conflist; do
      echo "  $name: |"
      sed 's/^/    /' "$LAB/data/lab-network/$name"
    done
  } >"$folder/lab-network.yaml"
}
