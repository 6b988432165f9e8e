//! The scripts of `reset`. Each answers with one line: `done`, `gone` when there
//! was nothing to undo, or `kept` and why. Each can be run again.

/// `$1` unit, then every SHA-256 its file had from us.
pub(super) const STOP_UNIT: &str = r#"
unit=$1
file=/etc/systemd/system/$1
shift
plain "$file"
[ -f "$file" ] || { echo gone; exit 0; }
for sum; do
  if same "$file" "$sum"; then
    systemctl disable --quiet --now "$unit"
    systemctl reset-failed "$unit" 2>/dev/null || :
    echo done
    exit 0
  fi
done
echo "kept its file was changed by somebody"
"#;

/// `$1` unit of a long command.
pub(super) const STOP_COMMAND: &str = r#"
plain "$STATE/units"
own=$STATE/units/$1
systemctl stop "$1.service" 2>/dev/null || :
systemctl reset-failed "$1.service" 2>/dev/null || :
rm -f "$own.sh" "$own.sh.new" "$own.log" "$own.result" "$own.result.new" "$own.begun"
echo done
"#;

/// `$1` folder. The deepest mounts first.
pub(super) const UNMOUNT: &str = r#"
word=gone
plain "$1"
for point in $(awk -v below="$1" '$2 == below || index($2, below "/") == 1 { print $2 }' /proc/mounts | sort -r); do
  umount "$point" 2>/dev/null || umount --lazy "$point"
  word=done
done
echo "$word"
"#;

/// `$1` interface.
pub(super) const DELETE_INTERFACE: &str = r#"
[ -e "/sys/class/net/$1" ] || { echo gone; exit 0; }
ip link delete "$1"
echo done
"#;

/// `$1` how the chains' names begin. All other rules go back as they were.
pub(super) const CLEAR_CHAINS: &str = r#"
word=gone
for family in iptables ip6tables; do
  command -v "$family-save" > /dev/null 2>&1 || continue
  rules=$("$family-save" 2>/dev/null) || continue
  case $rules in *[\ :]"$1"*) ;; *) continue ;; esac
  printf '%s\n' "$rules" | grep -v -e "[ :]$1" | "$family-restore"
  word=done
done
echo "$word"
"#;

/// `$1` folder or file.
pub(super) const REMOVE_TREE: &str = r#"
plain "$1"
[ -e "$1" ] || { echo gone; exit 0; }
rm -rf --one-file-system "$1"
echo done
"#;

/// `$1` path, `$2` SHA-256, `$3` mode, `$4` owner of what was there before, or
/// three times nothing; then every SHA-256 the file had from us.
pub(super) const FILE: &str = r#"
path=$1 was=$2 mode=$3 owner=$4
shift 4
plain "$path"
rm -f "$path.bottari-new"
if [ -e "$path" ]; then
  ours=no
  for sum; do if same "$path" "$sum"; then ours=yes; fi; done
  if [ "$ours" = no ]; then
    if [ -n "$was" ] && same "$path" "$was"; then echo gone
    else
      # What it replaced may still be wanted.
      [ -z "$was" ] || : > "$STATE/backups/wanted"
      echo "kept it was changed by somebody"
    fi
    exit 0
  fi
elif [ -z "$was" ]; then echo gone; exit 0
fi
if [ -z "$was" ]; then rm -f "$path"; echo done; exit 0; fi
copy=$STATE/backups/$was
plain "$copy"
if ! same "$copy" "$was"; then
  if same "$path" "$was"; then echo gone; else echo "kept the copy of what was there before is lost"; fi
  exit 0
fi
cp "$copy" "$path.bottari-new"
chown "$owner" "$path.bottari-new"
chmod "$mode" "$path.bottari-new"
keep "$path.bottari-new" "$path"
echo done
"#;

/// `$1` folder.
pub(super) const FOLDER: &str = r#"
plain "$1"
[ -d "$1" ] || { echo gone; exit 0; }
if rmdir "$1" 2>/dev/null; then echo done; else echo "kept it is not empty"; fi
"#;

/// `$1` path of a kernel setting, `$2` what we set, `$3` what it was.
pub(super) const SYSCTL: &str = r#"
path=$1 ours=$2 was=$3
[ -f "$path" ] || { echo gone; exit 0; }
set -f; set -- $(cat "$path"); set +f
if [ "$*" = "$was" ]; then echo gone
elif [ "$*" = "$ours" ]; then printf '%s\n' "$was" > "$path"; echo done
else echo "kept it is $* now"
fi
"#;

/// `$1` module.
pub(super) const MODULE: &str = r#"
word=$(printf %s "$1" | tr - _)
grep -q "^$word " /proc/modules || { echo gone; exit 0; }
if modprobe -r -q "$1"; then echo done; else echo "kept it is in use until the next start"; fi
"#;

/// Swap devices that were in use.
pub(super) const SWAP: &str = r#"
word=gone
plain /etc/fstab
if [ -f /etc/fstab ] && grep -q '^#bottari# ' /etc/fstab; then
  cp -p /etc/fstab /etc/fstab.bottari-new
  sed 's/^#bottari# //' /etc/fstab > /etc/fstab.bottari-new
  keep /etc/fstab.bottari-new /etc/fstab
  word=done
fi
for device; do
  if ! grep -q "^$device[[:space:]]" /proc/swaps; then swapon "$device"; word=done; fi
done
echo "$word"
"#;

/// Removes what we keep for ourselves; copies of replaced files stay when one
/// of them may be wanted.
pub(super) const FORGET: &str = r#"
plain "$STATE"
policy=/usr/sbin/policy-rc.d
if [ -f "$policy" ] && grep -q '^# bottari' "$policy"; then rm -f "$policy"; fi
systemctl daemon-reload
plain /var/cache/bottari
rm -rf /var/cache/bottari
[ -d "$STATE" ] || { echo gone; exit 0; }
rm -rf "$STATE/staging"
[ ! -d "$STATE/units" ] || rmdir "$STATE/units" 2>/dev/null || :
[ -e "$STATE/backups/wanted" ] || rm -rf "$STATE/backups"
rm -f "$STATE/ledger.json.new" "$STATE/ledger.json"
rmdir "$STATE" 2>/dev/null || :
echo done
"#;
