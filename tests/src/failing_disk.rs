//! A file system whose files cannot be read in some places, as a scratched disc: a
//! small FUSE server, spoken to by the kernel. Files lie in one folder and never
//! change.

use std::{
    fs::File,
    io::{self, Read, Write},
    ops::Range,
    process::Stdio,
    thread,
};

/// A file on it.
#[derive(Debug, Clone)]
pub struct FailingFile {
    /// Its name.
    pub name: String,
    /// What should be in it.
    pub bytes: Vec<u8>,
    /// What cannot be read of it.
    pub failing: Range<u64>,
}

/// The number of the folder; files follow it.
const ROOT: u64 = 1;
const FOLDER: u32 = 0o040_555;
const FILE: u32 = 0o100_444;
const ENOENT: i32 = 2;
const EIO: i32 = 5;
const ENOSYS: i32 = 38;

/// Nothing is read ahead or kept, so that each read meets its own fate.
const DIRECT_IO: u32 = 1;

/// Largest request of the kernel that is read at once.
const LARGEST: usize = 1 << 18;

/// A request: what is wanted of which file, and its arguments.
struct Asked<'a> {
    operation: u32,
    number: u64,
    node: u64,
    arguments: &'a [u8],
}

/// Bytes, or the number of an error.
type Answer = Result<Vec<u8>, i32>;

/// Starts to answer for these files; what it gives is the standard input with which
/// `mount -t fuse -o fd=0,…` connects them. The server ends when nothing is mounted.
pub fn serve(files: Vec<FailingFile>) -> io::Result<Stdio> {
    let device = File::options().read(true).write(true).open("/dev/fuse")?;
    let for_mount = Stdio::from(device.try_clone()?);
    thread::Builder::new()
        .name("failing disk".into())
        .spawn(move || answer_all(&device, &files))?;
    Ok(for_mount)
}

fn answer_all(mut device: &File, files: &[FailingFile]) {
    let mut buffer = vec![0; LARGEST];
    loop {
        let read = match device.read(&mut buffer) {
            Ok(read) => read,
            // Nothing is mounted yet.
            Err(error) if error.raw_os_error() == Some(1) => {
                thread::yield_now();
                continue;
            }
            Err(_unmounted) => return,
        };
        let asked = Asked {
            operation: u32_at(&buffer, 4),
            number: u64_at(&buffer, 8),
            node: u64_at(&buffer, 16),
            arguments: &buffer[40..read.max(40)],
        };
        if let Some(answer) = answer(&asked, files) {
            let (error, bytes) =
                answer.map_or_else(|error| (-error, Vec::new()), |bytes| (0, bytes));
            let len = u32::try_from(16 + bytes.len()).expect("answers are small");
            let head = [&len.to_le_bytes()[..], &error.to_le_bytes(), &asked.number.to_le_bytes()];
            // One who was interrupted waits for no answer.
            let _gone = device.write(&[&head.concat()[..], &bytes].concat());
        }
    }
}

/// None for what wants no answer.
fn answer(asked: &Asked<'_>, files: &[FailingFile]) -> Option<Answer> {
    let file = usize::try_from(asked.node).ok().and_then(|node| files.get(node.checked_sub(2)?));
    Some(match asked.operation {
        2 | 36 | 42 => return None,
        1 => lookup(asked.arguments, files),
        3 => Ok([&[0; 16][..], &attributes(asked.node, file)].concat()),
        14 | 27 => Ok([&[0; 8][..], &DIRECT_IO.to_le_bytes(), &[0; 4]].concat()),
        15 => file.ok_or(ENOENT).and_then(|file| read(file, asked.arguments)),
        18 | 25 | 29 | 38 => Ok(Vec::new()),
        26 => Ok(init()),
        28 => Ok(list(asked.arguments, files)),
        _ => Err(ENOSYS),
    })
}

/// Version 7.31 of the protocol, with its sizes as the kernel likes them.
fn init() -> Vec<u8> {
    let words: [u32; 16] = [7, 31, 0, 0, 0, 4096, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn lookup(name: &[u8], files: &[FailingFile]) -> Answer {
    let name = name.strip_suffix(&[0]).unwrap_or(name);
    let at = files.iter().position(|file| file.name.as_bytes() == name).ok_or(ENOENT)?;
    let node = at as u64 + 2;
    Ok([&node.to_le_bytes()[..], &[0; 32], &attributes(node, Some(&files[at]))].concat())
}

fn attributes(node: u64, file: Option<&FailingFile>) -> Vec<u8> {
    let size = file.map_or(0, |file| file.bytes.len() as u64);
    let (mode, links) = if node == ROOT { (FOLDER, 2_u32) } else { (FILE, 1) };
    let sizes = [node, size, size.div_ceil(512), 0, 0, 0];
    let sizes = sizes.iter().flat_map(|number| number.to_le_bytes());
    let rest = [0, 0, 0, mode, links, 0, 0, 0, 4096, 0];
    sizes.chain(rest.iter().flat_map(|number: &u32| number.to_le_bytes())).collect()
}

fn read(file: &FailingFile, arguments: &[u8]) -> Answer {
    let (start, len) = (u64_at(arguments, 8), u64::from(u32_at(arguments, 16)));
    let end = (start + len).min(file.bytes.len() as u64);
    if start < file.failing.end && end > file.failing.start {
        return Err(EIO);
    }
    let index = |at: u64| usize::try_from(at).expect("it lies within bytes in memory");
    Ok(file.bytes[index(start.min(end))..index(end)].to_vec())
}

/// Every file at once; from the second call on nothing.
fn list(arguments: &[u8], files: &[FailingFile]) -> Vec<u8> {
    let mut out = Vec::new();
    if u64_at(arguments, 8) > 0 {
        return out;
    }
    for (at, file) in files.iter().enumerate() {
        let number = at as u64 + 2;
        let len = u32::try_from(file.name.len()).expect("names are short");
        out.extend([number.to_le_bytes(), number.to_le_bytes()].concat());
        out.extend([len.to_le_bytes(), (FILE >> 12).to_le_bytes()].concat());
        out.extend(file.name.as_bytes());
        out.resize(out.len().next_multiple_of(8), 0);
    }
    out
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}
