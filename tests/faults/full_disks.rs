//! A disk that is full at any write: one error that says so, nothing half done, and
//! the same command continues when there is room.
//!
//! The disk is a small one in a namespace of its own; it grows until the command is
//! through.

use crate::effort::{chance, count, tell};
use journeys::{
    client,
    fixtures::Options,
    office::{Office, words},
    run::Program,
    serving::Serving,
    stock,
};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Runs a command on a disk of each of these sizes, until one is large enough. What
/// it said and what it left at each size is in `told`.
const SCRIPT: &str = r#"
sizes=$1; shift
mount -t tmpfs -o size=4k none disk || exit 77
for size in $sizes; do
  mount -o remount,size=$size disk || exit 77
  mkdir -p disk/out
  code=0; "$@" 2>told/$size.said >/dev/null </dev/null || code=$?
  echo $code >told/$size.code
  (cd disk && find . -type f) >told/$size.left
  [ $code != 0 ] || { cp -r disk/out result; exit 0; }
done
exit 78
"#;

/// A command that writes, and what may lie in `out` when it could not.
struct Writing {
    program: Program,
    line: &'static str,
    may_leave: fn(&str) -> bool,
}

fn nothing(_: &str) -> bool {
    false
}

/// Blobs that are whole are kept for the next run.
fn whole_blobs(name: &str) -> bool {
    name == "./out/bottari.json" || (name.starts_with("./out/blobs/") && !name.contains(".partial"))
}

/// `{}` is the folder.
const COMMANDS: [Writing; 6] = [
    Writing {
        program: Program::Builder,
        line: "lock releases/demo.yaml --mirrors mirrors.yaml --cache {}/cache -o {}/out/demo.lock",
        may_leave: nothing,
    },
    Writing {
        program: Program::Builder,
        line: "build releases/demo.lock --mirrors mirrors.yaml --key release.key --cache {}/cache -o {}/out/b",
        may_leave: nothing,
    },
    Writing {
        program: Program::Builder,
        line: "build releases/demo.lock --mirrors mirrors.yaml --key release.key --no-cache -o {}/out/b",
        may_leave: nothing,
    },
    Writing {
        program: Program::Builder,
        line: "build releases/demo.lock --mirrors mirrors.yaml --key release.key --volume-size 5MiB --cache {}/cache -o {}/out/b",
        // It was whole before it was cut.
        may_leave: |name| name == "./out/b",
    },
    Writing {
        program: Program::Builder,
        line: "split demo.bundle --volume-size 5MiB -o {}/out",
        may_leave: nothing,
    },
    Writing {
        program: Program::Installer,
        line: "unpack demo.bundle --trust release.pub -o {}/out",
        may_leave: whole_blobs,
    },
];

/// Names with their bytes.
type Files = BTreeMap<PathBuf, Vec<u8>>;

fn files(folder: &Path) -> Files {
    let mut found = Files::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                found.insert(name, fs::read(path).unwrap());
            }
        }
    }
    found
}

/// An empty folder.
fn empty(office: &Office, name: &str) {
    let path = office.path(name);
    if path.exists() {
        fs::remove_dir_all(&path).unwrap();
    }
    fs::create_dir(path).unwrap();
}

/// Runs a command where there is room; gives its result and how much it wrote.
fn with_room(office: &Office, writing: &Writing) -> (Files, usize) {
    for folder in ["room", "room/out"] {
        empty(office, folder);
    }
    let outcome = office.sandbox.run(writing.program, &words(&writing.line.replace("{}", "room")));
    assert_eq!(outcome.code, Some(0), "{}: {}", writing.line, outcome.stderr);
    let written = files(&office.path("room")).values().map(Vec::len).sum();
    (files(&office.path("room/out")), written)
}

