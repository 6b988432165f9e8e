//! Layers on each other: what is on top is what counts.

use crate::shelf::{OS_RELEASE, STATUS, Shelf, gzip, layer, special, status, tar};
use builder::sbom::ItemKind;
use tar::EntryType;

fn base() -> Vec<u8> {
    let system = OS_RELEASE.1.as_bytes();
    layer(&[(OS_RELEASE.0, system), (STATUS, &status(&["a", "b"]))])
}

fn packages(layers: Vec<Vec<u8>>) -> Vec<String> {
    Shelf::default().image("r.io/i:1", layers).seen().names(ItemKind::Package)
}

#[test]
fn a_higher_layer_replaces_the_database() {
    assert_eq!(packages(vec![base()]), ["a", "b"]);
    assert_eq!(packages(vec![base(), layer(&[(STATUS, &status(&["b", "c"]))])]), ["b", "c"]);
}

#[test]
fn what_a_whiteout_takes_away_is_not_there() {
    for path in ["var/lib/dpkg/.wh.status", ".wh.var", "var/lib/.wh..wh..opq"] {
        assert_eq!(packages(vec![base(), layer(&[(path, b"")])]), [""; 0], "{path}");
    }
    let other = layer(&[("var/lib/dpkg/.wh.status-old", b"")]);
    assert_eq!(packages(vec![base(), other]), ["a", "b"]);
}

#[test]
fn a_whiteout_says_nothing_of_its_own_layer() {
    let again = layer(&[("var/lib/dpkg/.wh..wh..opq", b""), (STATUS, &status(&["z"]))]);
    assert_eq!(packages(vec![base(), again]), ["z"]);
}

#[test]
fn a_link_or_a_folder_in_its_place_hides_a_file() {
    let link = gzip(&special(EntryType::Symlink, "var/lib", "../elsewhere"));
    assert_eq!(packages(vec![base(), link]), [""; 0]);
    let folder = gzip(&special(EntryType::Directory, STATUS, ""));
    assert_eq!(packages(vec![base(), folder]), [""; 0]);
    let same = gzip(&special(EntryType::Directory, "var/lib/dpkg/", ""));
    assert_eq!(packages(vec![base(), same]), ["a", "b"]);
}

#[test]
fn layers_are_read_whatever_they_are_packed_with() {
    let plain = tar(&[(&format!("./{STATUS}"), &status(&["a"]))]);
    let zstd = zstd::encode_all(&plain[..], 3).unwrap();
    let members = [gzip(&plain[..7]), gzip(&plain[7..700]), gzip(&plain[700..])].concat();
    for layer in [plain.clone(), gzip(&plain), zstd, members] {
        assert_eq!(packages(vec![layer]), ["a"]);
    }
}

#[test]
fn names_beyond_a_hundred_bytes_are_whole() {
    let long = format!("{}/tool", "folder/".repeat(40));
    let program = crate::shelf::go_program("path\tx\n", 0);
    let seen = Shelf::default().image("r.io/i:1", vec![layer(&[(&long, &program)])]).seen();
    assert_eq!(seen.names(ItemKind::Program), [long.replace("//", "/")]);
}

#[test]
fn two_layers_of_one_image_may_be_the_same() {
    assert_eq!(packages(vec![base(), base()]), ["a", "b"]);
}
