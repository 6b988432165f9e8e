//! Programs that a folder cannot have for real. Each keeps its state in files
//! below `/.lab`, so that a snapshot shows it.

/// Name and text of each; they lie where `PATH` looks first.
pub(super) const STAND_INS: &[(&str, &str)] = &[
    ("systemctl", SYSTEMCTL),
    ("systemd-run", SYSTEMD_RUN),
    ("journalctl", "#!/bin/sh\necho 'the last line of its log'\n"),
    ("modprobe", MODPROBE),
    ("swapoff", "#!/bin/sh\necho 'Filename Type Size Used Priority' > /proc/swaps\n"),
    ("swapon", "#!/bin/sh\necho \"$1 partition 1 0 -2\" >> /proc/swaps\n"),
    ("sleep", "#!/bin/sh\nexit 0\n"),
];

/// A unit is active when it was started, unless `/.lab/units/NAME.broken` is
/// there. A transient one vanishes when `/.lab/power-cut` is there; else it runs its script when it was looked at three times: so
/// time passes in a test.
const SYSTEMCTL: &str = r#"#!/bin/sh
verb=$1
shift
now=no
while :; do case $1 in --now) now=yes; shift ;; -p|--property) shift 2 ;; -*) shift ;; *) break ;; esac; done
unit=/.lab/units/$1
wants=/etc/systemd/system/multi-user.target.wants/$1
case $verb in
  enable) [ -f "/etc/systemd/system/$1" ] || exit 1; ln -sf "/etc/systemd/system/$1" "$wants" ;;
  disable) rm -f "$wants"; [ $now = no ] || rm -f "$unit.active" ;;
  is-enabled) if [ -L "$wants" ]; then echo enabled; else echo disabled; exit 1; fi ;;
  is-active)
    if [ -e "$unit.broken" ]; then echo failed; exit 3; fi
    if [ -e "$unit.active" ]; then echo active; else echo inactive; exit 3; fi ;;
  restart) : > "$unit.active"; echo "$1" >> /.lab/restarts ;;
  stop) rm -f "$unit.active" "$unit.state" "$unit.script" ;;
  show)
    [ -f "$unit.state" ] || { echo dead; exit 0; }
    if [ -e /.lab/power-cut ]; then rm -f "$unit.state" /.lab/power-cut; echo dead; exit 0; fi
    read -r state left < "$unit.state"
    case $state:$left in
      running:0) if sh "$(cat "$unit.script")"; then state=exited; else state=failed; fi ;;
      running:*) left=$((left - 1)) ;;
    esac
    echo "$state $left" > "$unit.state"
    echo "$state" ;;
esac
"#;

const SYSTEMD_RUN: &str = r#"#!/bin/sh
while :; do case $1 in --unit=*) name=${1#--unit=}; shift ;; -*) shift ;; *) break ;; esac; done
[ ! -e "/.lab/units/$name.state" ] || { echo "Unit $name already exists." >&2; exit 1; }
echo "$name" >> /.lab/starts
echo "$2" > "/.lab/units/$name.script"
echo "running 2" > "/.lab/units/$name.state"
"#;

/// Modules that can be loaded are those named in `/.lab/modules`.
const MODPROBE: &str = r#"#!/bin/sh
verb=load
while :; do case $1 in -n) verb=ask; shift ;; -r) verb=remove; shift ;; -*) shift ;; *) break ;; esac; done
grep -qx "$1" /.lab/modules || exit 1
case $verb in
  load) grep -q "^$1 " /proc/modules || echo "$1 1 0 - Live" >> /proc/modules ;;
  remove) grep -v "^$1 " /proc/modules > /.lab/left; cat /.lab/left > /proc/modules ;;
esac
"#;

/// A cluster that is one file. It lies in `/opt`, where a step finds it.
pub(super) const KUBECTL: &str = r"#!/bin/sh
shift
verb=$1
case $verb in
  diff) cmp -s - /.lab/cluster && exit 0; exit 1 ;;
  apply) cat > /.lab/cluster; echo applied >> /.lab/applies ;;
esac
";
