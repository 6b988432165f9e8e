//! Bundles that a trusted key signed and our writer would never write. A stolen
//! key or a foreign builder gets no further than one clear error.

use crate::{
    BundleManifest, Encoding, Kind, MAX_HEADER,
    attack::{Hostile, table},
    format::frame,
    testing::{sha512, written_small},
};
use insta::assert_snapshot;
use manifests::Digest;

fn hostile() -> Hostile {
    Hostile(written_small())
}

/// A change of the manifest's text.
type Edit = fn(&str) -> String;

/// A change of the manifest's meaning.
type Change = fn(&mut BundleManifest);

/// What opening says about each text of a manifest.
fn edited(cases: &[(&'static str, Edit)]) -> String {
    let hostile = hostile();
    let json = String::from_utf8(hostile.manifest().render()).unwrap();
    table(cases.iter().map(|(case, edit)| {
        let edited = edit(&json);
        assert_ne!(edited, json, "{case} changes something");
        (*case, hostile.opening(&hostile.json(edited.as_bytes())))
    }))
}

/// What opening says about each changed manifest.
fn changed(cases: &[(&'static str, Change)]) -> String {
    let hostile = hostile();
    let lines = cases.iter().map(|(case, change)| {
        let path = hostile.changed(change);
        (*case, hostile.opening(&path))
    });
    table(lines.collect::<Vec<_>>())
}

#[test]
fn a_manifest_of_a_later_format_names_the_tool_that_opens_it() {
    assert_snapshot!(edited(&[
        ("later", |json| json
            .replace("bundle/v1", "bundle/v2")
            .replace("bottari 0.1.0 or later", "bottari 2.0.0 or later")
            .replace("  \"serial\": 7,\n", "  \"serial\": 7,\n  \"volumes\": [],\n")),
        ("another thing", |json| json.replace("bottari.bundle/v1", "bottari.lock/v1")),
        ("none", |json| json.replace("  \"format\": \"bottari.bundle/v1\",\n", "")),
    ]), @r#"
    later: BUNDLE has format bottari.bundle/v2, this tool reads bottari.bundle/v1; bottari 2.0.0 or later opens it
    another thing: BUNDLE has format bottari.lock/v1, this tool reads bottari.bundle/v1; bottari 0.1.0 or later opens it
    none: the manifest of BUNDLE is wrong: missing field `format` at line N column N
    "#);
}

#[test]
fn a_manifest_has_one_form_only() {
    assert_snapshot!(edited(&[
        ("unknown field", |json| json.replace("  \"serial\": 7,\n", "  \"serial\": 7,\n  \"x\": 1,\n")),
        ("unknown field of a blob", |json| json.replacen("\"size\": ", "\"x\": 1,\n      \"size\": ", 1)),
        ("field twice", |json| json.replace("  \"serial\": 7,\n", "  \"serial\": 7,\n  \"serial\": 8,\n")),
        ("format twice", |json| json.replacen('{', "{\n  \"format\": \"bottari.bundle/v2\",", 1)),
        ("field missing", |json| json.replace("  \"serial\": 7,\n", "")),
        ("spaces", |json| json.replace("\"serial\": 7", "\"serial\":  7")),
        ("no spaces", |json| json.lines().map(str::trim).collect()),
        ("no last line end", |json| json.trim_end().to_owned()),
        ("a line more", |json| format!("{json}\n")),
        ("escapes", |json| json.replace("one of everything", "\\u006fne of everything")),
        ("order of fields", |json| json.replace("  \"serial\": 7,\n", "").replacen('{', "{\n  \"serial\": 7,", 1)),
        ("a null that is left out", |json| json.replacen("\"kind\": \"lockfile\",", "\"kind\": \"lockfile\",\n      \"component\": null,", 1)),
        ("no JSON", |_| "release: yaml".to_owned()),
        ("no text", |_| String::new()),
        ("deep", |_| "[".repeat(5000)),
    ]), @r#"
    unknown field: the manifest of BUNDLE is wrong: unknown field `x`, expected one of `format`, `opens-with`, `encoder`, `release`, `version`, `serial`, `title`, `arches`, `lockfile`, `header-size`, `payload-size`, `names`, `repositories`, `omitted`, `blobs`, `chunks` at line N column N
    unknown field of a blob: the manifest of BUNDLE is wrong: unknown field `x`, expected one of `name`, `kind`, `component`, `digest`, `size` at line N column N
    field twice: the manifest of BUNDLE is wrong: duplicate field `serial` at line N column N
    format twice: the manifest of BUNDLE is wrong: duplicate field `format` at line N column N
    field missing: the manifest of BUNDLE is wrong: missing field `serial` at line N column N
    spaces: the manifest of BUNDLE is wrong: it is not in canonical form
    no spaces: the manifest of BUNDLE is wrong: it is not in canonical form
    no last line end: the manifest of BUNDLE is wrong: it is not in canonical form
    a line more: the manifest of BUNDLE is wrong: it is not in canonical form
    escapes: the manifest of BUNDLE is wrong: it is not in canonical form
    order of fields: the manifest of BUNDLE is wrong: it is not in canonical form
    a null that is left out: the manifest of BUNDLE is wrong: it is not in canonical form
    no JSON: the manifest of BUNDLE is wrong: expected value at line N column N
    no text: the manifest of BUNDLE is wrong: EOF while parsing a value at line N column N
    deep: the manifest of BUNDLE is wrong: invalid type: sequence, expected a string at line N column N
    "#);
}

#[test]
fn what_is_not_utf8_is_not_a_manifest() {
    let hostile = hostile();
    let mut json = hostile.manifest().render();
    let at = json.windows(3).position(|three| three == b"one").unwrap();
    json[at] = 0xff;
    assert_snapshot!(hostile.opening(&hostile.json(&json)), @"the manifest of bundle `BUNDLE` is wrong: invalid unicode code point at line N column N");
}

#[test]
fn values_are_what_their_types_allow() {
    assert_snapshot!(edited(&[
        ("digest that leads out", |json| json.replacen("sha256:", "sha256:../", 1)),
        ("algorithm that leads out", |json| json.replacen("sha256:", "../sha256:", 1)),
        ("digest in capitals", |json| {
            let at = json.find("sha256:").unwrap() + 7;
            format!("{}{}{}", &json[..at], json[at..at + 64].to_uppercase(), &json[at + 64..])
        }),
        ("weak digest", |json| json.replacen("sha256:", "md5:", 1)),
        ("release that leads out", |json| json.replace("\"release\": \"sample\"", "\"release\": \"../sample\"")),
        ("version that leads out", |json| json.replace("\"version\": \"1.0.0\"", "\"version\": \"../1\"")),
        ("component that leads out", |json| json.replacen("\"component\": \"app\"", "\"component\": \"../app\"", 1)),
        ("unknown architecture", |json| json.replace("\"amd64\"", "\"m68k\"")),
        ("unknown kind", |json| json.replacen("\"kind\": \"file\"", "\"kind\": \"device\"", 1)),
        ("unknown encoding", |json| json.replacen("\"stored\"", "\"xz\"", 1)),
        ("negative size", |json| json.replace("\"size\": 3000,", "\"size\": -3000,")),
        ("size that is no integer", |json| json.replace("\"serial\": 7", "\"serial\": 7.0")),
        ("size over 64 bits", |json| json.replace("\"serial\": 7", "\"serial\": 18446744073709551616")),
    ]), @r#"
    digest that leads out: the manifest of BUNDLE is wrong: `sha256:../HASH` is not a digest: expected 64 lower-case hex digits after the colon at line N column N
    algorithm that leads out: the manifest of BUNDLE is wrong: `../sha256:HASH` is not a digest: expected `sha256:` or `sha512:` in front at line N column N
    digest in capitals: the manifest of BUNDLE is wrong: `sha256:2FC70A59B455EDE08A22ACA36C714B3E5DB8361B3C9760573AFD2B54942081B9` is not a digest: expected 64 lower-case hex digits after the colon at line N column N
    weak digest: the manifest of BUNDLE is wrong: `md5:HASH` is not a digest: expected `sha256:` or `sha512:` in front at line N column N
    release that leads out: the manifest of BUNDLE is wrong: `../sample` is not a name: expected 1 to 63 of a-z, 0-9 and `-`, beginning and ending with a letter or digit at line N column N
    version that leads out: the manifest of BUNDLE is wrong: `../1` is not a version: expected 1 to 64 of letters, digits, `.`, `_`, `+` and `-`, beginning with a letter or digit at line N column N
    component that leads out: the manifest of BUNDLE is wrong: `../app` is not a name: expected 1 to 63 of a-z, 0-9 and `-`, beginning and ending with a letter or digit at line N column N
    unknown architecture: the manifest of BUNDLE is wrong: unknown variant `m68k`, expected `amd64` or `arm64` at line N column N
    unknown kind: the manifest of BUNDLE is wrong: unknown variant `device`, expected one of `image`, `file`, `manifest`, `chart`, `lockfile`, `sbom` at line N column N
    unknown encoding: the manifest of BUNDLE is wrong: unknown variant `xz`, expected `stored` or `zstd` at line N column N
    negative size: the manifest of BUNDLE is wrong: invalid value: integer `-3000`, expected u64 at line N column N
    size that is no integer: the manifest of BUNDLE is wrong: invalid type: floating point `7.0`, expected u64 at line N column N
    size over 64 bits: the manifest of BUNDLE is wrong: invalid type: floating point `1.8446744073709552e+19`, expected u64 at line N column N
    "#);
}

#[test]
fn texts_hold_nothing_that_acts_on_a_screen() {
    assert_snapshot!(changed(&[
        ("title", |m| m.title = "fine\n0000  fake line".into()),
        ("tool", |m| m.opens_with = "\u{1b}[2Jbottari".into()),
        ("encoder", |m| m.encoder = "x\0".into()),
        ("media type", |m| m.blobs[0].media_type = "text/plain\r\nX-Header: 1".into()),
        ("user", |m| m.blobs[0].users.extend(["app/\u{9b}31m".into()])),
    ]), @r#"
    title: the manifest of BUNDLE is wrong: "fine\n0000  fake line" holds a control character
    tool: the manifest of BUNDLE is wrong: "\u{1b}[2Jbottari" holds a control character
    encoder: the manifest of BUNDLE is wrong: "x\0" holds a control character
    media type: the manifest of BUNDLE is wrong: "text/plain\r\nX-Header: 1" holds a control character
    user: the manifest of BUNDLE is wrong: "app/\u{9b}31m" holds a control character
    "#);
}

#[test]
fn names_are_sorted_known_and_cannot_lead_anywhere() {
    assert_snapshot!(changed(&[
        ("unsorted", |m| m.names.swap(0, 1)),
        ("twice", |m| m.names[1].name = m.names[0].name.clone()),
        ("of a missing blob", |m| m.names[0].digest = Digest::from_sha256(&[7; 32])),
        ("file that leads out", |m| m.names[0].name = "bottari/../lockfile:1".into()),
        ("file with a registry", |m| m.names[0].name = "a.example/lockfile:1".into()),
        ("file without a tag", |m| m.names[0].name = "bottari/lockfile".into()),
        ("file at the root", |m| m.names[0].name = "/bottari/lockfile:1".into()),
        ("line end", |m| m.names[0].name = "bottari/lock\nfile:1".into()),
        ("image in short form", |m| m.names.last_mut().unwrap().name = "registry.example.org/app".into()),
        ("image without a registry", |m| image(m).name = "k-paas/app:1".into()),
        ("image that leads out", |m| image(m).name = "k-paas.example.org/../app:1".into()),
        ("image named by another digest", |m| image(m).name = format!("k-paas.example.org/app@{}", Digest::from_sha256(&[7; 32]))),
        ("file that is called an image", |m| m.names[0].kind = Kind::Image),
        ("image that is called a file", |m| image(m).kind = Kind::File),
        ("no lockfile", |m| m.lockfile = Digest::from_sha256(&[7; 32])),
    ]), @r#"
    unsorted: the manifest of BUNDLE is wrong: names are not sorted, or one is there twice
    twice: the manifest of BUNDLE is wrong: names are not sorted, or one is there twice
    of a missing blob: the manifest of BUNDLE is wrong: `bottari/lockfile:1.0.0` stands for sha256:HASH, which is not here
    file that leads out: the manifest of BUNDLE is wrong: "bottari/../lockfile:1" is not a name for sha256:HASH
    file with a registry: the manifest of BUNDLE is wrong: "a.example/lockfile:1" is not a name for sha256:HASH
    file without a tag: the manifest of BUNDLE is wrong: "bottari/lockfile" is not a name for sha256:HASH
    file at the root: the manifest of BUNDLE is wrong: "/bottari/lockfile:1" is not a name for sha256:HASH
    line end: the manifest of BUNDLE is wrong: "bottari/lock\nfile:1" is not a name for sha256:HASH
    image in short form: the manifest of BUNDLE is wrong: "registry.example.org/app" is not a name for sha256:HASH
    image without a registry: the manifest of BUNDLE is wrong: "k-paas/app:1" is not a name for sha256:HASH
    image that leads out: the manifest of BUNDLE is wrong: "k-paas.example.org/../app:1" is not a name for sha256:HASH
    image named by another digest: the manifest of BUNDLE is wrong: "k-paas.example.org/app@sha256:HASH" is not a name for sha256:HASH
    file that is called an image: the manifest of BUNDLE is wrong: "bottari/lockfile:1.0.0" is not a name for sha256:HASH
    image that is called a file: the manifest of BUNDLE is wrong: "k-paas.example.org/app:1" is not a name for sha256:HASH
    no lockfile: the manifest of BUNDLE is wrong: the lockfile is not here
    "#);
}

fn image(manifest: &mut BundleManifest) -> &mut crate::NameRecord {
    manifest.names.iter_mut().find(|name| name.kind == Kind::Image).unwrap()
}

#[test]
fn the_header_has_the_size_that_its_manifest_says() {
    assert_snapshot!(changed(&[
        ("none", |m| m.header_size = 0),
        ("no whole block", |m| m.header_size = 40_001),
        ("a block more", |m| m.header_size += 512),
        ("a block less", |m| m.header_size -= 512),
        ("too small for its files", |m| m.header_size = 4096),
        ("over the limit", |m| m.header_size = MAX_HEADER + 512),
        ("absurd", |m| m.header_size = u64::MAX - 511),
    ]), @r#"
    none: the manifest of BUNDLE is wrong: its header does not fill 0 bytes
    no whole block: the manifest of BUNDLE is wrong: its header does not fill 40001 bytes
    a block more: the header of BUNDLE was altered at byte N
    a block less: the header of BUNDLE was altered at byte N
    too small for its files: the manifest of BUNDLE is wrong: its header does not fill 4096 bytes
    over the limit: the manifest of BUNDLE is wrong: a header of 67109376 bytes is out of bounds
    absurd: the manifest of BUNDLE is wrong: a header of 18446744073709551104 bytes is out of bounds
    "#);
}

#[test]
fn every_chunk_has_one_hash() {
    assert_snapshot!(changed(&[
        ("one too few", |m| drop(m.chunks.pop())),
        ("one too many", |m| m.chunks.push("0".repeat(64))),
        ("short", |m| m.chunks[0].truncate(63)),
        ("capitals", |m| m.chunks[0] = "A".repeat(64)),
        ("no hex", |m| m.chunks[0] = "g".repeat(64)),
        ("payload of 2^64", |m| m.payload_size = u64::MAX),
    ]), @r#"
    one too few: the manifest of BUNDLE is wrong: expected 1 chunk hashes, found 0
    one too many: the manifest of BUNDLE is wrong: expected 1 chunk hashes, found 2
    short: the manifest of BUNDLE is wrong: `8edc81a82a8fe09bddbab7150c02341e716bfcd4058c94f393143efd0b04a28` is not a chunk hash
    capitals: the manifest of BUNDLE is wrong: `AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA` is not a chunk hash
    no hex: the manifest of BUNDLE is wrong: `gggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggg` is not a chunk hash
    payload of 2^64: the manifest of BUNDLE is wrong: expected 4398046511104 chunk hashes, found 1
    "#);
}

/// The first blob that is held in this way.
fn first(manifest: &mut BundleManifest, encoding: Encoding) -> &mut crate::BlobRecord {
    manifest.blobs.iter_mut().find(|blob| blob.encoding == encoding).unwrap()
}

/// Changes the order of the blobs and nothing but their order.
fn lay_out(manifest: &mut BundleManifest, change: fn(&mut Vec<crate::BlobRecord>)) {
    change(&mut manifest.blobs);
    let mut next = 0;
    for blob in &mut manifest.blobs {
        blob.offset = next;
        next += blob.frames.iter().sum::<u64>();
    }
}

#[test]
fn blobs_lie_end_to_end_in_one_order() {
    assert_snapshot!(changed(&[
        ("out of order", |m| lay_out(m, |blobs| blobs.swap(0, 1))),
        ("compressed before stored", |m| lay_out(m, |blobs| blobs.rotate_right(1))),
        ("twice", |m| {
            let mut again = m.blobs[0].clone();
            again.encoding = Encoding::Zstd;
            again.offset = m.blobs.iter().flat_map(|blob| &blob.frames).sum();
            again.frames = vec![100];
            m.blobs.push(again);
            m.blobs.sort_by(|a, b| (a.encoding, &a.digest).cmp(&(b.encoding, &b.digest)));
        }),
        ("twice in a row", |m| m.blobs.insert(0, m.blobs[0].clone())),
        ("overlapping", |m| m.blobs[1].offset -= 1),
        ("gap", |m| m.blobs[1].offset += 1),
        ("gap in front", |m| m.blobs[0].offset = 1),
        ("offset of 2^64", |m| m.blobs[1].offset = u64::MAX),
        ("none", |m| m.blobs.clear()),
        ("one less", |m| drop(m.blobs.pop())),
        ("bytes after the last", |m| m.payload_size += 1),
        ("less than the archive's end", |m| m.payload_size -= 1),
        ("last one after the payload", |m| m.payload_size = 1000),
    ]), @r#"
    out of order: the manifest of BUNDLE is wrong: blob sha256:HASH: it is out of order
    compressed before stored: the manifest of BUNDLE is wrong: blob sha256:HASH: it is out of order
    twice: the manifest of BUNDLE is wrong: blob sha256:HASH: it is listed twice
    twice in a row: the manifest of BUNDLE is wrong: blob sha256:HASH: it is listed twice
    overlapping: the manifest of BUNDLE is wrong: blob sha256:HASH: its frames do not follow those before it
    gap: the manifest of BUNDLE is wrong: blob sha256:HASH: its frames do not follow those before it
    gap in front: the manifest of BUNDLE is wrong: blob sha256:HASH: its frames do not follow those before it
    offset of 2^64: the manifest of BUNDLE is wrong: blob sha256:HASH: its frames do not follow those before it
    none: the manifest of BUNDLE is wrong: expected 1041 bytes after the last blob
    one less: the manifest of BUNDLE is wrong: expected 1041 bytes after the last blob
    bytes after the last: the manifest of BUNDLE is wrong: expected 1041 bytes after the last blob
    less than the archive's end: the manifest of BUNDLE is wrong: expected 1041 bytes after the last blob
    last one after the payload: the manifest of BUNDLE is wrong: blob sha256:HASH: it ends after the payload
    "#);
}

#[test]
fn frames_can_hold_their_blob() {
    assert_snapshot!(changed(&[
        ("stored size", |m| first(m, Encoding::Stored).frames[0] += 1),
        ("stored in two", |m| first(m, Encoding::Stored).frames.push(1)),
        ("stored in none", |m| first(m, Encoding::Stored).frames.clear()),
        ("stored, another blob size", |m| first(m, Encoding::Stored).size += 512),
        ("stored 2^64", |m| first(m, Encoding::Stored).size = u64::MAX),
        ("stored 2^64 less the frame", |m| first(m, Encoding::Stored).size = u64::MAX - 1024),
        ("compressed 2^64", |m| first(m, Encoding::Zstd).size = u64::MAX),
        ("compressed 2^63 in one", |m| first(m, Encoding::Zstd).size = 1 << 63),
        ("compressed in two", |m| first(m, Encoding::Zstd).frames.push(1)),
        ("compressed in none", |m| first(m, Encoding::Zstd).frames.clear()),
        ("compressed in nothing", |m| first(m, Encoding::Zstd).frames[0] = 0),
        ("compressed in more than zstd would need", |m| first(m, Encoding::Zstd).frames[0] = 20_000),
        ("compressed 2^64 bytes", |m| first(m, Encoding::Zstd).frames[0] = u64::MAX),
    ]), @r#"
    stored size: the manifest of BUNDLE is wrong: blob sha256:HASH: its frames cannot hold it
    stored in two: the manifest of BUNDLE is wrong: blob sha256:HASH: its frames cannot hold it
    stored in none: the manifest of BUNDLE is wrong: blob sha256:HASH: its frames cannot hold it
    stored, another blob size: the manifest of BUNDLE is wrong: blob sha256:HASH: its frames cannot hold it
    stored 2^64: the manifest of BUNDLE is wrong: blob sha256:HASH: its frames cannot hold it
    stored 2^64 less the frame: the manifest of BUNDLE is wrong: blob sha256:HASH: its frames cannot hold it
    compressed 2^64: the manifest of BUNDLE is wrong: blob sha256:HASH: its frames cannot hold it
    compressed 2^63 in one: the manifest of BUNDLE is wrong: blob sha256:HASH: its frames cannot hold it
    compressed in two: the manifest of BUNDLE is wrong: blob sha256:HASH: its frames cannot hold it
    compressed in none: the manifest of BUNDLE is wrong: blob sha256:HASH: its frames cannot hold it
    compressed in nothing: the manifest of BUNDLE is wrong: blob sha256:HASH: its frames cannot hold it
    compressed in more than zstd would need: the manifest of BUNDLE is wrong: blob sha256:HASH: its frames cannot hold it
    compressed 2^64 bytes: the manifest of BUNDLE is wrong: blob sha256:HASH: its frames cannot hold it
    "#);
}

#[test]
fn sums_of_sizes_that_overflow_are_refused() {
    assert_snapshot!(changed(&[
        ("offset and size", |m| {
            let blob = &mut m.blobs[1];
            blob.size = u64::MAX / 131_075 * 131_072 - 131_072;
            blob.frames = vec![frame::stored_len(blob.entry_len().unwrap()).unwrap()];
        }),
        ("just over 2^64", |m| {
            let blob = &mut m.blobs[1];
            let (mut low, mut high) = (0, u64::MAX);
            while low < high - 1 {
                let middle = low + (high - low) / 2;
                blob.size = middle;
                match blob.entry_len().and_then(frame::stored_len) {
                    Some(_) => low = middle,
                    None => high = middle,
                }
            }
            blob.size = low;
            blob.frames = vec![frame::stored_len(blob.entry_len().unwrap()).unwrap()];
        }),
    ]), @r#"
    offset and size: the manifest of BUNDLE is wrong: blob sha256:HASH: it ends after the payload
    just over 2^64: the manifest of BUNDLE is wrong: blob sha256:HASH: it ends after the payload
    "#);
}

/// The blob that SHA-512 names.
fn sha512_blob(manifest: &mut BundleManifest) -> &mut crate::BlobRecord {
    manifest.blobs.iter_mut().find(|blob| blob.sha256.is_some()).unwrap()
}

#[test]
fn a_sha256_stands_beside_other_digests_only() {
    assert_snapshot!(changed(&[
        ("missing", |m| sha512_blob(m).sha256 = None),
        ("of SHA-512", |m| sha512_blob(m).sha256 = Some(sha512(b""))),
        ("beside a SHA-256", |m| m.blobs[0].sha256 = Some(Digest::from_sha256(&[7; 32]))),
    ]), @r#"
    missing: the manifest of BUNDLE is wrong: blob sha512:HASH: a SHA-256 stands beside another digest, and only there
    of SHA-512: the manifest of BUNDLE is wrong: blob sha512:HASH: a SHA-256 stands beside another digest, and only there
    beside a SHA-256: the manifest of BUNDLE is wrong: blob sha256:HASH: a SHA-256 stands beside another digest, and only there
    "#);
}

#[test]
fn what_is_omitted_is_listed_once_and_is_not_here() {
    assert_snapshot!(changed(&[
        ("twice", |m| m.omitted.push(m.omitted[0].clone())),
        ("unsorted", |m| m.omitted = vec![Digest::from_sha256(&[9; 32]), Digest::from_sha256(&[8; 32])]),
        ("here", |m| m.omitted = vec![m.lockfile.clone()]),
    ]), @r#"
    twice: the manifest of BUNDLE is wrong: what is omitted is not sorted, or is there twice
    unsorted: the manifest of BUNDLE is wrong: what is omitted is not sorted, or is there twice
    here: the manifest of BUNDLE is wrong: sha256:HASH is called omitted and is here
    "#);
}

#[test]
fn whatever_was_refused_nothing_was_written() {
    let hostile = hostile();
    hostile.opening(&hostile.json(b"{}"));
    let path = hostile.changed(|m| m.names.swap(0, 1));
    hostile.opening(&path);
    std::fs::remove_file(path).unwrap();
    hostile.0.nothing_else_is_there();
}
