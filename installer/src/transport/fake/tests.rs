//! The host in memory must break as real ones do, or tests against it say nothing.

use super::*;
use crate::transport::{HostPath, Transport, Upload, Uploaded};
use manifests::event::Silent;

fn file(text: &str) -> Upload {
    let path: HostPath = "/etc/x".parse().unwrap();
    Upload::text(path, 0o600, text.to_owned())
}

fn touch(host: &FakeHost) {
    host.on("touch", |_, files| {
        let file = FakeFile { bytes: Vec::new(), mode: 0o644, owner: None };
        files.insert("/touched".into(), file);
        Finished::with(0, "")
    });
}

#[tokio::test]
async fn a_command_cut_in_the_middle_has_its_effect_when_we_come_back() {
    let host = FakeHost::new("w-1");
    touch(&host);
    host.fault(Fault::DuringCommand(1));
    let line = host.connect().unwrap();
    let error = line.run(&RemoteCommand::argv(["touch"])).await.unwrap_err();
    assert!(error.is_retryable());
    assert!(host.files().is_empty());
    host.connect().unwrap();
    assert!(host.files().contains_key("/touched"));
    assert_eq!(host.titles(), ["touch"]);
}

#[tokio::test]
async fn a_power_cut_undoes_a_command_and_a_lost_answer_does_not() {
    let host = FakeHost::new("w-1");
    touch(&host);
    host.fault(Fault::PowerCut(1));
    host.fault(Fault::AfterCommand(2));
    let command = RemoteCommand::argv(["touch"]);
    assert!(host.connect().unwrap().run(&command).await.is_err());
    let line = host.connect().unwrap();
    assert!(host.files().is_empty());
    assert!(line.run(&command).await.is_err());
    assert!(host.files().contains_key("/touched"));
    assert!(line.run(&command).await.is_err(), "a broken connection stays broken");
}

#[tokio::test]
async fn a_cut_upload_sends_no_byte_twice() {
    let host = FakeHost::new("w-1");
    host.fault(Fault::DuringUpload { upload: 1, bytes: 4 });
    let upload = file("0123456789");
    assert!(host.connect().unwrap().upload(&upload, &Silent).await.is_err());
    assert_eq!(host.files()["/etc/x.bottari-partial"].bytes, b"0123");
    let line = host.connect().unwrap();
    let sent = line.upload(&upload, &Silent).await.unwrap();
    assert_eq!(sent, Uploaded::Sent { bytes: 6, resumed: 4 });
    assert_eq!(line.upload(&upload, &Silent).await.unwrap(), Uploaded::AlreadyThere);
    assert_eq!(host.files().len(), 1);
    assert_eq!(host.files()["/etc/x"].mode, 0o600);
}

#[tokio::test]
async fn a_partial_of_other_bytes_is_overwritten() {
    let host = FakeHost::new("w-1");
    host.put("/etc/x.bottari-partial", "other");
    let sent = host.connect().unwrap().upload(&file("0123456789"), &Silent).await.unwrap();
    assert_eq!(sent, Uploaded::Sent { bytes: 10, resumed: 0 });
}

#[tokio::test]
async fn an_unscripted_command_fails_and_files_can_be_read() {
    let host = FakeHost::new("w-1");
    host.put("/etc/hosts", "127.0.0.1 localhost\n");
    let line = host.connect().unwrap();
    assert_eq!(line.run(&RemoteCommand::argv(["id"])).await.unwrap().status, 127);
    let path: HostPath = "/etc/hosts".parse().unwrap();
    assert_eq!(line.read_file(&path, 99).await.unwrap().unwrap(), b"127.0.0.1 localhost\n");
    assert!(line.read_file(&path, 3).await.is_err());
    assert_eq!(line.read_file(&"/absent".parse().unwrap(), 9).await.unwrap(), None);
}
