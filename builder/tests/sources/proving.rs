//! What projects publish about their files, checked when a release is locked.

use crate::{
    bench::Bench,
    fulcio::{Fulcio, IDENTITY, Signed, VOUCHER},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use builder::resolve::LockError;
use journeys::gnupg::Keyring;
use manifests::{
    ExitCode, Failure,
    lockfile::Lockfile,
    provenance::{Proof, ProofKind},
};
use rcgen::ExtendedKeyUsagePurpose;
use std::error::Error;

const BASE: &str = "https://download.example.org";
const TOOL: &[u8] = b"the bytes of a tool";
const DAY: &str = "20240115";

fn put(bench: &Bench, name: &str, bytes: impl Into<Vec<u8>>) {
    bench.upstream.put_file(&format!("{BASE}/{name}"), bytes.into());
}

async fn lock(bench: &Bench, proofs: &str) -> Result<Lockfile, LockError> {
    let contents =
        format!("    files:\n    - name: tool.tgz\n      url: {BASE}/tool.tgz\n{proofs}");
    let (release, catalog) = bench.write_release("amd64", &contents);
    bench.lock((&release, &catalog), &bench.lock_options()).await
}

fn openpgp(indent: &str, name: &str, fingerprint: &str) -> String {
    format!(
        "{indent}openpgp: {{signature: {BASE}/{name}, keys: {BASE}/KEYS, fingerprints: [{fingerprint}], source: s}}\n"
    )
}

fn signed(fingerprint: &str) -> String {
    openpgp("      ", "tool.tgz.asc", fingerprint)
}

fn list(more: &str) -> String {
    format!("      checksums:\n        url: {BASE}/SHA256SUMS\n{more}")
}

/// The messages from the outside in.
fn told(error: &LockError) -> String {
    let mut lines = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        lines.push(error.to_string());
        cause = error.source();
    }
    lines.join(": ")
}

fn sums(bytes: &[u8]) -> String {
    format!("{}  tool.tgz\n", bundles::sha256(bytes).hex())
}

#[tokio::test]
async fn a_list_of_checksums_proves_a_file_and_stands_in_the_lockfile() {
    let bench = Bench::new();
    put(&bench, "tool.tgz", TOOL);
    put(&bench, "SHA256SUMS", sums(TOOL));
    let lockfile = lock(&bench, &list("")).await.unwrap();
    let source = format!("{BASE}/SHA256SUMS").parse().unwrap();
    let proof = Proof { kind: ProofKind::Checksums, source, signed_by: None, identity: None };
    assert_eq!(lockfile.files[0].proofs, [proof]);
    let read = Lockfile::parse(std::path::Path::new("x.lock"), &lockfile.render()).unwrap();
    assert_eq!(read, lockfile);
}

#[tokio::test]
async fn a_list_of_sha512_is_held_against_the_bytes_too() {
    let bench = Bench::new();
    put(&bench, "tool.tgz", TOOL);
    let digest = |bytes| bundles::digest(bytes, manifests::Algorithm::Sha512);
    put(&bench, "SHA256SUMS", format!("{}\n", digest(TOOL).hex()));
    assert_eq!(lock(&bench, &list("")).await.unwrap().files[0].proofs.len(), 1);
    put(&bench, "SHA256SUMS", format!("{}\n", digest(b"other").hex()));
    let error = lock(&bench, &list("")).await.unwrap_err();
    assert!(told(&error).contains(&format!("says {}", digest(b"other"))), "{}", told(&error));
}

#[tokio::test]
async fn a_list_that_says_otherwise_or_nothing_ends_the_lock() {
    let bench = Bench::new();
    put(&bench, "tool.tgz", TOOL);
    put(&bench, "SHA256SUMS", sums(b"other bytes"));
    let error = lock(&bench, &list("")).await.unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::Source);
    insta::assert_snapshot!(told(&error), @"`one/tool.tgz` is not proved to be its project's own: the list of checksums https://download.example.org/SHA256SUMS says sha256:a3ead5eedad5df82318c51685dbc1c147a36d1ff8584fc82de6b08d0bf63a795, found sha256:30063457d7f08d1ca5b1e7e2ac905b7bd34659598afb9c2b0a556f33cddeb7e4");
    put(&bench, "SHA256SUMS", sums(TOOL).replace("tool", "fool"));
    insta::assert_snapshot!(told(&lock(&bench, &list("")).await.unwrap_err()), @"`one/tool.tgz` is not proved to be its project's own: the list of checksums https://download.example.org/SHA256SUMS cannot be used: it does not name `tool.tgz`");
}

