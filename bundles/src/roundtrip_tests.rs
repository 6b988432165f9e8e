//! What is written is read back, the same on every run, by us and by stock
//! tools.

use crate::{
    Acceptance, Bundle, BundlePlan, Encoding, WriteError,
    testing::{Key, draft, options, sample, sha512, text, written},
    write,
    writer::WriteOptions,
};
use bytes::Bytes;
use manifests::event::Silent;
use std::{fs, io::Read, process::Command, sync::atomic::AtomicBool};

#[test]
fn every_blob_is_read_back() {
    let written = written();
    let bundle = written.open().unwrap();
    let (_, blobs) = sample();
    for (digest, bytes) in &blobs.0 {
        assert_eq!(bundle.bytes(digest, u64::MAX).unwrap(), *bytes, "{digest}");
    }
    let encodings: Vec<_> = bundle.manifest().blobs.iter().map(|blob| blob.encoding).collect();
    assert!(encodings.contains(&Encoding::Stored) && encodings.contains(&Encoding::Zstd));
    bundle.verify(2, &Silent).unwrap();
}

#[test]
fn ranges_across_blocks_chunks_and_frames_are_right() {
    let written = written();
    let bundle = written.open().unwrap();
    let (_, blobs) = sample();
    for (digest, bytes) in &blobs.0 {
        let len = bytes.len() as u64;
        for start in [
            0,
            1,
            511,
            131_071,
            131_072,
            4_194_303,
            8_388_607,
            8_388_608,
            len.saturating_sub(1),
            len,
            len + 9,
        ] {
            for take in [0, 1, 700, 200_000, 5_000_000] {
                let mut reader = bundle.read(digest, start..start + take).unwrap();
                let expected = &bytes[len.min(start) as usize..len.min(start + take) as usize];
                assert_eq!(reader.remaining(), expected.len() as u64);
                let mut found = Vec::new();
                reader.read_to_end(&mut found).unwrap();
                assert!(found == expected, "{digest} from {start}, {take} bytes");
            }
        }
    }
}

#[test]
fn a_reader_knows_what_it_can_give_without_reading() {
    let written = written();
    let bundle = written.open().unwrap();
    let mut runs = 0;
    for blob in &bundle.manifest().blobs {
        let buffer = match blob.encoding {
            Encoding::Stored => 4 << 20,
            Encoding::Zstd => 8 << 20,
        };
        let mut reader = bundle.read(&blob.digest, 0..u64::MAX).unwrap();
        let mut run = Vec::new();
        while let Some(piece) = reader.next_piece().unwrap() {
            run.push(piece);
            let all: usize = run.iter().map(Bytes::len).sum();
            // Between the first and the last are only the heads of the blocks.
            let last = run[run.len() - 1].as_ptr() as usize + run[run.len() - 1].len();
            let span = last - run[0].as_ptr() as usize;
            assert!(all <= span && span <= buffer, "{all} bytes over {span}");
            if !reader.has_more_at_hand() {
                (run, runs) = (Vec::new(), runs + 1);
            }
        }
        assert!(run.is_empty());
    }
    assert!(runs > bundle.manifest().blobs.len(), "some blobs have several buffers");
}

#[test]
fn the_same_lockfile_gives_the_same_bytes_with_any_number_of_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let make = |jobs: usize| {
        let path = folder.path().join(format!("{jobs}"));
        draft(&path, jobs).finish().unwrap();
        fs::read(path).unwrap()
    };
    let one = make(1);
    assert!(one == make(2) && one == make(16));
}

#[test]
fn signing_again_changes_only_the_header() {
    let written = written();
    let before = fs::read(&written.path).unwrap();
    let second = Key::new();
    let bundle = Bundle::open(&written.path, Acceptance::AnySigner).unwrap();
    crate::sign(&bundle, &second).unwrap().unwrap();
    let after = fs::read(&written.path).unwrap();
    let start = before.len() - bundle.manifest().payload_size as usize;
    assert!(before[start..] == after[start..] && before[..start] != after[..start]);
    for key in [&written.key, &second] {
        let bundle = Bundle::open(&written.path, Acceptance::Trusted(&key.trust())).unwrap();
        assert_eq!(bundle.signatures().len(), 2);
    }
}

