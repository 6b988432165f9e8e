use super::sshd::{Sshd, connector};
use crate::transport::{Content, HostPath, Session, Transport, TransportError, Upload, Uploaded};
use bundles::sha256;
use bytes::Bytes;
use manifests::event::{Event, Reporter, Silent};
use std::{
    fs,
    io::{self, Read},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

fn noise(size: usize) -> Bytes {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(size);
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(size);
    bytes.into()
}

fn upload(path: &Path, bytes: &Bytes) -> Upload {
    let path: HostPath = path.to_str().unwrap().parse().unwrap();
    Upload::text(path, 0o640, bytes.clone())
}

async fn session(sshd: &Sshd) -> Session {
    connector().connect(&sshd.address()).await.unwrap()
}

#[derive(Debug, Default)]
struct Moved(AtomicU64);

impl Reporter for Moved {
    fn report(&self, event: &Event) {
        if let Event::TransferAdvanced { bytes, .. } = event {
            self.0.fetch_add(*bytes, Ordering::Relaxed);
        }
    }
}

#[tokio::test]
async fn a_large_file_arrives_whole_once_and_only_once() {
    let Some(sshd) = Sshd::start() else { return };
    let session = session(&sshd).await;
    let (bytes, place, moved) = (noise(64 << 20), sshd.at("kubelet"), Moved::default());
    let upload = upload(&place, &bytes);
    let sent = session.upload(&upload, &moved).await.unwrap();
    assert_eq!(sent, Uploaded::Sent { bytes: 64 << 20, resumed: 0 });
    assert_eq!(moved.0.load(Ordering::Relaxed), 64 << 20);
    assert!(fs::read(&place).unwrap() == bytes, "the bytes differ");
    let before = fs::metadata(&place).unwrap();
    assert_eq!(before.permissions().mode() & 0o7777, 0o640);
    assert_eq!(session.upload(&upload, &Silent).await.unwrap(), Uploaded::AlreadyThere);
    let changed = |path: &Path| {
        let output = Command::new("stat").args(["-c", "%i %Z"]).arg(path).output().unwrap();
        output.stdout
    };
    let stat = changed(&place);
    session.upload(&upload, &Silent).await.unwrap();
    assert_eq!(changed(&place), stat, "the file was touched");
    fs::set_permissions(&place, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(session.upload(&upload, &Silent).await.unwrap(), Uploaded::Adjusted);
    assert!(!sshd.at("kubelet.bottari-partial").exists());
}

/// Cuts the line when it has been read so far.
#[derive(Clone)]
struct CutAt {
    bytes: Bytes,
    at: usize,
    cut: Arc<dyn Fn() + Send + Sync>,
}

impl std::fmt::Debug for CutAt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CutAt({})", self.at)
    }
}

impl Content for CutAt {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let (head, tail) = (self.bytes.slice(..self.at), self.bytes.slice(self.at..));
        let scissors = Scissors(self.cut.clone());
        Ok(Box::new(io::Cursor::new(head).chain(scissors).chain(io::Cursor::new(tail))))
    }
}

struct Scissors(Arc<dyn Fn() + Send + Sync>);

impl Read for Scissors {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        (self.0)();
        Ok(0)
    }
}

#[tokio::test]
async fn a_cut_upload_continues_where_it_stopped() {
    let Some(sshd) = Sshd::start() else { return };
    let (bytes, place) = (noise(48 << 20), sshd.at("etcd"));
    let whole = upload(&place, &bytes);
    let cut = Arc::new(sshd.scissors());
    let torn = Upload { content: Arc::new(CutAt { bytes, at: 32 << 20, cut }), ..whole.clone() };
    let error = session(&sshd).await.upload(&torn, &Silent).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert!(!place.exists(), "a part has no name");
    let sent = session(&sshd).await.upload(&whole, &Silent).await.unwrap();
    let Uploaded::Sent { bytes, resumed } = sent else { panic!("{sent:?}") };
    assert!(resumed > 8 << 20, "only {resumed} bytes were kept");
    assert_eq!(bytes + resumed, 48 << 20);
    assert_eq!(sha256(&fs::read(&place).unwrap()), whole.digest);
}

#[tokio::test]
async fn foreign_bytes_in_the_partial_file_are_not_kept() {
    let Some(sshd) = Sshd::start() else { return };
    let session = session(&sshd).await;
    let (bytes, place) = (noise(1 << 20), sshd.at("file"));
    for partial in [&b"other bytes"[..], b"", &noise(2 << 20)[..]] {
        fs::write(sshd.at("file.bottari-partial"), partial).unwrap();
        let sent = session.upload(&upload(&place, &bytes), &Silent).await.unwrap();
        assert_eq!(sent, Uploaded::Sent { bytes: 1 << 20, resumed: 0 });
        fs::remove_file(&place).unwrap();
    }
}

