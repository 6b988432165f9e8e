//! TLS: what a site's certificate is for.

use crate::{
    client,
    fixture::World,
    process::{Serving, run},
    skopeo::has,
};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::{ffi::OsStr, fs, io::Write, process::Command, sync::Arc};

/// Makes a certificate for localhost and writes both files.
fn certificate(world: &World) -> CertificateDer<'static> {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    fs::write(world.path("cert.pem"), cert.pem()).unwrap();
    fs::write(world.path("key.pem"), signing_key.serialize_pem()).unwrap();
    CertificateDer::from_pem_slice(cert.pem().as_bytes()).unwrap()
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
    certificate: CertificateDer<'static>,
    protocol: &[u8],
) -> StreamOwned<ClientConnection, std::net::TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let client = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    StreamOwned::new(client, client::connect(serving.address))
}

#[test]
fn a_client_that_trusts_the_certificate_is_served() {
    let world = World::new();
    let certificate = certificate(&world);
    let mut serving = serve(&world);
    assert!(serving.wait_for("serving ").contains("https://127.0.0.1:"));
    let mut stream = connect(&serving, certificate, b"http/1.1");
    stream.write_all(b"GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let answer = client::read(stream);
    assert_eq!((answer.status, answer.text()), (200, "{}"));
}

#[test]
fn http_2_is_offered_and_carries_a_large_blob() {
    let world = World::new();
    let certificate = certificate(&world);
    let serving = serve(&world);
    let mut stream = connect(&serving, certificate, b"h2");
    stream.flush().unwrap();
    assert_eq!(stream.conn.alpn_protocol(), Some(&b"h2"[..]));
    if !has("curl") {
        return;
    }
    let path = format!("/v2/quay.io/app/server/blobs/{}", world.release.big.layer().digest);
    let output = Command::new("curl")
        .args(["-sS", "--http2", "--cacert"])
        .arg(world.path("cert.pem"))
        .args(["-o", "-", "-w", "%{stderr}%{http_version} %{http_code}"])
        .arg(format!("https://{}{path}", serving.address))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "2 200");
    assert_eq!(output.stdout.len() as u64, world.release.big.layer().size);
}

#[test]
fn skopeo_pulls_over_tls_with_the_sites_certificate() {
    if !has("skopeo") {
        return;
    }
    let world = World::new();
    certificate(&world);
    let serving = serve(&world);
    let folder = world.path("certs");
    fs::create_dir(&folder).unwrap();
    fs::copy(world.path("cert.pem"), folder.join("ca.crt")).unwrap();
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
    certificate(&world);
    let other = world.path("other.pem");
    let key = generate_simple_self_signed(["x".to_owned()]).unwrap().signing_key;
    fs::write(&other, key.serialize_pem()).unwrap();
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
