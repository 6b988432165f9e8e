//! TLS: what a site's certificate is for.

use crate::{
    client,
    fixture::World,
    process::{Serving, run},
    skopeo::has,
};
use installer::site_ca::keep;
use manifests::{
    cluster::{Asking, Cluster},
    event::Silent,
};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::{
    ffi::OsStr,
    fs,
    io::{self, Read, Write},
    path::Path,
    process::{Command, Output},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::SystemTime,
};

const CLUSTER: &str = "\
cluster: demo
hosts:
- {name: cp-1, address: 192.0.2.11, roles: [control-plane, worker]}
network: {plugin: calico}
";

/// What a plan would place, for a registry on this machine; gives the site CA.
fn certificate(world: &World) -> CertificateDer<'static> {
    made_in(world, "run")
}

fn made_in(world: &World, run: &str) -> CertificateDer<'static> {
    let mut cluster = Cluster::parse(Path::new("x"), CLUSTER, Asking::Impossible).unwrap();
    cluster.hosts[0].address = "127.0.0.1".parse().unwrap();
    fs::create_dir(world.path(run)).unwrap();
    keep(&world.path(run), &cluster, SystemTime::now(), &Silent).unwrap();
    let pki = world.path(run).join("pki");
    for (from, to) in
        [("ca.crt", "ca"), ("registry-cp-1.crt", "cert"), ("registry-cp-1.key", "key")]
    {
        fs::copy(pki.join(from), world.path(&format!("{to}.pem"))).unwrap();
    }
    CertificateDer::from_pem_file(pki.join("ca.crt")).unwrap()
}

fn serve(world: &World) -> Serving {
    let (certificate, key) = (world.path("cert.pem"), world.path("key.pem"));
    let arguments: [&OsStr; 5] = [
        world.bundle.as_ref(),
        "--tls-cert".as_ref(),
        certificate.as_ref(),
        "--tls-key".as_ref(),
        key.as_ref(),
    ];
    Serving::with(world, arguments)
}

fn connect(
    serving: &Serving,
    authority: CertificateDer<'static>,
    protocol: &[u8],
) -> StreamOwned<ClientConnection, std::net::TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(authority).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let client = ClientConnection::new(Arc::new(config), "127.0.0.1".try_into().unwrap()).unwrap();
    StreamOwned::new(client, client::connect(serving.address))
}

#[test]
fn a_client_that_trusts_the_site_ca_is_served() {
    let world = World::new();
    let authority = certificate(&world);
    let mut serving = serve(&world);
    assert!(serving.wait_for("serving ").contains("https://127.0.0.1:"));
    let mut stream = connect(&serving, authority, b"http/1.1");
    stream.write_all(b"GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let answer = client::read(stream);
    assert_eq!((answer.status, answer.text()), (200, "{}"));
}

#[test]
fn a_client_that_trusts_another_site_sends_no_request() {
    let world = World::new();
    let other = made_in(&world, "other-run");
    certificate(&world);
    let serving = serve(&world);
    let refused = connect(&serving, other, b"http/1.1").read(&mut [0]).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::InvalidData);
    assert!(refused.to_string().contains("invalid peer certificate"), "{refused}");
}

#[test]
fn http_2_is_offered_and_carries_a_large_blob() {
    let world = World::new();
    let authority = certificate(&world);
    let serving = serve(&world);
    let mut stream = connect(&serving, authority, b"h2");
    stream.flush().unwrap();
    assert_eq!(stream.conn.alpn_protocol(), Some(&b"h2"[..]));
    if !has("curl") {
        return;
    }
    let path = format!("/v2/quay.io/app/server/blobs/{}", world.release.big.layer().digest);
    let output = Command::new("curl")
        .args(["-sS", "--http2", "--cacert"])
        .arg(world.path("ca.pem"))
        .args(["-o", "-", "-w", "%{stderr}%{http_version} %{http_code}"])
        .arg(format!("https://{}{path}", serving.address))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "2 200");
    assert_eq!(output.stdout.len() as u64, world.release.big.layer().size);
}

