use super::*;
use crate::{
    plan::testing::{plan, with_action},
    steps::PlaceFile,
};
use manifests::{ExitCode, Failure, cluster::Asking, event::Silent};
use rustls::{
    RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, UnixTime, pem::PemObject},
};
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, UNIX_EPOCH},
};

const YEAR: Duration = Duration::from_hours(365 * 24);
const FILES: [&str; 4] = ["ca.crt", "ca.key", "registry-cp-1.crt", "registry-cp-1.key"];

/// A run folder, and the cluster it is for.
struct Run {
    home: tempfile::TempDir,
    cluster: Cluster,
    heard: Ears,
}

#[derive(Debug, Default)]
struct Ears(Mutex<Vec<String>>);

impl Reporter for Ears {
    fn report(&self, event: &manifests::event::Event) {
        let manifests::event::Event::Notice { text } = event else { return };
        self.0.lock().unwrap().push(text.clone());
    }
}

/// 2026-11-21.
fn today() -> SystemTime {
    UNIX_EPOCH + Duration::from_hours(24 * 20_778)
}

impl Run {
    fn new() -> Self {
        let text = "cluster: lab\nhosts:\n\
                    - {name: cp-1, address: 192.0.2.11, roles: [control-plane]}\n\
                    - {name: w-1, address: 192.0.2.12, roles: [worker]}\n\
                    network: {plugin: calico}\n";
        let cluster = Cluster::parse(Path::new("cluster.yaml"), text, Asking::Impossible).unwrap();
        Self { home: tempfile::tempdir().unwrap(), cluster, heard: Ears::default() }
    }

