//! Real programs of this machine, in an order that mixes kinds and is the same on
//! each run: what layers and files are made of.

use crate::{problem::Result, tools};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Smaller files are texts and scripts; layers are mostly programs and libraries.
const SMALLEST: u64 = 64 * 1024;

/// A file and its size.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) path: PathBuf,
    pub(super) size: u64,
}

/// Programs, dealt out from the front.
#[derive(Debug)]
pub(super) struct Pool {
    programs: Vec<Program>,
    next: usize,
}

impl Pool {
    pub(super) fn collect() -> Result<Self> {
        let mut programs = Vec::new();
        for root in roots() {
            walk(&root, &mut programs);
        }
        programs.sort_by_cached_key(|it| {
            *blake3::hash(it.path.as_os_str().as_encoded_bytes()).as_bytes()
        });
        match programs.is_empty() {
            true => Err("this machine has no programs to make layers of".into()),
            false => Ok(Self { programs, next: 0 }),
        }
    }

    /// The next programs that make up about so many bytes. From the start again
    /// when all were dealt.
    pub(super) fn deal(&mut self, bytes: u64) -> Vec<Program> {
        let (mut hand, mut sum) = (Vec::new(), 0);
        while sum < bytes {
            let program = self.programs[self.next % self.programs.len()].clone();
            self.next += 1;
            sum += program.size;
            hand.push(program);
        }
        hand
    }
}

/// Where compilers and the system keep their programs.
fn roots() -> Vec<PathBuf> {
    let ask = |name: &str, argument: &[&str]| {
        let program = tools::find(name)?;
        let output = tools::succeed(Command::new(program).args(argument)).ok()?;
        Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
    };
    let rust = ask("rustc", &["--print", "sysroot"]);
    let go = ask("go", &["env", "GOROOT"]);
    let rust = rust.iter().flat_map(|root| [root.join("bin"), root.join("lib")]);
    let go = go.iter().flat_map(|root| [root.join("bin"), root.join("pkg")]);
    rust.chain(go).chain(["/usr/bin", "/usr/lib"].map(PathBuf::from)).collect()
}

/// Everything readable below a folder; what is not does not matter.
fn walk(folder: &Path, programs: &mut Vec<Program>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, Ok(kind)) = (entry.path(), entry.file_type()) else { continue };
        match entry.metadata() {
            _ if kind.is_dir() => walk(&path, programs),
            Ok(data)
                if kind.is_file() && data.len() >= SMALLEST && fs::File::open(&path).is_ok() =>
            {
                programs.push(Program { path, size: data.len() });
            }
            _ => {}
        }
    }
}