/// Runs a command on disks of these sizes; none where no disk can be made.
fn on_small_disks(office: &Office, writing: &Writing, sizes: &[usize]) -> Option<()> {
    for folder in ["disk", "told"] {
        empty(office, folder);
    }
    let _none = fs::remove_dir_all(office.path("result"));
    let sizes: Vec<_> = sizes.iter().map(ToString::to_string).collect();
    let line = writing.line.replace("{}", "disk");
    let command = office.sandbox.command(writing.program, &words(&line));
    let mut script = Command::new("unshare");
    script.args(["-rm", "sh", "-uc", SCRIPT, "sh", &sizes.join(" ")]);
    script.arg(command.get_program()).args(command.get_args()).current_dir(office.path("."));
    script.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let Ok(Output { status, stderr, .. }) = script.output() else { return None };
    let stderr = String::from_utf8_lossy(&stderr);
    if status.code() == Some(77) || stderr.starts_with("unshare: ") {
        return None;
    }
    assert!(status.success(), "{line}: no disk was large enough: {stderr}{}", last_words(office));
    Some(())
}

/// What a command said on the largest disk.
fn last_words(office: &Office) -> String {
    let told = files(&office.path("told"));
    let size = |name: &PathBuf| name.file_stem()?.to_str()?.parse::<usize>().ok();
    let largest = told.keys().filter_map(size).max().unwrap_or_default();
    let text = |what: &str| {
        let bytes = told.get(&PathBuf::from(format!("{largest}.{what}")));
        bytes.map_or_else(String::new, |bytes| String::from_utf8_lossy(bytes).into_owned())
    };
    format!("{largest} bytes: code {}{}", text("code"), text("said"))
}

/// Looks at what a command said and left at each size at which it failed.
fn judge(office: &Office, writing: &Writing) -> usize {
    let told = files(&office.path("told"));
    let text = |size: &str, what: &str| {
        let name = PathBuf::from(format!("{size}.{what}"));
        String::from_utf8_lossy(&told[&name]).into_owned()
    };
    let names = told.keys().filter_map(|name| name.to_str()?.strip_suffix(".code"));
    let failed: Vec<_> = names.filter(|size| text(size, "code").trim() != "0").collect();
    for size in &failed {
        let (code, said) = (text(size, "code"), text(size, "said"));
        let what = format!("{} on {size} bytes: {said}", writing.line);
        // 60 when it was the cache, where the next run continues.
        assert!(["20", "60"].contains(&code.trim()), "exit code {code}: {what}");
        assert_eq!(said.matches("error: ").count(), 1, "{what}");
        let is_told = said.contains("No space left on device") || said.contains("the disk is full");
        assert!(is_told && said.contains("disk/") && said.contains("\nhint: "), "{what}");
        for name in text(size, "left").lines().filter(|name| !name.starts_with("./cache/")) {
            assert!((writing.may_leave)(name), "{what}left: {name}");
        }
    }
    failed.len()
}

#[test]
fn a_disk_that_is_full_at_any_write_is_one_error_and_more_room_continues() {
    let office = Office::with_bundle_of(&Options { size_mib: 24, ..Options::default() });
    let (mut failed, mut number) = (0, 0);
    for writing in &COMMANDS {
        let (expected, written) = with_room(&office, writing);
        let mut sizes: Vec<_> = (0..count(3, 25))
            .map(|_| {
                number += 1;
                chance(number).usize(4096..written)
            })
            .collect();
        sizes.sort_unstable();
        // With room for what is there only for a while.
        sizes.push(6 * written + (8 << 20));
        if on_small_disks(&office, writing, &sizes).is_none() {
            stock::skipped("no small disk can be made here, nothing is proved about full ones");
            return;
        }
        failed += judge(&office, writing);
        assert!(files(&office.path("result")) == expected, "{}", writing.line);
    }
    tell(&format!("full disks: {failed} failures of {} commands", COMMANDS.len()));
}

#[test]
fn a_registry_goes_on_when_its_access_log_has_no_room() {
    let mut office = Office::with_bundle();
    office.sandbox.set("BOTTARI_STATE_DIR", office.path("state").to_str().unwrap());
    let arguments = ["demo.bundle", "--trust", "release.pub", "--access-log", "/dev/full"];
    let serving = Serving::with(&office.sandbox, &arguments);
    for _ in 0..3 {
        assert_eq!(client::get(serving.address, "/files", &[]).unwrap().status, 200);
    }
}
