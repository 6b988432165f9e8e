//! What this machine can do at best: the same bytes with nothing done twice.

use crate::{
    http::Client,
    measure::{Sample, measure},
    parallel,
    problem::{Result, at},
    stand::{Remote, Stand},
};
use aws_lc_rs::digest::{Context, SHA256};
use sha2::{Digest as _, Sha256};
use std::{
    fs::{self, File},
    io::Read,
    ops::Range,
    os::unix::fs::FileExt,
    path::Path,
    process::Command,
    time::Instant,
};

/// Bytes that have one hash.
const CHUNK: usize = 4 << 20;
/// Bytes that are read at once: still in the processor's own cache when they are
/// hashed.
const PIECE: usize = 256 << 10;
/// Connections for each processor.
const CONNECTIONS: usize = 2;

/// Every distinct byte once from its server, through SHA-256, into one file.
pub(super) fn get_hash_write(stand: &Stand) -> Result<Sample> {
    let blobs = stand.blobs()?;
    let mut offset = 0;
    let placed: Vec<(Remote, u64)> = blobs
        .into_iter()
        .map(|blob| {
            let place = offset;
            offset += blob.size;
            (blob, place)
        })
        .collect();
    let path = stand.scratch.join("limit");
    let sample = timed(|| {
        let file = File::create(&path).map_err(at(&path))?;
        parallel::on(CONNECTIONS * parallel::cores(), &placed, |_, (blob, place)| {
            fetch(blob, *place, &file)
        })
        .map(|_| ())
    });
    fs::remove_file(&path).map_err(at(&path))?;
    Ok(Sample { fetched: offset, written: offset, ..sample? })
}

fn fetch(blob: &Remote, mut place: u64, file: &File) -> Result<()> {
    let mut hasher = Context::new(&SHA256);
    Client::connect(blob.server, None)?.get(&blob.path, |piece| {
        hasher.update(piece);
        file.write_all_at(piece, place)?;
        place += piece.len() as u64;
        Ok(())
    })?;
    std::hint::black_box(hasher.finish());
    Ok(())
}

/// `cp` of a file.
pub(super) fn copy(file: &Path, scratch: &Path) -> Result<Sample> {
    let copy = scratch.join("copy");
    let sample = run(Command::new("cp").arg(file).arg(&copy), scratch)?;
    fs::remove_file(&copy).map_err(at(&copy))?;
    Ok(sample)
}

/// The same until it is on the disk, as everything of ours is.
pub(super) fn copy_and_sync(file: &Path, scratch: &Path) -> Result<Sample> {
    let copy = scratch.join("copy");
    let sample = timed(|| {
        fs::copy(file, &copy).map_err(at(&copy))?;
        Ok(File::open(&copy)?.sync_all()?)
    });
    fs::remove_file(&copy).map_err(at(&copy))?;
    sample
}

/// SHA-256 by `openssl`.
pub(super) fn openssl(file: &Path, scratch: &Path) -> Result<Sample> {
    run(Command::new("openssl").args(["dgst", "-sha256"]).arg(file), scratch)
}

/// Unpacking zstd, on one processor: the stock tool uses no more.
pub(super) fn decode(file: &Path, scratch: &Path) -> Result<Sample> {
    run(Command::new("zstd").args(["-q", "-t"]).arg(file), scratch)
}

/// SHA-256 by the library with assembly, on one processor.
pub(super) fn sha256_assembly(file: &Path) -> Result<Sample> {
    let mut hasher = Context::new(&SHA256);
    timed(|| whole(file, |bytes| hasher.update(bytes)))
}

/// SHA-256 by the library in Rust, on one processor.
pub(super) fn sha256_rust(file: &Path) -> Result<Sample> {
    let mut hasher = Sha256::new();
    timed(|| whole(file, |bytes| hasher.update(bytes)))
}

/// Reading once with BLAKE3 on all processors.
pub(super) fn blake3_on_all(file: &Path) -> Result<Sample> {
    let (file, cores) = (File::open(file).map_err(at(file))?, parallel::cores());
    let size = usize::try_from(file.metadata()?.len())?;
    let lanes: Vec<usize> = (0..cores).collect();
    timed(|| {
        let one = |_, lane: &usize| {
            let mut buffer = vec![0; PIECE];
            let mut starts = (*lane * CHUNK..size).step_by(cores * CHUNK);
            starts.try_for_each(|start| hash(&file, start..size.min(start + CHUNK), &mut buffer))
        };
        parallel::on(cores, &lanes, one).map(|_| ())
    })
}

fn hash(file: &File, range: Range<usize>, buffer: &mut [u8]) -> Result<()> {
    let mut hasher = blake3::Hasher::new();
    for start in range.clone().step_by(PIECE) {
        let piece = &mut buffer[..PIECE.min(range.end - start)];
        file.read_exact_at(piece, start as u64)?;
        hasher.update(piece);
    }
    std::hint::black_box(hasher.finalize());
    Ok(())
}

fn whole(path: &Path, mut take: impl FnMut(&[u8])) -> Result<()> {
    let mut file = File::open(path).map_err(at(path))?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            read => take(&buffer[..read]),
        }
    }
}

fn run(command: &mut Command, scratch: &Path) -> Result<Sample> {
    measure(command, &scratch.join("talk"), &[])
}

fn timed(work: impl FnOnce() -> Result<()>) -> Result<Sample> {
    let began = Instant::now();
    work()?;
    Ok(Sample { seconds: began.elapsed().as_secs_f64(), ..Sample::default() })
}