#[tokio::test]
async fn a_planted_link_is_replaced_and_never_followed() {
    let Some(sshd) = Sshd::start() else { return };
    let session = session(&sshd).await;
    let (bytes, place, victim) = (noise(1000), sshd.at("file"), sshd.at("victim"));
    fs::write(&victim, "precious").unwrap();
    std::os::unix::fs::symlink(&victim, &place).unwrap();
    std::os::unix::fs::symlink(&victim, sshd.at("file.bottari-partial")).unwrap();
    session.upload(&upload(&place, &bytes), &Silent).await.unwrap();
    assert_eq!(fs::read(&victim).unwrap(), b"precious");
    assert_eq!(fs::read(&place).unwrap(), bytes);
    assert!(!fs::symlink_metadata(&place).unwrap().is_symlink());
}

#[tokio::test]
async fn a_place_that_takes_no_files_is_an_error_and_no_hang() {
    let Some(sshd) = Sshd::start() else { return };
    let session = session(&sshd).await;
    let large = noise(64 << 20);
    let error =
        session.upload(&upload(Path::new("/proc/file"), &large), &Silent).await.unwrap_err();
    assert!(matches!(error, TransportError::Failed { .. }), "{error}");
    assert!(!error.is_retryable());
    let error = session.upload(&upload(&sshd.at("no/such"), &large), &Silent).await.unwrap_err();
    assert!(matches!(error, TransportError::NoFolder { .. }), "{error}");
}

#[tokio::test]
async fn an_upload_that_stands_still_is_given_up_and_can_be_tried_again() {
    let stands_still = "ForceCommand case \"$SSH_ORIGINAL_COMMAND\" in \
        *'cat >>'*) exec sleep 20;; *) eval \"$SSH_ORIGINAL_COMMAND\";; esac";
    let Some(sshd) = Sshd::start_with(stands_still) else { return };
    let session = session(&sshd).await.stall_after(Duration::from_secs(1));
    let upload = upload(&sshd.at("file"), &noise(64 << 20));
    let error = session.upload(&upload, &Silent).await.unwrap_err();
    assert!(matches!(error, TransportError::Stalled { .. }), "{error}");
    assert!(error.is_retryable());
}

#[tokio::test]
async fn a_full_disk_is_an_error_that_says_so() {
    let Some(sshd) = Sshd::start() else { return };
    let disk = sshd.at("disk");
    fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"])
        .arg(&disk)
        .output()
        .is_ok_and(|output| output.status.success());
    if !mounted {
        return super::sshd::skip("mounting a small disk needs root");
    }
    let result =
        session(&sshd).await.upload(&upload(&disk.join("f"), &noise(64 << 20)), &Silent).await;
    Command::new("umount").arg(&disk).output().unwrap();
    let error = result.unwrap_err().to_string();
    assert!(error.contains("No space left on device"), "{error}");
}

#[tokio::test]
async fn bytes_that_are_not_the_promised_ones_never_get_a_name() {
    let Some(sshd) = Sshd::start() else { return };
    let session = session(&sshd).await;
    let place = sshd.at("file");
    let honest = upload(&place, &noise(600_000));
    let changed = Upload { digest: sha256(b"something else"), ..honest.clone() };
    let short = Upload { size: 700_000, ..honest };
    for wrong in [changed, short] {
        let error = session.upload(&wrong, &Silent).await.unwrap_err();
        assert!(matches!(error, TransportError::Content { .. }), "{error}");
        assert!(!place.exists());
    }
}

#[tokio::test]
async fn an_empty_file_and_a_sha512_digest_work_too() {
    let Some(sshd) = Sshd::start() else { return };
    let session = session(&sshd).await;
    let empty = upload(&sshd.at("empty"), &Bytes::new());
    session.upload(&empty, &Silent).await.unwrap();
    assert_eq!(fs::read(sshd.at("empty")).unwrap(), b"");
    let bytes = noise(70_000);
    let mut hasher = bundles::BlobHasher::new(manifests::Algorithm::Sha512);
    hasher.update(&bytes);
    let sha512 = Upload { digest: hasher.finish().0, ..upload(&sshd.at("long"), &bytes) };
    session.upload(&sha512, &Silent).await.unwrap();
    assert_eq!(session.upload(&sha512, &Silent).await.unwrap(), Uploaded::AlreadyThere);
}

#[tokio::test]
async fn files_are_read_up_to_a_limit() {
    let Some(sshd) = Sshd::start() else { return };
    let session = session(&sshd).await;
    let path: HostPath = sshd.at("id.pub").to_str().unwrap().parse().unwrap();
    let expected = fs::read(sshd.at("id.pub")).unwrap();
    assert_eq!(session.read_file(&path, 1000).await.unwrap(), Some(expected));
    assert!(matches!(session.read_file(&path, 10).await, Err(TransportError::TooLarge { .. })));
    assert_eq!(session.read_file(&"/no/such".parse().unwrap(), 10).await.unwrap(), None);
    assert!(session.read_file(&"/etc".parse().unwrap(), 10).await.is_err());
}