#[tokio::test]
async fn a_list_that_is_gone_ends_the_lock() {
    let bench = Bench::new();
    put(&bench, "tool.tgz", TOOL);
    let error = lock(&bench, &list("")).await.unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::Source);
    assert!(told(&error).contains("its proof cannot be fetched"), "{}", told(&error));
}

#[tokio::test]
async fn a_signed_file_names_its_signer_in_the_lockfile() {
    let Some(keys) = Keyring::new() else { return };
    let bench = Bench::new();
    let key = keys.make("maker@example.org", "never");
    put(&bench, "tool.tgz", TOOL);
    put(&bench, "KEYS", keys.public(&key));
    for armor in [true, false] {
        put(&bench, "tool.tgz.asc", keys.sign(&key, DAY, armor, TOOL));
        let lockfile = lock(&bench, &signed(&key)).await.unwrap();
        let [proof] = &lockfile.files[0].proofs[..] else { panic!("{lockfile:?}") };
        assert_eq!((proof.kind, proof.signed_by.clone()), (ProofKind::Openpgp, key.parse().ok()));
    }
}

#[tokio::test]
async fn a_signed_list_names_its_signer_and_an_altered_one_is_refused() {
    let Some(keys) = Keyring::new() else { return };
    let bench = Bench::new();
    let key = keys.make("maker@example.org", "never");
    put(&bench, "tool.tgz", TOOL);
    put(&bench, "KEYS", keys.public(&key));
    put(&bench, "SHA256SUMS", sums(TOOL));
    put(&bench, "SHA256SUMS.asc", keys.sign(&key, DAY, true, sums(TOOL).as_bytes()));
    let proofs = list(&openpgp("        ", "SHA256SUMS.asc", &key));
    let lockfile = lock(&bench, &proofs).await.unwrap();
    assert_eq!(lockfile.files[0].proofs[0].signed_by, key.parse().ok());
    put(&bench, "SHA256SUMS", format!("{}\n", sums(TOOL)));
    let error = lock(&bench, &proofs).await.unwrap_err();
    assert!(told(&error).contains("these are not the bytes that key"), "{}", told(&error));
}

#[tokio::test]
async fn a_key_among_many_is_found_and_its_subkey_signs_for_it() {
    let Some(keys) = Keyring::new() else { return };
    let bench = Bench::new();
    let (other, key) =
        (keys.make("other@example.org", "never"), keys.make("me@example.org", "never"));
    keys.add_subkey(&key);
    let blocks = [
        b"Keys of the project\n\n".to_vec(),
        keys.public(&other),
        b"\nand\n".to_vec(),
        keys.public(&key),
    ];
    put(&bench, "tool.tgz", TOOL);
    put(&bench, "KEYS", blocks.concat());
    put(&bench, "tool.tgz.asc", keys.sign(&key, DAY, true, TOOL));
    let lockfile = lock(&bench, &signed(&key)).await.unwrap();
    assert_eq!(lockfile.files[0].proofs[0].signed_by, key.parse().ok());
}

#[tokio::test]
async fn other_bytes_other_keys_and_other_things_are_refused_each_with_its_own_words() {
    let Some(keys) = Keyring::new() else { return };
    let bench = Bench::new();
    let (key, other) =
        (keys.make("me@example.org", "never"), keys.make("other@example.org", "never"));
    put(&bench, "tool.tgz", TOOL);
    put(&bench, "KEYS", keys.public(&key));
    let cases = [
        (keys.sign(&key, DAY, true, b"other bytes"), &key, "these are not the bytes that key"),
        (keys.sign(&other, DAY, true, TOOL), &key, "expected"),
        (b"<html>not found</html>".to_vec(), &key, "it is not an OpenPGP signature"),
        (keys.sign(&other, DAY, true, TOOL), &other, "the key file holds no key"),
    ];
    for (signature, wanted, expected) in cases {
        put(&bench, "tool.tgz.asc", signature);
        let error = lock(&bench, &signed(wanted)).await.unwrap_err();
        assert_eq!(error.exit_code(), ExitCode::Source);
        assert!(told(&error).contains(expected), "{expected}: {}", told(&error));
    }
}