    fn keep(&self, now: SystemTime) -> Result<SiteCertificates, SiteCaError> {
        keep(self.home.path(), &self.cluster, now, &self.heard)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(FOLDER).join(name)
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// Everything that is kept, by name.
    fn all(&self) -> BTreeMap<String, Vec<u8>> {
        let files = fs::read_dir(self.path("")).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names.map(|name| (name.clone(), self.bytes(&name))).collect()
    }

    /// What a client says to the registry that trusts this run's CA alone.
    fn trusts(&self, server: &Self, address: &str, at: SystemTime) -> Result<(), String> {
        let read = |run: &Self, name| CertificateDer::from_pem_slice(&run.bytes(name)).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(read(self, "ca.crt")).unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        let since = UnixTime::since_unix_epoch(at.duration_since(UNIX_EPOCH).unwrap());
        let shown = read(server, "registry-cp-1.crt");
        let name = address.to_owned().try_into().unwrap();
        let said = verifier.build().unwrap().verify_server_cert(&shown, &[], &name, &[], since);
        said.map(drop).map_err(|error| error.to_string())
    }

    fn changed(&self, before: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
        let now = self.all();
        let differs = |name: &&String| before.get(*name) != now.get(*name);
        now.keys().filter(differs).cloned().collect()
    }
}

#[test]
fn what_was_made_is_kept_and_told_once() {
    let run = Run::new();
    let first = run.keep(today()).unwrap();
    assert_eq!(run.keep(today() + YEAR / 2).unwrap(), first);
    assert_eq!(run.all().keys().collect::<Vec<_>>(), FILES);
    insta::assert_snapshot!(run.heard.0.lock().unwrap().join("\n"), @r"
    made the site CA, valid until 2036-11-21: there was none
    made the certificate of the registry on host `cp-1`, valid until 2029-11-21: there was none
    ");
}

#[test]
fn keys_are_for_their_owner_alone() {
    let run = Run::new();
    run.keep(today()).unwrap();
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(run.path("")), 0o700);
    assert_eq!(FILES.map(|name| mode(run.path(name))), [0o644, 0o600, 0o644, 0o600]);
}

#[test]
fn a_client_that_trusts_the_ca_knows_the_registry_and_nobody_else() {
    let (ours, other) = (Run::new(), Run::new());
    ours.keep(today()).unwrap();
    other.keep(today()).unwrap();
    for name in ["192.0.2.11", "cp-1"] {
        ours.trusts(&ours, name, today()).unwrap();
    }
    assert!(ours.trusts(&other, "192.0.2.11", today()).unwrap_err().contains("BadSignature"));
    assert!(ours.trusts(&ours, "192.0.2.12", today()).is_err(), "a host without a registry");
    // Clocks of hosts may be slow.
    let yesterday = today() - Duration::from_hours(24);
    ours.trusts(&ours, "192.0.2.11", yesterday).unwrap();
}

#[test]
fn the_ca_vouches_for_the_registrys_host_and_no_other() {
    let ours = Run::new();
    ours.keep(today()).unwrap();
    let mut thief = Run::new();
    fs::create_dir(thief.path("")).unwrap();
    fs::set_permissions(thief.path(""), Permissions::from_mode(0o700)).unwrap();
    fs::copy(ours.path("ca.key"), thief.path("ca.key")).unwrap();
    thief.cluster.hosts[0].address = "198.51.100.7".parse().unwrap();
    thief.keep(today()).unwrap();
    thief.trusts(&thief, "198.51.100.7", today()).unwrap();
    let refused = ours.trusts(&thief, "198.51.100.7", today()).unwrap_err();
    assert!(refused.contains("NameConstraintViolation"), "{refused}");
}

#[test]
fn what_has_less_than_a_third_of_its_time_left_is_renewed_under_the_same_keys() {
    let run = Run::new();
    run.keep(today()).unwrap();
    let before = run.all();
    run.keep(today() + YEAR * 2 - Duration::from_hours(48)).unwrap();
    assert!(run.changed(&before).is_empty());
    let later = today() + YEAR * 2 + Duration::from_hours(48);
    run.keep(later).unwrap();
    assert_eq!(run.changed(&before), ["registry-cp-1.crt"]);
    run.trusts(&run, "192.0.2.11", later + YEAR * 2).unwrap();
    let told = run.heard.0.lock().unwrap().pop().unwrap();
    assert!(told.ends_with("less than a third of its time was left"), "{told}");
    let much_later = today() + YEAR * 7;
    run.keep(much_later).unwrap();
    assert_eq!(run.changed(&before), ["ca.crt", "registry-cp-1.crt"]);
    let end = end(&run.bytes("ca.crt"), much_later).unwrap();
    assert!(!end.due && end.at > much_later + YEAR * 9);
    assert_eq!(end.to_string(), "2043-11-20T00:00:00Z");
}

#[test]
fn a_renewed_ca_is_known_by_those_who_have_not_heard_of_it() {
    let (run, old) = (Run::new(), Run::new());
    run.keep(today()).unwrap();
    fs::create_dir(old.path("")).unwrap();
    fs::copy(run.path("ca.crt"), old.path("ca.crt")).unwrap();
    run.keep(today() + YEAR * 7).unwrap();
    assert_ne!(run.bytes("ca.crt"), old.bytes("ca.crt"));
    old.trusts(&run, "192.0.2.11", today() + YEAR * 7).unwrap();
}

#[test]
fn a_registry_that_moves_gets_a_certificate_for_where_it_is() {
    let mut run = Run::new();
    run.keep(today()).unwrap();
    let before = run.all();
    run.cluster.hosts[0].address = "192.0.2.21".parse().unwrap();
    run.keep(today()).unwrap();
    assert_eq!(run.changed(&before), ["ca.crt", "registry-cp-1.crt"]);
    run.trusts(&run, "192.0.2.21", today()).unwrap();
    assert!(run.trusts(&run, "192.0.2.11", today()).is_err());
}

#[test]
fn a_host_whose_name_is_a_number_has_a_certificate_that_clients_accept() {
    let mut run = Run::new();
    run.cluster.hosts[0].name = "17".parse().unwrap();
    run.keep(today()).unwrap();
    fs::rename(run.path("registry-17.crt"), run.path("registry-cp-1.crt")).unwrap();
    run.trusts(&run, "192.0.2.11", today()).unwrap();
}

#[test]
fn another_ca_signs_the_registrys_certificate_anew() {
    let run = Run::new();
    run.keep(today()).unwrap();
    let key = run.bytes("registry-cp-1.key");
    for name in ["ca.crt", "ca.key"] {
        fs::remove_file(run.path(name)).unwrap();
    }
    run.keep(today()).unwrap();
    run.trusts(&run, "192.0.2.11", today()).unwrap();
    assert_eq!(run.bytes("registry-cp-1.key"), key);
}

#[test]
fn a_certificate_with_a_broken_signature_is_made_anew() {
    let run = Run::new();
    run.keep(today()).unwrap();
    let before = run.all();
    let mut der = CertificateDer::from_pem_slice(&run.bytes("registry-cp-1.crt")).unwrap().to_vec();
    *der.last_mut().unwrap() ^= 1;
    let pem = in_pem(&der);
    fs::write(run.path("registry-cp-1.crt"), pem).unwrap();
    run.keep(today()).unwrap();
    assert_eq!(run.changed(&before), ["registry-cp-1.crt"]);
    run.trusts(&run, "192.0.2.11", today()).unwrap();
}

fn in_pem(der: &[u8]) -> String {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let text = BASE64_STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

#[test]
fn whatever_stops_it_the_next_call_goes_on() {
    let whole = Run::new();
    whole.keep(today()).unwrap();
    // The order in which files get their names: key, certificate, and so on.
    let order = ["ca.key", "ca.crt", "registry-cp-1.key", "registry-cp-1.crt"];
    for there in 0..order.len() {
        let run = Run::new();
        fs::create_dir(run.path("")).unwrap();
        fs::set_permissions(run.path(""), Permissions::from_mode(0o700)).unwrap();
        for name in &order[..there] {
            fs::copy(whole.path(name), run.path(name)).unwrap();
        }
        let before = run.all();
        run.keep(today()).unwrap();
        assert_eq!(run.changed(&before).len(), order.len() - there, "what was there stays");
        run.trusts(&run, "192.0.2.11", today()).unwrap();
    }
}

#[test]
fn keys_that_cannot_be_relied_on_are_told_with_what_to_do() {
    let told = |spoil: &dyn Fn(&Run)| {
        let run = Run::new();
        run.keep(today()).unwrap();
        spoil(&run);
        let before = run.all();
        let error = run.keep(today()).unwrap_err();
        assert_eq!(error.exit_code(), ExitCode::Input);
        assert!(run.changed(&before).is_empty());
        let text = format!("error: {error}\nhint: {}\n", error.hint().unwrap());
        text.replace(run.home.path().to_str().unwrap(), "run")
    };
    let open = |name: &'static str, mode| {
        move |run: &Run| {
            fs::set_permissions(run.path(name), Permissions::from_mode(mode)).unwrap();
        }
    };
    insta::assert_snapshot!(
        [
            told(&open("ca.key", 0o640)),
            told(&open("", 0o755)),
            told(&|run| fs::write(run.path("ca.key"), b"no key\xff").unwrap()),
            told(&|run| fs::write(run.path("registry-cp-1.crt"), "").unwrap()),
            told(&|run| {
                fs::copy(run.path("ca.key"), run.path("registry-cp-1.key")).unwrap();
            }),
            told(&|run| fs::remove_file(run.path("ca.key")).unwrap()),
        ]
        .join("\n")
    );
}

#[test]
fn a_plan_of_before_a_renewal_is_not_walked() {
    let run = Run::new();
    let certificates = run.keep(today()).unwrap();
    let server = certificates.servers.values().next().unwrap();
    let files =
        [("ca", &certificates.authority), ("crt", &server.certificate), ("key", &server.key)];
    let steps = files.map(|(name, file)| {
        let path = format!("/etc/bottari/pki/{name}").parse().unwrap();
        let place = PlaceFile { content: file.clone(), ..PlaceFile::text(path, "") };
        with_action(&format!("cp-1/registry/{name}"), &[], Action::PlaceFile(place))
    });
    let stored = plan(steps.into());
    assert!(certificates.are_in(&stored));
    assert!(run.keep(today() + YEAR).unwrap().are_in(&stored));
    assert!(!run.keep(today() + YEAR * 3).unwrap().are_in(&stored));
    assert!(!certificates.are_in(&plan(Vec::new())));
}

#[test]
fn two_runs_never_share_a_key() {
    let runs = [Run::new(), Run::new()].map(|run| {
        keep(run.home.path(), &run.cluster, today(), &Silent).unwrap();
        run.all()
    });
    for name in FILES {
        assert_ne!(runs[0][name], runs[1][name], "{name}");
    }
}
