//! A layer: programs in a tar archive, packed on the way to the disk.

use super::{Blob, gzip::Gzip, gzip::Packers, pool::Program};
use crate::problem::{Result, at};
use sha2::{Digest as _, Sha256};
use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::Path,
    process::Stdio,
};

/// What a layer is made of.
#[derive(Debug)]
pub(super) struct Dough {
    pub(super) programs: Vec<Program>,
    /// Bytes of all programs together; the last one is cut there.
    pub(super) bytes: u64,
    pub(super) gzip: Gzip,
}

/// A layer in the folder of blobs.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    pub(super) blob: Blob,
    /// SHA-256 of the archive before packing.
    pub(super) plain: String,
}

/// Bakes a layer into the folder of blobs.
pub(super) fn bake(dough: &Dough, packers: &Packers, blobs: &Path, key: usize) -> Result<Layer> {
    let draft = blobs.join(format!("draft-{key}"));
    let mut command = packers.command(dough.gzip);
    command.stdin(Stdio::piped()).stdout(File::create(&draft).map_err(at(&draft))?);
    let mut packer = command.spawn()?;
    let input = packer.stdin.take().ok_or("a packer has an input")?;
    let mut plain = Hashing { inner: input, hasher: Sha256::new() };
    archive(dough, &mut plain)?;
    let Hashing { inner, hasher } = plain;
    drop(inner);
    if !packer.wait()?.success() {
        return Err(format!("{command:?} failed").into());
    }
    Ok(Layer { blob: adopt(&draft, blobs)?, plain: hex(hasher) })
}

/// Programs one after the other, with nothing in the archive that can change.
fn archive(dough: &Dough, out: impl Write) -> Result<()> {
    let mut archive = tar::Builder::new(io::BufWriter::with_capacity(1 << 20, out));
    let mut left = dough.bytes;
    for (number, program) in dough.programs.iter().enumerate() {
        let size = program.size.min(left);
        left -= size;
        let mut header = tar::Header::new_gnu();
        header.set_size(size);
        header.set_mode(0o755);
        header.set_mtime(0);
        let name = program.path.file_name().unwrap_or_default().to_string_lossy();
        let file = File::open(&program.path).map_err(at(&program.path))?;
        archive.append_data(&mut header, format!("opt/{number}/{name}"), file.take(size))?;
    }
    archive.into_inner()?.flush()?;
    Ok(())
}

/// Gives a file in the folder of blobs its digest as name.
fn adopt(file: &Path, blobs: &Path) -> Result<Blob> {
    let blob = digest_of(file)?;
    fs::rename(file, blobs.join(&blob.digest)).map_err(at(file))?;
    Ok(blob)
}

/// What a file holds.
pub(super) fn digest_of(file: &Path) -> Result<Blob> {
    let mut hashing = Hashing { inner: io::sink(), hasher: Sha256::new() };
    let size = io::copy(&mut File::open(file).map_err(at(file))?, &mut hashing)?;
    Ok(Blob { digest: hex(hashing.hasher), size })
}

/// Puts bytes into the folder of blobs.
pub(super) fn put(bytes: &[u8], blobs: &Path) -> Result<Blob> {
    let digest = hex(Sha256::new_with_prefix(bytes));
    let path = blobs.join(&digest);
    fs::write(&path, bytes).map_err(at(&path))?;
    Ok(Blob { digest, size: bytes.len() as u64 })
}

fn hex(hasher: Sha256) -> String {
    hex::encode(hasher.finalize())
}

struct Hashing<W> {
    inner: W,
    hasher: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