/// The certificate that a new connection is shown, and whether a request on it is
/// answered.
fn shown(serving: &Serving, authority: &CertificateDer<'static>) -> Vec<u8> {
    let mut stream = connect(serving, authority.clone(), b"http/1.1");
    stream.write_all(b"GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let certificate = stream.conn.peer_certificates().unwrap()[0].to_vec();
    assert_eq!(client::read(stream).status, 200);
    certificate
}

fn in_pem(path: &Path) -> Vec<u8> {
    CertificateDer::from_pem_file(path).unwrap().to_vec()
}

#[test]
fn a_renewed_certificate_is_shown_without_a_restart() {
    let world = World::new();
    let authority = certificate(&world);
    let mut serving = serve(&world);
    let old = shown(&serving, &authority);
    assert_eq!(old, in_pem(&world.path("cert.pem")));
    // A connection from before lives through all of it.
    let mut before = connect(&serving, authority.clone(), b"http/1.1");
    before.write_all(b"GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    before.read_exact(&mut [0; 12]).unwrap();

    let authority_of_tomorrow = made_in(&world, "tomorrow");
    serving.wait_for("new connections are shown this certificate");
    let new = shown(&serving, &authority_of_tomorrow);
    assert!(new != old && new == in_pem(&world.path("cert.pem")));
    before.write_all(b"GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut rest = String::new();
    before.read_to_string(&mut rest).unwrap();
    assert_eq!(rest.matches("HTTP/1.1 200 OK").count(), 1);
}

#[test]
fn a_certificate_that_cannot_be_used_leaves_the_one_from_before() {
    let world = World::new();
    let authority = certificate(&world);
    let mut serving = serve(&world);
    let old = in_pem(&world.path("cert.pem"));
    fs::write(world.path("key.pem"), "nothing").unwrap();
    serving.signal("HUP");
    let line = serving.wait_for("the certificate from before is shown on");
    assert!(line.contains("cannot read a certificate or key from") && line.contains("key.pem"));
    assert_eq!(shown(&serving, &authority), old);
    fs::remove_file(world.path("cert.pem")).unwrap();
    serving.wait_for("cert.pem`");
    assert_eq!(shown(&serving, &authority), old);
    let authority = made_in(&world, "tomorrow");
    serving.wait_for("new connections are shown this certificate");
    assert_eq!(shown(&serving, &authority), in_pem(&world.path("cert.pem")));
}

#[test]
fn no_connection_fails_while_certificates_are_replaced() {
    let world = World::new();
    let authority = certificate(&world);
    let serving = serve(&world);
    let (stop, id) = (AtomicBool::new(false), serving.id().to_string());
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                assert!(Command::new("kill").args(["-s", "HUP", &id]).status().unwrap().success());
            }
        });
        let expected = in_pem(&world.path("cert.pem"));
        for _ in 0..100 {
            assert_eq!(shown(&serving, &authority), expected);
        }
        stop.store(true, Ordering::Relaxed);
    });
}

/// Pulls an image by its own name, sent to the registry as CRI-O sends it.
fn pull(world: &World, serving: &Serving) -> Output {
    let conf =
        format!("[[registry]]\nprefix = \"quay.io\"\nlocation = \"{}/quay.io\"\n", serving.address);
    fs::create_dir_all(world.path(".config/containers")).unwrap();
    fs::write(world.path(".config/containers/registries.conf"), conf).unwrap();
    Command::new("skopeo")
        .env("HOME", world.folder.path())
        .args(["--insecure-policy", "copy", "-q", "docker://quay.io/app/server:v1"])
        .arg(format!("oci:{}", world.path("copied").display()))
        .output()
        .unwrap()
}

#[test]
fn the_site_ca_is_looked_for_under_the_place_a_name_is_sent_to() {
    if !has("skopeo") {
        return;
    }
    let world = World::new();
    certificate(&world);
    let serving = serve(&world);
    let refused = pull(&world, &serving);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("certificate"), "{said}");
    let certs = world.path(&format!(".config/containers/certs.d/{}", serving.address));
    fs::create_dir_all(&certs).unwrap();
    fs::copy(world.path("ca.pem"), certs.join("ca.crt")).unwrap();
    let pulled = pull(&world, &serving);
    assert!(pulled.status.success(), "{}", String::from_utf8_lossy(&pulled.stderr));
}

#[test]
fn skopeo_pulls_over_tls_with_the_site_ca() {
    if !has("skopeo") {
        return;
    }
    let world = World::new();
    certificate(&world);
    let serving = serve(&world);
    let folder = world.path("certs");
    fs::create_dir(&folder).unwrap();
    fs::copy(world.path("ca.pem"), folder.join("ca.crt")).unwrap();
    let output = Command::new("skopeo")
        .args(["--insecure-policy", "copy", "-q", "--src-cert-dir"])
        .arg(folder)
        .arg(format!("docker://{}/quay.io/app/server:v1", serving.address))
        .arg(format!("oci:{}", world.path("copied").display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_certificate_that_cannot_be_used_is_told_before_anything_is_served() {
    let world = World::new();
    made_in(&world, "other-run");
    fs::rename(world.path("key.pem"), world.path("other.pem")).unwrap();
    certificate(&world);
    fs::write(world.path("empty.pem"), "nothing").unwrap();
    let refused = |certificate: &str, key: &str| {
        let (certificate, key) = (world.path(certificate), world.path(key));
        let arguments: [&OsStr; 7] = [
            "serve".as_ref(),
            "--listen=127.0.0.1:0".as_ref(),
            world.bundle.as_ref(),
            "--tls-cert".as_ref(),
            certificate.as_ref(),
            "--tls-key".as_ref(),
            key.as_ref(),
        ];
        let said = run(&world, arguments);
        assert_eq!(said.code, 20);
        said.stderr_in(&world)
    };
    insta::assert_snapshot!(
        [
            refused("cert.pem", "other.pem"),
            refused("empty.pem", "key.pem"),
            refused("cert.pem", "empty.pem"),
            refused("cert.pem", "missing.pem"),
        ]
        .join("\n")
    );
}
