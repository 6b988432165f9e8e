use super::sshd::{Sshd, connector};
use crate::{
    facts::{fetch_packages, group},
    transport::{HostAddress, Reach},
};
use std::{fs, net::TcpListener, path::Path};

const STATUS: &str = "/var/lib/dpkg/status";

#[tokio::test]
async fn what_dpkg_knows_of_a_host_comes_over_the_line_as_it_is() {
    let Some(sshd) = Sshd::start() else { return };
    if !Path::new(STATUS).exists() {
        return super::sshd::skip("there is no dpkg on this machine");
    }
    let second = HostAddress { name: "cp-2".into(), ..sshd.address() };
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let third = HostAddress { name: "w-1".into(), port: closed, ..sshd.address() };
    let hosts = [sshd.address(), third, second].map(|address| Reach::Ssh(Box::new(address)));
    let fetched = fetch_packages(&connector(), &hosts, 2).await;
    let names: Vec<_> = fetched.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["cp-1", "w-1", "cp-2"]);
    assert!(fetched[1].1.as_ref().unwrap_err().is_retryable());
    let files = group(&fetched);
    assert_eq!(files.len(), 1, "{:?}", fetched[0].1.as_ref().map(|packages| packages.installed));
    assert_eq!(files[0].hosts, ["cp-1", "cp-2"]);
    assert!(files[0].packages.status == fs::read(STATUS).unwrap());
}
