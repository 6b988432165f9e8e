//! OS packages from an archive to a host: locked, built into a bundle, served, and
//! taken by stock apt, which believes the key of the release alone.

use crate::office::Office;
use bundles::{Acceptance, Bundle};
use journeys::{
    debs::{self, Naming},
    private_apt::PrivateApt,
    serving::Serving,
    stock,
};
use std::{fs, path::PathBuf, process::Command, time::SystemTime};

const TOOL: Naming<'_> = ("demo-tool", "1:2.0+b~rc1-3", "amd64");
const DATA: Naming<'_> = ("demo-data", "1.0-1", "all");
const BUILD: &str = "build packages.lock --mirrors mirrors.yaml --key release.key";
const TRUST: [&str; 3] = ["packages.bundle", "--trust", "release.pub"];

/// An office whose lockfile has two packages, one of which needs the other. Their
/// archive was made at this moment: nothing can be younger.
fn locked() -> Office {
    let office = Office::open();
    office.builder("lock releases/demo.yaml --mirrors mirrors.yaml");
    let mut lockfile = String::from_utf8(office.read("releases/demo.lock")).unwrap();
    lockfile += "systems:\n";
    lockfile += &debs::system("debian-12", "amd64", SystemTime::now());
    for (naming, more) in [(DATA, ""), (TOOL, "Depends: demo-data (>= 1.0)\n")] {
        let bytes = debs::deb(&office.path("."), naming, more);
        let source = format!("https://packages.lab.example/pool/{}.deb", naming.0);
        let digest = bundles::sha256(&bytes).to_string();
        lockfile += &debs::package(naming, &source, bytes.len(), &digest);
        fs::write(office.path(naming.0), &bytes).unwrap();
        office.upstream.put_file(&source, bytes);
    }
    fs::write(office.path("packages.lock"), lockfile).unwrap();
    office
}

/// The same with a bundle; its key for packages has no password.
fn built() -> Office {
    let office = locked();
    office.builder("key generate --apt --no-password");
    office.builder(&format!("{BUILD} --apt-key apt.key -o packages.bundle"));
    office
}

/// What a host fetches, by stock apt.
fn fetched(apt: &PrivateApt) -> Result<Vec<(String, Vec<u8>)>, String> {
    apt.fetch(TOOL.0).map(|()| apt.fetched())
}

fn expected(office: &Office) -> Vec<(String, Vec<u8>)> {
    vec![
        ("demo-data_1.0-1_all.deb".into(), office.read("demo-data")),
        ("demo-tool_1%3a2.0+b~rc1-3_amd64.deb".into(), office.read("demo-tool")),
    ]
}

fn apt(office: &Office, serving: &Serving, scheme: &str) -> PrivateApt {
    let uri = format!("{scheme}://{}/apt/debian-12", serving.address);
    PrivateApt::new(&uri, &office.path("apt.asc"), "amd64")
}

#[test]
fn stock_apt_takes_packages_over_http_whatever_its_clock_says() {
    let office = built();
    let serving = Serving::with(&office.sandbox, &TRUST);
    let plain = apt(&office, &serving, "http");
    assert_eq!(fetched(&plain), Ok(expected(&office)));
    let uris = plain.run(&["install", "--print-uris", "--reinstall", TOOL.0]).unwrap();
    assert!(uris.contains("1 newly installed") || uris.contains("2 newly installed"), "{uris}");
    for clock in ["-1d", "+9y"] {
        let apt = apt(&office, &serving, "http").at(clock);
        assert_eq!(fetched(&apt), Ok(expected(&office)), "{clock}");
    }
    // That apt looks at the clock at all.
    let refused = fetched(&apt(&office, &serving, "http").at("-3d")).unwrap_err();
    assert!(refused.contains("is not valid yet"), "{refused}");
}

#[test]
fn stock_apt_takes_packages_over_https_whatever_its_clock_says() {
    let office = built();
    let authority = certify(&office);
    let arguments = [&TRUST[..], &["--tls-cert", "server.pem", "--tls-key", "server.key"]];
    let serving = Serving::with(&office.sandbox, &arguments.concat());
    for clock in ["+0d", "-1d", "+9y"] {
        let apt = apt(&office, &serving, "https").with_authority(&authority).at(clock);
        assert_eq!(fetched(&apt), Ok(expected(&office)), "{clock}");
    }
    let refused = fetched(&apt(&office, &serving, "https")).unwrap_err();
    assert!(refused.contains("certificate"), "{refused}");
}

