use super::deb::{DebError, control};
use std::{fs, io::Write, path::Path, process::Command};

const SOCAT: &str = "Package: socat\nVersion: 1.7.4.4-2\nArchitecture: amd64\n\
    Maintainer: Nobody <nobody@example.org>\nDescription: relay\n";

/// A real package of `dpkg-deb`, packed in this way.
fn built(folder: &Path, packing: &str) -> Vec<u8> {
    fs::create_dir_all(folder.join("root/DEBIAN")).unwrap();
    fs::write(folder.join("root/DEBIAN/control"), SOCAT).unwrap();
    let mut command = Command::new("dpkg-deb");
    command.args([
        "--root-owner-group",
        "--uniform-compression",
        packing,
        "--build",
        "root",
        "it.deb",
    ]);
    let done = command.current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    fs::read(folder.join("it.deb")).unwrap()
}

fn tar(entries: &[(&str, tar::EntryType, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, kind, bytes) in entries {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(*kind);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        if matches!(kind, tar::EntryType::Symlink | tar::EntryType::Link) {
            header.set_link_name("/etc/passwd").unwrap();
        }
        builder.append_data(&mut header, path, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn ar(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = b"!<arch>\n".to_vec();
    for (name, content) in parts {
        writeln!(bytes, "{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`", 0, 0, 0, 100_644, content.len())
            .unwrap();
        bytes.extend_from_slice(content);
        bytes.extend(std::iter::repeat_n(b'\n', content.len() % 2));
    }
    bytes
}

const FILE: tar::EntryType = tar::EntryType::Regular;
const VERSION: (&str, &[u8]) = ("debian-binary", b"2.0\n");

fn with_control(name: &str, tar: &[u8]) -> Result<String, DebError> {
    control(&ar(&[VERSION, (name, tar)])[..])
}

#[test]
fn packages_of_dpkg_are_read_however_they_are_packed() {
    let folder = tempfile::tempdir().unwrap();
    for packing in ["-Zgzip", "-Zxz", "-Zzstd", "-Znone"] {
        let deb = built(folder.path(), packing);
        assert_eq!(control(&deb[..]).unwrap(), SOCAT, "{packing}");
    }
}

#[test]
fn every_cut_and_no_crash() {
    let folder = tempfile::tempdir().unwrap();
    let deb = built(folder.path(), "-Zgzip");
    let data = deb.windows(8).position(|window| window == b"data.tar").unwrap();
    for end in 0..data {
        let cut = control(&deb[..end]);
        assert!(cut.is_err() || cut.unwrap() == SOCAT, "{end}");
    }
    for at in 0..data {
        let mut changed = deb.clone();
        changed[at] ^= 0x40;
        // Some bytes are of dates and owners; none may do harm.
        let _ = control(&changed[..]);
    }
}

#[test]
fn parts_that_dpkg_would_not_take_are_refused() {
    let tar = tar(&[("./control", FILE, SOCAT.as_bytes())]);
    assert_eq!(with_control("control.tar", &tar).unwrap(), SOCAT);
    assert_eq!(with_control("control.tar/", &tar).unwrap(), SOCAT);
    let added = ar(&[VERSION, ("_signature", b"abc"), ("control.tar", &tar)]);
    assert_eq!(control(&added[..]).unwrap(), SOCAT);
    for (told, bytes) in [
        ("it is not a Debian package", b"PK\x03\x04".to_vec()),
        ("it is not a Debian package", ar(&[("control.tar", &tar)])),
        ("it is not a Debian package", ar(&[("debian-binary", b"3.0\n"), ("control.tar", &tar)])),
        ("it has a part `data.tar`", ar(&[VERSION, ("data.tar", &tar), ("control.tar", &tar)])),
        ("it has a part `control.tar.bz2`", ar(&[VERSION, ("control.tar.bz2", &tar)])),
        ("its control files cannot be unpacked", ar(&[VERSION, ("control.tar.gz", &tar)])),
    ] {
        let error = control(&bytes[..]).unwrap_err().to_string();
        assert!(error.starts_with(told), "{error}");
    }
}

#[test]
fn control_is_one_file_of_text() {
    let control = ("./control", FILE, SOCAT.as_bytes());
    let link = ("control", tar::EntryType::Symlink, &b""[..]);
    for (found, entries) in [
        ("found 0", vec![("./postinst", FILE, &b"true"[..])]),
        ("found 2", vec![control, control]),
        ("it has `control` among", vec![control, link]),
        ("it has `control` among", vec![link]),
        ("found 1", vec![("control", tar::EntryType::Directory, &b""[..])]),
        ("not UTF-8", vec![("control", FILE, &b"Package: \xff"[..])]),
        ("longer than", vec![("control", FILE, &[b'a'; 1024 * 1024 + 1][..])]),
    ] {
        let error = with_control("control.tar", &tar(&entries)).unwrap_err().to_string();
        assert!(error.contains(found), "{error}");
    }
}

/// dpkg takes the last of several; a name that only looks like another is one of them.
#[test]
fn no_second_control_hides_behind_another_spelling() {
    let mine = SOCAT.replace("socat", "other");
    for spelling in [".//control", "././control", "/control", "./control/", "control/."] {
        let both = [("./control", FILE, SOCAT.as_bytes()), ("other", FILE, mine.as_bytes())];
        let packed = respelled(tar(&both), spelling);
        let error = with_control("control.tar", &packed).unwrap_err().to_string();
        assert!(error.contains("found 2"), "{spelling}: {error}");
    }
    let control = ("./control", FILE, SOCAT.as_bytes());
    let scripts = [("./", tar::EntryType::Directory, &b""[..]), control, ("./md5sums", FILE, b"")];
    assert_eq!(with_control("control.tar", &tar(&scripts)).unwrap(), SOCAT);
    for spelling in ["../control", "a/../control"] {
        let packed = tar(&[control, ("./postinst", FILE, &b"true"[..])]);
        let error = with_control("control.tar", &respelled(packed, spelling)).unwrap_err();
        assert!(matches!(&error, DebError::Odd(path) if path == spelling), "{error}");
    }
    for kind in [tar::EntryType::Symlink, tar::EntryType::Link, tar::EntryType::Fifo] {
        let packed = tar(&[control, ("postinst", kind, &b""[..])]);
        let error = with_control("control.tar", &packed).unwrap_err();
        assert!(matches!(&error, DebError::Odd(path) if path == "postinst"), "{error}");
    }
}

/// Gives the last entry another name.
fn respelled(mut tar: Vec<u8>, name: &str) -> Vec<u8> {
    let mut heads = (0..tar.len()).step_by(512).filter(|at| tar[at + 257..].starts_with(b"ustar"));
    let at = heads.next_back().unwrap();
    let mut header = tar::Header::from_byte_slice(&tar[at..at + 512]).clone();
    header.as_old_mut().name = [0; 100];
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_cksum();
    tar[at..at + 512].copy_from_slice(header.as_bytes());
    tar
}

#[test]
fn a_bomb_is_refused_and_so_is_a_part_that_is_too_large() {
    let zeros = vec![0; 1024 * 1024];
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let mut header = tar::Header::new_ustar();
    header.set_path("postinst").unwrap();
    header.set_entry_type(FILE);
    header.set_size(1 << 30);
    header.set_cksum();
    gzip.write_all(header.as_bytes()).unwrap();
    (0..200).for_each(|_| gzip.write_all(&zeros).unwrap());
    let bomb = with_control("control.tar.gz", &gzip.finish().unwrap()).unwrap_err();
    assert!(matches!(bomb, DebError::Unpack(_)), "{bomb}");
    let mut claimed = ar(&[VERSION, ("control.tar", b"")]);
    let size = claimed.len() - 12;
    claimed[size..size + 10].copy_from_slice(b"9999999999");
    assert!(matches!(control(&claimed[..]), Err(DebError::TooLarge)));
}
