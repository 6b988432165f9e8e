# Programs, compiled from Go modules: those of lab.yaml, in its versions.
# shellcheck shell=bash
PROGRAMS=$CACHE/programs
MODULES=$CACHE/modules
KUBERNETES="kubeadm kubelet kubectl kube-apiserver kube-controller-manager kube-scheduler kube-proxy"
export CGO_ENABLED=0 GOTOOLCHAIN=local GOWORK=off GOFLAGS="-mod=mod -buildvcs=false ${GOFLAGS:-}"

# version_of COMPONENT: what lab.yaml picks; `-lab` only tells our builds from upstream's
version_of() {
  awk -v name="$1" '$2 == "name:" && $3 == name { here = 1; next } here { gsub("\"|-lab$", "", $2); print $2; exit }' \
    "$REPO/manifests/releases/lab.yaml"
}

# program NAME: the path of a compiled program
program() {
  case $1 in
    kube*) echo "$PROGRAMS/kubernetes-$(version_of kubernetes)/$1" ;;
    etcd*) echo "$PROGRAMS/etcd-$(version_of etcd)/$1" ;;
    crio | pinns) echo "$PROGRAMS/cri-o-$(version_of cri-o)/$1" ;;
    pause) echo "$PROGRAMS/pause-$(cksum <"$LAB/data/pause.c" | cut -d' ' -f1)/$1" ;;
    *) echo "$PROGRAMS/$1-$(version_of "$1")/$1" ;;
  esac
}

make_programs() {
  local name
  mkdir -p "$PROGRAMS" "$MODULES" "$LOGS"
  for name in $KUBERNETES etcd etcdctl coredns helm cni-plugins crio pinns pause; do
    [ -e "$(program "$name")" ] || timed "compile $name" make_program "$name"
  done
}

# A process of its own, because it changes its folder.
make_program() (
  mkdir -p "$(dirname "$(program "$1")")"
  case $1 in
    kube*) kubernetes_module && compile "$1" "$(kubernetes_stamps)" "k8s.io/kubernetes/cmd/$1" ;;
    etcd) module etcd go.etcd.io/etcd/server/v3 "$(version_of etcd)" && compile etcd "" go.etcd.io/etcd/server/v3 ;;
    etcdctl) module etcdctl go.etcd.io/etcd/etcdctl/v3 "$(version_of etcd)" && compile etcdctl "" go.etcd.io/etcd/etcdctl/v3 ;;
    coredns) module coredns github.com/coredns/coredns "$(version_of coredns)" && compile coredns "" github.com/coredns/coredns ;;
    helm) make_helm ;;
    cni-plugins) make_cni_plugins ;;
    crio) make_crio ;;
    pinns) make_pinns ;;
    pause) cc -Os -static -s -o "$(program pause)" "$LAB/data/pause.c" ;;
  esac
)

make_helm() {
  module helm helm.sh/helm/v3 "$(version_of helm)"
  compile helm "-X helm.sh/helm/v3/internal/version.version=$(version_of helm)" helm.sh/helm/v3/cmd/helm
}

make_cni_plugins() {
  module cni-plugins github.com/containernetworking/plugins "$(version_of cni-plugins)"
  compile cni-plugins "" github.com/containernetworking/plugins/plugins/{main,ipam,meta}/...
}

make_crio() {
  crio_module
  export CGO_ENABLED=1
  compile crio "" github.com/cri-o/cri-o/cmd/crio \
    -tags=containers_image_openpgp,containers_image_ostree_stub,exclude_graphdriver_btrfs,seccomp
}

make_pinns() {
  cc -O2 -static -s "-DVERSION=\"$(version_of cri-o)\"" -o "$(program pinns)" "$(crio_source)"/pinns/src/*.c 2>"$LOGS/pinns.log" ||
    die "pinns does not compile: see $LOGS/pinns.log"
}

# compile NAME STAMPS PACKAGE... [-tags=...]; in the module's folder. The plugins are many
# packages and become a folder of programs.
compile() {
  local name=$1 stamps=$2 target argument packages=() tags=()
  shift 2
  target=$(program "$name")
  for argument; do case $argument in -*) tags+=("$argument") ;; *) packages+=("$argument") ;; esac; done
  rm -rf "$target.part"
  [ "$name" != cni-plugins ] || mkdir "$target.part"
  {
    download "${tags[@]}" "${packages[@]}" &&
      go build -trimpath -ldflags "-s -w $stamps" "${tags[@]}" -o "$target.part" "${packages[@]}"
  } >"$LOGS/$name.log" 2>&1 || die "$name does not compile: $(tail -n 3 "$LOGS/$name.log")"
  mv "$target.part" "$target"
}

# The proxy may answer 404 for a module that it has never been asked for, once.
download() {
  local try
  for try in 1 2 3; do
    go list -deps "$@" >/dev/null && return
    sleep "$try"
  done
  return 1
}

# module NAME MODULE VERSION: a module of our own that requires one other; goes into it
module() {
  local folder=$MODULES/$1-$3
  mkdir -p "$folder"
  cd "$folder" || exit
  [ ! -f go.mod ] || return 0
  go mod init "lab/$1" 2>/dev/null
  go mod edit -require="$2@$3"
}

# Kubernetes replaces its staging modules by its own folders. A replacement counts in the main
# module only, so ours names the released modules. One that the proxy does not serve becomes
# an empty module: nothing that we compile imports it, or the compiler would say so.
kubernetes_module() {
  local version staging name
  version=$(version_of kubernetes)
  [ -f "$MODULES/kubernetes-$version/complete" ] || rm -rf "$MODULES/kubernetes-$version"
  module kubernetes k8s.io/kubernetes "$version"
  [ ! -f complete ] || return 0
  staging=v0.${version#v1.}
  for name in $(staging_modules "$version"); do
    if (cd / && download_module "k8s.io/$name@$staging") 2>>"$LOGS/staging.log"; then
      go mod edit -replace="k8s.io/$name=k8s.io/$name@$staging"
    else
      mkdir -p "empty/$name"
      echo "module k8s.io/$name" >"empty/$name/go.mod"
      go mod edit -replace="k8s.io/$name=./empty/$name"
    fi
  done
  touch complete
}

download_module() { go mod download "$1" || go mod download "$1"; }

staging_modules() {
  local gomod
  gomod=$(cd / && go mod download -json "k8s.io/kubernetes@$1" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')
  sed -n 's/^\tk8s.io\/\([a-z0-9-]*\) v0\.0\.0$/\1/p' "$gomod" | sort -u
}

kubernetes_stamps() {
  local version minor package
  version=$(version_of kubernetes)
  minor=${version#v1.}
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    printf -- '-X %s.gitVersion=%s -X %s.gitMajor=1 -X %s.gitMinor=%s -X %s.gitTreeState=clean ' \
      $package "$version" $package $package "${minor%%.*}" $package
  done
}

# The sums come from the module's own go.sum, which the checksum database vouches for.
crio_module() {
  module cri-o github.com/cri-o/cri-o "$(version_of cri-o)"
  [ -s go.sum ] || install -m 644 "$(crio_source)/go.sum" go.sum
}

crio_source() {
  (cd / && go mod download -json "github.com/cri-o/cri-o@$(version_of cri-o)") | sed -n 's/.*"Dir": "\(.*\)".*/\1/p'
}