#[tokio::test]
async fn a_signature_outlives_its_key_but_not_the_owners_word() {
    let Some(keys) = Keyring::new() else { return };
    let bench = Bench::new();
    let key = keys.make("me@example.org", "1m");
    put(&bench, "tool.tgz", TOOL);
    put(&bench, "KEYS", keys.public(&key));
    put(&bench, "tool.tgz.asc", keys.sign(&key, DAY, true, TOOL));
    assert!(lock(&bench, &signed(&key)).await.is_ok(), "made while the key was valid");
    // The owner's newest word: the key ends before the day of the signature.
    keys.gpg("20240105", &["--quick-set-expire", &key, "2024-01-10"]);
    put(&bench, "KEYS", keys.public(&key));
    let error = lock(&bench, &signed(&key)).await.unwrap_err();
    assert!(told(&error).contains("when key"), "{}", told(&error));
    keys.revoke(&key);
    put(&bench, "KEYS", keys.public(&key));
    let error = lock(&bench, &signed(&key)).await.unwrap_err();
    assert!(told(&error).contains("is revoked"), "{}", told(&error));
}

fn cosign(fulcio: &Fulcio, identity: &str) -> String {
    let (root, authority) = (fulcio.root(), format!("{BASE}/fulcio.pem"));
    format!(
        "      cosign:\n        signature: {BASE}/tool.sig\n        certificate: {BASE}/tool.cert\n        identity: {identity}\n        issuer: {VOUCHER}\n        authority: {{certificates: [{authority}], root: '{root}'}}\n"
    )
}

fn put_signed(bench: &Bench, signed: &Signed) {
    put(bench, "tool.sig", signed.signature.as_str());
    put(bench, "tool.cert", signed.certificate.as_str());
}

#[tokio::test]
async fn a_signature_by_cosign_names_whom_its_certificate_names() {
    let (bench, fulcio) = (Bench::new(), Fulcio::new());
    put(&bench, "tool.tgz", TOOL);
    put(&bench, "fulcio.pem", fulcio.pem());
    let signed = fulcio.sign(TOOL);
    let packed = BASE64_STANDARD.encode(&signed.certificate);
    let bare = BASE64_STANDARD.decode(&signed.signature).unwrap();
    put_signed(&bench, &signed);
    let template = IDENTITY.replace("v1", "{version}");
    for _ in 0..2 {
        let lockfile = lock(&bench, &cosign(&fulcio, &template)).await.unwrap();
        let [proof] = &lockfile.files[0].proofs[..] else { panic!("{lockfile:?}") };
        assert_eq!((proof.kind, proof.identity.as_deref()), (ProofKind::Cosign, Some(IDENTITY)));
        // As Kubernetes packs the one, and as others leave the other.
        put(&bench, "tool.cert", packed.as_str());
        put(&bench, "tool.sig", bare.clone());
    }
}

#[tokio::test]
async fn a_signature_by_cosign_that_is_not_the_projects_is_refused_with_its_own_words() {
    let (bench, fulcio, other) = (Bench::new(), Fulcio::new(), Fulcio::new());
    put(&bench, "tool.tgz", TOOL);
    put(&bench, "fulcio.pem", format!("{}{}", fulcio.pem(), other.pem()));
    let code = || ExtendedKeyUsagePurpose::CodeSigning;
    let server = ExtendedKeyUsagePurpose::ServerAuth;
    let mut swapped = fulcio.sign(TOOL);
    swapped.certificate = fulcio.sign(TOOL).certificate;
    let mut page = fulcio.sign(TOOL);
    page.signature = "<html>not found</html>".into();
    let mut nothing = fulcio.sign(TOOL);
    nothing.certificate = "<html>not found</html>".into();
    let cases = [
        (fulcio.sign(b"other bytes"), "these are not the bytes"),
        (swapped, "these are not the bytes"),
        (
            fulcio.sign_as("https://example.org/other", code(), TOOL),
            "it is by https://example.org/other",
        ),
        (fulcio.sign_as(IDENTITY, server, TOOL), "not one of the authority's for signing code"),
        (other.sign(TOOL), "not one of the authority's for signing code"),
        (page, "it is not a cosign signature"),
        (nothing, "there is no certificate at its address"),
    ];
    for (signed, expected) in cases {
        put_signed(&bench, &signed);
        let error = lock(&bench, &cosign(&fulcio, IDENTITY)).await.unwrap_err();
        assert_eq!(error.exit_code(), ExitCode::Source);
        assert!(told(&error).contains(expected), "{expected}: {}", told(&error));
    }
    put_signed(&bench, &fulcio.sign(TOOL));
    let voucher = cosign(&fulcio, IDENTITY).replace(VOUCHER, "https://elsewhere.example.org");
    let error = lock(&bench, &voucher).await.unwrap_err();
    assert!(told(&error).contains("vouches for the signer"), "{}", told(&error));
    put(&bench, "fulcio.pem", other.pem());
    let error = lock(&bench, &cosign(&fulcio, IDENTITY)).await.unwrap_err();
    assert!(told(&error).contains("do not hold the root"), "{}", told(&error));
}
