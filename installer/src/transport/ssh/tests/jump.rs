use super::sshd::{Sshd, connector};
use crate::transport::{
    HostPath, RemoteCommand, Transport, TransportError, Upload, ssh::HostAddress,
};
use manifests::{Failure, event::Silent};
use std::fs;

fn behind(jump: &Sshd, target: &Sshd) -> HostAddress {
    let jump = HostAddress { name: "jump".into(), ..jump.address() };
    HostAddress { jump: Some(Box::new(jump)), ..target.address() }
}

#[tokio::test]
async fn a_host_behind_a_jump_host_is_reached_and_shares_the_way() {
    let (Some(jump), Some(target)) = (Sshd::start(), Sshd::start()) else { return };
    let connector = connector();
    let address = behind(&jump, &target);
    let one = connector.connect(&address).await.unwrap();
    let two = connector.connect(&address).await.unwrap();
    let path: HostPath = target.at("file").to_str().unwrap().parse().unwrap();
    let upload = Upload::text(path.clone(), 0o644, vec![7_u8; 3 << 20]);
    one.upload(&upload, &Silent).await.unwrap();
    assert_eq!(two.read_file(&path, 4 << 20).await.unwrap().unwrap().len(), 3 << 20);
    assert_eq!((jump.cut(), target.cut()), (1, 2), "connections");
}

#[tokio::test]
async fn the_jump_host_must_be_known_too() {
    let (Some(jump), Some(target)) = (Sshd::start(), Sshd::start()) else { return };
    fs::remove_file(jump.at("known_hosts")).unwrap();
    let error = connector().connect(&behind(&jump, &target)).await.unwrap_err();
    let TransportError::Jump { source, .. } = &error else { panic!("{error}") };
    assert!(matches!(**source, TransportError::HostKey { .. }), "{source}");
    assert!(error.hint().unwrap().contains("--accept-new-host-keys"));
}

#[tokio::test]
async fn a_jump_host_that_was_lost_is_dialled_again() {
    let (Some(jump), Some(target)) = (Sshd::start(), Sshd::start()) else { return };
    let connector = connector();
    let address = behind(&jump, &target);
    let session = connector.connect(&address).await.unwrap();
    jump.cut();
    let error = session.run(&RemoteCommand::argv(["true"])).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    connector.connect(&address).await.unwrap();
}

#[tokio::test]
async fn a_target_that_refuses_is_unreachable_through_the_jump_host() {
    let Some(jump) = Sshd::start() else { return };
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut address = behind(&jump, &jump);
    address.port = port;
    let error = connector().connect(&address).await.unwrap_err();
    assert!(matches!(error, TransportError::Unreachable { .. }), "{error}");
}