#[test]
fn stock_apt_goes_on_with_a_package_that_was_cut() {
    let office = built();
    let arguments = [&TRUST[..], &["--access-log", "access.log"]];
    let serving = Serving::with(&office.sandbox, &arguments.concat());
    let data = office.read("demo-data");
    // As apt leaves it when it is stopped, and as it lies there after a power cut.
    for (turn, day) in ["2010-01-01 00:00:00Z", "now"].iter().enumerate() {
        let apt = apt(&office, &serving, "http");
        apt.begin("demo-data_1.0-1_all.deb", &data[..100], day);
        assert_eq!(fetched(&apt), Ok(expected(&office)), "{day}");
        // A line is written when its answer has gone, which apt does not wait for.
        let log = loop {
            let log = String::from_utf8(office.read("access.log")).unwrap();
            if log.lines().filter(|line| line.contains("/demo-data_1.0-1_all.deb\",")).count()
                > turn
            {
                break log;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        };
        let line = log.lines().rfind(|line| line.contains("/demo-data_1.0-1_all.deb\","));
        let line: serde_json::Value = serde_json::from_str(line.unwrap()).unwrap();
        assert_eq!((&line["status"], &line["bytes"]), (&206.into(), &(data.len() - 100).into()));
    }
}

/// A site's authority and the certificate of a server, both of the day before
/// yesterday and good for twenty years.
fn certify(office: &Office) -> PathBuf {
    fs::write(office.path("names"), "subjectAltName=IP:127.0.0.1\n").unwrap();
    for line in [
        "req -x509 -newkey rsa:2048 -nodes -subj /CN=site -days 7300 -keyout ca.key -out ca.pem",
        "req -newkey rsa:2048 -nodes -subj /CN=registry -keyout server.key -out server.csr",
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 7300 -extfile names -out server.pem",
    ] {
        let mut command = Command::new("faketime");
        command.args(["-f", "-2d", "openssl"]).args(line.split(' '));
        stock::succeed(command.current_dir(office.path(".")));
    }
    office.path("ca.pem")
}

#[test]
fn stock_apt_refuses_packages_of_a_release_whose_key_it_does_not_know() {
    let office = built();
    let serving = Serving::with(&office.sandbox, &TRUST);
    office.builder("key generate --apt --no-password -o other.key");
    let uri = format!("http://{}/apt/debian-12", serving.address);
    let refused = fetched(&PrivateApt::new(&uri, &office.path("other.asc"), "amd64")).unwrap_err();
    assert!(refused.contains("NO_PUBKEY"), "{refused}");
}

/// `kim` with the password `secret`.
const USERS: &str = "kim:$2y$04$KEwLuxJcF7ft/LtiC1hWVeBDezP.2pFyF5WKRgGnW7F90Db01uhwS\n";

#[test]
fn a_server_with_users_lets_stock_apt_in_that_has_a_name_or_everybody() {
    let office = built();
    fs::write(office.path("users"), USERS).unwrap();
    let serve = |more: &[&str]| {
        Serving::with(&office.sandbox, &[&TRUST[..], &["--users", "users"], more].concat())
    };
    let serving = serve(&[]);
    let refused = fetched(&apt(&office, &serving, "http")).unwrap_err();
    assert!(refused.contains("401  Unauthorized"), "{refused}");
    let line = format!("machine http://{}/apt/ login kim password secret\n", serving.address);
    let known = apt(&office, &serving, "http").with_login(&line);
    assert_eq!(fetched(&known), Ok(expected(&office)));
    let serving = serve(&["--anonymous-pull"]);
    assert_eq!(fetched(&apt(&office, &serving, "http")), Ok(expected(&office)));
}

/// Hosts of one release know its key and no other.
#[test]
fn two_releases_with_keys_of_their_own_are_served_side_by_side() {
    let office = built();
    let lockfile = String::from_utf8(office.read("packages.lock")).unwrap();
    let other = lockfile.replacen("release: demo\n", "release: other\n", 1);
    assert!(other != lockfile);
    fs::write(office.path("packages.lock"), other).unwrap();
    office.builder("key generate --apt --no-password -o other.key");
    office.builder(&format!("{BUILD} --apt-key other.key -o other.bundle"));
    let serving = Serving::with(&office.sandbox, &[&TRUST[..], &["other.bundle"]].concat());
    let at = |place: &str, key: &str| {
        let uri = format!("http://{}/apt/{place}debian-12", serving.address);
        fetched(&PrivateApt::new(&uri, &office.path(key), "amd64"))
    };
    assert_eq!(at("by-release/demo/", "apt.asc"), Ok(expected(&office)));
    assert_eq!(at("by-release/other/", "other.asc"), Ok(expected(&office)));
    assert_eq!(at("", "other.asc"), Ok(expected(&office)));
    for (place, key) in [("by-release/demo/", "other.asc"), ("by-release/other/", "apt.asc")] {
        let refused = at(place, key).unwrap_err();
        assert!(refused.contains("NO_PUBKEY"), "{refused}");
    }
}

#[test]
fn a_byte_changed_in_any_file_of_a_repository_is_refused_by_us_and_by_stock_apt() {
    let office = built();
    let whole = office.read("packages.bundle");
    let bundle = Bundle::open(&office.path("packages.bundle"), Acceptance::AnySigner).unwrap();
    let start = bundle.file_size() - bundle.manifest().payload_size;
    let files = &bundle.manifest().repositories[0].files;
    assert_eq!(files.len(), 10, "{files:?}");
    for file in files {
        let blob = bundle.blob(&file.digest).unwrap();
        let stored: u64 = blob.frames.iter().sum();
        let mut bytes = whole.clone();
        bytes[usize::try_from(start + blob.offset + stored / 2).unwrap()] ^= 1;
        fs::write(office.path("packages.bundle"), bytes).unwrap();
        let refusal = office.refusal("verify packages.bundle --trust release.pub");
        assert!(refusal.ends_with("exit code 40"), "{}: {refusal}", file.path);
        let serving = Serving::with(&office.sandbox, &TRUST);
        // All of this small bundle is one chunk: none of it is given out.
        assert!(fetched(&apt(&office, &serving, "http")).is_err(), "{}", file.path);
    }
}

#[test]
fn packages_are_not_built_without_a_key_which_is_said_before_anything_is_fetched() {
    let office = locked();
    office.upstream.take_requests();
    let refusal = office.refusal(&format!("{BUILD} -o packages.bundle"));
    insta::assert_snapshot!(refusal, @r"
    error: the lockfile has OS packages for debian-12: expected a key for their repositories
    hint: make one once with `bottari-builder key generate --apt`, then run the same command with `--apt-key apt.key`
    exit code 2
    ");
    assert_eq!(office.upstream.take_requests().len(), 0);
    office.builder("key generate --apt --no-password");
    let shown = office.builder("key show apt.asc").stdout;
    assert_eq!(shown, office.builder("key show apt.key").stdout);
    assert!(shown.starts_with("kind         OpenPGP, for OS packages\nfingerprint  "), "{shown}");
    // A key that signs bundles is no key for packages, and the other way round.
    let refusal = office.refusal(&format!("{BUILD} --apt-key release.key -o packages.bundle"));
    insta::assert_snapshot!(refusal, @"
    error: `release.key` is not a key for packages: expected an Ed25519 key of OpenPGP version 4
    hint: make one with `bottari-builder key generate --apt`
    exit code 20
    ");
    let swapped = BUILD.replace("release.key", "apt.key");
    let refusal = office.refusal(&format!("{swapped} --apt-key apt.key -o packages.bundle"));
    assert!(refusal.contains("is a key for OS packages: expected one for bundles"), "{refusal}");
}

#[test]
fn a_key_that_no_host_would_believe_is_refused_before_anything_is_fetched() {
    let office = locked();
    let line = format!("{BUILD} --apt-key site.key -o packages.bundle");
    for (made, said) in
        [("ed25519 sign 1y", "ends on"), ("ed25519 cert never", "not one that signs")]
    {
        let _ = fs::remove_file(office.path("site.key"));
        let home = tempfile::tempdir().unwrap();
        let gpg = |arguments: &str| {
            let mut gpg = Command::new("gpg");
            gpg.args(["--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]);
            gpg.args(arguments.split(' ')).env("GNUPGHOME", home.path());
            stock::succeed(gpg.current_dir(office.path(".")));
        };
        gpg(&format!("--quick-generate-key site@lab.example {made}"));
        gpg("--armor -o site.key --export-secret-keys");
        let mut agent = Command::new("gpgconf");
        stock::succeed(agent.args(["--kill", "all"]).env("GNUPGHOME", home.path()));
        office.upstream.take_requests();
        let refusal = office.refusal(&line);
        assert!(refusal.contains(said) && refusal.contains("key generate --apt"), "{refusal}");
        assert_eq!(office.upstream.take_requests().len(), 0);
    }
    // A day that does not go with any key is found as early.
    let lockfile = String::from_utf8(office.read("packages.lock")).unwrap();
    let date = lockfile.lines().find(|line| line.trim_start().starts_with("date:")).unwrap();
    let key = date.split(':').next().unwrap();
    fs::write(
        office.path("packages.lock"),
        lockfile.replace(date, &format!("{key}: 2200-01-03T00:00:00Z")),
    )
    .unwrap();
    office.builder("key generate --apt --no-password");
    let refusal = office.refusal(&line.replace("site.key", "apt.key"));
    insta::assert_snapshot!(refusal, @r"
    error: packages of Wed, 01 Jan 2200 00:00:00 GMT cannot be signed: expected a day from 2010 to 2105
    hint: no other key helps: the day is that of the newest `indexes:` of the system in the lockfile; make it anew with `bottari-builder lock`
    exit code 20
    ");
    assert_eq!(office.upstream.take_requests().len(), 0);
}

#[test]
fn a_key_that_nothing_needs_is_said_and_not_read() {
    let office = Office::open();
    office.builder("lock releases/demo.yaml --mirrors mirrors.yaml");
    let line =
        "build releases/demo.lock --mirrors mirrors.yaml --key release.key --apt-key nowhere";
    let built = office.builder(&format!("{line} -o demo.bundle"));
    assert!(built.stderr.contains("has no OS packages"), "{}", built.stderr);
    // It is nothing that a quiet build passes over.
    let built = office.builder(&format!("{line} -q -o quiet.bundle"));
    assert!(built.stderr.contains("the bundle carries none"), "{}", built.stderr);
}

#[test]
fn the_same_lockfile_and_keys_give_the_same_bundle_and_another_key_another_one() {
    let office = built();
    office.builder(&format!("{BUILD} --offline --apt-key apt.key -o again.bundle"));
    assert!(office.read("again.bundle") == office.read("packages.bundle"));
    let told = |key: &str| -> serde_json::Value {
        let line = format!("{BUILD} --offline --json --apt-key {key} -o again.bundle");
        serde_json::from_str(&office.builder(&line).stdout).unwrap()
    };
    assert_eq!(told("apt.key")["unchanged"], true);
    office.builder("key generate --apt --no-password -o other.key");
    assert_eq!(told("other.key")["unchanged"], false);
    office.builder("verify again.bundle --trust release.pub");
}

#[test]
fn the_secret_key_is_nowhere_in_the_bundle() {
    let office = built();
    fs::create_dir(office.path("out")).unwrap();
    let mut tar = Command::new("tar");
    tar.args(["--zstd", "-xf", "packages.bundle", "-C", "out"]).current_dir(office.path("."));
    stock::succeed(&mut tar);
    let secret = String::from_utf8(office.read("apt.key")).unwrap();
    let lines = secret.lines().filter(|line| line.len() > 40);
    let public = String::from_utf8(office.read("apt.asc")).unwrap();
    let lines: Vec<_> = lines.filter(|line| !public.contains(line)).collect();
    assert!(!lines.is_empty());
    let mut found = false;
    for blob in office.names("out/blobs/sha256") {
        let bytes = office.read(&format!("out/blobs/sha256/{blob}"));
        let text = String::from_utf8_lossy(&bytes);
        let told = lines.iter().find(|line| text.contains(**line));
        assert_eq!(told, None, "{blob}");
        found |= text == public;
    }
    assert!(found, "the public key is");
}

#[test]
fn a_password_of_the_key_for_packages_comes_from_a_file_of_its_own() {
    let office = locked();
    fs::write(office.path("password"), "보따리\n").unwrap();
    office.builder("key generate --apt --password-file password");
    let build = format!("{BUILD} --apt-key apt.key -o packages.bundle");
    office.builder(&format!("{build} --apt-key-password-file password"));
    fs::write(office.path("password"), "보자기\n").unwrap();
    let refusal = office.refusal(&format!("{build} --apt-key-password-file password"));
    assert!(refusal.contains("or the password is wrong"), "{refusal}");
}

#[test]
fn a_lockfile_that_somebody_changed_is_not_blamed_on_the_archive_alone() {
    let office = locked();
    office.builder("key generate --apt --no-password");
    let lockfile = String::from_utf8(office.read("packages.lock")).unwrap();
    let changed = lockfile.replace(TOOL.1, "1:9.0-1");
    assert!(changed != lockfile);
    fs::write(office.path("packages.lock"), changed).unwrap();
    let refusal = office.refusal(&format!("{BUILD} --apt-key apt.key -o packages.bundle"));
    let said = "`debian-12/demo-tool` is another package: expected demo-tool 1:9.0-1 amd64, found demo-tool 1:2.0+b~rc1-3 amd64\nhint: somebody changed the lockfile, or the archive's index says";
    assert!(refusal.contains(said), "{refusal}");
}

#[test]
fn an_archive_that_changes_a_package_is_told_and_nothing_is_built() {
    let office = locked();
    office.builder("key generate --apt --no-password");
    let other = debs::deb(&office.path("."), TOOL, "Depends: other\n");
    office.upstream.put_file("https://packages.lab.example/pool/demo-tool.deb", other);
    let refusal = office.refusal(&format!("{BUILD} --apt-key apt.key -o packages.bundle"));
    assert!(refusal.contains("debian-12/demo-tool"), "{refusal}");
    assert!(refusal.ends_with("exit code 30"), "{refusal}");
    assert!(!office.path("packages.bundle").exists());
}
