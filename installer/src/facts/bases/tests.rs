//! Status files as hosts have them, and as no host should.

use super::{BaseFile, HostPackages, fetch::fetch, group};
use crate::{facts::FactsError, transport::fake::FakeHost};
use manifests::{Arch, Failure};

const UBUNTU: &str = "\
== os-release\n| ID=ubuntu\n| VERSION_ID=\"22.04\"\n== arch\n| amd64\n== unfinished\n== end\n";

fn paragraph(name: &str, status: &str, version: &str) -> String {
    format!(
        "Package: {name}\nStatus: {status}\nArchitecture: amd64\nVersion: {version}\nConffiles:\n /etc/{name} 0123\n\n"
    )
}

fn whole(name: &str) -> String {
    paragraph(name, "install ok installed", "1.0-1")
}

async fn host(answer: &str, status: Option<&str>) -> Result<HostPackages, FactsError> {
    let host = FakeHost::new("w-1");
    host.answer("look at dpkg", 0, answer);
    if let Some(status) = status {
        host.put("/var/lib/dpkg/status", status);
    }
    fetch(&host.connect().unwrap()).await
}

async fn ubuntu(status: &str) -> HostPackages {
    host(UBUNTU, Some(status)).await.unwrap()
}

#[tokio::test]
async fn the_status_file_is_carried_as_it_is() {
    let status = whole("libc6")
        + &paragraph("socat", "hold ok installed", "1.7")
        + &paragraph("man-db", "install ok triggers-pending", "2")
        + &paragraph("gone", "deinstall ok config-files", "3");
    let found = ubuntu(&status).await;
    assert_eq!((found.system.as_str(), found.arch), ("ubuntu-22.04", Arch::Amd64));
    assert_eq!((found.installed, &*found.held), (3, &["socat".to_owned()][..]));
    assert_eq!(found.status, status.as_bytes());
}

#[tokio::test]
async fn hosts_with_the_same_packages_share_a_file() {
    let (libc, socat) = (whole("libc6"), whole("socat"));
    let same = libc.clone() + &socat;
    let in_another_order = socat.clone().replace("0123", "4567") + &libc;
    let with_a_trace = same.clone() + &paragraph("gone", "deinstall ok config-files", "3");
    let newer = libc.clone() + &paragraph("socat", "install ok installed", "1.0-2");
    let held = libc.clone() + &paragraph("socat", "hold ok installed", "1.0-1");
    let mut fetched = Vec::new();
    for (name, status) in
        [("a", &same), ("b", &in_another_order), ("c", &newer), ("d", &with_a_trace), ("e", &held)]
    {
        fetched.push((name.to_owned(), Ok(ubuntu(status).await)));
    }
    fetched.push(("f".to_owned(), Err(FactsError::NoDpkg { host: "f".into() })));
    let files = group(&fetched);
    let mut hosts: Vec<_> = files.iter().map(|file| file.hosts.concat()).collect();
    hosts.sort();
    assert_eq!(hosts, ["abd", "c", "e"]);
    let first = files.iter().find(|file| file.hosts.len() == 3).unwrap();
    assert_eq!(first.packages.status, same.as_bytes());
    let name = first.name();
    let digest = name.strip_prefix("ubuntu-22.04-amd64-").unwrap().strip_suffix(".status").unwrap();
    assert!(digest.len() == 12 && first.packages.digest.hex().starts_with(digest));
    assert_eq!(first.option("x/y.status"), "--base ubuntu-22.04/amd64=x/y.status");
    assert_eq!(files.iter().map(BaseFile::name).collect::<Vec<_>>(), {
        let mut names: Vec<_> = files.iter().map(BaseFile::name).collect();
        names.sort();
        names
    });
}

#[tokio::test]
async fn packages_that_are_there_in_part_are_told_with_what_ends_them() {
    let unpacked = whole("libc6") + &paragraph("socat", "install ok unpacked", "1.7");
    let error = host(UBUNTU, Some(&unpacked)).await.unwrap_err();
    assert_eq!(error.to_string(), "w-1: packages are installed in part: socat");
    assert_eq!(error.hint().unwrap(), "on `w-1`, run `dpkg --configure -a` and try again");
    let broken = unpacked + &paragraph("nfs-common", "install reinstreq half-installed", "1");
    let error = host(UBUNTU, Some(&broken)).await.unwrap_err();
    assert_eq!(error.to_string(), "w-1: packages are installed in part: socat, nfs-common");
    assert!(error.hint().unwrap().contains("`apt-get install --reinstall nfs-common`"));
}

#[tokio::test]
async fn a_host_that_cannot_be_described_says_why() {
    let busy = UBUNTU.replace("== unfinished\n", "== unfinished\n| 0003\n");
    for (answer, status, expected) in [
        (UBUNTU, None, "dpkg is not there, or has no status file"),
        (&busy, Some(""), "dpkg is at work there, or was stopped in the middle"),
        (&UBUNTU.replace("| amd64\n", ""), Some(""), "dpkg is not there"),
        (&UBUNTU.replace("amd64", "armhf"), Some(""), "for `armhf`: expected amd64 or arm64"),
        (&UBUNTU.replace("22.04", "../../x"), Some(""), "`ubuntu` in version `../../x`"),
        (&UBUNTU.replace("| VERSION_ID=\"22.04\"\n", ""), Some(""), "in version ``"),
        (&UBUNTU.replace("== end\n", ""), Some(""), "cut or too long"),
    ] {
        let error = host(answer, status).await.unwrap_err().to_string();
        assert!(error.starts_with("w-1: ") && error.contains(expected), "{error}");
    }
}