#[test]
fn a_header_has_room_for_eight_signatures_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("eight");
    let mut eight = draft(&path, 2);
    (0..8).for_each(|_| eight.sign(&Key::new()).unwrap());
    eight.finish().unwrap();
    assert_eq!(Bundle::open(&path, Acceptance::AnySigner).unwrap().signatures().len(), 8);
    let mut nine = draft(&path, 2);
    (0..9).for_each(|_| nine.sign(&Key::new()).unwrap());
    assert!(nine.finish().is_err());
}

#[test]
fn a_blob_that_differs_from_the_lockfile_is_named_and_nothing_is_left() {
    let (lockfile, blobs) = sample();
    let plan = BundlePlan::new(&lockfile, &lockfile.render(), &[]).unwrap();
    let kubectl = &lockfile.files[0].digest;
    let changes: [fn(&mut Vec<u8>); 3] = [|b| b[5] ^= 1, |b| b.push(0), |b| b.truncate(100)];
    for change in changes {
        let mut wrong = blobs.clone();
        change(wrong.0.get_mut(kubectl).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b");
        let error = write(&plan, &wrong, &path, options(2)).unwrap_err();
        let WriteError::Differs { user, expected, .. } = error else { panic!("{error}") };
        assert_eq!((user.as_str(), &expected), ("kubernetes/kubectl", kubectl));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

#[test]
fn stock_tools_open_it() {
    let written = written();
    let folder = written.folder.path();
    let run = |script: &str| {
        let output =
            Command::new("sh").arg("-euc").arg(script).current_dir(folder).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{script}: {text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        text
    };
    fs::write(folder.join("key.pub"), written.key.public().render()).unwrap();
    run("zstd -qt sample.bottari.tar.zst");
    let listing = run("tar --zstd -tf sample.bottari.tar.zst");
    assert!(listing.starts_with("bottari.json\nbottari.sigs/"), "{listing}");
    let long = sha512(&crate::testing::noise(2, 70_000)).layout_path();
    assert!(listing.contains(&long), "{listing}");
    run("mkdir out && tar --zstd -xf sample.bottari.tar.zst -C out");
    run("cd out && sha256sum --strict --quiet -c SHA256SUMS");
    run("cd out && minisign -q -V -p ../key.pub -m bottari.json -x bottari.sigs/*.minisig");
    let kubectl = &sample().0.files[0].digest;
    assert!(fs::read(folder.join("out").join(kubectl.layout_path())).unwrap() == text(17_000_000));
}

#[test]
fn giving_up_leaves_nothing_behind() {
    let (lockfile, blobs) = sample();
    let plan = BundlePlan::new(&lockfile, &lockfile.render(), &[]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let stop = AtomicBool::new(true);
    let options = WriteOptions { stop: &stop, ..options(2) };
    let error = write(&plan, &blobs, &folder.path().join("b"), options).unwrap_err();
    assert!(matches!(error, WriteError::Stopped), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn the_lockfile_travels_inside() {
    let written = written();
    assert_eq!(written.open().unwrap().lockfile().unwrap(), sample().0);
}

#[test]
fn what_a_reader_refuses_is_not_written() {
    let (mut lockfile, _) = sample();
    lockfile.title = "one\nof everything".into();
    let error = BundlePlan::new(&lockfile, "", &[]).unwrap_err();
    insta::assert_snapshot!(error, @r#""one\nof everything" holds a control character"#);
    lockfile.title.clear();
    let name = lockfile.images[0].name.clone();
    lockfile.images[0].also.push(name);
    let error = BundlePlan::new(&lockfile, "", &[]).unwrap_err();
    insta::assert_snapshot!(error, @"names are not sorted, or one is there twice");
}
