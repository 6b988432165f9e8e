//! Tar entries: plain ustar, with a pax record where a size or a name does not
//! fit. Owner 0, mode 0644, time 0, so that nothing of the building machine
//! shows.

use std::io::Write;

/// Tar's unit.
pub(crate) const BLOCK: u64 = 512;

/// The end of a tar archive: two empty blocks.
pub(crate) const END: u64 = 2 * BLOCK;

/// The largest size that eleven octal digits hold: 8 GiB less one.
const MAX_OCTAL: u64 = 0o77_777_777_777;

const MAX_NAME: usize = 100;

/// What stands in front of the content of the file `name` of `size` bytes.
pub(crate) fn prefix(name: &str, size: u64) -> Vec<u8> {
    let records = pax_records(name, size);
    let mut out = Vec::new();
    if !records.is_empty() {
        let len = records.len() as u64;
        out.extend_from_slice(&block(b'x', "pax", len));
        out.extend_from_slice(&records);
        out.resize(out.len() + padding(len) as usize, 0);
    }
    let short = if name.len() > MAX_NAME { "see-pax" } else { name };
    let octal = if size > MAX_OCTAL { 0 } else { size };
    out.extend_from_slice(&block(b'0', short, octal));
    out
}

/// How many zero bytes follow `size` bytes of content.
pub(crate) fn padding(size: u64) -> u64 {
    (BLOCK - size % BLOCK) % BLOCK
}

/// The whole entry, content included.
pub(crate) fn whole(name: &str, content: &[u8]) -> Vec<u8> {
    let size = content.len() as u64;
    let mut out = prefix(name, size);
    out.extend_from_slice(content);
    out.resize(out.len() + padding(size) as usize, 0);
    out
}

/// How long an entry of a short name and `len` bytes is.
pub(crate) fn whole_len(len: usize) -> usize {
    BLOCK as usize + len.next_multiple_of(BLOCK as usize)
}

/// Name and size of the entry that begins here, when it is one that
/// [`prefix`] writes without pax records.
pub(crate) fn read(block: &[u8]) -> Option<(&str, u64)> {
    let name = block.get(..MAX_NAME)?;
    let name = &name[..name.iter().position(|b| *b == 0).unwrap_or(MAX_NAME)];
    let name = std::str::from_utf8(name).ok()?;
    let size = std::str::from_utf8(block.get(124..135)?).ok()?;
    let size = u64::from_str_radix(size, 8).ok()?;
    (prefix(name, size) == block.get(..BLOCK as usize)?).then_some((name, size))
}

fn block(kind: u8, name: &str, size: u64) -> [u8; 512] {
    let mut header = tar::Header::new_ustar();
    let bytes = header.as_mut_bytes();
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(tar::EntryType::new(kind));
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size);
    header.set_cksum();
    *header.as_bytes()
}

fn pax_records(name: &str, size: u64) -> Vec<u8> {
    let mut records = Vec::new();
    if name.len() > MAX_NAME {
        pax_record(&mut records, "path", name);
    }
    if size > MAX_OCTAL {
        pax_record(&mut records, "size", &size.to_string());
    }
    records
}

/// `LEN KEY=VALUE\n`, where LEN counts its own digits too.
fn pax_record(out: &mut Vec<u8>, key: &str, value: &str) {
    let rest = key.len() + value.len() + 3;
    let mut len = rest + 1;
    while len != rest + len.to_string().len() {
        len = rest + len.to_string().len();
    }
    writeln!(out, "{len} {key}={value}").expect("writing to memory");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn listed(mut archive: Vec<u8>) -> (String, u64) {
        archive.resize(archive.len() + END as usize, 0);
        let mut tar = tar::Archive::new(archive.as_slice());
        let mut entries = tar.entries().unwrap();
        let entry = entries.next().unwrap().unwrap();
        (entry.path().unwrap().display().to_string(), entry.size())
    }

    #[test]
    fn a_tar_library_reads_short_and_long_names() {
        for name in ["bottari.json", &format!("blobs/sha512/{}", "a".repeat(128))] {
            assert_eq!(listed(whole(name, b"abc")), (name.to_owned(), 3));
        }
    }

    #[test]
    fn sizes_from_8_gib_on_are_kept_in_a_pax_record() {
        for (size, len) in [(MAX_OCTAL, 512), (MAX_OCTAL + 1, 3 * 512), (1 << 50, 3 * 512)] {
            let prefix = prefix("blobs/sha256/0", size);
            assert_eq!(prefix.len(), len);
            assert_eq!(listed(prefix).1, size);
        }
    }

    #[test]
    fn content_is_padded_to_whole_blocks() {
        for len in [0, 1, 511, 512, 513] {
            let entry = whole("a", &vec![1; len]);
            assert_eq!(entry.len() % 512, 0);
            let mut content = Vec::new();
            let archive = [entry, vec![0; 1024]].concat();
            let mut tar = tar::Archive::new(archive.as_slice());
            tar.entries().unwrap().next().unwrap().unwrap().read_to_end(&mut content).unwrap();
            assert_eq!(content, vec![1; len]);
        }
    }

    #[test]
    fn an_entry_is_read_back_and_a_varied_one_is_not() {
        let entry = whole("bottari.json", b"{}");
        assert_eq!(read(&entry), Some(("bottari.json", 2)));
        for at in 0..512 {
            let mut varied = entry.clone();
            varied[at] ^= 1;
            assert_ne!(read(&varied), Some(("bottari.json", 2)), "byte {at}");
        }
    }
}
