//! Debian packages and what a lockfile says of them.

use crate::stock::succeed;
use manifests::packages::Moment;
use std::{
    fs,
    path::Path,
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

/// What names a package: name, version, architecture.
pub type Naming<'a> = (&'a str, &'a str, &'a str);

/// A package of `dpkg-deb`, the same bytes each time. `more` is further lines of its
/// control file. It is made in `folder`, which keeps nothing of it.
pub fn deb(folder: &Path, (name, version, arch): Naming<'_>, more: &str) -> Vec<u8> {
    let root = folder.join("package");
    let file = root.join("usr/share/demo").join(name);
    let io = "the folder is ours";
    fs::create_dir_all(root.join("DEBIAN")).expect(io);
    fs::create_dir_all(root.join("usr/share/demo")).expect(io);
    fs::write(file, name.repeat(500)).expect(io);
    let control = format!(
        "Package: {name}\nVersion: {version}\nArchitecture: {arch}\n{more}\
         Maintainer: Nobody <nobody@example.org>\nDescription: {name}\n A test.\n"
    );
    fs::write(root.join("DEBIAN/control"), control).expect(io);
    let mut command = Command::new("dpkg-deb");
    command.args(["--root-owner-group", "-Zxz", "--build", "package", "package.deb"]);
    succeed(command.env("SOURCE_DATE_EPOCH", "1700000000").current_dir(folder));
    let bytes = fs::read(folder.join("package.deb")).expect(io);
    fs::remove_dir_all(root).expect(io);
    fs::remove_file(folder.join("package.deb")).expect(io);
    bytes
}

/// The lines of a lockfile that begin a system, whose archive was made at this time.
pub fn system(system: &str, arch: &str, made: SystemTime) -> String {
    let made = made.duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let digest = format!("sha256:{}", "0".repeat(64));
    format!(
        "- system: {system}\n  arch: {arch}\n  base:\n    name: minimal\n  indexes:\n  \
         - source: https://debian.example/debian\n    suite: bookworm\n    date: {}\n    \
         signer: 4D64FEC119C2029067D6E791F8D2585B8783D481\n    \
         url: https://debian.example/debian/dists/bookworm/InRelease\n    size: 1\n    \
         digest: {digest}\n    lists:\n    - component: main\n      \
         path: main/binary-{arch}/Packages.xz\n      size: 1\n      digest: {digest}\n  \
         sets: []\n  packages:\n",
        Moment::of_unix_seconds(made)
    )
}

/// The lines of a lockfile that name a package.
pub fn package(
    (name, version, arch): Naming<'_>,
    source: &str,
    size: usize,
    digest: &str,
) -> String {
    format!(
        "  - name: {name}\n    version: '{version}'\n    arch: {arch}\n    source: {source}\n    \
         size: {size}\n    digest: {digest}\n    from: bookworm/main\n"
    )
}
